"""Orders from their opening to their end. No order is ever told to the channel before it is stored,
and none is repeated under another number (payments.md 4: query before retry).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from shared_apps.payments import selectors
from shared_apps.payments.channels import CHANNELS
from shared_apps.payments.channels.base import (
    Adapter,
    Outcome,
    PaymentRequest,
    Prepaid,
    Standing,
    TradeState,
)
from shared_apps.payments.models import (
    Channel,
    EventSource,
    Order,
    OrderItem,
    OrderState,
)
from shared_apps.payments.services import accounts, inbox, numbers

LIFETIME = timedelta(minutes=20)
"""Rulebook 10.2: an order expires after 15 to 30 minutes."""

ASK_AFTER_SECONDS = (30, 60, 180, 300, 600, 1800)
FINAL_ASK_AFTER = timedelta(minutes=10)
"""A payer on the password page may pay after the close; one last question finds that out."""


class EmptyOrder(Invalid):
    code = "order_empty"
    sentence = "请至少选择一笔待交党费。"


class OrderExpired(Conflict):
    code = "order_expired"
    sentence = "订单已超时，请重新发起支付。"


class Item(NamedTuple):
    """What of an order goes to one bill."""

    bill_id: UUID
    amount_fen: int


class PostedForm(NamedTuple):
    """A form for the payer's browser: where it goes, and its fields."""

    address: str
    fields: tuple[tuple[str, str], ...]


class Followed(NamedTuple):
    """An order after the channel was asked; `event_id` names a payment that is to be applied."""

    order: Order
    event_id: UUID | None


@transaction.atomic
def open_order(
    *,
    unit_id: UUID,
    items: Sequence[Item],
    description: str,
    actor: Actor,
    now: datetime,
    channel: Channel = Channel.WECHAT,
) -> Order:
    """Write down what the actor is about to pay: one order over whole amounts of its items (fen).

    Lasts 20 minutes. The channel learns nothing yet: commit, then `submit`. Raises EmptyOrder
    (no item, or an amount that is not positive), Forbidden (nobody is signed in as a member),
    ChannelNotConfigured.
    """
    if not items or any(item.amount_fen <= 0 for item in items):
        raise EmptyOrder
    if actor.person_id is None or actor.member_id is None:
        raise Forbidden
    config = selectors.active_config(unit_id, channel)
    order = Order.objects.create(
        unit_id=unit_id,
        unit_role=config.unit_role,
        config=config,
        out_trade_no=numbers.new_number(now),
        payer_person_id=actor.person_id,
        payer_member_id=actor.member_id,
        amount_fen=sum(item.amount_fen for item in items),
        description=description,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            unit_id=unit_id,
            unit_role=config.unit_role,
            order=order,
            bill_id=item.bill_id,
            amount_fen=item.amount_fen,
        )
        for item in items
    )
    return order


def submit(*, order: Order, actor: Actor, now: datetime) -> Order:
    """Tell the channel about the order and return it as it then stands.

    AWAITING: send the payer to `pay_page`. UNKNOWN: the channel did not answer clearly; the order
    is asked about later and may not be opened again under another number meanwhile. FAILED: the
    channel refused it. An order already awaiting its payer is returned as it is, so a page may call
    this again. Raises OrderExpired. Must be called outside a transaction.
    """
    order, is_mine = _begin(order.pk, now)
    if not is_mine:
        return order
    request = PaymentRequest(
        out_trade_no=order.out_trade_no,
        description=order.description,
        amount_fen=order.amount_fen,
        created_at=order.created_at,
        expires_at=order.expires_at,
        notify_url=accounts.notify_url(order.config),
        payer_ip=actor.ip or "127.0.0.1",
    )
    answer = _prepay(accounts.adapter_for(order.config), request)
    with transaction.atomic(durable=True):
        order = _locked(order.pk)
        _take_answer(order, answer, now)
        order.save()
    return order


def pay_page(*, order: Order, return_url: str) -> str:
    """The channel's payment page for an awaiting order, leading back to `return_url`."""
    return accounts.adapter_for(order.config).with_return_address(order.pay_url, return_url)


def posted_form(*, order: Order) -> PostedForm | None:
    """What the payer's browser posts to reach the page of an awaiting order; None where it simply
    opens the address.
    """
    if not CHANNELS[order.config.channel].posts_form:
        return None
    address, _, query = order.pay_url.partition("?")
    return PostedForm(address, tuple(parse_qsl(query, keep_blank_values=True)))


def refresh(*, order: Order, now: datetime) -> Followed:
    """Ask the channel where the order stands and take over what is certain.

    A payment is stored in the inbox and named in the answer; the order itself becomes PAID only
    when that event is applied. Without a clear answer nothing changes but the time of the next
    question. Must be called outside a transaction.
    """
    order = selectors.order_by_id(order.pk)
    if order.is_paid or order.state == OrderState.CREATED:
        return Followed(order, None)
    standing = accounts.adapter_for(order.config).query(order.out_trade_no)
    return _take_standing(order.pk, standing, now)


def close_expired(*, order: Order, now: datetime) -> Followed:
    """Close an order whose time has run out; one that still has time is only returned."""
    if order.expires_at > now:
        return Followed(order, None)
    return close(order=order, now=now)


