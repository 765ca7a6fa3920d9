"""Reading orders and channel events. A unit in force sees its own; the platform sees all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from kernel.errors import NotFound, Unavailable
from shared_apps.payments.models import (
    ENDED_STATES,
    OPEN_STATES,
    PAID_STATES,
    REFUNDS_FAILED,
    REFUNDS_TO_SETTLE,
    ChannelConfig,
    ChannelEvent,
    EventOutcome,
    Order,
    OrderItem,
    OrderState,
    Refund,
    RejectedCallback,
)
from shared_apps.payments.models import Channel as Channel  # noqa: PLC0414 - for the rooms above
from shared_apps.payments.models import RefundState as RefundState  # noqa: PLC0414 - likewise

APPLY_GRACE = timedelta(seconds=10)
BATCH = 500


class UnknownOrder(NotFound):
    code = "order_unknown"
    sentence = "没有找到这笔订单。"


class ChannelNotConfigured(Unavailable):
    code = "channel_not_configured"
    sentence = "本单位尚未开通线上支付，请联系本单位管理员。"


class OrderToAsk(NamedTuple):
    """An order whose turn it is, with the unit in which to handle it."""

    order_id: UUID
    unit_id: UUID


class EventToApply(NamedTuple):
    """A stored event that the unit's books have not taken yet."""

    event_id: UUID
    unit_id: UUID


class RefundTurn(NamedTuple):
    """A refund whose turn it is, with the unit in which to handle it."""

    refund_id: UUID
    unit_id: UUID


class OrderTerms(NamedTuple):
    """What never changes of an order: whose it is, at which account, over how much."""

    id: UUID
    unit_id: UUID
    unit_role: str
    config_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """Money between payer and books: how much (fen), in how many parts."""

    fen: int
    count: int


def active_config(unit_id: UUID, channel: Channel = Channel.WECHAT) -> ChannelConfig:
    """The unit's account for new orders; raises ChannelNotConfigured."""
    config = ChannelConfig.objects.filter(unit_id=unit_id, channel=channel, is_active=True).first()
    if config is None:
        raise ChannelNotConfigured
    return config


def active_configs(unit_id: UUID) -> list[ChannelConfig]:
    """The unit's accounts for new orders, one per channel, in the order of `Channel`."""
    found = ChannelConfig.objects.filter(unit_id=unit_id, is_active=True)
    return sorted(found, key=lambda config: Channel.values.index(config.channel))


def accepts_payments(unit_id: UUID) -> bool:
    """Whether the unit can take payments at all."""
    return ChannelConfig.objects.filter(unit_id=unit_id, is_active=True).exists()


def configs_by_uid(uids: Iterable[UUID]) -> dict[UUID, ChannelConfig]:
    """The accounts that notify addresses belong to, active or not; none of a closed unit."""
    found = ChannelConfig.objects.filter(uid__in=[*uids]).exclude(secrets_sealed=b"")
    return {config.uid: config for config in found}


def order_terms(numbers: Iterable[str]) -> dict[str, OrderTerms]:
    """What the orders with these numbers are for."""
    found = Order.objects.filter(out_trade_no__in=[*numbers]).values_list(
        "out_trade_no", "id", "unit_id", "unit_role", "config_id", "amount_fen"
    )
    return {row[0]: OrderTerms(*row[1:]) for row in found}


def order_of_payer(order_id: UUID, payer_person_id: UUID) -> Order:
    """The payer's own order; anybody else's is UnknownOrder."""
    order = Order.objects.filter(pk=order_id, payer_person_id=payer_person_id).first()
    if order is None:
        raise UnknownOrder
    return order


def order_by_id(order_id: UUID) -> Order:
    """Raises UnknownOrder."""
    order = Order.objects.select_related("config").filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder
    return order


def orders_by_id(order_ids: Iterable[UUID]) -> dict[UUID, Order]:
    """Those orders with the accounts that they were paid to."""
    return Order.objects.select_related("config").in_bulk([*order_ids])


def bills_of_order(order_id: UUID) -> list[UUID]:
    """The bills that an order is about; none where there is no such order."""
    return list(OrderItem.objects.filter(order_id=order_id).values_list("bill_id", flat=True))


def orders_of_member(member_id: UUID) -> QuerySet[Order]:
    """A member's orders, newest first."""
    return Order.objects.filter(payer_member_id=member_id).order_by("-created_at")


