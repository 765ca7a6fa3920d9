"""Taking a channel's callback: verify, match, store durably. Applying it is the dues app's part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from kernel.errors import Invalid
from shared_apps.payments import selectors
from shared_apps.payments.channels.base import (
    Acknowledgement,
    CallbackReader,
    NothingToKeep,
    Notification,
    Reason,
    RefundNotification,
    Rejected,
)
from shared_apps.payments.models import (
    ChannelConfig,
    EventSource,
    Refund,
)
from shared_apps.payments.selectors import OrderTerms
from shared_apps.payments.services import accounts, inbox, refunds

_KEPT_HEADERS = ("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "user-agent")
_HEADER_LIMIT = 200


class CallbackRefused(Invalid):
    """Refused and counted; the answer does not tell a forger why. `reason` is for the log."""

    code = "callback_refused"
    sentence = "通知未被接受。"

    def __init__(self, reason: Reason) -> None:
        super().__init__()
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """A stored event. Unless `is_applied`, apply it in its unit; then answer `acknowledgement`."""

    event_id: UUID
    unit_id: UUID
    order_id: UUID
    is_new: bool
    is_applied: bool
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True)
class AcceptedRefund:
    """What a channel said of a refund is stored; book its end in its unit, then answer."""

    refund_id: UUID
    unit_id: UUID
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True)
class Delivery:
    """A callback as it came in: the channel and the account of its address, and what was sent."""

    channel: str
    config_uid: UUID
    headers: tuple[tuple[str, str], ...]
    body: bytes
    now: datetime


Answer = AcceptedEvent | AcceptedRefund | CallbackRefused | NothingToKeep
"""What became of a delivery; the last two are raised by whoever handed it in."""


def accept(
    *,
    channel: str,
    config_uid: UUID,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    now: datetime,
) -> AcceptedEvent | AcceptedRefund:
    """`accept_each` for one; raises CallbackRefused and NothingToKeep."""
    (answer,) = accept_each([Delivery(channel, config_uid, tuple(headers), body, now)])
    if isinstance(answer, Exception):
        raise answer
    return answer


def accept_each(deliveries: Sequence[Delivery]) -> list[Answer]:
    """Verify callbacks and store their facts; when this returns, they are committed.

    For each in this order: the channel and the account of the address, the signature and its
    freshness, the merchant, the order, the unit, the currency, the amount. Whatever fails is
    counted with its reason, changes nothing else and is answered with CallbackRefused. A repeated
    callback is answered with the event stored first; one that reports nothing to keep, with
    NothingToKeep. Needs no network. Runs on the shared tables and outside any transaction, in a
    few statements however many there are.
    """
    configs = selectors.configs_by_uid({one.config_uid for one in deliveries})
    readers = {uid: accounts.reader_for(config) for uid, config in configs.items()}
    read = [_read(one, configs, readers) for one in deliveries]
    orders = selectors.order_terms(
        {one.said.out_trade_no for one in read if isinstance(one, _Payment)}
    )
    judged = [_judged(one, orders) if isinstance(one, _Payment) else one for one in read]
    payments = [one for one in judged if isinstance(one, _Payment)]
    with transaction.atomic(durable=True):
        stored = iter(inbox.store([_told(one, orders) for one in payments]))
    answers = [_accepted(one, next(stored)) if isinstance(one, _Payment) else one for one in judged]
    _count_refusals(deliveries, answers)
    return answers


class _Payment(NamedTuple):
    """A genuine notification of a payment, on its way to its order."""

    delivery: Delivery
    config: ChannelConfig
    said: Notification
    acknowledgement: Acknowledgement


def _read(
    delivery: Delivery,
    configs: Mapping[UUID, ChannelConfig],
    readers: Mapping[UUID, CallbackReader],
) -> _Payment | AcceptedRefund | CallbackRefused | NothingToKeep:
    config = configs.get(delivery.config_uid)
    if config is None or config.channel != delivery.channel:
        return CallbackRefused(Reason.CONFIG_UNKNOWN)
    reader = readers[config.uid]
    try:
        said = reader.read(headers=delivery.headers, body=delivery.body, now=delivery.now)
        if isinstance(said, RefundNotification):
            return _accept_refund(config, said, reader.ACKNOWLEDGEMENT, delivery.now)
    except Rejected as rejected:
        return CallbackRefused(rejected.reason)
    except NothingToKeep as nothing:
        return nothing
    return _Payment(delivery, config, said, reader.ACKNOWLEDGEMENT)


def _judged(payment: _Payment, orders: Mapping[str, OrderTerms]) -> _Payment | CallbackRefused:
    reason = mismatch(payment.config, orders.get(payment.said.out_trade_no), payment.said)
    return payment if reason is None else CallbackRefused(reason)


def mismatch(config: ChannelConfig, order: OrderTerms | None, said: Notification) -> Reason | None:
    """Why this is not the order that the fact is about; None when they agree in everything."""
    if order is None:
        return Reason.ORDER_UNKNOWN
    if order.unit_id != config.unit_id:
        return Reason.UNIT_MISMATCH
    if order.config_id != config.pk:
        return Reason.MERCHANT_MISMATCH
    if said.currency != "CNY":
        return Reason.CURRENCY_MISMATCH
    if said.amount_fen != order.amount_fen:
        return Reason.AMOUNT_MISMATCH
    return None


def _told(payment: _Payment, orders: Mapping[str, OrderTerms]) -> inbox.Told:
    said = payment.said
    order = orders[said.out_trade_no]
    return inbox.Told(
        order_id=order.id,
        unit_id=order.unit_id,
        unit_role=order.unit_role,
        channel=payment.config.channel,
        fact=inbox.Fact(
            event_key=f"{said.mchid}:{said.event_id}",
            transaction_id=said.transaction_id,
            amount_fen=said.amount_fen,
            paid_at=said.success_time,
        ),
        source=EventSource.CALLBACK,
        now=payment.delivery.now,
        headers=_kept(payment.delivery.headers),
        raw_sha256=said.raw_sha256,
    )


def _accepted(payment: _Payment, stored: inbox.Stored) -> AcceptedEvent:
    return AcceptedEvent(
        event_id=stored.event_id,
        unit_id=stored.unit_id,
        order_id=stored.order_id,
        is_new=stored.is_new,
        is_applied=not stored.is_pending,
        acknowledgement=payment.acknowledgement,
    )


def _count_refusals(deliveries: Sequence[Delivery], answers: Sequence[Answer]) -> None:
    refused = Counter(
        (delivery.channel, answer.reason)
        for delivery, answer in zip(deliveries, answers, strict=True)
        if isinstance(answer, CallbackRefused)
    )
    for (channel, reason), count in refused.items():
        inbox.count_rejection(channel=channel, reason=reason, now=deliveries[0].now, count=count)


def _accept_refund(
    config: ChannelConfig, read: RefundNotification, told: Acknowledgement, now: datetime
) -> AcceptedRefund:
    """The refund's own row is its inbox: what the channel says of it is committed there."""
    refund = _matching_refund(config, read)
    refunds.take_notice(refund_id=refund.pk, notification=read, now=now)
    return AcceptedRefund(refund.pk, refund.unit_id, told)


def _matching_refund(config: ChannelConfig, read: RefundNotification) -> Refund:
    """The refund that the fact is about, if it agrees with it in everything."""
    found = Refund.objects.select_related("order").filter(out_refund_no=read.out_refund_no)
    refund = found.first()
    if refund is None:
        raise Rejected(Reason.REFUND_UNKNOWN)
    if refund.unit_id != config.unit_id:
        raise Rejected(Reason.UNIT_MISMATCH)
    if refund.order.config_id != config.pk:
        raise Rejected(Reason.MERCHANT_MISMATCH)
    if (refund.order.out_trade_no, refund.transaction_id) != (
        read.out_trade_no,
        read.transaction_id,
    ):
        raise Rejected(Reason.ORDER_UNKNOWN)
    if read.amount_fen not in {0, refund.amount_fen}:
        raise Rejected(Reason.AMOUNT_MISMATCH)
    return refund


def _kept(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {
        name.lower(): value[:_HEADER_LIMIT]
        for name, value in headers
        if name.lower() in _KEPT_HEADERS
    }
