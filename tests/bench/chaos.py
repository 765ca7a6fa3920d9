"""``bench chaos``: three days of dues while everything is killed, and every fen accounted for.

Members of several units pay over three channels, change their minds, pay twice and want their
money back; treasurers give it back; the pool settles.  The product's own processes (the door of
callbacks, the booker, a worker, those who ask for payments and refunds) are killed and replaced by
chance, so are backends of the database and all of it.  Every fault that the simulated channels and
their bank know is planted again and again.  The channels' clock leads, and everybody follows it
through the days.  Then the faults end, days of quiet go by, and what the channels' and the bank's
books say must be what ours say, payment by payment, and every difference of a bill a case.
"""

from __future__ import annotations

import datetime as dt
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing import Value
from pathlib import Path
from typing import Any, Final

from django.test import override_settings

from kernel import clock
from kernel.clock import BEIJING, Month
from kernel.unit import unit_context
from shared_apps.payments.simulator import bill_days, front_books
from shared_apps.payments.simulator.skins import REQUEST_POINTS
from shared_apps.settlement.models import Policy
from shared_apps.settlement.services import batches
from tenant_apps.dues.models import Resolution
from tenant_apps.dues.services import booking, refund_booking, refunds
from tenant_apps.treasury.services import folding, proving, recon, settling
from tenants.models import Unit
from tests.bench.load import payers
from tests.crash import traffic, truth
from tests.crash.crowd import Crowd
from tests.crash.following import followed
from tests.crash.phases import read_statement
from tests.crash.traffic import Channels, Payer
from tests.crash.world import World, world
from tests.factories.dues import make_organization, treasurer
from tests.factories.settlement import CCB, confirmed, staff

MEMBERS: Final = 50_000
UNITS: Final = 8
MINUTES: Final = 60.0
DAYS: Final = 3
QUIET_DAYS: Final = 4
"""A transfer that is returned comes back three days later."""
TURNS: Final = 3
"""Of the jobs, half an hour apart, on a day of quiet."""
PAYING: Final = 3
BUSY: Final = 0.6
"""The share of the time in which there is traffic; the rest is for what follows of it."""
FAULT_EVERY: Final = 0.4
KILL_EVERY: Final = (1.0, 3.0)


def run(options: Any) -> dict[str, Any]:
    """Payments, faults, kills, cases; ``off`` is what does not agree, and must be nothing."""
    began = time.monotonic()
    chance = random.Random(20261123)
    seconds = (options.minutes or MINUTES) * 60
    with _everything(options) as (one, people, port):
        channels = Channels(one)
        turn = Value("q", 0)
        works = {
            "door": traffic.serving(port),
            "booker": traffic.round_of_booking,
            "worker": traffic.sweeping,
            "desk": traffic.keeping(one),
            **{f"payer{n}": traffic.paying(one, people, turn) for n in range(PAYING)},
        }
        crowd = Crowd(one, works, seed=20261123)
        planted: Counter[str] = Counter()
        faults = _faults(one, chance)
        crowd.start()
        try:
            for _ in range(DAYS):
                _a_day(seconds * BUSY / DAYS, channels, crowd, faults, planted, chance)
                _night(one, channels, planted)
            crowd.stop("door", "booker")
            _quiet(one, channels)
        finally:
            crowd.stop()
        found = truth.differences(one)
        return {
            "figures": {
                "members": len(people),
                "units": len(one.units),
                "virtual_days": DAYS + QUIET_DAYS,
                **truth.figures(one),
                "faults_planted": planted.total(),
                "kinds_of_faults": len(planted),
                "kills": crowd.killed.total(),
                **{f"killed_{name}": count for name, count in sorted(crowd.killed.items())},
                "differences": len(found),
                "seconds": round(time.monotonic() - began, 1),
            },
            "baselines": {},
            "ratios": {},
            "off": found[:200],
        }


@contextmanager
def _everything(options: Any) -> Iterator[tuple[World, list[Payer], int]]:
    with tempfile.TemporaryDirectory() as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
        free.close()
        ahead = Path(name) / "ahead"
        with (
            followed(ahead) as clock_ahead,
            override_settings(PORT=port, SCHEME="http"),
            world(units=options.units or UNITS, scale=1, ahead=ahead) as one,
        ):
            _note(f"up at {one.address}; time is {clock_ahead.now():%F %T}")
            count = (options.members or MEMBERS) // len(one.units)
            people = [payer for unit in one.units for payer in _members(unit, count)]
            for number, unit in enumerate(one.units):
                _settled_daily(unit, number)
            Channels(one).ask("day", days=1)
            yield one, people, port


def _members(unit: Unit, count: int) -> list[Payer]:
    """So many members who owe this month."""
    month = Month.of(clock.today()).value
    with unit_context(unit.pk):
        bills = payers.owing(make_organization("00010001"), count, month=month)
    return [Payer(unit.pk, bill.member_id, month) for bill in bills]


