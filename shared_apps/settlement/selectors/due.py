"""What a batch of a day would settle: all units in one statement.

A payout is due when no live instruction holds it and it is of a business day up to its unit's
cut-off (``periods.cut_off``).  Money of a unit that has left the pool is sent at once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from shared_apps.settlement.models import Bank, Cycle
from shared_apps.settlement.selectors import periods

DUE: Final = """
terms AS (
  SELECT DISTINCT ON (unit_id) unit_id, cycle, minimum_fen, effective_on
  FROM settlement_policy WHERE effective_on <= %(day)s ORDER BY unit_id, effective_on DESC
), settled_by AS (
  SELECT payout.id, payout.unit_id, payout.unit_role, payout.amount_fen, payout.business_on,
         CASE WHEN terms.unit_id IS NULL THEN 'M' ELSE coalesce(nullif(terms.cycle, ''), 'D') END
           AS cycle, terms.effective_on, coalesce(terms.minimum_fen, 0) AS minimum_fen
  FROM settlement_payout AS payout LEFT JOIN terms USING (unit_id)
  WHERE NOT EXISTS (SELECT FROM settlement_line AS line
                    WHERE line.payout_id = payout.id AND line.is_live)
), owed AS (
  SELECT *, greatest(effective_on - 1, CASE cycle WHEN 'D' THEN %(closed_d)s::date
         WHEN 'M' THEN %(closed_m)s::date ELSE %(closed_q)s::date END) AS cut_off_on
  FROM settled_by
), due AS (
  SELECT unit_id, unit_role, cycle, cut_off_on, minimum_fen,
         count(*) AS payouts, sum(amount_fen)::bigint AS amount_fen
  FROM owed WHERE business_on <= cut_off_on
  GROUP BY unit_id, unit_role, cycle, cut_off_on, minimum_fen
), placed AS (
  SELECT due.*, account.id AS account_id, account.bank, account.last_four
  FROM due LEFT JOIN LATERAL (
    SELECT one.id, one.bank, one.last_four FROM settlement_account AS one
    WHERE one.unit_id = due.unit_id AND one.state = 'confirmed'
    ORDER BY one.effective_on > due.cut_off_on, abs(one.effective_on - due.cut_off_on) LIMIT 1
  ) AS account ON true
)"""
"""CTEs ``owed`` (a row per payout) and ``placed`` (a row per unit, ``account_id`` null without)."""

_PLAN: Final = f"""
WITH {DUE}
SELECT unit.name, placed.cycle, placed.cut_off_on, placed.payouts, placed.amount_fen, bank,
       last_four,
       CASE WHEN account_id IS NULL THEN 'no_account'
            WHEN amount_fen < minimum_fen THEN 'below_minimum' ELSE '' END AS hindrance
FROM placed JOIN tenants_unit AS unit ON unit.id = placed.unit_id
ORDER BY hindrance DESC, amount_fen DESC LIMIT %(most)s
"""
_SUMS: Final = f"""
WITH {DUE}
SELECT count(*) FILTER (WHERE ready), coalesce(sum(amount_fen) FILTER (WHERE ready), 0)::bigint,
       count(*) FILTER (WHERE account_id IS NULL),
       count(*) FILTER (WHERE account_id IS NOT NULL AND NOT ready)
FROM (SELECT *, account_id IS NOT NULL AND amount_fen >= minimum_fen AS ready FROM placed) AS each
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A unit with something to settle; ``hindrance`` says why it is left out, "" if it is not."""

    unit_name: str
    cycle: Cycle
    cut_off_on: dt.date
    payouts: int
    amount_fen: int
    account: str
    hindrance: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What preparing would take: sums over all units, and the first of them."""

    units: int
    amount_fen: int
    without_account: int
    below_minimum: int
    lines: tuple[Due, ...]


def plan(day: dt.date, *, most: int = 50) -> Plan:
    """For a working day."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, cut_offs(day))
        units, fen, without_account, below = cursor.fetchone()
        cursor.execute(_PLAN, {**cut_offs(day), "most": most})
        rows = cursor.fetchall()
    lines = tuple(
        Due(name, Cycle(cycle), cut_off_on, payouts, fen, _shown(bank, last_four), hindrance)
        for name, cycle, cut_off_on, payouts, fen, bank, last_four, hindrance in rows
    )
    return Plan(units, fen, without_account, below, lines)


def _shown(bank: str | None, last_four: str | None) -> str:
    return f"{Bank(bank).label} 尾号 {last_four}" if bank else ""


def unsettled_fen(unit_id: UUID) -> int:
    """What of a unit lies in the pool and in no live instruction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(payout.amount_fen), 0)::bigint FROM settlement_payout AS payout"
            " WHERE payout.unit_id = %s AND NOT EXISTS (SELECT FROM settlement_line AS line"
            " WHERE line.payout_id = payout.id AND line.is_live)",
            [unit_id],
        )
        return int(cursor.fetchone()[0])


def cut_offs(day: dt.date) -> dict[str, Any]:
    """The parameters of ``DUE``."""
    return {
        "day": day,
        "closed_d": periods.last_closed(day, Cycle.DAY),
        "closed_m": periods.last_closed(day, Cycle.MONTH),
        "closed_q": periods.last_closed(day, Cycle.QUARTER),
    }
