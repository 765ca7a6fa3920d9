"""Alipay's bills and the bank's files, fetched by our adapters: what is true, and every fault."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.clock import day_of
from shared_apps.payments.channels.alipay import AlipayAdapter
from shared_apps.payments.channels.base import Outcome, RefundRequest
from shared_apps.payments.channels.bill_readers import READERS
from shared_apps.payments.channels.bills import BillFieldWrong, BillKind, BillUnreadable
from shared_apps.payments.simulator import alipay_bills, bank_bills
from shared_apps.payments.simulator.bill_days import MODES, Day, Movement
from tests.shared_apps.payments.bank import bring

NUMBERS = {"GJ0000000000000A": 3600, "GJ0000000000000B": 12_900}
AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BROKEN = {
    "truncated": {"bill_archive", "bill_truncated"},
    "wrong_encoding": {"bill_encoding"},
    "wrong_total": {"bill_total"},
}


@pytest.fixture(params=["alipay", "bank"])
def shop(request, core, channel, bank, alipay_account, bank_account, bank_adapter):
    """A merchant of either channel."""
    if request.param == "bank":
        return SimpleNamespace(name="bank", account=bank_account, adapter=bank_adapter)
    return SimpleNamespace(
        name="alipay", account=alipay_account, adapter=AlipayAdapter(alipay_account)
    )


@pytest.fixture
def fetch(shop, core, request_for, wall):
    """Two payments of today, one given back in part, and tomorrow's morning is over."""
    for number, fen in NUMBERS.items():
        prepaid = shop.adapter.prepay(request_for(number, fen))
        if shop.name == "bank":
            bring(core, prepaid.pay_url)
        else:
            requests.get(prepaid.pay_url, allow_redirects=False, timeout=5)
        core.pay(core.books.orders_numbered(number)[0].prepay_id)
        wall.pass_by(60)
    paid = core.books.orders_numbered("GJ0000000000000A")[0].transaction_id
    asked = RefundRequest("GR0000000000000A", "GJ0000000000000A", paid, 600, 3600, "", "")
    assert shop.adapter.refund(asked).outcome is Outcome.SUCCEEDED
    core.clock.ahead = dt.timedelta(days=3)
    return lambda kind=BillKind.TRADE, days=0: shop.adapter.bill(
        kind, day_of(wall()) + dt.timedelta(days=days)
    )


@pytest.fixture
def lines(shop):
    return lambda found: list(READERS[shop.name].trade(found.content, shop.account.mchid).lines())


@pytest.fixture
def movements(shop):
    return lambda found: READERS[shop.name].fund(found.content, shop.account.mchid).movements()


def test_the_bill_says_what_was_paid_and_given_back(fetch, lines):
    found = fetch()
    assert found.outcome is Outcome.SUCCEEDED
    assert {
        (one.kind, one.out_trade_no, one.refund_no, one.amount_fen) for one in lines(found)
    } == {
        ("payment", "GJ0000000000000A", "", 3600),
        ("payment", "GJ0000000000000B", "", 12_900),
        ("refund", "GJ0000000000000A", "GR0000000000000A", 600),
    }


def test_the_account_follows_and_is_paid_out_on_the_next_morning(fetch, movements):
    assert movements(fetch(BillKind.FUND))[-1].balance_fen == 15_900
    (paid_out,) = movements(fetch(BillKind.FUND, days=1))
    assert (paid_out.amount_fen, paid_out.balance_fen) == (-15_900, 0)


def test_there_is_no_bill_before_its_time(fetch, core, shop):
    core.clock.ahead = dt.timedelta()
    early = fetch()
    assert (early.outcome, early.content) == (Outcome.PENDING, b"")
    assert early.error.code in {"isp.bill_not_exist", "E00000061"}


def test_a_day_of_nothing_is_an_empty_bill(fetch, lines):
    found = fetch(days=-3)
    assert found.outcome is Outcome.SUCCEEDED
    assert not found.content or lines(found) == []


@pytest.mark.parametrize("mode", ["not_ready", "expired_token"])
def test_what_goes_wrong_on_the_way_is_asked_for_again(fetch, core, mode):
    core.plant("bill", mode)
    assert (fetch().outcome, fetch().outcome) == (Outcome.PENDING, Outcome.SUCCEEDED)


def test_a_file_that_is_not_what_was_promised_is_not_taken(fetch, core, lines):
    core.plant("bill", "wrong_digest")
    found = fetch()
    if found.outcome is Outcome.SUCCEEDED:  # Alipay promises nothing but its archive's checksum
        with pytest.raises(BillUnreadable):
            lines(found)
    else:
        assert found.error.code == "bill_digest"