def close(*, order: Order, now: datetime) -> Followed:
    """Take an open order back from the payer: close it at the channel, then ask again, because the
    payer may have been faster. A payment found that way is named in the answer. An order that the
    channel cannot take back stays open until its time is over. Must be called outside a
    transaction.
    """
    with transaction.atomic(durable=True):
        order = _locked(order.pk)
        if order.state == OrderState.CREATED:
            _end(order, OrderState.CLOSED, now)
            order.save()
        if not order.is_open:
            return Followed(order, None)
    adapter = accounts.adapter_for(order.config)
    closed = adapter.close(order.out_trade_no)
    has_lapsed = closed.outcome is Outcome.PENDING and order.expires_at <= now
    standing = adapter.query(order.out_trade_no)
    return _take_standing(order.pk, standing, now, is_closing=True, has_lapsed=has_lapsed)


def _begin(order_id: UUID, now: datetime) -> tuple[Order, bool]:
    """Claim the order for submission; an awaiting one that lost its page address is claimed too."""
    with transaction.atomic(durable=True):
        order = _locked(order_id)
        has_lost_page = order.state == OrderState.AWAITING and not order.pay_url
        if order.state != OrderState.CREATED and not has_lost_page:
            return order, False
        if order.expires_at <= now:
            raise OrderExpired
        if order.state == OrderState.CREATED:
            order.state = OrderState.SUBMITTING
        order.ask_at = now + timedelta(seconds=ASK_AFTER_SECONDS[0])
        order.save()
    return order, True


def _prepay(adapter: Adapter, request: PaymentRequest) -> Prepaid:
    """Order; after a lost answer ask once, and order again only if that is known to be harmless.

    After a timeout the payer has waited long enough: the job asks.
    """
    answer = adapter.prepay(request)
    timed_out = answer.error is not None and answer.error.code == "TIMEOUT"
    if answer.outcome is not Outcome.UNKNOWN or timed_out:
        return answer
    standing = adapter.query(request.out_trade_no)
    if standing.state in {TradeState.NOT_PAID, TradeState.ABSENT}:
        return adapter.prepay(request)
    return answer


def _take_answer(order: Order, answer: Prepaid, now: datetime) -> None:
    """A callback may have been faster than the answer: a paid order stays as it is."""
    if order.state not in {OrderState.SUBMITTING, OrderState.AWAITING}:
        return
    if answer.outcome is Outcome.SUCCEEDED:
        order.state = OrderState.AWAITING
        order.pay_url = answer.pay_url
        order.error_code = ""
        return
    order.error_code = answer.error.code if answer.error else ""
    if order.state == OrderState.AWAITING:
        return
    if answer.outcome is Outcome.FAILED:
        _end(order, OrderState.FAILED, now)
    else:
        order.state = OrderState.UNKNOWN


def _take_standing(
    order_id: UUID,
    standing: Standing,
    now: datetime,
    *,
    is_closing: bool = False,
    has_lapsed: bool = False,
) -> Followed:
    with transaction.atomic(durable=True):
        order = _locked(order_id)
        if order.is_paid:
            return Followed(order, None)
        event_id = _take_facts(order, standing, now, is_closing=is_closing, has_lapsed=has_lapsed)
        order.save()
    return Followed(order, event_id)


def _take_facts(
    order: Order, standing: Standing, now: datetime, *, is_closing: bool, has_lapsed: bool
) -> UUID | None:
    was_open = order.is_open
    _ask_later(order, now)
    order.error_code = standing.error.code if standing.error else ""
    if standing.state is TradeState.PAID:
        return _store_payment(order, standing, now)
    if standing.state is TradeState.UNKNOWN:
        if order.state == OrderState.SUBMITTING:
            order.state = OrderState.UNKNOWN
    elif not was_open:
        order.ask_at = None
    elif standing.state is TradeState.NOT_PAID and not has_lapsed:
        order.state = OrderState.AWAITING
    elif standing.state is TradeState.ABSENT and not is_closing:
        _end(order, OrderState.FAILED, now)
    else:
        _end(order, OrderState.CLOSED, now)
    return None


def _store_payment(order: Order, standing: Standing, now: datetime) -> UUID | None:
    """Keep a payment learnt by asking; one that contradicts the order is left to a person."""
    if standing.paid_at is None or (standing.amount_fen, standing.currency) != (
        order.amount_fen,
        "CNY",
    ):
        order.error_code = "AMOUNT_MISMATCH"
        return None
    told = inbox.Told(
        order_id=order.pk,
        unit_id=order.unit_id,
        unit_role=order.unit_role,
        channel=order.config.channel,
        fact=inbox.Fact(
            event_key=f"{order.config.mchid}:query:{standing.transaction_id}",
            transaction_id=standing.transaction_id,
            amount_fen=standing.amount_fen,
            paid_at=standing.paid_at,
        ),
        source=EventSource.QUERY,
        now=now,
    )
    (stored,) = inbox.store([told])
    return stored.event_id if stored.is_pending else None


def _end(order: Order, state: OrderState, now: datetime) -> None:
    was_submitted = order.state != OrderState.CREATED
    order.state = state
    order.closed_at = now
    order.ask_at = now + FINAL_ASK_AFTER if was_submitted else None


def _ask_later(order: Order, now: datetime) -> None:
    place = min(order.ask_count + 1, len(ASK_AFTER_SECONDS) - 1)
    order.ask_count += 1
    order.ask_at = now + timedelta(seconds=ASK_AFTER_SECONDS[place])


def _locked(order_id: UUID) -> Order:
    """The order, locked until the transaction ends; raises UnknownOrder."""
    order = (
        Order.objects.select_for_update(of=("self",))
        .select_related("config")
        .filter(pk=order_id)
        .first()
    )
    if order is None:
        raise selectors.UnknownOrder
    return order
