"""Applying stored events to their orders: many at once, each exactly once (payments.md 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kernel import arrays
from kernel.errors import NotFound
from shared_apps.payments.models import (
    Channel,
    ChannelEvent,
    EventOutcome,
    Order,
    OrderItem,
    OrderState,
)
from shared_apps.payments.services.orders import Item


class UnknownEvent(NotFound):
    code = "channel_event_unknown"
    sentence = "没有找到这条支付通知。"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that has arrived, handed out once. `is_late`: after the order was closed or failed.

    `channel` and `mchid` say which account of the unit holds it.
    """

    order_id: UUID
    out_trade_no: str
    unit_id: UUID
    payer_person_id: UUID
    payer_member_id: UUID
    amount_fen: int
    transaction_id: str
    paid_at: datetime
    is_late: bool
    items: tuple[Item, ...]
    channel: str
    mchid: str


@dataclass(frozen=True, slots=True)
class SecondPayment:
    """Money that a channel took for an order already paid, or another sum than the order's."""

    event_id: UUID
    order_id: UUID
    amount_fen: int
    paid_at: datetime
    channel: str
    mchid: str


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of some events, each handed out once and never again."""

    payments: tuple[Payment, ...] = ()
    second: tuple[SecondPayment, ...] = ()


def mark_paid(*, event_ids: Iterable[UUID], now: datetime) -> Marked:
    """Apply stored events to their orders; what was applied before is not in the answer.

    Belongs inside the transaction that posts the money to bills and ledger, so that all of it
    happens or nothing. Concurrent calls take turns on the rows of events and then of orders, in
    the order of their keys. A second event about the same payment is marked DUPLICATE; one about
    another payment of the same order, or of another sum, CONFLICT. Raises UnknownEvent when one is
    not there or not this unit's.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("mark_paid belongs inside the transaction that posts the money")
    wanted = set(event_ids)
    held = ChannelEvent.objects.select_for_update().filter(pk__in=wanted).order_by("id")
    events = list(held)
    if len(events) < len(wanted):
        raise UnknownEvent
    pending = [event for event in events if event.outcome == EventOutcome.PENDING]
    orders = _locked({event.order_id for event in pending})
    paid, second = [], []
    for event in sorted(pending, key=lambda one: (one.received_at, one.pk)):
        order = orders[event.order_id]
        event.outcome = _verdict(order, event)
        if event.outcome == EventOutcome.APPLIED:
            paid.append((order, event, not order.is_open))
            _pay(order, event, now)
        elif event.outcome == EventOutcome.CONFLICT:
            second.append(_second(order, event))
    _store_events(pending, now)
    _store_orders([order for order, _, _ in paid])
    return Marked(tuple(_payments(paid)), tuple(second))


def note_failed_attempt(*, event_id: UUID) -> None:
    """Count an attempt to apply that failed, so that the sweep takes other events first."""
    pending = ChannelEvent.objects.filter(pk=event_id, outcome=EventOutcome.PENDING)
    with transaction.atomic():
        pending.update(attempts=F("attempts") + 1)


def _locked(order_ids: set[UUID]) -> dict[UUID, Order]:
    """The orders by key, locked until the transaction ends."""
    rows = Order.objects.select_for_update(of=("self",)).select_related("config")
    return {order.pk: order for order in rows.filter(pk__in=order_ids).order_by("id")}


def _verdict(order: Order, event: ChannelEvent) -> EventOutcome:
    if order.is_paid:
        is_same = order.transaction_id == event.transaction_id
        return EventOutcome.DUPLICATE if is_same else EventOutcome.CONFLICT
    is_whole = event.amount_fen == order.amount_fen
    return EventOutcome.APPLIED if is_whole else EventOutcome.CONFLICT


def _pay(order: Order, event: ChannelEvent, now: datetime) -> None:
    order.state = OrderState.PAID if order.is_open else OrderState.PAID_LATE
    order.transaction_id = event.transaction_id
    order.paid_at = event.paid_at
    order.settled_at = now
    order.ask_at = None


def _second(order: Order, event: ChannelEvent) -> SecondPayment:
    return SecondPayment(
        event_id=event.pk,
        order_id=order.pk,
        amount_fen=event.amount_fen,
        paid_at=event.paid_at,
        channel=Channel(order.config.channel).value,
        mchid=order.config.mchid,
    )


def _payments(paid: Sequence[tuple[Order, ChannelEvent, bool]]) -> Iterable[Payment]:
    items: dict[UUID, list[Item]] = defaultdict(list)
    rows = OrderItem.objects.filter(order_id__in=[order.pk for order, _, _ in paid])
    for row in rows.order_by("bill_id").values_list("order_id", "bill_id", "amount_fen"):
        items[row[0]].append(Item(*row[1:]))
    for order, event, is_late in paid:
        yield Payment(
            order_id=order.pk,
            out_trade_no=order.out_trade_no,
            unit_id=order.unit_id,
            payer_person_id=order.payer_person_id,
            payer_member_id=order.payer_member_id,
            amount_fen=order.amount_fen,
            transaction_id=event.transaction_id,
            paid_at=event.paid_at,
            is_late=is_late,
            items=tuple(items[order.pk]),
            channel=Channel(order.config.channel).value,
            mchid=order.config.mchid,
        )


def _store_events(events: Sequence[ChannelEvent], now: datetime) -> None:
    if events:
        columns = arrays.joined((event.pk.hex, str(event.outcome)) for event in events)
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE_EVENTS, [now, *columns])


def _store_orders(orders: Sequence[Order]) -> None:
    if not orders:
        return
    columns = arrays.joined(
        (
            order.pk.hex,
            str(order.state),
            str(order.transaction_id),
            order.paid_at.isoformat() if order.paid_at else arrays.NULL,
            order.settled_at.isoformat() if order.settled_at else arrays.NULL,
        )
        for order in orders
    )
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_ORDERS, columns)


_UPDATE_EVENTS = f"""
UPDATE {ChannelEvent._meta.db_table} AS event
   SET outcome = made.outcome, attempts = attempts + 1, applied_at = %s
  FROM {arrays.unnested({"id": "uuid", "outcome": "text"})}
 WHERE event.id = made.id
"""
_UPDATE_ORDERS = f"""
UPDATE {Order._meta.db_table} AS paid
   SET state = made.state, transaction_id = made.transaction_id, paid_at = made.paid_at,
       settled_at = made.settled_at, ask_at = NULL
  FROM {
    arrays.unnested(
        {
            "id": "uuid",
            "state": "text",
            "transaction_id": "text",
            "paid_at": "timestamptz",
            "settled_at": "timestamptz",
        }
    )
}
 WHERE paid.id = made.id
"""
