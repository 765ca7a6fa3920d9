"""The bank's statement: what channels paid out comes in; the same days in camt.053."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from kernel.clock import day_of
from shared_apps.payments.simulator import bill_days
from shared_apps.payments.simulator.front import FrontMachine
from shared_apps.payments.simulator.front_books import FrontBooks, Held
from shared_apps.settlement.channels.camt053 import statement_of

DAY = dt.timedelta(days=1)
TRANSFER = Held("261122A00001", "OBS1", 500, "105301000123", "3205", "甲 & 乙", "党费", "done")


@pytest.fixture
def front(core, wall):
    books = FrontBooks(wall=wall)
    yield FrontMachine(books, payouts=partial(bill_days.payouts, core.books))
    books.close()


@pytest.fixture
def statement(front, wall):
    """What the bank gives out by hand, read by our side."""

    def act(first=None, last=None):
        first, last = first or day_of(wall()) - 9 * DAY, last or day_of(wall())
        given = {"account": "447600001016", "from": str(first), "to": str(last)}
        return statement_of(front.act("statement", given)["camt053"].encode())

    return act


def test_what_was_paid_comes_in_on_the_next_morning_once(
    core, adapter, request_for, statement, wall
):
    for number, fen in (("GJ0000000000000A", 3600), ("GJ0000000000000B", 12_900)):
        adapter.prepay(request_for(number, fen))
        core.pay(core.books.orders_numbered(number)[0].prepay_id)
    paid_on = day_of(wall())
    assert statement().entries == ()
    wall.pass_by(86_400)
    told, again = statement(), statement()
    (one,) = told.entries
    assert told == again
    assert (one.amount_fen, one.booked_on, one.insid) == (16_500, paid_on + DAY, "")
    mchid = core.books.orders_numbered("GJ0000000000000A")[0].mchid
    assert one.summary == f"渠道结算 {bill_days.payout_number(mchid, paid_on + DAY)}"
    bill = bill_days.of(core.books, mchid, paid_on + DAY)
    assert bill.steps()[0].number in one.summary, "the fund bill names the same payout"


def test_what_goes_out_bears_its_number_and_balances_follow(front, statement, wall):
    today = day_of(wall())
    front.books.print_entry(TRANSFER, day=today - DAY)
    front.books.print_entry(TRANSFER, day=today)
    told = statement(today, today)
    assert (told.opening_fen, told.closing_fen, told.number) == (-500, -1_000, "447600001016")
    (one,) = told.entries
    assert (one.amount_fen, one.insid, one.counterparty) == (-500, TRANSFER.insid, "甲 & 乙")