def channel_last_used(member_id: UUID) -> Channel | None:
    """The channel of the member's newest order that was paid."""
    newest = orders_of_member(member_id).filter(state__in=PAID_STATES)
    found = newest.values_list("config__channel", flat=True).first()
    return Channel(found) if found else None


def open_orders_for_bills(bill_ids: Iterable[UUID]) -> QuerySet[Order]:
    """Orders under which one of the bills may still be paid, newest first."""
    return (
        Order.objects.filter(items__bill_id__in=[*bill_ids], state__in=OPEN_STATES)
        .select_related("config")
        .distinct()
        .order_by("-created_at")
    )


def paid_orders_for_bill(bill_id: UUID) -> QuerySet[Order]:
    """Orders that paid (a part of) the bill, in the order of payment."""
    return Order.objects.filter(items__bill_id=bill_id, state__in=PAID_STATES).order_by("paid_at")


def orders_to_ask(now: datetime, *, limit: int = BATCH) -> list[OrderToAsk]:
    """Orders about which the channel is to be asked, longest waiting first.

    First asked 30 seconds after submission, then ever more seldom (`services.orders`); once more
    ten minutes after it ended unpaid. Call `orders.refresh` for each, in its unit.
    """
    rows = (
        Order.objects.filter(Q(expires_at__gt=now) | Q(state__in=ENDED_STATES), ask_at__lte=now)
        .exclude(state__in=[OrderState.CREATED, *PAID_STATES])
        .order_by("ask_at")
        .values_list("id", "unit_id")
    )
    return [OrderToAsk(*row) for row in rows[:limit]]


def orders_to_close(now: datetime, *, limit: int = BATCH) -> list[OrderToAsk]:
    """Open orders whose time has run out. Call `orders.close_expired` for each, in its unit.

    One that could not be closed (the channel does not answer) comes again at its next turn.
    """
    rows = (
        Order.objects.filter(
            Q(ask_at__isnull=True) | Q(ask_at__lte=now), state__in=OPEN_STATES, expires_at__lte=now
        )
        .order_by("expires_at")
        .values_list("id", "unit_id")
    )
    return [OrderToAsk(*row) for row in rows[:limit]]


def events_to_apply(now: datetime, *, limit: int = BATCH) -> list[EventToApply]:
    """Stored events that were not applied within ten seconds of their arrival: the sweep's work."""
    rows = (
        ChannelEvent.objects.filter(
            outcome=EventOutcome.PENDING, received_at__lte=now - APPLY_GRACE
        )
        .order_by("attempts", "received_at")
        .values_list("id", "unit_id")
    )
    return [EventToApply(*row) for row in rows[:limit]]


def events_untried(*, limit: int) -> list[EventToApply]:
    """Stored events that wait to be applied for the first time, oldest first."""
    rows = (
        ChannelEvent.objects.filter(outcome=EventOutcome.PENDING, attempts=0)
        .order_by("received_at")
        .values_list("id", "unit_id")
    )
    return [EventToApply(*row) for row in rows[:limit]]


def refunds_to_ask(now: datetime, *, limit: int = BATCH) -> list[RefundTurn]:
    """Refunds that are to be submitted or asked about, longest waiting first. Call
    `refunds.refresh` for each, in its unit.
    """
    rows = Refund.objects.filter(ask_at__lte=now).order_by("ask_at").values_list("id", "unit_id")
    return [RefundTurn(*row) for row in rows[:limit]]


def refunds_to_settle(*, limit: int = BATCH) -> list[RefundTurn]:
    """Refunds that ended and whose end the unit's books have not taken yet."""
    rows = Refund.objects.filter(state__in=REFUNDS_TO_SETTLE, settled_at__isnull=True)
    found = rows.order_by("heard_at").values_list("id", "unit_id")
    return [RefundTurn(*row) for row in found[:limit]]


def refunds_by_cause(cause_ids: Iterable[UUID]) -> dict[UUID, Refund]:
    """The refunds that came of decisions in the unit, with their orders and accounts."""
    found = Refund.objects.select_related("order__config").filter(cause_id__in=[*cause_ids])
    return {refund.cause_id: refund for refund in found}


