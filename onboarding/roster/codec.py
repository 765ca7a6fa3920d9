"""An understanding on its way through a page, a corrections form and a worker.

The review is plain JSON without identity numbers of accepted people; the accepted rows are
JSON column by column, to be compressed and sealed by the caller before it is stored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from .faults import RULES
from .fields import LABELS, Field
from .understanding import (
    MEMBER_FIELDS,
    AcceptedRows,
    Corrections,
    MemberRow,
    Notice,
    OrgNode,
    Rejection,
    Role,
    SheetCorrection,
    SheetReading,
    Understanding,
)

Json = dict[str, Any]
_DATES = frozenset({"birth_on", "joined_on", "full_on"})
_VERSION = 1


def review(found: Understanding) -> Json:
    """Everything the page shows, except the accepted people themselves."""
    return {
        "unit_name": found.unit_name,
        "organisations": len(found.organisations),
        "accepted": len(found.accepted),
        "sheets": [_sheet(one) for one in found.sheets],
        "tree": [_node(one) for one in found.organisations],
        "rejections": [_rejection(one) for one in found.rejections],
        "skipped": [[one.sheet, one.row, one.reason] for one in found.skipped],
        "notices": [_notice(one) for one in found.notices],
    }


def _sheet(one: SheetReading) -> Json:
    return {
        "name": one.name,
        "role": one.role.value,
        "reason": one.reason,
        "header_rows": list(one.header_rows),
        "rows": one.rows,
        "columns": [
            {
                "index": column.index,
                "heading": column.heading,
                "field": column.field.value if column.field else None,
                "label": LABELS[column.field] if column.field else "",
                "confidence": column.confidence,
                "samples": list(column.samples),
            }
            for column in one.columns
        ],
    }


def _node(one: OrgNode) -> Json:
    return {
        "key": one.key,
        "name": one.name,
        "kind": one.kind.value,
        "parent_key": one.parent_key,
        "code": one.code,
        "founded_on": _day(one.founded_on),
        "term_ends_on": _day(one.term_ends_on),
        "sheet": one.sheet,
        "row": one.row,
        "existing": one.existing,
        "implied": one.implied,
    }


def _rejection(one: Rejection) -> Json:
    return {
        "sheet": one.sheet,
        "row": one.row,
        "column": one.column,
        "rule": one.rule,
        "value": one.value,
        "message": one.message,
        "remedy": one.remedy,
        "also": [[rule, RULES[rule][0]] for rule in one.also],
    }


def _notice(one: Notice) -> Json:
    return {
        "code": one.code,
        "message": one.message,
        "sheet": one.sheet,
        "rows": list(one.rows),
        "count": one.count,
    }


def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def pack(rows: AcceptedRows) -> bytes:
    """The accepted rows, column by column.  Holds identity numbers: compress and seal it."""
    columns: Json = {"version": _VERSION, "count": len(rows)}
    for name, values in zip(MEMBER_FIELDS, zip(*rows.rows, strict=True), strict=False):
        columns[name] = list(values)
    return json.dumps(columns, ensure_ascii=False, default=dt.date.isoformat).encode()


def unpack(block: bytes) -> AcceptedRows:
    """The rows of ``pack``; ValueError for a block of another version."""
    columns = json.loads(block)
    if columns["version"] != _VERSION:
        raise ValueError(f"accepted rows of version {columns['version']}")
    parts = []
    for name in MEMBER_FIELDS:
        values = columns.get(name, [])
        if name in _DATES:
            known = {one: dt.date.fromisoformat(one) for one in set(values) if one}
            values = [known.get(one) for one in values]
        parts.append(values)
    return AcceptedRows([MemberRow(*row) for row in zip(*parts, strict=True)])


def corrections_to_json(corrections: Corrections) -> Json:
    """Corrections as stored with an upload."""
    return {
        "sheets": {
            name: {
                "role": one.role.value if one.role else None,
                "header_rows": list(one.header_rows) if one.header_rows is not None else None,
                "columns": {field.value: index for field, index in one.columns.items()},
            }
            for name, one in corrections.sheets.items()
        },
        "org_parents": dict(corrections.org_parents),
    }


def corrections_from_json(stored: Mapping[str, Any]) -> Corrections:
    """Corrections as they come from a form or from storage; ValueError when malformed."""
    sheets = {}
    for name, one in dict(stored.get("sheets") or {}).items():
        rows = one.get("header_rows")
        sheets[str(name)] = SheetCorrection(
            role=Role(one["role"]) if one.get("role") else None,
            header_rows=tuple(int(row) for row in rows) if rows is not None else None,
            columns={
                Field(field): None if index is None else int(index)
                for field, index in dict(one.get("columns") or {}).items()
            },
        )
    parents = {str(k): str(v) for k, v in dict(stored.get("org_parents") or {}).items()}
    return Corrections(sheets, parents)
