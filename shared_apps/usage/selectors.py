"""Figures of units, read from rollups only: nothing here enters a unit's schema."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.clock import Month
from shared_apps.usage.models import Drift, Freshness, Rollup

SUPPRESSED_BELOW: Final = 5
"""Counts of people from 1 up to this are not shown outside their unit (architecture 3.10)."""


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """What a unit adds up to.  Money in fen; ``month_…`` are those of the month asked for."""

    organizations: int = 0
    members: int = 0
    activated: int = 0
    bills: int = 0
    due_fen: int = 0
    paid_fen: int = 0
    payments: int = 0
    month_bills: int = 0
    month_due_fen: int = 0
    month_paid_fen: int = 0
    month_payments: int = 0
    standards_confirmed: int = 0
    administrators: int = 0
    second_factors: int = 0
    as_of: dt.datetime | None = None
    changed: Mapping[str, dt.datetime] = field(default_factory=dict)

    def since(self, name: str) -> dt.datetime | None:
        """When the figure last moved; None as long as it is nothing."""
        return self.changed.get(name) if getattr(self, name) else None

    @property
    def shown_members(self) -> int | None:
        return shown(self.members)

    @property
    def shown_activated(self) -> int | None:
        return shown(self.activated)


_NAMES: Final[Mapping[str, str]] = {
    "organizations.delta": "organizations",
    "members.delta": "members",
    "activations.delta": "activated",
    "bills.count": "bills",
    "bills.due_fen": "due_fen",
    "payments.count": "payments",
    "payments.paid_fen": "paid_fen",
    "state.standards_confirmed": "standards_confirmed",
    "state.administrators": "administrators",
    "state.second_factors": "second_factors",
}
_MONTHLY: Final = frozenset({"bills", "due_fen", "payments", "paid_fen"})


def shown(count: int) -> int | None:
    """A count of people as it may leave its unit: None where it is too small to be shown."""
    return None if 0 < count < SUPPRESSED_BELOW else count


def figures_by_unit(
    *, month: Month, unit_ids: Collection[UUID] | None = None
) -> dict[UUID, UnitFigures]:
    """Figures of all units (or of ``unit_ids``) that ever reported anything."""
    rows = Rollup.objects.filter(metric__in=_NAMES)
    if unit_ids is not None:
        rows = rows.filter(unit_id__in=unit_ids)
    collected: dict[UUID, dict[str, int]] = {}
    changed: dict[UUID, dict[str, dt.datetime]] = {}
    for unit_id, metric, period, value, as_of in rows.values_list(
        "unit_id", "metric", "period", "value", "as_of"
    ):
        figures = collected.setdefault(unit_id, {})
        name = _NAMES[metric]
        figures[name] = figures.get(name, 0) + value
        if name in _MONTHLY and period == month.value:
            figures[f"month_{name}"] = value
        moments = changed.setdefault(unit_id, {})
        moments[name] = max(as_of, moments.get(name, as_of))
    return {
        unit_id: UnitFigures(
            **figures, as_of=max(changed[unit_id].values()), changed=changed[unit_id]
        )
        for unit_id, figures in collected.items()
    }


def totals(figures: Iterable[UnitFigures]) -> UnitFigures:
    """All units together; sums may be shown in full."""
    sums: dict[str, Any] = {}
    as_of: dt.datetime | None = None
    for one in figures:
        for name in _SUMMED:
            sums[name] = sums.get(name, 0) + getattr(one, name)
        if one.as_of is not None:
            as_of = one.as_of if as_of is None else max(as_of, one.as_of)
    return replace(UnitFigures(as_of=as_of), **sums)


_SUMMED: Final = tuple(
    field.name for field in fields(UnitFigures) if field.name not in {"as_of", "changed"}
)


def as_of(work: str = "drain") -> dt.datetime | None:
    """When the figures were last brought up to date; None before the first time."""
    return Freshness.objects.filter(work=work).values_list("at", flat=True).first()


def drifts(*, since: dt.datetime) -> QuerySet[Drift]:
    """What recounts corrected since then, newest first."""
    return Drift.objects.filter(at__gte=since)


def reports_of(unit_id: UUID) -> QuerySet[Rollup]:
    """Everything about a unit that is kept outside it: the unit may always see this."""
    return Rollup.objects.filter(unit_id=unit_id).order_by("metric", "period")
