"""What was understood of a roster, between reading and importing: kept sealed, shown masked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

from onboarding.roster.fields import Field
from onboarding.roster.organisations import OrgKind
from onboarding.roster.understanding import (
    Column,
    Notice,
    OrgNode,
    Rejection,
    Role,
    SheetReading,
    SkippedRow,
    Understanding,
)


@dataclass(frozen=True, slots=True)
class Review:
    """Everything the review page shows.  ``known_elsewhere`` are (sheet name, row) pairs.

    ``members_by_org`` counts accepted members per organisation key.
    """

    sheets: tuple[SheetReading, ...]
    organisations: tuple[OrgNode, ...]
    rejections: tuple[Rejection, ...]
    skipped: tuple[SkippedRow, ...]
    notices: tuple[Notice, ...]
    known_elsewhere: tuple[tuple[str, int], ...]
    members_by_org: dict[str, int]


def of(
    found: Understanding,
    *,
    known_elsewhere: Iterable[tuple[str, int]],
    members_by_org: dict[str, int],
) -> Review:
    """The part of an understanding that people look at; accepted rows are kept apart."""
    return Review(
        sheets=found.sheets,
        organisations=found.organisations,
        rejections=found.rejections,
        skipped=found.skipped,
        notices=found.notices,
        known_elsewhere=tuple(known_elsewhere),
        members_by_org=members_by_org,
    )


def pack(review: Review) -> bytes:
    return json.dumps(asdict(review), ensure_ascii=False, default=_plain).encode()


def unpack(content: bytes) -> Review:
    raw = json.loads(content)
    return Review(
        sheets=tuple(_sheet(one) for one in raw["sheets"]),
        organisations=tuple(_node(one) for one in raw["organisations"]),
        rejections=tuple(
            Rejection(**{**one, "also": tuple(one["also"])}) for one in raw["rejections"]
        ),
        skipped=tuple(SkippedRow(**one) for one in raw["skipped"]),
        notices=tuple(Notice(**{**one, "rows": tuple(one["rows"])}) for one in raw["notices"]),
        known_elsewhere=tuple((sheet, row) for sheet, row in raw["known_elsewhere"]),
        members_by_org=raw["members_by_org"],
    )


def _sheet(raw: dict[str, Any]) -> SheetReading:
    columns = tuple(
        Column(
            **{
                **one,
                "field": Field(one["field"]) if one["field"] else None,
                "samples": tuple(one["samples"]),
            }
        )
        for one in raw["columns"]
    )
    return SheetReading(
        **{
            **raw,
            "role": Role(raw["role"]),
            "header_rows": tuple(raw["header_rows"]),
            "columns": columns,
        }
    )


def _node(raw: dict[str, Any]) -> OrgNode:
    known = {field.name for field in fields(OrgNode)}
    return OrgNode(
        **{
            **{name: value for name, value in raw.items() if name in known},
            "kind": OrgKind(raw["kind"]),
            "founded_on": _date(raw["founded_on"]),
            "term_ends_on": _date(raw["term_ends_on"]),
        }
    )


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _plain(value: object) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a review")
