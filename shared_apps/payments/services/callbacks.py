"""Taking a channel's callback: verify, match, store durably. Applying it is the dues app's part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel.errors import Invalid
from shared_apps.payments import selectors
from shared_apps.payments.channels.base import (
    Acknowledgement,
    Notification,
    Reason,
    RefundNotification,
    Rejected,
)
from shared_apps.payments.models import (
    ChannelConfig,
    EventOutcome,
    EventSource,
    Order,
)
from shared_apps.payments.services import accounts, inbox

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


def accept(
    *,
    channel: str,
    config_uid: UUID,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    now: datetime,
) -> AcceptedEvent:
    """Verify a callback and store its fact; when this returns, it is committed.

    In this order: the channel and the account of the address, the signature and its freshness,
    the merchant, the order, the unit, the currency, the amount. Whatever fails is counted with its
    reason, changes nothing else and raises CallbackRefused. A repeated callback returns the event
    stored first. Needs no network. Runs on the shared tables and outside any transaction.
    """
    pairs = list(headers)
    try:
        config = _config(channel, config_uid)
        reader = accounts.reader_for(config)
        notification = reader.read(headers=pairs, body=body, now=now)
        order = _matching_order(config, notification)
    except Rejected as rejected:
        inbox.count_rejection(channel=channel, reason=rejected.reason, now=now)
        raise CallbackRefused(rejected.reason) from rejected
    with transaction.atomic(durable=True):
        event, is_new = inbox.store(
            order=order,
            fact=inbox.Fact(
                event_key=f"{notification.mchid}:{notification.event_id}",
                transaction_id=notification.transaction_id,
                amount_fen=notification.amount_fen,
                paid_at=notification.success_time,
            ),
            source=EventSource.CALLBACK,
            now=now,
            headers=_kept(pairs),
            raw_sha256=notification.raw_sha256,
        )
    return AcceptedEvent(
        event_id=event.pk,
        unit_id=event.unit_id,
        order_id=event.order_id,
        is_new=is_new,
        is_applied=event.outcome != EventOutcome.PENDING,
        acknowledgement=reader.ACKNOWLEDGEMENT,
    )


def _config(channel: str, uid: UUID) -> ChannelConfig:
    config = selectors.config_by_uid(uid)
    if config is None or config.channel != channel:
        raise Rejected(Reason.CONFIG_UNKNOWN)
    return config


def _payment(read: Notification | RefundNotification) -> Notification:
    if isinstance(read, RefundNotification):
        raise Rejected(Reason.EVENT_UNSUPPORTED)
    return read


def _matching_order(config: ChannelConfig, notification: Notification) -> Order:
    """The order that the fact is about, if it agrees with it in everything."""
    order = (
        Order.objects.select_related("config")
        .filter(out_trade_no=notification.out_trade_no)
        .first()
    )
    if order is None:
        raise Rejected(Reason.ORDER_UNKNOWN)
    if order.unit_id != config.unit_id:
        raise Rejected(Reason.UNIT_MISMATCH)
    if order.config_id != config.pk:
        raise Rejected(Reason.MERCHANT_MISMATCH)
    if notification.currency != "CNY":
        raise Rejected(Reason.CURRENCY_MISMATCH)
    if notification.amount_fen != order.amount_fen:
        raise Rejected(Reason.AMOUNT_MISMATCH)
    return order


def _kept(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {
        name.lower(): value[:_HEADER_LIMIT]
        for name, value in headers
        if name.lower() in _KEPT_HEADERS
    }
