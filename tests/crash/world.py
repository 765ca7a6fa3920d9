"""What is crashed: a database server of its own, a unit with its accounts, the channels beside.

The channels run as a process; their books lie in files, so that whoever drives the world can pay,
sign callbacks and read the truth without asking that process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import OperationalError, connections
from django.db.models import Q, Sum

from kernel import clock
from kernel.actor import Actor
from kernel.unit import shared_context, unit_context
from shared_apps.payments.channels.base import MerchantAccount
from shared_apps.payments.models import Channel, ChannelConfig
from shared_apps.payments.services import accounts
from shared_apps.payments.simulator.alipay_gateway import AlipayGateway
from shared_apps.payments.simulator.bank import BankGateway
from shared_apps.payments.simulator.bank_keys import BankKeys
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.front_books import FrontBooks
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.proof.selectors.checks import invariants
from shared_apps.settlement.channels import front
from tenant_apps.dues.models import Transfer
from tenants.models import Unit
from tests.cluster import Cluster, connected_to, own_cluster
from tests.database import installation, open_unit
from tests.factories.settlement import POOL

SCALE = 1000
"""By so much sooner refunds end and callbacks are repeated."""
TRIES = 600


@dataclass
class World:
    """``core`` and ``bank`` are the channels' and the bank's books; ``units`` have an account with
    each channel, kept in ``configs`` by unit and channel.
    """

    cluster: Cluster
    folder: Path
    address: str
    core: GatewayCore
    bank: FrontBooks
    units: list[Unit]
    configs: dict[tuple[str, str], ChannelConfig]

    def front(self) -> front.FrontMachine:
        return front.FrontMachine(
            front.Access(
                self.address, "10425566", "gongjian", "demo-front-password", "E1", POOL, "40006"
            )
        )

    def await_database(self) -> None:
        """After it was crashed: returns when it takes connections again."""
        for _ in range(TRIES):
            for alias in connections:
                connections[alias].close()
            try:
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT 1")
            except (OperationalError, psycopg.OperationalError):
                time.sleep(0.05)
            else:
                connections["default"].close()
                return
        raise RuntimeError("the database does not come back")

    def off(self, unit: Unit) -> list[str]:
        """What is wrong with a unit: rules that do not hold, money that the channels tell of
        otherwise.
        """
        with unit_context(unit.pk):
            wrong = [f"{c.code} {c.examples}" for c in invariants() if not c.holds]
            for channel in Channel:
                config = self.configs[unit.label, channel]
                ours = _held(f"1011:{channel}:{config.mchid}")
                theirs = sum(move["fen"] for move in self.core.books.movements(config.mchid))
                if ours != theirs:
                    wrong.append(f"I15 {channel}: {ours} fen here, {theirs} there")
        return wrong


def _held(account: str) -> int:
    """What came in through a channel less what went back; what it paid out stays counted."""
    lines = Transfer.objects.exclude(effect__startswith="payout:")
    sums = lines.aggregate(
        debit=Sum("amount_fen", filter=Q(debit=account), default=0),
        credit=Sum("amount_fen", filter=Q(credit=account), default=0),
    )
    return int(sums["debit"] - sums["credit"])


@contextmanager
def world(*, units: int = 1, scale: float = SCALE, ahead: Path | None = None) -> Iterator[World]:
    """Everything up and empty; gone afterwards.  With a file ``ahead`` the channels lead."""
    name = f"{settings.DATABASES['owner']['NAME']}_crash"
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        cluster = held.enter_context(own_cluster())
        held.enter_context(connected_to(cluster, name))
        held.enter_context(installation())
        address = held.enter_context(simulator(folder, scale, ahead))
        core = GatewayCore(KeyStore(folder), Books(folder / "books.sqlite3"), public_url=address)
        core.add(AlipayGateway(core))
        core.add(BankGateway(core, BankKeys(folder / "bank")))
        bank = FrontBooks(folder / "front.sqlite3", wall=clock.now)
        held.callback(core.books.close)
        held.callback(bank.close)
        opened = [
            open_unit(f"c{number}", credit_code=f"9132{number:014d}") for number in range(units)
        ]
        configs = {
            (unit.label, channel): config
            for unit in opened
            for channel, config in _enrolled(unit, core, folder, address)
        }
        yield World(cluster, folder, address, core, bank, opened, configs)


@contextmanager
def simulator(folder: Path, scale: float, ahead: Path | None = None) -> Iterator[str]:
    """The channels as a process; ends it, and no other."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.crash.simulator",
            str(folder),
            str(scale),
            *([str(ahead)] if ahead else []),
        ],
        cwd=settings.ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(settings.ROOT), str(settings.ROOT / "platform")]),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _enrolled(
    unit: Unit, core: GatewayCore, folder: Path, address: str
) -> list[tuple[Channel, ChannelConfig]]:
    bank = BankKeys(folder / "bank")
    material: dict[Channel, Callable[..., dict[str, str]]] = {
        Channel.WECHAT: core.store.merchant_material,
        Channel.ALIPAY: core.store.alipay_material,
        Channel.BANK: bank.merchant_material,
    }
    found = []
    for channel, made in material.items():
        account = MerchantAccount(**made(str(unit.pk), name=unit.name), base_url=address)
        with shared_context():
            config = accounts.configure(
                unit_id=unit.pk, channel=channel, account=account,
                actor=Actor.system("crash"), now=clock.now(),
            )  # fmt: skip
        found.append((channel, config))
    return found
