"""What members, treasurers and the product's own processes do on a day, each turn once."""

from __future__ import annotations

import asyncio
import json
import random
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final
from uuid import UUID

from kernel import clock, intake
from kernel.clock import Month
from kernel.unit import unit_context
from shared_apps.payments.models import Channel, Order
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.management.commands import booker
from tenant_apps.dues.management.commands import intake as door
from tenant_apps.dues.models import Bill
from tenant_apps.dues.selectors import refunds as refundable
from tenant_apps.dues.services import booking, collection, refund_booking, refunds, suspense
from tenant_apps.members.models import Member
from tenant_apps.treasury.services import recon, settling
from tests.crash.world import World
from tests.factories.dues import as_member, treasurer

PAUSE: Final = 0.3
TIMEOUT: Final = 20
_WAYS: Final = {
    "pays": 66, "never pays": 8, "pays what was given up": 8, "pays twice": 6, "asks and asks": 12,
}  # fmt: skip


@dataclass(frozen=True)
class Payer:
    unit_id: UUID
    member_id: UUID
    month: int


class Channels:
    """The simulated channels' office: paying, and planting faults."""

    def __init__(self, world: World) -> None:
        self._address, self._key = world.address, world.core.store.admin_key

    def ask(self, path: str, /, **document: object) -> Any:
        request = urllib.request.Request(
            f"{self._address}/_sim/{path}",
            data=json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)["result"]

    def tap(self, order: Order, *, after_close: bool = False) -> None:
        """The payer opens the channel's page and pays; the channel may refuse."""
        try:
            if order.config.channel != Channel.WECHAT:
                form = collection.cashier_form(order=order)
                address = form.address if form else order.pay_url
                body = urllib.parse.urlencode(form.fields).encode() if form else None
                urllib.request.urlopen(address, data=body, timeout=TIMEOUT).close()
            self.ask("pay", out_trade_no=order.out_trade_no, after_close=after_close)
        except (OSError, ValueError):
            return


def paying(world: World, payers: Sequence[Payer], turn: Synchronized[int]) -> Callable[..., None]:
    """Each turn another member pays, in one way or another."""
    channels = Channels(world)

    def work(chance: random.Random) -> None:
        with turn.get_lock():
            turn.value += 1
            number = turn.value
        payer = payers[number % len(payers)]
        with unit_context(payer.unit_id):
            _pay(channels, payer, chance)

    return work


def _pay(channels: Channels, payer: Payer, chance: random.Random) -> None:
    actor = as_member(Member.objects.get(pk=payer.member_id))
    if not Bill.objects.filter(member_id=payer.member_id, state="UNPAID").exists():
        time.sleep(PAUSE / 10)
        return

    def start(channel: Channel) -> Order:
        return collection.start_payment(
            member_id=payer.member_id, months=[Month(payer.month)], actor=actor, now=clock.now(),
            channel=channel,
        )  # fmt: skip

    first, second = chance.sample(list(Channel), 2)
    way = chance.choices(list(_WAYS), list(_WAYS.values()))[0]
    order = start(first)
    if way in {"pays what was given up", "pays twice"}:
        collection.give_up(order=order, actor=actor, now=clock.now())
    if way == "pays twice":
        channels.tap(start(second))
    if way != "never pays":
        channels.tap(order, after_close=way != "pays")
    if way == "asks and asks":
        start(chance.choice(list(Channel)))


def keeping(world: World) -> Callable[[random.Random], None]:
    """The desk: money back by two people, whole or in part; money that nobody asked for."""

    def work(chance: random.Random) -> None:
        with unit_context(chance.choice(world.units).pk):
            ann, ben, now = treasurer(), treasurer(role="unit_admin"), clock.now()
            receipts = dues.receipts_visible_to(ann).filter(voided_at=None).order_by("?")
            receipt = receipts.first()
            if receipt is not None:
                bills = [bill.pk for bill in refundable.refundable(receipt)]
                held = refunds.ask_paid(
                    receipt=receipt, bill_ids=bills, reason="本人误交", actor=ann, now=now
                )
                refunds.approve(held=held, actor=ben, now=clock.now())
            for one in list(dues.suspended_visible_to(ann))[:3]:
                if one.is_open and chance.random() < 0.5:
                    suspense.place(suspended=one, reason="补记本月", actor=ben, now=now)
                elif one.is_open:
                    asked = refunds.ask_suspended(
                        suspended=one, reason="重复交纳", actor=ann, now=now
                    )
                    refunds.approve(held=asked, actor=ben, now=clock.now())
        time.sleep(PAUSE)

    return work


def serving(port: int) -> Callable[[random.Random], None]:
    """The door of callbacks."""
    return lambda _: asyncio.run(intake.serve(door.answer, host="127.0.0.1", port=port))


def round_of_booking(_chance: random.Random) -> None:
    booker.round_of_booking()
    time.sleep(PAUSE)


def sweeping(_chance: random.Random) -> None:
    """A worker: what the timetable has done every few seconds."""
    for job in (
        booking.sweep, refund_booking.sweep, settling.sweep, settling.read_statement, recon.sweep,
    ):  # fmt: skip
        job()
        time.sleep(PAUSE)
