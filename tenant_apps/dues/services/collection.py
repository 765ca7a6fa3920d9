"""Collecting dues through a payment channel, exactly once (payments.md 4 and 7.6).

An order is committed before the channel hears of it, and an answer that is not clear stays
unknown: nobody is asked to pay the same month twice.  What the channel reports is stored first
(``payments.services.callbacks``) and applied to bills, ledger and receipt in one transaction of
the unit (``booking``).
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import OperationalError, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Conflict, Invalid
from kernel.permissions import require
from kernel.unit import current_unit_id, shared_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel
from shared_apps.payments.services import callbacks, orders
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.on_behalf import Consent
from tenant_apps.dues.services import booking, refund_booking

if TYPE_CHECKING:
    from shared_apps.payments.channels.base import Acknowledgement
    from shared_apps.payments.models import Order

log = logging.getLogger(__name__)
_ATTEMPTS = 3


class NothingChosen(Invalid):
    code = "dues_nothing_chosen"
    sentence = "请至少选择一个月份。"


class NotDue(Conflict):
    code = "dues_not_due"
    sentence = "{months} 已经交清或不需要交纳，请刷新页面后重新选择。"


class OldestFirst(Invalid):
    code = "dues_oldest_first"
    sentence = "请从最早的未交月份交起：{month} 还没有交。"


class PaymentUnclear(Conflict):
    code = "dues_payment_unclear"
    sentence = "上一笔支付正在确认，请勿重复支付。稍后会自动显示结果。"

    def __init__(self, *, order_id: UUID) -> None:
        self.order_id = order_id
        super().__init__(order_id=order_id)


class StillPayable(Conflict):
    code = "dues_still_payable"
    sentence = (
        "{way}的付款页面在 {until} 前仍可付款，现在换方式可能重复扣款。"
        "请到那里完成，或在 {until} 之后重新选择。"
    )

    def __init__(self, order: Order) -> None:
        until = order.expires_at.astimezone(clock.BEIJING)
        super().__init__(way=Channel(order.config.channel).label, until=f"{until:%H:%M}")


def start_payment(
    *,
    member_id: UUID,
    months: Sequence[Month],
    actor: Actor,
    now: dt.datetime,
    channel: Channel = Channel.WECHAT,
    consent: Consent | None = None,
) -> Order:
    """Begins the payment of one or several of a member's months and asks the channel for it.

    Returns the order.  While it waits for its payer, ``cashier`` leads to the channel's page;
    when the channel's answer was not clear it stays open without one: show that it is being
    confirmed.  Asking again for the same months returns the same order; for other months or
    another channel, the order in the way is closed first.  ``consent`` is the word of a member for
    whom somebody else pays.  Must be called outside a transaction.

    Raises NothingChosen, NotDue, OldestFirst, PaymentUnclear (an order in the way whose fate is
    not known), and what opening raises (``ChannelNotConfigured``).
    """
    wanted = sorted({month.value for month in months})
    for _ in range(_ATTEMPTS):
        order, in_the_way = _claim(member_id, wanted, channel, actor, now, consent)
        if order is not None:
            return orders.submit(order=order, actor=actor, now=now)
        for other in in_the_way:
            _clear(other, now)
    raise PaymentUnclear(order_id=in_the_way[0].pk)


def cashier(*, order: Order, return_url: str) -> str:
    """The channel's page for an order that waits for its payer; empty for any other."""
    if not order.is_open or not order.pay_url:
        return ""
    return orders.pay_page(order=order, return_url=return_url)


def cashier_form(*, order: Order) -> orders.PostedForm | None:
    """The form that leads to the channel's page where the address alone does not; else None."""
    return orders.posted_form(order=order)


def give_up(*, order: Order, actor: Actor, now: dt.datetime) -> Order:
    """Takes an open order back from the channel, so that its months can be paid in another way.

    Returns it as it then stands: closed, or paid after all, and then booked.  Raises StillPayable
    while the channel cannot take it back and its page may still be used.  Must be called outside
    a transaction.
    """
    followed = orders.close(order=order, now=now)
    if followed.event_id is not None:
        booking.apply(event_ids=[followed.event_id], now=now)
    elif followed.order.is_open:
        raise StillPayable(order)
    elif not followed.order.is_paid:
        record(
            "payment.given_up",
            actor=actor,
            now=now,
            subject_type="order",
            subject_id=order.pk,
            amount_fen=order.amount_fen,
        )
    return payments.order_by_id(order.pk)


def follow(*, order: Order, now: dt.datetime) -> Order:
    """Asks the channel about an open order and books a payment found that way.

    For the member who waits on the result page: the callback may be lost.
    """
    if not order.is_open or order.ask_at is None or order.ask_at > now:
        return order
    followed = orders.refresh(order=order, now=now)
    if followed.event_id is not None:
        booking.apply(event_ids=[followed.event_id], now=now)
    return payments.order_by_id(order.pk)


