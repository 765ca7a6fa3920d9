"""What members paid in a stretch of days, by organisation, month, category, channel or kind.

Every figure is read from the ledger itself, in one statement over all its lines; the same
statement without the sums gives the lines behind a figure.  A line lies where its organisation
was when it was booked.  Amounts are integer fen, days those of Beijing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection

from tenant_apps.dues.models import Bill, Resolution, Standard, Transfer
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.books import midnight
from tenant_apps.dues.selectors.chart import CLEARING, REFUNDS, SUSPENSE
from tenant_apps.dues.selectors.clearing import PAYOUT
from tenant_apps.dues.selectors.scope import LEVEL

OWN: Final = (chart.MEMBERS_DUES, chart.VOLUNTARY)
"""Dues and voluntary extras: the unit's own income, whatever is debited was given back."""
ENTRUSTED: Final = (chart.LARGE_DUES, chart.SPECIAL_DUES)
"""Taken for the Central: what is debited was given back only where a refund is owed for it."""
_BLOCK: Final = 2_000


class By(StrEnum):
    """What the figures are told apart by."""

    ORG = "org"
    MONTH = "month"
    CATEGORY = "category"
    CHANNEL = "channel"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, both included, the sub-trees that count, and the path below which to tell apart."""

    first: dt.date
    last: dt.date
    like: tuple[str, ...]
    below: str = ""

    def values(self) -> dict[str, Any]:
        return {
            "first": midnight(self.first),
            "end": midnight(self.last + dt.timedelta(days=1)),
            "like": list(self.like),
            "width": len(self.below) + LEVEL,
            "own": list(OWN),
            "entrusted": list(ENTRUSTED),
        }


@dataclass(frozen=True, slots=True)
class Collected:
    """One figure; ``booked_fen`` is what the accounts say of the same lines: net for the unit's
    own, received for what is entrusted, whose debits are not all refunds.
    """

    key: str
    payments: int
    received_fen: int
    returned_fen: int
    booked_fen: int

    @property
    def net_fen(self) -> int:
        return self.received_fen - self.returned_fen


@dataclass(frozen=True, slots=True)
class CollectedLine:
    """One line behind a figure; ``fen`` is negative for what was given back."""

    id: UUID
    at: dt.datetime
    member_id: UUID | None
    month: int | None
    category: str
    channel: str
    org_path: str
    memo: str
    fen: int


@dataclass(frozen=True, slots=True)
class HeldOfDay:
    """What the books say a channel's account took in and gave back on a day, without payouts."""

    channel: str
    mchid: str
    day: dt.date
    received_fen: int
    returned_fen: int


_PLACES: Final = "at >= %(first)s AND at < %(end)s AND org_path LIKE ANY(%(like)s)"
_SIDES: Final = f"""
    SELECT id, at, org_path, bill_id, order_id, memo, amount_fen AS fen, debit AS other,
           credit AS account
    FROM {Transfer._meta.db_table}
    WHERE {_PLACES} AND (credit = ANY(%(own)s) OR credit = ANY(%(entrusted)s))
    UNION ALL
    SELECT id, at, org_path, bill_id, order_id, memo, -amount_fen, credit, debit
    FROM {Transfer._meta.db_table}
    WHERE {_PLACES} AND (debit = ANY(%(own)s)
                         OR debit = ANY(%(entrusted)s) AND credit = '{REFUNDS}')
"""
_CHANNEL: Final = f"""
    CASE split_part(side.other, ':', 1)
    WHEN '{CLEARING}' THEN split_part(side.other, ':', 2)
    WHEN '{SUSPENSE}' THEN (
        SELECT split_part(came.debit, ':', 2) FROM {Resolution._meta.db_table} AS decided
        JOIN {Transfer._meta.db_table} AS came ON came.id = decided.suspension_id
        WHERE decided.id = side.order_id)
    WHEN '{REFUNDS}' THEN (
        SELECT CASE WHEN came.debit LIKE '{CLEARING}:%%' THEN split_part(came.debit, ':', 2)
                    ELSE split_part(came.debit, ':', 1) END
        FROM {Transfer._meta.db_table} AS came
        WHERE came.bill_id = side.bill_id AND came.credit = side.account AND came.at <= side.at
          AND came.debit <> '{REFUNDS}'
        ORDER BY came.at DESC LIMIT 1)
    ELSE split_part(side.other, ':', 1) END
"""
"""Money that was placed later came by the channel of the suspension, a refund goes back by the
one that the bill was paid by.
"""
_BILL: Final = f"LEFT JOIN {Bill._meta.db_table} AS bill ON bill.id = side.bill_id"
_STANDARD: Final = f"""{_BILL}
    LEFT JOIN {Standard._meta.db_table} AS standard ON standard.id = bill.standard_id"""
