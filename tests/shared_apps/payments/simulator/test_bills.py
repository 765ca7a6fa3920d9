"""Bills of the simulated channel, fetched by our adapter: what is true, and every fault."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import day_of
from shared_apps.payments.channels.base import Outcome
from shared_apps.payments.channels.bills import BillKind, BillUnreadable
from shared_apps.payments.channels.wechat_bills import WeChatFundBill, WeChatTradeBill


@pytest.fixture
def paid(adapter, core, request_for):
    """Two payments of today, and the channel's calendar some days ahead."""
    for number, fen in (("GJ0000000000000A", 3600), ("GJ0000000000000B", 12_900)):
        adapter.prepay(request_for(number, fen))
        core.pay(core.books.orders_numbered(number)[0].prepay_id)
    core.clock.ahead = dt.timedelta(days=3)


@pytest.fixture
def fetch(adapter, wall):
    def act(kind=BillKind.TRADE, days=0):
        return adapter.bill(kind, day_of(wall()) + dt.timedelta(days=days))

    return act


def lines(fetched, account):
    return list(WeChatTradeBill(fetched.content, mchid=account.mchid).lines())


def test_the_bill_says_what_was_paid(paid, fetch, account):
    found = fetch()
    assert found.outcome is Outcome.SUCCEEDED
    read = lines(found, account)
    assert {(line.out_trade_no, line.amount_fen) for line in read} == {
        ("GJ0000000000000A", 3600),
        ("GJ0000000000000B", 12_900),
    }
    assert len(found.digest) == 40


def test_the_fund_bill_pays_out_on_the_next_morning(paid, fetch):
    today = WeChatFundBill(fetch(BillKind.FUND).content).movements()
    assert [one.balance_fen for one in today][-1] == 16_500
    (paid_out,) = WeChatFundBill(fetch(BillKind.FUND, days=1).content).movements()
    assert (paid_out.amount_fen, paid_out.balance_fen, paid_out.business) == (-16_500, 0, "提现")


def test_there_is_no_bill_before_its_time_nor_of_a_day_of_nothing(paid, fetch, core):
    assert (fetch(days=-3).outcome, fetch(days=-3).content) == (Outcome.SUCCEEDED, b"")
    core.clock.ahead = dt.timedelta()
    early = fetch()
    assert (early.outcome, early.error.code) == (Outcome.PENDING, "STATEMENT_CREATING")


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("not_ready", "STATEMENT_CREATING"),
        ("expired_token", "HTTP_404"),
        ("wrong_digest", "bill_digest"),
    ],
)
def test_what_goes_wrong_on_the_way_is_asked_for_again(paid, fetch, core, mode, code):
    core.plant("bill", mode)
    found = fetch()
    assert (found.outcome, found.error.code, found.content) == (Outcome.PENDING, code, b"")
    assert fetch().outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("mode", ["bom", "shuffled"])
def test_another_form_of_the_truth_is_read_all_the_same(paid, fetch, core, account, mode):
    core.plant("bill", mode)
    assert lines(fetch(), account) == lines(fetch(), account)


@pytest.mark.parametrize("mode", ["truncated", "wrong_encoding", "wrong_total"])
def test_a_file_that_is_not_whole_is_not_read(paid, fetch, core, account, mode):
    core.plant("bill", mode)
    found = fetch()
    with pytest.raises(BillUnreadable):
        lines(found, account)


@pytest.mark.parametrize(
    ("mode", "fen"),
    [("missing_line", -3600), ("extra_line", 3600), ("duplicate_line", 3600), ("one_fen_off", 1)],
)
def test_a_bill_that_lies_adds_up_all_the_same(paid, fetch, core, account, mode, fen):
    core.plant("bill", mode)
    assert sum(line.amount_fen for line in lines(fetch(), account)) == 16_500 + fen


def test_what_lies_elsewhere_is_not_fetched(paid, fetch, core):
    core.public_url = "https://elsewhere.test"
    assert fetch().error.code == "UNUSABLE_ANSWER"
