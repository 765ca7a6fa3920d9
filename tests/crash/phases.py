"""The phases of money, each with what must be there before it, the work, and its points."""

from __future__ import annotations

import datetime as dt
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.unit import shared_context, unit_context
from shared_apps.payments.models import Channel, Order
from shared_apps.payments.simulator.books import Order as AtChannel
from shared_apps.settlement.models import Account, Batch
from shared_apps.settlement.services import batches, statements
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.models import Bill, Resolution
from tenant_apps.dues.selectors import refunds as refundable
from tenant_apps.dues.selectors.chart import bank_account
from tenant_apps.dues.services import booking, collection, refund_booking, refunds
from tenant_apps.members.models import Member
from tenant_apps.treasury.models import SweepRun
from tenant_apps.treasury.services import rules, settling, sweeping
from tenant_apps.treasury.services.rules import Terms
from tests.crash.striking import Point
from tests.crash.world import World
from tests.factories.dues import as_member, make_organization, make_owing_member, treasurer
from tests.factories.settlement import MONDAY, NOW, POOL, confirmed, paid_out, staff
from tests.tenant_apps.treasury.conftest import collect

MONTH: Final = 202611
_ORDERS: Final = "shared_apps.payments.services.orders"
_INBOX: Final = "shared_apps.payments.services.inbox"
_PAYING: Final = "shared_apps.payments.services.paying"
_REFUNDS: Final = "shared_apps.payments.services.refunds"
_BOOKING: Final = "tenant_apps.dues.services.booking"
_RECEIPTS: Final = "tenant_apps.dues.services.receipts"
_BACK: Final = "tenant_apps.dues.services.refund_booking"
_ENTRIES: Final = "tenant_apps.dues.services.refund_entries"
_LEDGER: Final = "tenant_apps.dues.services.ledger"
_SETTLING: Final = "tenant_apps.treasury.services.settling"
_BATCHES: Final = "shared_apps.settlement.services.batches"
_SENT: Final = "shared_apps.settlement.services.instructions"
_STATEMENTS: Final = "shared_apps.settlement.services.statements"
_SWEEPING: Final = "tenant_apps.treasury.services.sweeping"
_events = count(1)
Act = Callable[[], object]


@dataclass(frozen=True)
class Phase:
    """``prepare`` makes what must be there and gives the work, which ``role`` does in service."""

    name: str
    role: str
    prepare: Callable[[World, Channel], Act]
    points: tuple[Point, ...]


@contextmanager
def inside(world: World) -> Iterator[None]:
    with unit_context(world.units[0].pk):
        yield


def _started(world: World, channel: Channel) -> tuple[Member, Act]:
    """A member who owes a month, and asking to pay it."""
    with inside(world):
        member = make_owing_member(MONTH)
        actor = as_member(member)

    def start() -> Order:
        with inside(world):
            return collection.start_payment(
                member_id=member.pk, months=[Month(MONTH)], actor=actor, now=clock.now(),
                channel=channel,
            )  # fmt: skip

    return member, start


def _opened(world: World, channel: Channel) -> Act:
    return _started(world, channel)[1]


def _paid(world: World, channel: Channel) -> AtChannel:
    """The payer paid, and nobody told us."""
    order: Any = _started(world, channel)[1]()
    return tap(world, order)


def tap(world: World, order: Order) -> AtChannel:
    """The payer opens the channel's page, which some channels learn the order from, and pays."""
    if order.config.channel != Channel.WECHAT:
        form = collection.cashier_form(order=order)
        address, fields = (form.address, dict(form.fields)) if form else (order.pay_url, None)
        body = urlencode(fields).encode() if fields else None
        urllib.request.urlopen(address, data=body, timeout=10).close()
    (told,) = world.core.books.orders_numbered(order.out_trade_no)
    return world.core.pay(told.prepay_id)


def _heard(world: World, channel: Channel) -> Act:
    return _hearing(world, channel, _paid(world, channel))


def _hearing(world: World, channel: Channel, paid: AtChannel) -> Act:
    """The web process that the channel tells of a payment."""
    config = world.configs[world.units[0].label, channel]
    message = world.core.callbacks.message(paid, f"EV-{next(_events)}-{paid.out_trade_no}")

    def hear() -> None:
        with shared_context():
            collection.receive_notification(
                channel=channel, config_uid=config.uid, headers=list(message.headers.items()),
                body=message.body, now=clock.now(),
            )  # fmt: skip
            collection.book_received(now=clock.now())

    return hear


