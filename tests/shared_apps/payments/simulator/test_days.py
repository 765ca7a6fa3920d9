"""Virtual days: retries, bills and returns of days go by in a call; both kinds of merchants."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import day_of
from shared_apps.payments.channels.base import Outcome
from shared_apps.payments.channels.bills import BillKind
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.clock import ScaledClock
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.days import Days
from shared_apps.payments.simulator.front import FrontMachine
from shared_apps.payments.simulator.front_books import FrontBooks, Held
from shared_apps.payments.simulator.wechat import RETRY_SECONDS

NUMBER = "GJ0000000000000A"
TRANSFER = Held("261122A00001", "OBS1", 500, "105301000123", "3205", "甲委员会", "党费", "done")


@pytest.fixture
def opened(adapter, core, request_for):
    adapter.prepay(request_for())
    return core.books.orders_numbered(NUMBER)[0]


@pytest.fixture
def front(wall):
    books = FrontBooks(wall=wall)
    yield FrontMachine(books)
    books.close()


def test_a_day_holds_the_whole_schedule_of_what_nobody_hears(core, opened, mailbag, wall):
    mailbag.answers = [500] * 99
    core.pay(opened.prepay_id)
    days = Days(core)
    assert days.advance(1) == len(RETRY_SECONDS)  # the last is due four minutes later
    assert days.advance(1) == 1
    assert days.advance(9) == 0
    stamps = [int(headers["Wechatpay-Timestamp"]) for _, headers, _ in mailbag.received]
    assert set(stamps) == {int(wall().timestamp())}, "signed by the merchant's time"


def test_what_is_heard_is_not_repeated(core, opened, mailbag):
    mailbag.answers = [500, 500, 204]
    core.pay(opened.prepay_id)
    assert Days(core).advance(2) == 3


def test_the_bill_of_today_is_there_tomorrow(core, opened, adapter, wall):
    core.pay(opened.prepay_id)
    today = day_of(wall())
    assert adapter.bill(BillKind.TRADE, today).outcome is Outcome.PENDING
    Days(core).advance_to(today + dt.timedelta(days=2))
    assert adapter.bill(BillKind.TRADE, today).content
    Days(core).advance_to(today)
    assert core.clock.today() == today + dt.timedelta(days=2), "days do not go back"


def test_what_the_bank_returns_stands_under_the_customers_today(core, front, wall):
    today = day_of(wall())
    front.books.print_entry(TRANSFER, day=today)
    front.books.print_entry(TRANSFER, day=today + dt.timedelta(days=3), is_back=True)
    days = Days(core, front)
    days.advance(2)
    assert [one.amount_fen for one in front.books.entries(today, today)] == [-500]
    days.advance(1)
    assert [one.amount_fen for one in front.books.entries(today, today)] == [-500, 500]
    wall.pass_by(3 * 86_400)
    later = today + dt.timedelta(days=3)
    assert [one.amount_fen for one in front.books.entries(later, later)] == [500]


def test_days_are_not_forgotten(core):
    Days(core).advance(3)
    twin = GatewayCore(core.store, core.books, clock=ScaledClock(core.clock.now))
    assert Days(twin).today == core.clock.today()


def test_a_clock_that_leads_takes_the_merchant_along(store, wall, mailbag):
    clock = ScaledClock(wall, leads=True)
    books = Books()
    bank = FrontMachine(FrontBooks(wall=clock.now))
    Days(GatewayCore(store, books, clock=clock, post=mailbag), bank).advance(1)
    assert clock.now() - wall() == dt.timedelta(days=1)
    assert bank.books.today() == day_of(clock.now()), "once, not twice"
    books.close()
    bank.books.close()


@pytest.mark.parametrize("days", [-1, 401])
def test_days_go_forward_and_not_too_far(core, days):
    with pytest.raises(ValueError, match="forward"):
        Days(core).advance(days)