def settled_by_unit(*, after: datetime, until: datetime) -> QuerySet[Any, Any]:
    """Fen of paid orders by unit, to be joined in SQL: those settled after ``after`` and up to
    ``until`` as ``earlier_fen``, those after that as ``later_fen``.
    """
    return (
        Order.objects.filter(settled_at__gt=after)
        .order_by()
        .values("unit_id")
        .annotate(
            earlier_fen=Sum("amount_fen", filter=Q(settled_at__lte=until)),
            later_fen=Sum("amount_fen", filter=Q(settled_at__gt=until)),
        )
    )


def orders_to_compare() -> QuerySet[Any, Any]:
    """Every order with what a channel's bill says of one, to be joined in SQL."""
    return Order.objects.order_by().values(
        "id", "config_id", "out_trade_no", "transaction_id", "amount_fen", "paid_at", "settled_at"
    )


def refund_states() -> list[tuple[str, str]]:
    """The states of a refund with their words."""
    return [(str(state.value), str(state.label)) for state in RefundState]


def refunds_to_compare() -> QuerySet[Any, Any]:
    """Every refund that a channel's bill has a line of, to be joined in SQL."""
    return (
        Refund.objects.exclude(state__in=[RefundState.REQUESTED, *REFUNDS_FAILED])
        .order_by()
        .values("order_id", "out_refund_no", "amount_fen", "state", "refunded_at")
    )


def paid_between(begin: datetime, end: datetime) -> QuerySet[Order]:
    """Orders whose money arrived in the stretch, with their accounts, newest first."""
    paid = Order.objects.filter(paid_at__gte=begin, paid_at__lt=end).select_related("config")
    return paid.order_by("-paid_at", "-pk")


def accounts_with_bills(channels: Iterable[str]) -> QuerySet[ChannelConfig]:
    """The accounts, in use or replaced, whose channels give bills out and whose keys are kept."""
    return ChannelConfig.objects.filter(channel__in=[*channels]).exclude(secrets_sealed=b"")


def money_on_its_way(unit_id: UUID) -> tuple[OnItsWay, OnItsWay]:
    """What of a unit's money is not settled: orders that may still be paid, and payments that
    were reported and not booked.
    """
    orders = Order.objects.filter(unit_id=unit_id, state__in=OPEN_STATES)
    events = ChannelEvent.objects.filter(unit_id=unit_id, outcome=EventOutcome.PENDING)
    return _on_its_way(orders), _on_its_way(events)


def _on_its_way(rows: QuerySet[Order] | QuerySet[ChannelEvent]) -> OnItsWay:
    found = rows.aggregate(fen=Sum("amount_fen"), count=Count("pk"))
    return OnItsWay(found["fen"] or 0, found["count"])


def conflicts() -> QuerySet[ChannelEvent]:
    """Money that no rule can place and a person must look at, oldest first."""
    return ChannelEvent.objects.filter(outcome=EventOutcome.CONFLICT).order_by("received_at")


def rejections_since(since: datetime) -> Sequence[RejectedCallback]:
    """Refused callbacks by hour and reason, newest hour first."""
    found = RejectedCallback.objects.filter(hour__gte=since)
    return list(found.order_by("-hour", "reason"))


def callbacks_since(since: datetime) -> dict[str, int]:
    """How many callbacks there were by result: applied, duplicate, …, or ``rejected``."""
    rows = ChannelEvent.objects.filter(received_at__gte=since).order_by().values_list("outcome")
    found = {str(outcome).lower(): count for outcome, count in rows.annotate(n=Count("pk"))}
    refused = RejectedCallback.objects.filter(hour__gte=since).aggregate(n=Sum("count"))["n"]
    return {**found, "rejected": refused or 0}


def broken_invariants() -> dict[str, int]:
    """How many rows break each rule that the tables alone cannot enforce; all must be 0.

    I3: a paid order took exactly one event. I4: the items of an order add up to its amount.
    I11: no event is applied without its order being paid.
    """
    applied = Count("events", filter=Q(events__outcome=EventOutcome.APPLIED), distinct=True)
    orders = Order.objects.all()
    return {
        "I3": orders.filter(state__in=PAID_STATES).annotate(n=applied).exclude(n=1).count(),
        "I4": orders.annotate(fen=Sum("items__amount_fen")).exclude(fen=F("amount_fen")).count(),
        "I11": ChannelEvent.objects.filter(outcome=EventOutcome.APPLIED)
        .exclude(order__state__in=PAID_STATES)
        .count(),
    }