_KEYS: Final = {
    By.ORG: ("left(side.org_path, %(width)s)", ""),
    By.MONTH: ("bill.month::text", _BILL),
    By.CATEGORY: ("standard.category", _STANDARD),
    By.CHANNEL: (_CHANNEL, ""),
    By.KIND: ("side.account", ""),
}
_FIGURES: Final = """
    SELECT coalesce({key}, '') AS key,
           count(*) FILTER (WHERE side.fen > 0 AND side.other <> '{refunds}'),
           coalesce(sum(side.fen) FILTER (WHERE side.fen > 0 AND side.other <> '{refunds}'),
                    0)::bigint,
           coalesce(-sum(side.fen) FILTER (WHERE side.fen < 0 OR side.other = '{refunds}'),
                    0)::bigint,
           coalesce(sum(side.fen) FILTER (WHERE side.account = ANY(%(own)s) OR side.fen > 0),
                    0)::bigint
    FROM ({sides}) AS side {joins} GROUP BY 1 ORDER BY 1
"""
_LINES: Final = f"""
    SELECT side.id, side.at, bill.member_id, bill.month, coalesce(standard.category, ''),
           coalesce({_CHANNEL}, ''), side.org_path, side.memo, side.fen
    FROM ({_SIDES}) AS side {_STANDARD} WHERE coalesce({{key}}, '') = %(key)s
    ORDER BY side.at DESC, side.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
_COUNT: Final = "SELECT count(*) FROM ({sides}) AS side {joins} WHERE coalesce({key}, '') = %(key)s"
_HELD: Final = f"""
    SELECT split_part(account, ':', 2), split_part(account, ':', 3), day,
           sum(received)::bigint, sum(returned)::bigint
    FROM (SELECT debit AS account, (at AT TIME ZONE 'Asia/Shanghai')::date AS day,
                 amount_fen AS received, 0 AS returned
          FROM {Transfer._meta.db_table}
          WHERE at >= %(first)s AND at < %(end)s AND debit LIKE '{CLEARING}:%%'
          UNION ALL
          SELECT credit, (at AT TIME ZONE 'Asia/Shanghai')::date, 0, amount_fen
          FROM {Transfer._meta.db_table}
          WHERE at >= %(first)s AND at < %(end)s AND credit LIKE '{CLEARING}:%%'
            AND effect NOT LIKE '{PAYOUT}%%') AS held
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def collected(by: By, stretch: Stretch) -> list[Collected]:
    """The figures in the order of their keys; one statement.  The empty key is what cannot be
    told: a line without a bill has no month and no category.
    """
    key, joins = _KEYS[by]
    sql = _FIGURES.format(key=key, joins=joins, sides=_SIDES, refunds=REFUNDS)
    with connection.cursor() as cursor:
        cursor.execute(sql, stretch.values())
        return [Collected(*row) for row in cursor.fetchall()]


class CollectedLines:
    """The lines behind one figure, newest first; counted and cut into pages by the database."""

    def __init__(self, by: By, stretch: Stretch, key: str) -> None:
        self._key, self._joins = _KEYS[by]
        self._values = {**stretch.values(), "key": key}

    def count(self) -> int:
        sql = _COUNT.format(key=self._key, joins=self._joins, sides=_SIDES)
        with connection.cursor() as cursor:
            cursor.execute(sql, self._values)
            return int(cursor.fetchone()[0])

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, asked: slice) -> Sequence[CollectedLine]:
        start = asked.start or 0
        return self._read(start, asked.stop - start)

    def every(self) -> Iterator[CollectedLine]:
        """All of them, block by block, for a workbook."""
        start = 0
        while block := self._read(start, _BLOCK):
            yield from block
            start += _BLOCK

    def _read(self, offset: int, limit: int) -> list[CollectedLine]:
        values = {**self._values, "offset": offset, "limit": max(limit, 0)}
        with connection.cursor() as cursor:
            cursor.execute(_LINES.format(key=self._key), values)
            return [CollectedLine(*row) for row in cursor.fetchall()]


def held_by_day(first: dt.date, last: dt.date) -> list[HeldOfDay]:
    """The accounts of the channels by day, for comparing them with the channels' bills."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD, {"first": midnight(first), "end": midnight(last + dt.timedelta(days=1))}
        )
        return [HeldOfDay(*row) for row in cursor.fetchall()]