def _settled_daily(unit: Unit, number: int) -> None:
    """An account of its own, settled every day since long ago."""
    own = replace(CCB, number=f"3205015986360000{4000 + number}")
    long_ago = clock.today() - dt.timedelta(days=60)
    with unit_context(unit.pk):
        confirmed(own, unit_id=unit.pk, today=long_ago)
    Policy.objects.create(
        unit_id=unit.pk, unit_role=unit.schema_name, mode="m3", cycle="D", minimum_fen=0,
        effective_on=long_ago, set_by_name="贝凯", set_at=clock.now(),
    )  # fmt: skip


def _faults(one: World, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Every fault of every point but the bills', in ever new order."""
    every = [
        (point, mode)
        for point in sorted({*REQUEST_POINTS, "callback"})
        for mode in sorted(one.core.callbacks.modes(point))
    ]
    every += [("front", mode) for mode in front_books.MODES]
    while True:
        yield from chance.sample(every, len(every))


def _a_day(
    seconds: float,
    channels: Channels,
    crowd: Crowd,
    faults: Iterator[tuple[str, str]],
    planted: Counter[str],
    chance: random.Random,
) -> None:
    """Traffic, faults and kills until the evening."""
    ends = time.monotonic() + seconds
    kills_at = time.monotonic() + 2
    while time.monotonic() < ends:
        _plant(channels, next(faults), planted, chance)
        crowd.tend()
        if time.monotonic() >= kills_at:
            crowd.strike()
            kills_at = time.monotonic() + chance.uniform(*KILL_EVERY)
        time.sleep(FAULT_EVERY)


def _plant(
    channels: Channels, fault: tuple[str, str], planted: Counter[str], chance: random.Random
) -> None:
    point, mode = fault
    with suppress(OSError):
        if point == "front":
            channels.ask("front", act="plant", mode=mode, times=1)
        else:
            wait = chance.uniform(0.1, 0.5) if mode == "latency" else chance.uniform(1, 40_000)
            channels.ask("faults", point=point, mode=mode, seconds=wait, times=1)
        planted[f"{point} {mode}"] += 1


def _night(one: World, channels: Channels, planted: Counter[str]) -> None:
    """Every fault of a bill once; the day goes by, and people settle what came in."""
    for mode in sorted(bill_days.MODES):
        with suppress(OSError):
            channels.ask("faults", point="bill", mode=mode, times=1)
            planted[f"bill {mode}"] += 1
    channels.ask("day", days=1)
    _note(f"it is {clock.today()}")
    _settle(one)
    with suppress(Exception):
        recon.sweep()  # a whole day passed in which a worker has its turn


def _settle(one: World) -> None:
    """The bank's people, who try again when the database is away."""
    one.await_database()
    with suppress(Exception):
        batch = batches.prepare(
            actor=staff("settlement_maker"), now=clock.now(), today=clock.today()
        )
        batches.approve(batch_id=batch.pk, actor=staff("settlement_checker"), now=clock.now())


def _quiet(one: World, channels: Channels) -> None:
    """No fault any more: what the channels still have to say they say, what is to be done is."""
    channels.ask("faults/clear")
    channels.ask("front", act="clear")
    one.await_database()
    for _ in range(QUIET_DAYS):
        channels.ask("day", days=1)
        recon.sweep()
        for turn in range(TURNS):
            now = clock.now() + dt.timedelta(minutes=30 * turn)
            booking.settle_pending(now=now)
            booking.ask_channel(now=now)
            refund_booking.follow_all(now=now)
            recon.advance(now=now)
        _settle(one)
        settling.carry(front=one.front(), now=clock.now(), today=clock.today())
        later = clock.now() + settling.instructions.ASK_LATER
        settling.carry(front=one.front(), now=later, today=clock.today())
        read_statement(one)
        _return_by_hand(one)
        for unit in one.units:
            with unit_context(unit.pk):
                folding.fold(now=clock.now())
                proving.prove_unit(unit_id=unit.pk, now=clock.now())
        _note(f"quiet until {clock.today()}")


def _return_by_hand(one: World) -> None:
    """What no channel can credit is returned by people."""
    for unit in one.units:
        with unit_context(unit.pk):
            ben = treasurer()
            for held in Resolution.objects.filter(state="sent"):
                with suppress(refunds.RefundNotAbnormal, refunds.channel.RefundStepRefused):
                    refunds.mark_returned(
                        held=held, number=f"BY-HAND-{held.pk.hex}", reason="银行卡已注销",
                        actor=ben, now=clock.now(),
                    )  # fmt: skip


def _note(text: str) -> None:
    sys.stderr.write(f"{dt.datetime.now(BEIJING):%T} {text}\n")