def _stored(world: World, channel: Channel) -> Act:
    """Acknowledged by a web process that died before it booked anything."""
    hear = _heard(world, channel)
    real = booking.book_waiting
    booking.book_waiting = lambda *_, **__: 0
    try:
        hear()
    finally:
        booking.book_waiting = real
    return lambda: booking.settle_pending(now=clock.now() + dt.timedelta(minutes=1))


def _unheard(world: World, channel: Channel) -> Act:
    _paid(world, channel)
    return lambda: booking.ask_channel(now=clock.now() + dt.timedelta(minutes=2))


def _expired(world: World, channel: Channel) -> Act:
    _started(world, channel)[1]()
    return lambda: booking.ask_channel(now=clock.now() + dt.timedelta(minutes=25))


def _asked(world: World, channel: Channel) -> Resolution:
    """A paid month of which one person asked the money back."""
    paid = _paid(world, channel)
    _hearing(world, channel, paid)()
    with inside(world):
        order = Order.objects.get(out_trade_no=paid.out_trade_no)
        receipt = dues.receipts_visible_to(treasurer()).get(order_id=order.pk)
        bills = [bill.pk for bill in refundable.refundable(receipt)]
        return refunds.ask_paid(
            receipt=receipt, bill_ids=bills, reason="本人误交", actor=treasurer(), now=clock.now()
        )


def _approved(world: World, channel: Channel) -> Act:
    held = _asked(world, channel)
    with inside(world):
        second = treasurer(role="unit_admin")

    def approve() -> None:
        with inside(world):
            refunds.approve(held=held, actor=second, now=clock.now())

    return approve


def _followed(world: World, channel: Channel) -> Act:
    """A refund that the channel is still about, by the worker."""
    world.core.plant("refund", "error_after" if channel == Channel.WECHAT else "drop_after")
    _approved(world, channel)()
    world.core.books.clear_faults()
    return lambda: refund_booking.follow_all(now=clock.now() + dt.timedelta(minutes=5))


