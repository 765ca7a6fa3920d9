"""Figures of units, read from rollups only: nothing here enters a unit's schema."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.clock import Month
from shared_apps.usage.models import UnitMonth, UnitTotal
from shared_apps.usage.selectors.suppression import shown

_SUMS: Final = (
    "organizations", "members", "activated", "bills", "due_fen", "paid_fen", "payments",
    "standards_confirmed", "administrators", "second_factors", "storage_bytes",
)  # fmt: skip
_MOMENTS: Final = (
    "bills", "payments", "standards_confirmed", "administrators", "second_factors",
)  # fmt: skip
_OF_MONTH: Final = ("bills", "due_fen", "paid_fen", "payments")


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
    storage_bytes: int = 0
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

    @property
    def is_few(self) -> bool:
        """So few members that even the money of the unit is theirs."""
        return shown(self.members) is None

    @property
    def shown_month_due_fen(self) -> int | None:
        return None if self.is_few else self.month_due_fen

    @property
    def shown_month_paid_fen(self) -> int | None:
        return None if self.is_few else self.month_paid_fen


def figures_by_unit(
    *, month: Month, unit_ids: Collection[UUID] | None = None
) -> dict[UUID, UnitFigures]:
    """Figures of all units (or of ``unit_ids``) that ever reported anything, in two queries."""
    rows, months = UnitTotal.objects.all(), UnitMonth.objects.filter(month=month.value)
    if unit_ids is not None:
        rows, months = rows.filter(unit_id__in=unit_ids), months.filter(unit_id__in=unit_ids)
    of_month = {row.pop("unit_id"): row for row in months.values("unit_id", *_OF_MONTH)}
    moments = [f"{name}_at" for name in _MOMENTS]
    return {
        row["unit_id"]: UnitFigures(
            **{name: row[name] for name in _SUMS},
            **{f"month_{name}": value for name, value in of_month.get(row["unit_id"], {}).items()},
            as_of=row["as_of"],
            changed={name: row[f"{name}_at"] for name in _MOMENTS if row[f"{name}_at"]},
        )
        for row in rows.values("unit_id", "as_of", *_SUMS, *moments)
    }


def totals_by_unit() -> QuerySet[UnitTotal]:
    """The totals of every unit, to be joined (``unit__usage``) or sub-queried, never shown raw:
    what is shown of people goes through ``suppression.shown``.
    """
    return UnitTotal.objects.all()


def dues_by_unit(*, since: Month) -> QuerySet[UnitMonth, tuple[UUID, int, int, int]]:
    """(unit, month, due, paid) in fen for every month from ``since`` on."""
    rows = UnitMonth.objects.filter(month__gte=since.value).order_by("unit_id", "month")
    return rows.values_list("unit_id", "month", "due_fen", "paid_fen")
