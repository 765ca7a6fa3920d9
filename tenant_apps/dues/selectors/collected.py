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


_KINDS: Final = "(%(own)s::text[] || %(entrusted)s::text[])"
_WANTED: Final = f"""
    side.at >= %(first)s AND side.at < %(end)s AND side.org_path LIKE ANY(%(like)s)
    AND (side.credit = ANY({_KINDS}) OR side.debit = ANY(%(own)s)
         OR side.debit = ANY(%(entrusted)s) AND side.credit = '{REFUNDS}')
"""
_OTHER: Final = f"CASE WHEN credit = ANY({_KINDS}) THEN debit ELSE credit END"
_ACCOUNT: Final = f"CASE WHEN credit = ANY({_KINDS}) THEN credit ELSE debit END"
_SIGN: Final = f"CASE WHEN credit = ANY({_KINDS}) THEN 1 ELSE -1 END"
_SIDES: Final = f"""
    SELECT id, at, org_path, bill_id, order_id, memo, amount_fen, credit, debit,
           {_OTHER} AS other, {_ACCOUNT} AS account, {_SIGN} AS sign
    FROM {Transfer._meta.db_table} AS side WHERE {_WANTED}
"""
_CAME_BY: Final = f"""
    CASE side.other
    WHEN '{SUSPENSE}' THEN (
        SELECT came.debit FROM {Resolution._meta.db_table} AS decided
        JOIN {Transfer._meta.db_table} AS came ON came.id = decided.suspension_id
        WHERE decided.id = side.order_id)
    WHEN '{REFUNDS}' THEN (
        SELECT came.debit FROM {Transfer._meta.db_table} AS came
        WHERE came.bill_id = side.bill_id AND came.credit = side.account AND came.at <= side.at
          AND came.debit <> '{REFUNDS}'
        ORDER BY came.at DESC LIMIT 1)
    ELSE side.other END
"""
"""The account that money came into: what was placed later, by way of the suspense account; what
went back, of the payment that it was.
"""
_CHANNEL: Final = f"""
    CASE split_part({{0}}, ':', 1) WHEN '{CLEARING}' THEN split_part({{0}}, ':', 2)
    ELSE split_part({{0}}, ':', 1) END
"""
_BILL: Final = f"LEFT JOIN {Bill._meta.db_table} AS bill ON bill.id = side.bill_id"
_STANDARD: Final = f"""{_BILL}
    LEFT JOIN {Standard._meta.db_table} AS standard ON standard.id = bill.standard_id"""
_NAMES: Final = {
    By.ORG: ("left(side.org_path, %(width)s)", ""),
    By.MONTH: ("bill.month::text", _BILL),
    By.CATEGORY: ("standard.category", _STANDARD),
    By.CHANNEL: (_CHANNEL.format(_CAME_BY), ""),
    By.KIND: ("side.account", ""),
}
"""What names the figure that a line is in, and the tables that this needs."""
_GROUPS: Final = """
    SELECT {raw} AS raw, side.credit, side.debit, count(*) AS n, sum(side.amount_fen) AS fen
    FROM {lines} AS side {joins} WHERE {wanted} GROUP BY 1, 2, 3
"""
_ODD: Final = f"(side.debit IN ('{SUSPENSE}', '{REFUNDS}') OR side.credit = '{REFUNDS}')"
_FIGURES: Final = f"""
    SELECT coalesce({{name}}, '') AS key,
           coalesce(sum(n) FILTER (WHERE sign > 0 AND other <> '{REFUNDS}'), 0)::bigint,
           coalesce(sum(fen) FILTER (WHERE sign > 0 AND other <> '{REFUNDS}'), 0)::bigint,
           coalesce(-sum(sign * fen) FILTER (WHERE sign < 0 OR other = '{REFUNDS}'), 0)::bigint,
           coalesce(sum(sign * fen) FILTER (WHERE account = ANY(%(own)s) OR sign > 0), 0)::bigint
    FROM (SELECT raw, n, fen, {_OTHER} AS other, {_ACCOUNT} AS account, {_SIGN} AS sign
          FROM ({{groups}}) AS grouped) AS side
    GROUP BY 1 ORDER BY 1
"""


def _figures(by: By) -> str:
    """Groups the lines by what is cheap for each of many, and names the few groups.  Only lines
    by way of the suspense account and refunds are asked one by one what they came by.
    """
    table = Transfer._meta.db_table
    if by is By.CHANNEL:
        plain = _GROUPS.format(raw="''", lines=table, joins="", wanted=f"{_WANTED} AND NOT {_ODD}")
        came_by = f"coalesce({_CAME_BY}, ':')"  # what cannot be told is of no channel
        odd = _GROUPS.format(raw=came_by, lines=f"({_SIDES})", joins="", wanted=_ODD)
        name = _CHANNEL.format("coalesce(nullif(raw, ''), other)")
        return _FIGURES.format(name=name, groups=f"{plain} UNION ALL {odd}")
    raw, joins = ("''", "") if by is By.KIND else _NAMES[by]
    groups = _GROUPS.format(raw=raw, lines=table, joins=joins, wanted=_WANTED)
    return _FIGURES.format(name="account" if by is By.KIND else "raw", groups=groups)


_LINES: Final = f"""
    SELECT side.id, side.at, bill.member_id, bill.month, coalesce(standard.category, ''),
           coalesce({_CHANNEL.format(_CAME_BY)}, ''), side.org_path, side.memo,
           side.sign * side.amount_fen
    FROM ({_SIDES}) AS side {_STANDARD} WHERE coalesce({{name}}, '') = %(key)s
    ORDER BY side.at DESC, side.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
_COUNT: Final = f"""
    SELECT count(*) FROM ({_SIDES}) AS side {{joins}} WHERE coalesce({{name}}, '') = %(key)s
"""
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
    with connection.cursor() as cursor:
        cursor.execute(_figures(by), stretch.values())
        return [Collected(*row) for row in cursor.fetchall()]


class CollectedLines:
    """The lines behind one figure, newest first; counted and cut into pages by the database."""

    def __init__(self, by: By, stretch: Stretch, key: str) -> None:
        self._name, self._joins = _NAMES[by]
        self._values = {**stretch.values(), "key": key}

    def count(self) -> int:
        sql = _COUNT.format(name=self._name, joins=self._joins)
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
            cursor.execute(_LINES.format(name=self._name), values)
            return [CollectedLine(*row) for row in cursor.fetchall()]


def held_by_day(first: dt.date, last: dt.date) -> list[HeldOfDay]:
    """The accounts of the channels by day, for comparing them with the channels' bills."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD, {"first": midnight(first), "end": midnight(last + dt.timedelta(days=1))}
        )
        return [HeldOfDay(*row) for row in cursor.fetchall()]
