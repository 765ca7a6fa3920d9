"""What was understood of a roster, between reading and importing: kept sealed, shown masked."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from kernel import masks
from kernel.actor import Actor
from kernel.errors import Invalid, NotFound
from kernel.unit import unit_context
from onboarding.models import RosterImport
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
from onboarding.services import files, timeline


class CorrectionUnknown(Invalid):
    code = "roster_correction_unknown"
    sentence = "更正里有不存在的工作表用途或字段，请核对后重试。"


_LONG_NUMBER: Final = re.compile(r"\d{7,}[\dXx]*")


class ReviewGone(NotFound):
    code = "roster_review_gone"
    sentence = "这份名册的识别结果已按期清理，或没有退回的行。"


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
    return json.dumps(review, ensure_ascii=False, default=_plain).encode()


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


def load(row: RosterImport) -> Review:
    """What was understood of a roster; raises ReviewGone once it was deleted."""
    if not row.review_key:
        raise ReviewGone
    with unit_context(row.unit_id):
        return unpack(files.read("review", row.review_key))


def refused_workbook(row: RosterImport, *, actor: Actor, now: dt.datetime) -> bytes:
    """The workbook of refused rows, and who took it; raises ReviewGone."""
    if not row.refused_key:
        raise ReviewGone
    timeline.record(
        "roster.refused_rows_taken",
        unit_id=row.unit_id,
        actor=actor,
        now=now,
        rejected=row.rejected_count,
    )
    with unit_context(row.unit_id):
        return files.read("refused", row.refused_key)


def masked(value: str) -> str:
    """A refused value as a page may show it: identity numbers and phones without their middle."""
    return _LONG_NUMBER.sub(lambda found: masks.masked(found[0]), value)


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


def _plain(value: object) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a review")
