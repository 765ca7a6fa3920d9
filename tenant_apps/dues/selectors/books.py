"""The ledger as books: lines, turnovers by day, and what each organisation collected and holds.

A day is the Beijing day of a transfer's moment.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kernel.clock import BEIJING
from tenant_apps.dues.models import Bill, Transfer
from tenant_apps.dues.selectors.chart import MEMBERS_DUES, VOLUNTARY
from tenant_apps.dues.selectors.scope import within

LEDGER: Final = Transfer._meta.db_table
"""The table, for statements of the rooms above that ask whether a fact is booked."""

TURNOVER_SQL: Final = f"""
    SELECT account, (at AT TIME ZONE 'Asia/Shanghai')::date AS day,
           sum(debit_fen)::bigint AS debit_fen, sum(credit_fen)::bigint AS credit_fen
    FROM (SELECT id, at, org_path, debit AS account, amount_fen AS debit_fen, 0 AS credit_fen
          FROM {Transfer._meta.db_table}
          UNION ALL
          SELECT id, at, org_path, credit, 0, amount_fen FROM {Transfer._meta.db_table}) AS side
    WHERE {{where}} GROUP BY 1, 2
"""
"""What each day added to each account, of the transfers that meet ``where`` (id, at, org_path)."""

_STANDINGS: Final = f"""
    SELECT coalesce(line.org_id, bill.org_id) AS org,
           coalesce(sum((line.credit = ANY(%(dues)s))::int * line.amount_fen
                      - (line.debit = ANY(%(dues)s))::int * line.amount_fen)
                    FILTER (WHERE line.at >= %(first)s AND line.at < %(end)s), 0)::bigint,
           sum((left(line.credit, 1) IN ('3', '4', '5'))::int * line.amount_fen
             - (left(line.debit, 1) IN ('3', '4', '5'))::int * line.amount_fen)::bigint
    FROM {Transfer._meta.db_table} AS line
    LEFT JOIN {Bill._meta.db_table} AS bill ON bill.id = line.bill_id
    WHERE coalesce(line.org_id, bill.org_id) IS NOT NULL GROUP BY 1
"""


class Standing(NamedTuple):
    """Fen that an organisation's members paid in a period, and fen that it holds now."""

    collected_fen: int
    share_fen: int


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a Beijing day begins."""
    return dt.datetime.combine(day, dt.time(), BEIJING)


def standings(first: dt.date, last: dt.date) -> dict[UUID, Standing]:
    """Every organisation that money was ever booked for, by id; one statement.

    Dues and voluntary extras count as collected, without interest and without large and special
    dues (rulebook 4.4, 4.5).  What it holds is all income and funds less all expenses.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STANDINGS,
            {
                "dues": [MEMBERS_DUES, VOLUNTARY],
                "first": midnight(first),
                "end": midnight(last + dt.timedelta(days=1)),
            },
        )
        return {org: Standing(collected, share) for org, collected, share in cursor.fetchall()}


def transfers_within(scopes: tuple[str, ...], *, below: str = "") -> QuerySet[Transfer]:
    """Lines of the sub-trees, newest first; those of no organisation for the whole unit only."""
    return Transfer.objects.filter(within(scopes, below=below)).order_by("-at", "-id")


def booked_as(effect: str) -> Transfer | None:
    """The transfer of a business fact, None while it is not booked."""
    return Transfer.objects.filter(effect=effect).first()


def booked_as_each(effects: list[str]) -> dict[str, Transfer]:
    """The same for many."""
    return {found.effect: found for found in Transfer.objects.filter(effect__in=effects)}
