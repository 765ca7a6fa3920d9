"""Applying stored events to their orders: many at once, each exactly once (payments.md 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kernel import arrays
from kernel.errors import NotFound
from shared_apps.payments.models import (
    OPEN_STATES,
    PAID_STATES,
    ChannelConfig,
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
    events = _held_events(wanted)
    if len(events) < len(wanted):
        raise UnknownEvent
    pending = [event for event in events if event.outcome == EventOutcome.PENDING]
    orders = _held_orders({event.order_id for event in pending})
    verdicts: list[tuple[_Event, EventOutcome]] = []
    paid: list[tuple[_Order, _Event]] = []
    second = []
    for event in sorted(pending, key=lambda one: (one.received_at, one.id)):
        order = orders[event.order_id]
        outcome = _verdict(order, event)
        verdicts.append((event, outcome))
        if outcome == EventOutcome.APPLIED:
            paid.append((order, event))
            orders[order.id] = replace(order, is_paid=True, transaction_id=event.transaction_id)
        elif outcome == EventOutcome.CONFLICT:
            second.append(_second(order, event))
    _store_events(verdicts, now)
    _store_orders(paid, now)
    return Marked(tuple(_payments(paid)), tuple(second))


def note_failed_attempt(*, event_id: UUID) -> None:
    """Count an attempt to apply that failed, so that the sweep takes other events first."""
    pending = ChannelEvent.objects.filter(pk=event_id, outcome=EventOutcome.PENDING)
    with transaction.atomic():
        pending.update(attempts=F("attempts") + 1)


@dataclass(frozen=True, slots=True)
class _Event:
    """What of a stored event decides, locked until the transaction ends."""

    id: UUID
    order_id: UUID
    transaction_id: str
    amount_fen: int
    paid_at: datetime
    received_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class _Order:
    """What of an order decides, locked until the transaction ends."""

    id: UUID
    out_trade_no: str
    unit_id: UUID
    payer_person_id: UUID
    payer_member_id: UUID
    amount_fen: int
    transaction_id: str | None
    is_open: bool
    is_paid: bool
    channel: str
    mchid: str


def _held_events(event_ids: set[UUID]) -> list[_Event]:
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [[*event_ids]])
        return [_Event(*row) for row in cursor]


def _held_orders(order_ids: set[UUID]) -> dict[UUID, _Order]:
    if not order_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, [[*OPEN_STATES], [*PAID_STATES], [*order_ids]])
        return {row[0]: _Order(*row) for row in cursor}


def _verdict(order: _Order, event: _Event) -> EventOutcome:
    if order.is_paid:
        is_same = order.transaction_id == event.transaction_id
        return EventOutcome.DUPLICATE if is_same else EventOutcome.CONFLICT
    is_whole = event.amount_fen == order.amount_fen
    return EventOutcome.APPLIED if is_whole else EventOutcome.CONFLICT


def _second(order: _Order, event: _Event) -> SecondPayment:
    return SecondPayment(
        event_id=event.id,
        order_id=order.id,
        amount_fen=event.amount_fen,
        paid_at=event.paid_at,
        channel=order.channel,
        mchid=order.mchid,
    )


def _payments(paid: Sequence[tuple[_Order, _Event]]) -> Iterable[Payment]:
    items = _items_of([order.id for order, _ in paid])
    for order, event in paid:
        yield Payment(
            order_id=order.id,
            out_trade_no=order.out_trade_no,
            unit_id=order.unit_id,
            payer_person_id=order.payer_person_id,
            payer_member_id=order.payer_member_id,
            amount_fen=order.amount_fen,
            transaction_id=event.transaction_id,
            paid_at=event.paid_at,
            is_late=not order.is_open,
            items=tuple(items[order.id]),
            channel=order.channel,
            mchid=order.mchid,
        )


def _items_of(order_ids: Sequence[UUID]) -> Mapping[UUID, list[Item]]:
    items: dict[UUID, list[Item]] = defaultdict(list)
    if order_ids:
        with connection.cursor() as cursor:
            cursor.execute(_ITEMS, [[*order_ids]])
            for order_id, bill_id, amount_fen in cursor:
                items[order_id].append(Item(bill_id, amount_fen))
    return items


def _store_events(verdicts: Sequence[tuple[_Event, EventOutcome]], now: datetime) -> None:
    if verdicts:
        columns = arrays.joined((event.id.hex, outcome.value) for event, outcome in verdicts)
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE_EVENTS, [now, *columns])


def _store_orders(paid: Sequence[tuple[_Order, _Event]], now: datetime) -> None:
    if paid:
        columns = arrays.joined(
            (
                order.id.hex,
                (OrderState.PAID if order.is_open else OrderState.PAID_LATE).value,
                event.transaction_id,
                event.paid_at.isoformat(),
            )
            for order, event in paid
        )
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE_ORDERS, [now, *columns])


_EVENTS: Final = f"""
SELECT id, order_id, transaction_id, amount_fen, paid_at, received_at, outcome
  FROM {ChannelEvent._meta.db_table}
 WHERE id = ANY (%s) ORDER BY id FOR UPDATE
"""
_ORDERS: Final = f"""
SELECT held.id, out_trade_no, held.unit_id, payer_person_id, payer_member_id, amount_fen,
       transaction_id, state = ANY (%s), state = ANY (%s), channel, mchid
  FROM {Order._meta.db_table} held JOIN {ChannelConfig._meta.db_table} config
       ON config.id = held.config_id
 WHERE held.id = ANY (%s) ORDER BY held.id FOR UPDATE OF held
"""
_ITEMS: Final = f"""
SELECT order_id, bill_id, amount_fen FROM {OrderItem._meta.db_table}
 WHERE order_id = ANY (%s) ORDER BY bill_id
"""
_UPDATE_EVENTS: Final = f"""
UPDATE {ChannelEvent._meta.db_table} AS event
   SET outcome = made.outcome, attempts = attempts + 1, applied_at = %s
  FROM {arrays.unnested({"id": "uuid", "outcome": "text"})}
 WHERE event.id = made.id
"""
_ORDER_COLUMNS: Final = {
    "id": "uuid", "state": "text", "transaction_id": "text", "paid_at": "timestamptz"
}  # fmt: skip
_UPDATE_ORDERS: Final = f"""
UPDATE {Order._meta.db_table} AS paid
   SET state = made.state, transaction_id = made.transaction_id, paid_at = made.paid_at,
       settled_at = %s, ask_at = NULL
  FROM {arrays.unnested(_ORDER_COLUMNS)}
 WHERE paid.id = made.id
"""
