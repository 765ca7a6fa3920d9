"""Accounts between two days: daily figures for what is folded, the ledger itself for the rest.

One statement reads both, so a line is never missed and never counted twice, whenever the figures
are folded.  Whoever sees only a part of the unit is answered from the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.permissions import require
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.books import TURNOVER_SQL, midnight
from tenant_apps.treasury.models import Books, Day
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors.places import scopes_of

_NOTHING: Final = UUID(int=0)
_FOLDED: Final = f"coalesce((SELECT folded_to FROM {Books._meta.db_table}), %(mark)s)"
_BY_DAY: Final = f"""
    SELECT account, "on" AS day, debit_fen, credit_fen FROM {Day._meta.db_table}
    WHERE "on" <= %(last)s
    UNION ALL
    {TURNOVER_SQL.format(where=f"id >= %(mark)s AND id >= {_FOLDED} AND at < %(end)s")}
"""
_IN_PLACES: Final = TURNOVER_SQL.format(where="org_path LIKE ANY(%(like)s) AND at < %(end)s")
_SUMS: Final = """
    SELECT account,
           coalesce(sum(debit_fen - credit_fen) FILTER (WHERE day < %(first)s), 0)::bigint,
           coalesce(sum(debit_fen) FILTER (WHERE day >= %(first)s), 0)::bigint,
           coalesce(sum(credit_fen) FILTER (WHERE day >= %(first)s), 0)::bigint
    FROM ({days}) AS days GROUP BY account ORDER BY account
"""


@dataclass(frozen=True, slots=True)
class Turnover:
    """An account from a first to a last day; balances are debit minus credit."""

    account: str
    opening_fen: int
    debit_fen: int
    credit_fen: int

    @property
    def label(self) -> str:
        return chart.label_of(self.account)

    @property
    def number(self) -> str:
        return self.account.partition(":")[0]

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.debit_fen - self.credit_fen

    @property
    def is_debit(self) -> bool:
        """Whether its balance usually stands on the debit side: assets and expenses."""
        return self.account[0] in "15"

    @property
    def opening_shown_fen(self) -> int:
        """What it held before, on its usual side."""
        return self.opening_fen if self.is_debit else -self.opening_fen

    @property
    def shown_fen(self) -> int:
        """The closing balance on its usual side."""
        return self.closing_fen if self.is_debit else -self.closing_fen


def turnovers(actor: Actor, first: dt.date, last: dt.date, *, below: str = "") -> list[Turnover]:
    """Every account with what it held before ``first`` and moved until ``last``, by number.

    ``below`` narrows to the lines of a sub-tree.
    """
    require_browsing(actor)
    scopes = tuple(scope for scope in scopes_of(actor) if not below or scope.startswith(below))
    scopes = scopes or ((below,) if below.startswith(scopes_of(actor)) else ())
    values: dict[str, Any] = {
        "first": first,
        "last": last,
        "end": midnight(last + dt.timedelta(days=1)),
        "like": [f"{scope}%" for scope in scopes],
    }
    is_all = scopes == ("",)
    if is_all:
        # The mark only rises, so nothing is left out; known beforehand it lets the planner see
        # how little lies behind it, and the one in the statement is what the figures reach.
        values["mark"] = folded_to()
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(days=_BY_DAY if is_all else _IN_PLACES), values)
        return [Turnover(*row) for row in cursor.fetchall()]


def folded_to() -> UUID:
    """The key up to which transfers are in the daily figures."""
    return Books.objects.values_list("folded_to", flat=True).first() or _NOTHING


def require_browsing(actor: Actor) -> None:
    """A job may; anybody else needs the permission."""
    if actor.kind != "job":
        require(actor, TreasuryPermission.BROWSE)


def balance_of(account: str, today: dt.date) -> int:
    """What stands in one account at the end of ``today``, debit minus credit, in fen."""
    found = turnovers(Actor.system("treasury"), today, today)
    return sum(row.closing_fen for row in found if row.account == account)


@dataclass(frozen=True, slots=True)
class Movement:
    """A period in the words of the reconciliation (rulebook 10.5), in fen.

    opening + collected + interest + allocated + from below - handed up - expenses - returned
    = closing; what is in transit between two organisations is in neither's closing balance.
    """

    opening_fen: int
    brought_in_fen: int
    collected_fen: int
    interest_fen: int
    allocated_fen: int
    from_below_fen: int
    spent_fen: int
    handed_up_fen: int
    returned_fen: int

    @property
    def income_fen(self) -> int:
        return (
            self.brought_in_fen + self.collected_fen + self.interest_fen
            + self.allocated_fen + self.from_below_fen
        )  # fmt: skip

    @property
    def outgo_fen(self) -> int:
        return self.spent_fen + self.handed_up_fen + self.returned_fen

    @property
    def closing_fen(self) -> int:
        return self.opening_fen + self.income_fen - self.outgo_fen


def movement(rows: Iterable[Turnover]) -> Movement:
    """The funds' side of the books; ``closing_fen`` equals what the accounts of 3, 4 and 5 say."""
    known = list(rows)

    def credited(*numbers: str) -> int:
        return sum(r.credit_fen - r.debit_fen for r in known if r.number in numbers)

    return Movement(
        opening_fen=-sum(row.opening_fen for row in known if row.account[0] in "345"),
        brought_in_fen=credited(chart.OPENING),
        collected_fen=credited(chart.MEMBERS_DUES, chart.VOLUNTARY),
        interest_fen=credited(chart.INTEREST),
        allocated_fen=credited(chart.HANDED_DOWN),
        from_below_fen=credited(chart.RECEIVED_FROM_BELOW),
        spent_fen=-credited(*chart.USES),
        handed_up_fen=-credited(chart.HANDED_UP),
        returned_fen=-credited(chart.RETURNED_BELOW),
    )