def receive_notification(
    *,
    channel: str,
    config_uid: UUID,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    now: dt.datetime,
) -> Acknowledgement:
    """Takes a channel's callback, whose fact is committed to the inbox, and returns how to
    acknowledge it; ``book_received`` books it.

    Raises CallbackRefused for anything not genuine, not fresh or not in agreement with its order,
    and whatever kept it from being stored.  Must be called outside a transaction.
    """
    delivery = callbacks.Delivery(channel, config_uid, tuple(headers), body, now)
    (told,) = receive_each([delivery])
    if isinstance(told, Exception):
        raise told
    return told


def receive_each(
    deliveries: Sequence[callbacks.Delivery],
) -> list[Acknowledgement | Exception]:
    """``receive_notification`` for callbacks that came together, committed together: how to
    acknowledge each, or why it is not acknowledged.

    One that cannot be kept does not hold up the others.  Raises OperationalError while there is
    no database.
    """
    if not deliveries:
        return []
    try:
        answers = _keep(deliveries)
    except OperationalError:
        raise
    except Exception as error:
        if len(deliveries) == 1:
            log.exception("a callback of %s was not kept", deliveries[0].channel)
            return [error]
        return [told for one in deliveries for told in receive_each([one])]
    return [
        answer if isinstance(answer, callbacks.CallbackRefused) else answer.acknowledgement
        for answer in answers
    ]


def book_received(*, now: dt.datetime) -> int:
    """Books in their units what was received and nobody has tried to book: payments, and refunds
    that ended.  Returns how many were tried; what fails is left to ``booking.settle_pending``.
    """
    return booking.book_received(now=now) + refund_booking.settle_ended(now=now)


def _keep(deliveries: Sequence[callbacks.Delivery]) -> list[callbacks.Answer]:
    with shared_context():
        return callbacks.accept_each(deliveries)


@transaction.atomic
def _claim(
    member_id: UUID,
    wanted: list[int],
    channel: Channel,
    actor: Actor,
    now: dt.datetime,
    consent: Consent | None,
) -> tuple[Order | None, list[Order]]:
    """The order to submit, or the open orders that must be cleared first.

    The member's open bills are locked, so that two starts at once take turns and the second
    one finds the order of the first.
    """
    bills = list(
        Bill.objects.select_for_update()
        .filter(member_id=member_id, state=BillState.UNPAID)
        .order_by("month")
    )
    chosen = [bill for bill in bills if bill.month in wanted]
    _refuse_choice(bills, chosen, wanted, actor, consent)
    ids = {bill.id for bill in chosen}
    open_orders = list(payments.open_orders_for_bills(ids).prefetch_related("items"))
    if len(open_orders) == 1 and _is_same(open_orders[0], ids, channel, actor, now):
        return open_orders[0], []
    if open_orders:
        return None, open_orders
    order = orders.open_order(
        unit_id=current_unit_id(),
        items=[orders.Item(bill.id, bill.due_fen) for bill in chosen],
        description=_description(chosen),
        actor=actor,
        now=now,
        channel=channel,
    )
    record(
        "payment.started",
        actor=actor,
        now=now,
        subject_type="order",
        subject_id=order.pk,
        member_id=str(member_id),
        months=[bill.month for bill in chosen],
        amount_fen=order.amount_fen,
        channel=channel,
        is_for_another=consent is not None,
    )
    return order, []


def _refuse_choice(
    bills: list[Bill],
    chosen: list[Bill],
    wanted: list[int],
    actor: Actor,
    consent: Consent | None,
) -> None:
    if not wanted:
        raise NothingChosen
    if len(chosen) < len(wanted):
        gone = set(wanted) - {bill.month for bill in chosen}
        raise NotDue(months="、".join(Month(month).label for month in sorted(gone)))
    for bill in chosen:
        if consent is None or consent.member_id != bill.member_id:
            require(actor, DuesPermission.PAY, bill)
    for bill, picked in zip(bills, chosen, strict=False):
        if bill.month != picked.month:
            raise OldestFirst(month=Month(bill.month).label)


def _is_same(
    order: Order, bill_ids: set[UUID], channel: Channel, actor: Actor, now: dt.datetime
) -> bool:
    return (
        {item.bill_id for item in order.items.all()} == bill_ids
        and order.config.channel == channel
        and order.payer_person_id == actor.person_id
        and order.expires_at > now
    )


def _clear(order: Order, now: dt.datetime) -> None:
    """Closes an order in the way; one that turns out paid is booked, one unclear stops here."""
    followed = orders.close(order=order, now=now)
    if followed.event_id is not None:
        booking.apply(event_ids=[followed.event_id], now=now)
    elif followed.order.is_open:
        raise PaymentUnclear(order_id=order.pk)


def _description(bills: Sequence[Bill]) -> str:
    first, last = Month(bills[0].month), Month(bills[-1].month)
    if len(bills) == 1:
        return f"党费 {first}"
    return f"党费 {first} 至 {last} 共 {len(bills)} 个月"
