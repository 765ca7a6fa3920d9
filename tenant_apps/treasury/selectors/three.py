"""The three clear accounts (党费三本账: 收、支、管; rulebook 10.6) of a month and its year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from kernel.actor import Actor
from kernel.clock import Month
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.bills import MonthTotals, history, places_below
from tenant_apps.treasury.selectors.balances import Movement, Turnover, movement, turnovers
from tenant_apps.treasury.selectors.places import names_by_path, place_at, places_of

_WHERE_IT_LIES = (chart.BANK, chart.COUNTER, chart.POOL, chart.SETTLEMENT_IN_TRANSIT,
                  chart.CLEARING)  # fmt: skip
_OWED = (
    chart.SUSPENSE, chart.REFUNDS, chart.LARGE_DUES, chart.SPECIAL_DUES, chart.SWEEP_IN_TRANSIT,
    chart.RETURN_IN_TRANSIT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collected:
    """A month, or a place in a month: what was due and what was paid."""

    label: str
    path: str
    month: Month
    totals: MonthTotals


@dataclass(frozen=True, slots=True)
class Use:
    """One of the five uses with what was spent for it in the month and in the year so far."""

    number: str
    label: str
    month_fen: int
    year_fen: int


@dataclass(frozen=True, slots=True)
class ThreeAccounts:
    """``month`` and ``year`` are movements of the month and of the year until its end; money
    ``lies`` in accounts, of which some is ``owed`` or on its way; fen.
    """

    at: Month
    below: str
    name: str
    months: tuple[Collected, ...]
    places: tuple[Collected, ...]
    uses: tuple[Use, ...]
    month: Movement
    year: Movement
    lies: tuple[Turnover, ...]
    owed: tuple[Turnover, ...]

    @property
    def due_fen(self) -> int:
        return sum(row.totals.due_fen for row in self.months)

    @property
    def paid_fen(self) -> int:
        return sum(row.totals.paid_fen for row in self.months)

    @property
    def arrears_fen(self) -> int:
        return sum(row.totals.unpaid_fen for row in self.months)

    @property
    def lies_fen(self) -> int:
        return sum(row.shown_fen for row in self.lies)

    @property
    def owed_fen(self) -> int:
        """What of the money is not the organisations' own."""
        return -sum(row.closing_fen for row in self.owed)

    @property
    def spent_fen(self) -> int:
        return sum(use.year_fen for use in self.uses)


def three_accounts(actor: Actor, at: Month, *, below: str = "") -> ThreeAccounts:
    """The accounts of the sub-tree ``below`` that the actor sees.  Raises PlaceNotFound."""
    place = place_at(actor, below)
    first = dt.date(at.year, 1, 1)
    month_rows = turnovers(actor, at.first_day, at.last_day, below=below)
    year_rows = turnovers(actor, first, at.last_day, below=below)
    return ThreeAccounts(
        at=at,
        below=below,
        name=(place.short_name or place.name) if place else "全部组织",
        months=_months(actor, at, below),
        places=_places(actor, at, below),
        uses=_uses(month_rows, year_rows),
        month=movement(month_rows),
        year=movement(year_rows),
        lies=_of(month_rows, _WHERE_IT_LIES),
        owed=_of(month_rows, _OWED),
    )


def _months(actor: Actor, at: Month, below: str) -> tuple[Collected, ...]:
    months = [Month(at.year * 100 + number) for number in range(1, at.number + 1)]
    known = history(actor, [month.value for month in months], below=below)
    return tuple(
        Collected(f"{month.number} 月", below, month, known[month.value])
        for month in months
        if month.value in known
    )


def _places(actor: Actor, at: Month, below: str) -> tuple[Collected, ...]:
    roots = [place.path for place in places_of(actor)]
    outermost = below or (min(roots, key=len) if roots else "")
    if not outermost:
        return ()
    names = names_by_path()
    return tuple(
        Collected(names.get(one.path, one.path), one.path, at, one.totals)
        for one in places_below(actor, at, outermost)
    )


def _uses(month_rows: list[Turnover], year_rows: list[Turnover]) -> tuple[Use, ...]:
    def spent(rows: list[Turnover], number: str) -> int:
        return sum(r.debit_fen - r.credit_fen for r in rows if r.number == number)

    return tuple(
        Use(number, label, spent(month_rows, number), spent(year_rows, number))
        for number, label in chart.USES.items()
    )


def _of(rows: list[Turnover], numbers: tuple[str, ...]) -> tuple[Turnover, ...]:
    found = [row for row in rows if row.number in numbers and row.closing_fen]
    return tuple(sorted(found, key=lambda row: numbers.index(row.number)))
