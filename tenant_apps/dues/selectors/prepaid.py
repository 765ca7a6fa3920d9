"""Paying ahead: how far, how much a month, and what no longer fits what was paid ahead.

No text speaks of prepayment; to the end of the quarter, or of the year where the unit says so
(rulebook 4.3, our reading).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.clock import Month, day_of
from tenant_apps.dues.models import Bill, BillState, Receipt, Relief, Standard
from tenant_apps.dues.selectors.bills import REASONS, STATE_SQL, Missing
from tenant_apps.dues.selectors.scope import issuing_scopes_of, patterns
from tenant_apps.dues.selectors.settings import setting_in_force

MOST: Final = 500


class MonthAhead(NamedTuple):
    """A month after this one that may be paid: ``why_not`` where there would be no bill."""

    month: int
    fen: int
    why_not: str


class Misfit(NamedTuple):
    """A month paid ahead that no longer fits: ``due_fen`` is what it would be now, None where the
    member has left; ``receipt_id`` leads to giving it back.
    """

    member_id: UUID
    name: str
    org_name: str
    month: int
    paid_fen: int
    due_fen: int | None
    receipt_id: UUID | None

    @property
    def difference_fen(self) -> int:
        """More due (positive), or to be given back (negative)."""
        return (self.due_fen or 0) - self.paid_fen

    @property
    def has_left(self) -> bool:
        return self.due_fen is None


def last_month_ahead(now: dt.datetime) -> Month:
    """Up to which month a member may pay today."""
    current = Month.of(day_of(now))
    if setting_in_force().prepays_year:
        return current + (12 - current.number)
    return current + (-current.number % 3)


def months_ahead(member_id: UUID, now: dt.datetime) -> list[MonthAhead]:
    """The months after this one that the member may pay and that have no bill, oldest first."""
    wanted = _after_this(now)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT wanted.month, state.verdict, state.amount_fen FROM {AHEAD_SQL}"
            " WHERE state.member_id = %(member)s AND state.verdict <> 'already'"
            " ORDER BY wanted.month",
            parameters(member_id, wanted),
        )
        return [
            MonthAhead(month, fen or 0, "" if verdict == "ready" else REASONS[Missing(verdict)])
            for month, verdict, fen in cursor.fetchall()
        ]


def misfits_visible_to(actor: Actor, now: dt.datetime) -> list[Misfit]:
    """Months after this one, paid in the actor's sub-trees, of members who have left or whose
    standard is another since; one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MISFITS,
            {
                "month": Month.of(day_of(now)).value,
                "like": patterns(issuing_scopes_of(actor)),
                "most": MOST,
            },
        )
        return [Misfit(*row) for row in cursor.fetchall()]


def parameters(member_id: UUID, wanted: Sequence[Month]) -> dict[str, Any]:
    """What AHEAD_SQL needs; the months are all of one year."""
    return {
        "member": member_id,
        "months": [month.value for month in wanted],
        "days": [month.last_day for month in wanted],
        "year": wanted[0].year,
        "like": ["%"],
    }


def _after_this(now: dt.datetime) -> list[Month]:
    found, last = [Month.of(day_of(now))], last_month_ahead(now)
    while found[-1] < last:
        found.append(found[-1] + 1)
    return found[1:]


_OF_WANTED: Final = STATE_SQL.replace("%(month)s", "wanted.month").replace(
    "%(last_day)s", "wanted.last_day"
)
AHEAD_SQL: Final = f"""
unnest(%(months)s::int[], %(days)s::date[]) AS wanted (month, last_day)
CROSS JOIN LATERAL ({_OF_WANTED}) AS state
"""
"""What an issue would do in each of some months (see ``bills.STATE_SQL``)."""
_MISFITS: Final = f"""
SELECT member.id, member.name, org.name, bill.month, bill.paid_fen,
       CASE WHEN member.is_active THEN least(held.amount_fen, relief.amount_fen) END AS due_fen,
       (SELECT id FROM {Receipt._meta.db_table} AS receipt
        WHERE receipt.order_id = bill.order_id AND receipt.voided_at IS NULL LIMIT 1)
FROM {Bill._meta.db_table} AS bill
JOIN members_member AS member ON member.id = bill.member_id
JOIN organizations_organization AS org ON org.id = bill.org_id
LEFT JOIN {Standard._meta.db_table} AS held
       ON held.member_id = member.id AND held.year = bill.month / 100 AND held.is_current
      AND held.effective_month <= bill.month
LEFT JOIN {Relief._meta.db_table} AS relief
       ON relief.member_id = member.id AND relief.ended_at IS NULL
      AND bill.month BETWEEN relief.first_month AND relief.last_month
WHERE bill.month > %(month)s AND bill.state = '{BillState.PAID}'
  AND bill.org_path LIKE ANY (%(like)s)
  AND (NOT member.is_active
       OR least(held.amount_fen, relief.amount_fen) <> bill.paid_fen)
ORDER BY bill.org_path, member.name_pinyin, member.id, bill.month
LIMIT %(most)s
"""
