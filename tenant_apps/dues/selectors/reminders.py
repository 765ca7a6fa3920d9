"""Whom a reminder of dues would reach, and why not the others."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from kernel.clock import Month, day_of
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.selectors.bills import bills_under_payment
from tenant_apps.dues.selectors.receipts import months_in_words

AGAIN_AFTER: Final = dt.timedelta(days=3)
"""Nobody is reminded twice within this time, whoever asks."""
MOST_AT_ONCE: Final = 1_000
_LISTED_MONTHS: Final = 3


class Standing(StrEnum):
    """What a reminder does with one of the chosen members."""

    TELL = "tell"
    CLEAR = "clear"
    NO_PHONE = "no_phone"
    PAYING = "paying"
    RECENT = "recent"


REASONS: Final = {
    Standing.NO_PHONE: "没有登记手机号码，请当面或电话提醒",
    Standing.RECENT: f"{AGAIN_AFTER.days} 天内已经提醒过",
    Standing.PAYING: "有一笔支付正在确认",
    Standing.CLEAR: "没有到期未交的党费",
}
"""Why somebody is not told, in the order in which the page says it."""


@dataclass(frozen=True, slots=True)
class Owing:
    """One chosen member: the open months up to this one (oldest first), their sum in fen."""

    member: Any
    standing: Standing
    bill_ids: tuple[UUID, ...] = ()
    months: tuple[int, ...] = ()
    fen: int = 0

    @property
    def words(self) -> str:
        """The months in words; many that do not follow each other are counted."""
        listed = months_in_words(self.months)
        if "、" in listed and len(self.months) > _LISTED_MONTHS:
            return f"{Month(self.months[0]).label}等 {len(self.months)} 个月"
        return listed


def standing_of(
    *, has_phone: bool, owes: bool, is_paying: bool, last: dt.datetime | None, now: dt.datetime
) -> Standing:
    """The rule for one member; ``last`` is when they were last reminded of an open month."""
    if not owes:
        return Standing.CLEAR
    if is_paying:
        return Standing.PAYING
    if last is not None and now - last < AGAIN_AFTER:
        return Standing.RECENT
    return Standing.TELL if has_phone else Standing.NO_PHONE


def owing_of(members: Sequence[Any], *, now: dt.datetime, is_held: bool = False) -> list[Owing]:
    """The chosen members with what a reminder does, in the order given; in two statements.

    ``is_held`` locks their open bills, so that two people who remind at once send one message.
    """
    bills = Bill.objects.filter(
        member_id__in=[one.pk for one in members],
        state=BillState.UNPAID,
        month__lte=Month.of(day_of(now)).value,
    ).order_by("id")
    if is_held:
        bills = bills.select_for_update()
    open_bills: dict[UUID, list[Bill]] = defaultdict(list)
    for bill in bills:
        open_bills[bill.member_id].append(bill)
    paying = bills_under_payment([bill.pk for rows in open_bills.values() for bill in rows])
    return [_owing(one, open_bills[one.pk], paying, now) for one in members]


def _owing(member: Any, bills: list[Bill], paying: set[UUID], now: dt.datetime) -> Owing:
    bills.sort(key=lambda bill: bill.month)
    standing = standing_of(
        has_phone=bool(member.phone_sealed),
        owes=bool(bills),
        is_paying=any(bill.pk in paying for bill in bills),
        last=max((bill.reminded_at for bill in bills if bill.reminded_at), default=None),
        now=now,
    )
    return Owing(
        member=member,
        standing=standing,
        bill_ids=tuple(bill.pk for bill in bills),
        months=tuple(bill.month for bill in bills),
        fen=sum(bill.due_fen for bill in bills),
    )