def _batch(world: World, channel: Channel) -> Batch:
    with inside(world):
        if not Account.objects.exists():
            confirmed()
        paid_out(10_000)
    with shared_context():
        week = dt.timedelta(weeks=Batch.objects.count() // 20)  # a day has letters for 26 batches
        return batches.prepare(actor=staff("settlement_maker"), now=NOW, today=MONDAY + week)


def _checked(world: World, channel: Channel) -> Act:
    batch = _batch(world, channel)
    second = staff("settlement_checker")
    return lambda: batches.approve(batch_id=batch.pk, actor=second, now=NOW)


def _carried(world: World, channel: Channel) -> Act:
    _checked(world, channel)()
    return lambda: settling.carry(front=world.front(), now=clock.now(), today=clock.today())


def read_statement(world: World) -> None:
    statements.read(front=world.front(), pool_account=POOL, now=clock.now(), today=clock.today())
    settling.book_statement(now=clock.now())


def _credited(world: World, channel: Channel) -> Act:
    _carried(world, channel)()
    return lambda: read_statement(world)


def _planned(world: World, channel: Channel) -> tuple[SweepRun, Any]:
    """A run over one more day, with money in two branches."""
    with inside(world):
        ann, ada = treasurer(), treasurer(role="unit_admin")
        number = SweepRun.objects.count() + 1
        day = clock.today() - dt.timedelta(days=number)
        for path in ("000100010001", "000100010002"):
            make_organization(path)
            noon = dt.datetime.combine(day, dt.time(4), dt.UTC)
            collect(path, 5_000, number=number, at=noon)
        if number == 1:
            rules.set_rule(
                direction="UP", depth=3, terms=Terms("RATIO", 5_000), actor=ada, now=clock.now()
            )
        run = sweeping.plan(direction="UP", first=day, last=day, actor=ann, now=clock.now())
        return run, ada


def _confirmed(world: World, channel: Channel) -> Act:
    run, ada = _planned(world, channel)

    def confirm() -> None:
        with inside(world):
            sweeping.confirm(run=run, actor=ada, now=clock.now())

    return confirm


def _taken(world: World, channel: Channel) -> Act:
    run, ada = _planned(world, channel)
    with inside(world):
        sweeping.confirm(run=run, actor=ada, now=clock.now())
        line = run.lines.order_by("pk").first()
        assert line is not None

    def take() -> None:
        with inside(world):
            sweeping.take(line=line, actor=ada, now=clock.now())

    return take


_BOOKED: Final = (
    Point(_BOOKING, "apply_in_unit"),
    Point(_PAYING, "mark_paid", is_after=True),
    Point(_LEDGER, "collect", is_after=True),
    Point(_RECEIPTS, "give", is_after=True),
    Point(_BOOKING, "record_many", is_after=True),
)
PHASES: Final = (
    Phase("payment begun", "web", _opened, (
        Point(_ORDERS, "open_order", is_after=True), Point(_ORDERS, "submit"),
        Point(_ORDERS, "_prepay"), Point(_ORDERS, "_prepay", is_after=True),
        Point(_ORDERS, "_take_answer", is_after=True),
    )),
    Phase("callback heard", "web", _heard, (
        Point(_INBOX, "store"), Point(_INBOX, "store", is_after=True), *_BOOKED,
    )),
    Phase("stored payment booked", "worker", _stored, _BOOKED),
    Phase("lost payment asked about", "worker", _unheard, (
        Point(_ORDERS, "refresh", is_after=True), Point(_INBOX, "store", is_after=True),
        Point(_BOOKING, "apply"), Point(_LEDGER, "collect", is_after=True),
    )),
    Phase("order closed", "worker", _expired, (
        Point(_ORDERS, "close"), Point(_ORDERS, "_take_standing"),
        Point(_ORDERS, "_take_facts", is_after=True),
    )),
    Phase("refund approved", "web", _approved, (
        Point(_REFUNDS, "approve", is_after=True), Point(_REFUNDS, "submit"),
        Point(_REFUNDS, "_request_of"), Point(_REFUNDS, "_take"),
        Point(_REFUNDS, "_take", is_after=True), Point(_BACK, "settle"),
    )),
    Phase("refund followed", "worker", _followed, (
        Point(_REFUNDS, "refresh"), Point(_REFUNDS, "_take"),
        Point(_REFUNDS, "_take", is_after=True),
    )),
    Phase("batch approved", "web", _checked, (
        Point(_BATCHES, "_tell"), Point(_BATCHES, "_tell", is_after=True),
    )),
    Phase("instruction carried", "worker", _carried, (
        Point(_SETTLING, "take"), Point(_SENT, "step", is_after=True),
        Point(_LEDGER, "post", is_after=True), Point(_SENT, "submit"),
        Point(_SENT, "_claim", is_after=True), Point(_SENT, "_take"),
        Point(_SENT, "_take", is_after=True),
    )),
    Phase("statement booked", "worker", _credited, (
        Point(_STATEMENTS, "keep"), Point(_STATEMENTS, "keep", is_after=True),
        Point(_STATEMENTS, "to_settle", is_after=True), Point(_SENT, "step", is_after=True),
        Point(_LEDGER, "post", is_after=True),
    )),
    Phase("sweep run confirmed", "web", _confirmed, (
        Point(_SWEEPING, "_book_out"), Point(_SWEEPING, "_book_out", is_after=True),
        Point(_SWEEPING, "_tell"), Point(_SWEEPING, "_tell", is_after=True),
    )),
    Phase("sweep line taken", "web", _taken, (
        Point(_SWEEPING, "_post"), Point(_SWEEPING, "_post", is_after=True),
        Point(_SWEEPING, "_tell"),
    )),
)  # fmt: skip


def recover(world: World, again: Act) -> None:
    """What service does by itself afterwards, and people who try once more."""
    world.await_database()
    world.core.books.clear_faults()
    with suppress(DomainError):
        again()
    for later in (dt.timedelta(minutes=2), dt.timedelta(minutes=30), dt.timedelta(hours=2)):
        now = clock.now() + later
        booking.settle_pending(now=now)
        booking.ask_channel(now=now)
        refund_booking.follow_all(now=now)
        settling.carry(front=world.front(), now=now, today=clock.today())
    with shared_context():
        is_moving = Batch.objects.exists()
    if is_moving:
        read_statement(world)


def unfinished(world: World) -> list[str]:
    """What is still under way although everything has been done that is ever done."""
    with inside(world):
        paid = {move["out_trade_no"] for config in world.configs.values()
                for move in world.core.books.movements(config.mchid)}  # fmt: skip
        unsettled = Order.objects.filter(out_trade_no__in=paid, settled_at=None)
        return [
            *(f"order {order.out_trade_no} is {order.state}" for order in unsettled),
            *(f"refund {one.pk} is sent" for one in Resolution.objects.filter(state="sent")),
            *(f"bill {bill.pk} has no order" for bill in
              Bill.objects.filter(state="PAID", order_id=None)),
        ]  # fmt: skip


def bank_truth(world: World) -> list[str]:
    """Fen that the unit's accounts hold here, and at the bank."""
    with inside(world):
        ours = sum(dues.balance(bank_account(account.pk)) for account in Account.objects.all())
    theirs = sum(world.bank.balances().values())
    return [] if ours == theirs else [f"I15 bank: {ours} fen here, {theirs} there"]
