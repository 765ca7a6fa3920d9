"""Putting rollups right after a recount, and keeping what was wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from shared_apps.usage.models import Drift, UnitMonth, UnitTotal
from shared_apps.usage.services.folding import DUES

_STANDING: Final = ("organizations", "members", "activated")


@dataclass(frozen=True, slots=True)
class Dues:
    """A month as counted: bills issued, what they owe, bills paid, what was paid."""

    bills: int = 0
    due_fen: int = 0
    payments: int = 0
    paid_fen: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What a recount found in a unit; a month that it looked at and that has no bills is zero."""

    organizations: int
    members: int
    activated: int
    months: Mapping[int, Dues] = field(default_factory=dict)


def correct(*, unit_id: UUID, unit_role: str, counted: Counted, now: dt.datetime) -> list[Drift]:
    """Makes the unit's rollups say what a recount found; returns and keeps the differences.

    Call it in the transaction in which the counts were taken and the unit's reports folded.
    Months that ``counted`` does not name stay as they are.
    """
    total = UnitTotal.objects.filter(unit_id=unit_id).first() or UnitTotal(
        unit_id=unit_id, unit_role=unit_role, as_of=now
    )
    kept = {row.month: row for row in UnitMonth.objects.filter(unit_id=unit_id)}
    drifts = [
        Drift(unit_id=unit_id, unit_role=unit_role, metric=metric, period=period,
              kept=was, found=found, at=now)
        for metric, period, was, found in _compared(total, kept, counted)
        if was != found
    ]  # fmt: skip
    _set(total, counted, drifts, now)
    _set_months(unit_id, unit_role, {d.period for d in drifts if d.period}, counted, now)
    Drift.objects.bulk_create(drifts)
    return drifts


def _compared(
    total: UnitTotal, kept: Mapping[int, UnitMonth], counted: Counted
) -> Iterator[tuple[str, int, int, int]]:
    for name in _STANDING:
        yield name, 0, getattr(total, name), getattr(counted, name)
    for month, dues in sorted(counted.months.items()):
        row = kept.get(month)
        for name in DUES:
            yield name, month, getattr(row, name) if row else 0, getattr(dues, name)


def _set(total: UnitTotal, counted: Counted, drifts: list[Drift], now: dt.datetime) -> None:
    """The total of all months moves by what its months were wrong."""
    for name in _STANDING:
        setattr(total, name, getattr(counted, name))
    for drift in drifts:
        if drift.period:
            setattr(total, drift.metric, getattr(total, drift.metric) + drift.found - drift.kept)
            if drift.metric in {"bills", "payments"}:
                setattr(total, f"{drift.metric}_at", now)
    if drifts:
        total.as_of = now
    total.save()


def _set_months(
    unit_id: UUID, unit_role: str, months: set[int], counted: Counted, now: dt.datetime
) -> None:
    UnitMonth.objects.bulk_create(
        [
            UnitMonth(
                unit_id=unit_id,
                unit_role=unit_role,
                month=month,
                as_of=now,
                **{name: getattr(counted.months[month], name) for name in DUES},
            )
            for month in sorted(months)
        ],
        update_conflicts=True,
        unique_fields=["unit", "month"],
        update_fields=[*DUES, "as_of"],
    )
