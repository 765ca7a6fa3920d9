"""Booking what a channel reports: bills, ledger and receipt in one transaction, once.

Locks are always taken in this order: event, order, bills by key, receipt counter.
"""

from __future__ import annotations

import datetime as dt
import logging
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import job
from kernel.unit import Purpose, shared_context, unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.services import orders
from shared_apps.payments.services.orders import Payment
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Bill, BillState, Receipt, Transfer
from tenant_apps.dues.services import ledger, receipts, reporting

log = logging.getLogger(__name__)
CHANNEL_ACTOR = Actor.system("支付渠道通知")


def settle_pending(*, now: dt.datetime) -> int:
    """Books what was stored but not booked, because a process died in between; returns how
    many.  One that fails is counted and does not hold up the others.
    """
    with shared_context():
        waiting = payments.events_to_apply(now)
    return sum(apply_in_unit(item.unit_id, item.event_id, now) for item in waiting)


def ask_channel(*, now: dt.datetime) -> int:
    """Asks about orders of which nothing was heard, closes those whose time has run out, and
    books the payments found that way; returns how many orders were handled.
    """
    with shared_context():
        to_ask = payments.orders_to_ask(now)
        to_close = payments.orders_to_close(now)
    for item in to_close:
        _follow_in_unit(item.unit_id, item.order_id, now, is_closing=True)
    closed = {item.order_id for item in to_close}
    rest = [item for item in to_ask if item.order_id not in closed]
    for item in rest:
        _follow_in_unit(item.unit_id, item.order_id, now, is_closing=False)
    return len(to_close) + len(rest)


@job()
def sweep() -> None:
    """The periodic run over all units (``config.schedule``)."""
    now = clock.now()
    settle_pending(now=now)
    ask_channel(now=now)


@transaction.atomic
def apply(*, event_id: UUID, now: dt.datetime) -> Receipt | None:
    """Books a stored event in the unit in force; None when that has been done before.

    Bills that are no longer open (paid by another order, exempted, withdrawn) do not take the
    money again: it goes to the suspense account and a person decides.
    """
    payment = orders.mark_paid(event_id=event_id, now=now)
    if payment is None:
        _suspend_second_payment(event_id, now)
        return None
    order = payments.order_by_id(payment.order_id)
    clearing = ledger.clearing_account(channel=order.config.channel, mchid=order.config.mchid)
    paid = _pay_bills(payment, clearing, now)
    receipt = None
    if paid:
        receipt = receipts.give(
            bills=paid,
            order_id=payment.order_id,
            channel=order.config.channel,
            actor=CHANNEL_ACTOR,
            now=now,
        )
        reporting.payments(paid, now=now)
    record(
        "payment.settled",
        actor=CHANNEL_ACTOR,
        now=now,
        subject_type="order",
        subject_id=payment.order_id,
        amount_fen=payment.amount_fen,
        booked_fen=sum(bill.paid_fen for bill in paid),
        is_late=payment.is_late,
        months=sorted(bill.month for bill in paid),
    )
    return receipt


def apply_in_unit(unit_id: UUID, event_id: UUID, now: dt.datetime) -> bool:
    """Books one event, also while the unit is suspended: the money was paid.

    Whatever goes wrong is the sweep's to try again: the event is stored, so the channel may be
    told that it was received.
    """
    with unit_context(unit_id, for_=Purpose.SETTLING):
        try:
            apply(event_id=event_id, now=now)
        except Exception:
            log.exception("event %s of unit %s was not booked", event_id, unit_id)
            orders.note_failed_attempt(event_id=event_id)
            return False
    return True


def _pay_bills(payment: Payment, clearing: str, now: dt.datetime) -> list[Bill]:
    ids = [item.bill_id for item in payment.items]
    bills = {
        bill.id: bill for bill in Bill.objects.select_for_update().filter(pk__in=ids).order_by("id")
    }
    paid = []
    for item in payment.items:
        bill = bills.get(item.bill_id)
        if bill is None or bill.state != BillState.UNPAID or bill.due_fen != item.amount_fen:
            _suspend_item(payment, item, clearing, now)
            continue
        bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, payment.paid_at
        bill.order_id = payment.order_id
        bill.save(update_fields=["state", "paid_fen", "paid_at", "order_id"])
        ledger.collect(bill=bill, clearing=clearing, at=payment.paid_at)
        paid.append(bill)
    return paid


def _suspend_item(payment: Payment, item: orders.Item, clearing: str, now: dt.datetime) -> None:
    ledger.suspend(
        effect=f"suspense:{payment.out_trade_no}:{item.bill_id}",
        amount_fen=item.amount_fen,
        clearing=clearing,
        order_id=payment.order_id,
        at=payment.paid_at,
        memo="到账时账单已交清、免交或撤销",
    )
    record(
        "payment.suspended",
        actor=CHANNEL_ACTOR,
        now=now,
        subject_type="order",
        subject_id=payment.order_id,
        bill_id=str(item.bill_id),
        amount_fen=item.amount_fen,
    )


def _suspend_second_payment(event_id: UUID, now: dt.datetime) -> None:
    """The channel took money twice for one order: the second sum waits for a person, too."""
    event = payments.conflicts().select_related("order__config").filter(pk=event_id).first()
    effect = f"conflict:{event_id}"
    if event is None or Transfer.objects.filter(effect=effect).exists():
        return
    config = event.order.config
    ledger.suspend(
        effect=effect,
        amount_fen=event.amount_fen,
        clearing=ledger.clearing_account(channel=config.channel, mchid=config.mchid),
        order_id=event.order_id,
        at=event.paid_at,
        memo="同一订单第二次到账",
    )
    record(
        "payment.suspended",
        actor=CHANNEL_ACTOR,
        now=now,
        subject_type="order",
        subject_id=event.order_id,
        amount_fen=event.amount_fen,
    )


def _follow_in_unit(unit_id: UUID, order_id: UUID, now: dt.datetime, *, is_closing: bool) -> None:
    ask = orders.close_expired if is_closing else orders.refresh
    with unit_context(unit_id, for_=Purpose.SETTLING):
        try:
            followed = ask(order=payments.order_by_id(order_id), now=now)
            if followed.event_id is not None:
                apply(event_id=followed.event_id, now=now)
        except Exception:
            log.exception("order %s of unit %s was not followed", order_id, unit_id)
