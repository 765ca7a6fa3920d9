"""A unit in the pool: its account confirmed, money paid out, and a bank to send it to."""

from __future__ import annotations

import datetime as dt

import requests
import responses

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import current_unit_id, unit_context
from shared_apps.payments.simulator.front import PATH, FrontMachine
from shared_apps.payments.simulator.front_books import FrontBooks
from shared_apps.payments.simulator.skins import LineDropped
from shared_apps.settlement.channels import front as channel
from shared_apps.settlement.models import Account
from shared_apps.settlement.services import accounts, batches
from shared_apps.settlement.services.accounts import Particulars
from tenant_apps.treasury.services import payouts

MONDAY = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 2, 30, tzinfo=dt.UTC)
"""Monday 10:30 in Beijing."""
POOL = "447600001016"
CCB = Particulars(
    bank="CCB",
    cnaps="105301000123",
    branch="建设银行南京河西支行",
    name="中国共产党晨光机械委员会",
    number="3205 0159 8636 0000 4417",
)
ICBC = Particulars(
    bank="ICBC",
    cnaps="102301000456",
    branch="工商银行南京汉府支行",
    name="中国共产党河湾镇委员会（组织部）",
    number="4301015809100224986",
)


def person(role: str = "treasurer", scope: str = "") -> Actor:
    return Actor(
        kind="person",
        name="贝凯",
        person_id=uuid7(),
        holdings=(Holding(role, scope),),
        is_second_factor_passed=True,
    )


def staff(role: str, name: str = "林晓岚") -> Actor:
    return Actor(
        kind="staff", name=name, person_id=uuid7(), holdings=(Holding(role, ""),),
        is_second_factor_passed=True,
    )  # fmt: skip


def confirmed(
    given: Particulars = CCB, *, unit_id=None, today: dt.date = MONDAY - dt.timedelta(days=30)
) -> Account:
    """The account of a unit (of that in force), in use since ``today``."""
    registered = accounts.register(
        unit_id=unit_id or current_unit_id(), given=given, actor=person(), now=NOW, today=MONDAY
    )
    return accounts.confirm(
        account_id=registered.pk, number=given.number, actor=staff("settlement_checker"),
        now=NOW, today=today,
    )  # fmt: skip


def paid_out(
    fen: int, *, on: dt.date = MONDAY - dt.timedelta(days=30), number: str = "", unit_id=None
) -> None:
    """WeChat paid out what it held for a business day: by default, of a month that has closed."""
    with unit_context(unit_id or current_unit_id()):
        payouts.book(
            channel="wechat", mchid="1900000109", number=number or uuid7().hex, business_on=on,
            amount_fen=fen, actor=Actor.system("tests"), now=NOW,
        )  # fmt: skip


def approved(today: dt.date = MONDAY):
    """A batch of the day that one prepared and another approved."""
    batch = batches.prepare(actor=staff("settlement_maker"), now=NOW, today=today)
    return batches.approve(batch_id=batch.pk, actor=staff("settlement_checker"), now=NOW)


class BankOnLine:
    """The simulated bank behind ``requests``: a wall clock of its own that stands still."""

    def __init__(self) -> None:
        self.books = FrontBooks(wall=lambda: NOW)
        self.machine = FrontMachine(self.books)
        self.front = channel.FrontMachine(
            channel.Access(
                "http://127.0.0.1:8098", "10425566", "gongjian", "demo-front-password",
                "E1", POOL, "40006",
            )
        )  # fmt: skip
        self.messages: list[str] = []

    def answer(self, request):
        body = request.body
        self.messages.append(body.decode().partition("<trncod>")[2].partition("<")[0])
        try:
            return 200, {"Content-Type": "text/xml"}, self.machine.handle(body)
        except LineDropped:
            raise requests.ConnectionError from None

    def listen(self, mocked: responses.RequestsMock) -> None:
        mocked.add_callback("POST", "http://127.0.0.1:8098" + PATH, callback=self.answer)