@pytest.mark.parametrize("mode", ["bom", "shuffled"])
def test_another_form_of_the_truth_is_read_all_the_same(fetch, core, lines, mode):
    core.plant("bill", mode)
    assert lines(fetch()) == lines(fetch())


@pytest.mark.parametrize("kind", BillKind)
@pytest.mark.parametrize("mode", BROKEN)
def test_a_file_that_is_not_whole_is_not_read(fetch, core, lines, movements, mode, kind):
    core.plant("bill", mode)
    found = fetch(kind)
    with pytest.raises(BillUnreadable) as refused:
        (lines if kind is BillKind.TRADE else movements)(found)
    assert refused.value.code in BROKEN[mode]
    assert "请重新取账单" in refused.value.message


@pytest.mark.parametrize(
    ("mode", "fen"),
    [("missing_line", -3600), ("extra_line", 3600), ("duplicate_line", 3600), ("one_fen_off", 1)],
)
def test_a_bill_that_lies_adds_up_all_the_same(fetch, core, lines, mode, fen):
    core.plant("bill", mode)
    paid = sum(one.amount_fen for one in lines(fetch()) if one.kind == "payment")
    assert paid == 16_500 + fen


def test_a_charge_is_told(fetch, core, lines):
    core.plant("bill", "fee")
    assert sum(one.fee_fen for one in lines(fetch())) == 1


def test_a_fault_may_be_planted_for_one_merchant(fetch, core, shop):
    core.plant("bill", "not_ready", out_trade_no="1900000109")
    assert fetch().outcome is Outcome.SUCCEEDED
    core.plant("bill", "not_ready", out_trade_no=shop.account.mchid)
    assert fetch().outcome is Outcome.PENDING


@pytest.mark.parametrize("kind", BillKind)
def test_somebody_elses_file_is_refused(fetch, shop, kind):
    readers = READERS[shop.name]
    with pytest.raises(BillFieldWrong, match=r"不是本账户"):
        if kind is BillKind.TRADE:
            list(readers.trade(fetch().content, "2088999900000000").lines())
        else:
            readers.fund(fetch(BillKind.FUND).content, "2088999900000000").movements()


def test_what_lies_elsewhere_is_not_fetched(fetch, core, shop):
    core.public_url = "https://elsewhere.test"
    found = fetch()
    expected = Outcome.PENDING if shop.name == "alipay" else Outcome.SUCCEEDED  # has one address
    assert found.outcome is expected


class TestFiles:
    """Whatever one byte becomes, nothing else is raised and no line is lost."""

    DAY = Day(
        "2088111122223333",
        AT.date(),
        500,
        (
            Movement(AT, "GJ1", "T1", "", "", 12_900, 12_900, "p", "a", "党费"),
            Movement(AT, "GJ1", "T1", "GR1", "R1", -300, 12_900, "p", "a", "党费"),
        ),
    )

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    @pytest.mark.parametrize("channel", ["alipay", "bank"])
    def test_one_byte(self, channel, data):
        make = alipay_bills.file if channel == "alipay" else bank_bills.file
        kinds = ("trade", "signcustomer") if channel == "alipay" else ("JY", "QS")
        place = data.draw(st.integers(0, 1))
        content = bytearray(make(self.DAY, kinds[place]))
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        readers = READERS[channel]
        try:
            if place == 0:
                read = list(readers.trade(bytes(content), self.DAY.mchid).lines())
                assert [one.amount_fen for one in read] == [12_900, 300]
            else:
                moved = readers.fund(bytes(content), self.DAY.mchid).movements()
                assert [one.amount_fen for one in moved] == [-500, 12_900, -300]
        except BillUnreadable:
            return

    @pytest.mark.parametrize("channel", ["alipay", "bank"])
    def test_no_beginning_passes_for_the_whole(self, channel):
        make = alipay_bills.file if channel == "alipay" else bank_bills.file
        content = make(self.DAY, "trade" if channel == "alipay" else "JY")
        for length in range(0, len(content) - 3, 5):
            with pytest.raises(BillUnreadable):
                list(READERS[channel].trade(content[:length], self.DAY.mchid).lines())

    @settings(max_examples=60, deadline=None)
    @given(content=st.binary(max_size=200))
    def test_nothing_else_is_raised(self, content):
        for readers in READERS.values():
            with pytest.raises(BillUnreadable):
                list(readers.trade(content, "1").lines())
            with pytest.raises(BillUnreadable):
                readers.fund(content, "1").movements()


def test_every_fault_is_one_that_is_tried_here():
    tried = {*BROKEN, "not_ready", "expired_token", "wrong_digest", "bom", "shuffled", "fee"}
    tried |= {"missing_line", "extra_line", "duplicate_line", "one_fen_off"}
    assert MODES - tried == {"cutoff"}, "which the reconciliation tests try"
