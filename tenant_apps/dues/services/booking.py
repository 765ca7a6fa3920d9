"""Booking what channels report: bills, ledger and receipts in one transaction, once.

A unit's events are booked together, in a fixed number of statements, so that a burst costs little
more than a single payment.  Locks are always taken in this order: events, orders and bills, each
by key, then the receipt counter.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import arrays, clock
from kernel.actor import Actor
from kernel.jobs import job
from kernel.unit import Purpose, entered, shared_context, unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.services import orders, paying
from shared_apps.payments.services.paying import Payment, SecondPayment
from tenant_apps.audit.services import record_many
from tenant_apps.dues.models import Bill, BillState, Receipt
from tenant_apps.dues.services import contributions, ledger, receipts, reporting
from tenants import selectors as tenants
from tenants.models import Unit

log = logging.getLogger(__name__)
CHANNEL_ACTOR = Actor.system("支付渠道通知")
TOGETHER: Final = 200
"""So many events of one unit are booked in one transaction."""
A_ROUND: Final = 10_000
"""So many events are booked before new ones are looked for."""
_READ: Final = (
    "member_id", "org_id", "org_path", "month", "due_fen", "paid_fen", "state", "returned"
)  # fmt: skip
"""What of a bill its booking looks at."""


def settle_pending(*, now: dt.datetime) -> int:
    """Books what was stored but not booked, because a process died in between; returns how
    many.  One that fails is counted and does not hold up the others.
    """
    with shared_context():
        waiting = payments.events_to_apply(now)
    return book_waiting([(item.unit_id, item.event_id) for item in waiting], now=now)


def book_received(*, now: dt.datetime) -> int:
    """Books the stored events that nobody has tried to book; returns how many."""
    with shared_context():
        waiting = payments.events_untried(limit=A_ROUND)
    return book_waiting([(item.unit_id, item.event_id) for item in waiting], now=now)


def book_waiting(waiting: Iterable[tuple[UUID, UUID]], *, now: dt.datetime) -> int:
    """Books stored events, given as unit and event, unit by unit; returns how many were booked."""
    by_unit: dict[UUID, list[UUID]] = defaultdict(list)
    for unit_id, event_id in waiting:
        by_unit[unit_id].append(event_id)
    with shared_context():
        units = tenants.units_by_id(by_unit)
    return sum(
        apply_in_unit(units[unit_id], ids[start : start + TOGETHER], now)
        for unit_id, ids in by_unit.items()
        for start in range(0, len(ids), TOGETHER)
    )


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
def apply(*, event_ids: Sequence[UUID], now: dt.datetime) -> list[Receipt]:
    """Books stored events of the unit in force; those booked before give no receipt again.

    Bills that are no longer open (paid by another order, exempted, withdrawn) do not take the
    money again: it goes to the suspense account and a person decides.
    """
    marked = paying.mark_paid(event_ids=event_ids, now=now)
    _suspend_second_payments(marked.second, now)
    if not marked.payments:
        return []
    paid, extras = _pay_bills(marked.payments, now)
    given = receipts.give(
        paid=[
            receipts.Paid(bills=tuple(bills), order_id=payment.order_id, channel=payment.channel)
            for payment in marked.payments
            if (bills := paid[payment.order_id])
        ]
        + extras,
        actor=CHANNEL_ACTOR,
        now=now,
    )
    reporting.payments([bill for bills in paid.values() for bill in bills], now=now)
    record_many(
        "payment.settled",
        actor=CHANNEL_ACTOR,
        now=now,
        subject_type="order",
        told=((payment.order_id, _told(payment, paid[payment.order_id])) for payment in
              marked.payments),
    )  # fmt: skip
    return given


def apply_in_unit(unit: Unit, event_ids: Sequence[UUID], now: dt.datetime) -> int:
    """Books events of one unit, also while the unit is suspended: the money was paid.  Returns
    how many were booked.

    Whatever goes wrong is the sweep's to try again: the events are stored, so the channel may be
    told that they were received.  Where several fail together, each is tried alone.
    """
    with entered(unit, for_=Purpose.SETTLING):
        try:
            apply(event_ids=event_ids, now=now)
        except Exception:
            if len(event_ids) > 1:
                log.warning("events of unit %s were not booked together", unit.pk, exc_info=True)
                return sum(apply_in_unit(unit, [one], now) for one in event_ids)
            log.exception("event %s of unit %s was not booked", event_ids[0], unit.pk)
            paying.note_failed_attempt(event_id=event_ids[0])
            return 0
    return len(event_ids)


def _pay_bills(
    paid: Sequence[Payment], now: dt.datetime
) -> tuple[dict[UUID, list[Bill]], list[receipts.Paid]]:
    """The bills that each order paid, and the contributions; any other money is suspended."""
    ids = [item.bill_id for payment in paid for item in payment.items]
    held = Bill.objects.select_for_update().filter(pk__in=ids).order_by("id").only(*_READ)
    bills = {bill.id: bill for bill in held}
    taken: dict[UUID, list[Bill]] = defaultdict(list)
    collected: list[ledger.Collected] = []
    refused: list[tuple[Payment, orders.Item]] = []
    for payment in paid:
        clearing = ledger.clearing_account(channel=payment.channel, mchid=payment.mchid)
        for item in payment.items:
            bill = bills.get(item.bill_id)
            if bill is None or bill.state != BillState.UNPAID or bill.due_fen != item.amount_fen:
                refused.append((payment, item))
                continue
            bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, payment.paid_at
            bill.order_id = payment.order_id
            collected.append(ledger.Collected(bill, clearing, payment.paid_at))
            taken[payment.order_id].append(bill)
    _store([one.bill for one in collected])
    ledger.collect(paid=collected)
    left, extras = contributions.take(refused=refused, actor=CHANNEL_ACTOR, now=now)
    _suspend_items(left, now)
    return taken, extras


def _store(bills: Sequence[Bill]) -> None:
    """One statement for all bills that were just paid."""
    if not bills:
        return
    rows = arrays.joined(
        (bill.id.hex, bill.paid_at.isoformat(), bill.order_id.hex)
        for bill in bills
        if bill.paid_at and bill.order_id
    )
    with connection.cursor() as cursor:
        cursor.execute(_PAID, rows)


def _told(payment: Payment, bills: Sequence[Bill]) -> dict[str, object]:
    return {
        "amount_fen": payment.amount_fen,
        "booked_fen": sum(bill.paid_fen for bill in bills),
        "is_late": payment.is_late,
        "months": sorted(bill.month for bill in bills),
    }


def _suspend_items(refused: Sequence[tuple[Payment, orders.Item]], now: dt.datetime) -> None:
    for payment, item in refused:
        ledger.suspend(
            effect=f"suspense:{payment.out_trade_no}:{item.bill_id}",
            amount_fen=item.amount_fen,
            clearing=ledger.clearing_account(channel=payment.channel, mchid=payment.mchid),
            order_id=payment.order_id,
            at=payment.paid_at,
            memo="到账时账单已交清、免交或撤销",
        )
    record_many(
        "payment.suspended",
        actor=CHANNEL_ACTOR,
        now=now,
        subject_type="order",
        told=(
            (payment.order_id, {"bill_id": str(item.bill_id), "amount_fen": item.amount_fen})
            for payment, item in refused
        ),
    )


def _suspend_second_payments(second: Sequence[SecondPayment], now: dt.datetime) -> None:
    """A channel took money twice for one order: the second sum waits for a person, too."""
    for one in second:
        ledger.suspend(
            effect=f"conflict:{one.event_id}",
            amount_fen=one.amount_fen,
            clearing=ledger.clearing_account(channel=one.channel, mchid=one.mchid),
            order_id=one.order_id,
            at=one.paid_at,
            memo="同一订单第二次到账",
        )
    record_many(
        "payment.suspended",
        actor=CHANNEL_ACTOR,
        now=now,
        subject_type="order",
        told=((one.order_id, {"amount_fen": one.amount_fen}) for one in second),
    )


def _follow_in_unit(unit_id: UUID, order_id: UUID, now: dt.datetime, *, is_closing: bool) -> None:
    ask = orders.close_expired if is_closing else orders.refresh
    with unit_context(unit_id, for_=Purpose.SETTLING):
        try:
            followed = ask(order=payments.order_by_id(order_id), now=now)
            if followed.event_id is not None:
                apply(event_ids=[followed.event_id], now=now)
        except Exception:
            log.exception("order %s of unit %s was not followed", order_id, unit_id)


_PAID = f"""
UPDATE {Bill._meta.db_table} AS bill
   SET state = '{BillState.PAID}', paid_fen = bill.due_fen, paid_at = made.paid_at,
       order_id = made.order_id
  FROM {arrays.unnested({"id": "uuid", "paid_at": "timestamptz", "order_id": "uuid"})}
 WHERE bill.id = made.id
"""
