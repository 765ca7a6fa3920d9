"""What recounts corrected, in words; small counts of people are not shown here either."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Max

from kernel.clock import Month
from kernel.money import yuan
from shared_apps.usage.models import Drift, UnitTotal
from shared_apps.usage.selectors.suppression import SUPPRESSED_BELOW, shown
from tenants import selectors as directory

METRICS: Final[Mapping[str, str]] = {
    "organizations": "党组织数",
    "members": "党员数",
    "activated": "已激活党员数",
    "bills": "账单数",
    "due_fen": "应交党费",
    "payments": "已交账单数",
    "paid_fen": "已交党费",
}
_PEOPLE: Final = {"members", "activated", "bills", "payments"}
_MONEY: Final = {"due_fen", "paid_fen"}
_HIDDEN: Final = "不足 5 人"


@dataclass(frozen=True, slots=True)
class Correction:
    """One corrected figure as the page shows it."""

    unit_id: UUID
    unit: str
    metric: str
    month: Month | None
    kept: str
    found: str
    difference: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Often:
    """A unit with how many figures were corrected, on how many nights, and when last."""

    unit_id: UUID
    unit: str
    figures: int
    nights: int
    last_at: dt.datetime


def lines(found: Iterable[Drift]) -> list[Correction]:
    """In the order given; three queries for a page."""
    rows = list(found)
    ids = {row.unit_id for row in rows}
    names = _names(ids)
    few = set(
        UnitTotal.objects.filter(
            unit_id__in=ids, members__gt=0, members__lt=SUPPRESSED_BELOW
        ).values_list("unit_id", flat=True)
    )
    return [_line(row, names.get(row.unit_id, "已注销的单位"), row.unit_id in few) for row in rows]


def often(*, since: dt.datetime, most: int = 10) -> list[Often]:
    """The units that were corrected most, which is where a report goes missing."""
    rows = (
        Drift.objects.filter(at__gte=since)
        .order_by()
        .values("unit_id")
        .annotate(figures=Count("id"), nights=Count("at", distinct=True), last_at=Max("at"))
        .order_by("-nights", "-figures", "unit_id")[:most]
    )
    found = list(rows)
    names = _names({row["unit_id"] for row in found})
    return [Often(unit=names.get(row["unit_id"], "已注销的单位"), **row) for row in found]


def unit_named(unit_id: UUID) -> str:
    return _names({unit_id}).get(unit_id, "已注销的单位")


def _names(ids: set[UUID]) -> dict[UUID, str]:
    return dict(directory.all_units().filter(pk__in=ids).values_list("id", "name"))


def _line(row: Drift, unit: str, is_few: bool) -> Correction:
    hides = row.metric in _PEOPLE and (shown(row.kept) is None or shown(row.found) is None)
    hides = hides or (is_few and row.metric in _PEOPLE | _MONEY)
    difference = "" if hides else _words(row.metric, row.found - row.kept, signed=True)
    return Correction(
        unit_id=row.unit_id,
        unit=unit,
        metric=METRICS.get(row.metric, row.metric),
        month=Month(row.period) if row.period else None,
        kept=_HIDDEN if hides else _words(row.metric, row.kept),
        found=_HIDDEN if hides else _words(row.metric, row.found),
        difference=difference,
        at=row.at,
    )


def _words(metric: str, value: int, *, signed: bool = False) -> str:
    sign = "+" if signed and value > 0 else ""
    return sign + (f"¥{yuan(value)}" if metric in _MONEY else f"{value:,}")
