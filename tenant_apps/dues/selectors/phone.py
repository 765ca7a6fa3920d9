"""What a member sees on the phone about the own dues."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from kernel.clock import Month, day_of
from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel
from shared_apps.rules.selectors import Bracket
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.selectors.bills import bills_under_payment
from tenant_apps.dues.selectors.standards import Explanation, explain, standard_in_force


@dataclass(frozen=True, slots=True)
class DueMonth:
    """An open month.  ``days_late`` counts from the month's last day; ``is_in_payment`` while
    an order covers it.
    """

    month: int
    fen: int
    days_late: int
    is_in_payment: bool


@dataclass(frozen=True, slots=True)
class MyDues:
    """Everything on the page of one's dues; ``open_order_id`` is a payment under way, ``channels``
    the ways to pay that the unit has, the member's last one first,
    ``reminded_on`` the day on which the organisation last sent a reminder.
    """

    due: tuple[DueMonth, ...]
    total_fen: int
    pay_until: dt.date | None
    explanation: Explanation | None
    open_order_id: UUID | None
    channels: tuple[Channel, ...]
    reminded_on: dt.date | None = None

    @property
    def accepts_payments(self) -> bool:
        return bool(self.channels)

    @property
    def hit(self) -> Bracket | None:
        """The bracket that holds for the member."""
        found = self.explanation
        if found is None:
            return None
        return next((b for b in found.brackets if b.label == found.bracket_label), None)


def my_dues(member_id: UUID, *, unit_id: UUID, today: dt.date) -> MyDues:
    """The member's open months, newest first, and how the amount came about."""
    bills = list(
        Bill.objects.filter(member_id=member_id, state=BillState.UNPAID)
        .select_related("standard")
        .order_by("-month")
    )
    ids = [bill.id for bill in bills]
    held = bills_under_payment(ids)
    order = payments.open_orders_for_bills(ids).first() if held else None
    standard = bills[0].standard if bills else standard_in_force(member_id, Month.of(today))
    return MyDues(
        due=tuple(
            DueMonth(
                bill.month,
                bill.due_fen,
                max((today - Month(bill.month).last_day).days, 0),
                bill.id in held,
            )
            for bill in bills
        ),
        total_fen=sum(bill.due_fen for bill in bills),
        pay_until=Month(bills[0].month).last_day if bills else None,
        explanation=explain(standard) if standard else None,
        open_order_id=order.pk if order else None,
        channels=ways_to_pay(member_id, unit_id=unit_id),
        reminded_on=max(
            (day_of(bill.reminded_at) for bill in bills if bill.reminded_at), default=None
        ),
    )


def ways_to_pay(member_id: UUID, *, unit_id: UUID) -> tuple[Channel, ...]:
    """The channels that the unit takes payments through, the one last used by the member first."""
    open_to = [Channel(config.channel) for config in payments.active_configs(unit_id)]
    last = payments.channel_last_used(member_id)
    return tuple(sorted(open_to, key=lambda channel: channel != last))


def party_age(joined_on: dt.date | None, *, today: dt.date) -> tuple[int, int] | None:
    """Which year since joining this is, and days since the last anniversary."""
    if joined_on is None or joined_on > today:
        return None
    years = today.year - joined_on.year
    anniversary = _anniversary(joined_on, today.year)
    if anniversary > today:
        years -= 1
        anniversary = _anniversary(joined_on, today.year - 1)
    return years, (today - anniversary).days


def _anniversary(day: dt.date, year: int) -> dt.date:
    """29 February falls on the 28th in other years (rulebook 0.2.10)."""
    try:
        return day.replace(year=year)
    except ValueError:
        return dt.date(year, 2, 28)
