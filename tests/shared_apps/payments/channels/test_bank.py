"""Our adapter against the simulated bank: what is certain after each call."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.payments.channels.bank import BankAdapter
from shared_apps.payments.channels.bank_answers import Unreadable, answer_of
from shared_apps.payments.channels.base import (
    Misconfigured,
    Outcome,
    RefundRequest,
    RefundState,
    TradeState,
)
from shared_apps.payments.channels.yuan import fen_of, yuan_of
from tests.shared_apps.payments.bank import bring, pay

NUMBER = "GJ0000000000000A"


@pytest.fixture
def form(bank_adapter, request_for):
    return bank_adapter.prepay(request_for()).pay_url


@pytest.fixture
def paid(core, form):
    return pay(core, form, NUMBER)


def back(paid, fen=1200, number="R1") -> RefundRequest:
    return RefundRequest(
        out_refund_no=number,
        out_trade_no=NUMBER,
        transaction_id=paid.transaction_id or "",
        amount_fen=fen,
        total_fen=3600,
        reason="误交",
        notify_url="https://pay.gongjian.test/pay/n/bank/018f",
    )


class TestForm:
    def test_is_made_without_asking_the_bank(self, bank_adapter, channel, request_for):
        answer = bank_adapter.prepay(request_for())
        assert answer.outcome is Outcome.SUCCEEDED
        assert len(channel.calls) == 0

    def test_says_what_is_to_be_paid_and_until_when(self, form, bank_account):
        fields = dict(parse_qsl(urlsplit(form).query))
        assert urlsplit(form).path == "/PGWPortal/B2CMobileRecvOrder.do"
        assert (fields["merchantNo"], fields["orderNo"]) == (bank_account.mchid, NUMBER)
        assert (fields["orderAmount"], fields["curCode"]) == ("36.00", "001")
        assert len(fields["orderTimeoutDate"]) == len(fields["orderTime"]) == 14

    def test_is_the_same_every_time(self, bank_adapter, request_for):
        request = request_for()
        assert bank_adapter.prepay(request) == bank_adapter.prepay(request)

    def test_is_taken_by_the_bank(self, core, form):
        status, headers, _ = bring(core, form)
        order = core.books.orders_numbered(NUMBER)[0]
        assert (status, order.amount_fen, order.state) == (303, 3600, "NOTPAY")
        assert headers["Location"].endswith(f"/cashier/{order.prepay_id}")

    def test_with_another_sum_is_not(self, core, form):
        status, _, body = bring(core, form.replace("orderAmount=36.00", "orderAmount=0.36"))
        assert status == 400
        assert "订单无法受理" in body.decode()
        assert core.books.orders_numbered(NUMBER) == []

    def test_brings_the_payer_nowhere_else(self, bank_adapter, form):
        assert bank_adapter.with_return_address(form, "https://m.test/") == form

    def test_has_no_notify_address_with_a_query(self, bank_adapter, request_for):
        request = dataclasses.replace(request_for(), notify_url="https://a.test/n?unit=1")
        with pytest.raises(Misconfigured):
            bank_adapter.prepay(request)


class TestQuery:
    def test_waits_for_a_payer_who_has_not_come(self, bank_adapter, form):
        standing = bank_adapter.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.PENDING, TradeState.NOT_PAID)

    def test_waits_for_one_who_is_there(self, bank_adapter, core, form):
        bring(core, form)
        assert bank_adapter.query(NUMBER).state is TradeState.NOT_PAID

    def test_tells_the_facts_of_a_payment(self, bank_adapter, paid):
        standing = bank_adapter.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.SUCCEEDED, TradeState.PAID)
        assert (standing.amount_fen, standing.currency) == (3600, "CNY")
        assert standing.transaction_id == paid.transaction_id
        assert standing.paid_at.isoformat() == paid.paid_at

    @pytest.mark.parametrize(
        "mode", ["drop_before", "drop_after", "error_before", "error_after", "status_unknown"]
    )
    def test_is_unknown_when_nothing_is_certain(self, bank_adapter, core, paid, mode):
        core.plant("query", mode)
        assert bank_adapter.query(NUMBER).outcome is Outcome.UNKNOWN
        assert bank_adapter.query(NUMBER).state is TradeState.PAID

    def test_is_unknown_when_the_bank_refuses_the_question(self, bank_account, core, channel, paid):
        stranger = BankAdapter(dataclasses.replace(bank_account, mchid="104110000000001"))
        standing = stranger.query(NUMBER)
        assert (standing.outcome, standing.error.code) == (Outcome.UNKNOWN, "E00000001")

    @pytest.mark.parametrize(
        "inside",
        [
            "<orderStatus>1</orderStatus>",
            (
                "<orderStatus>1</orderStatus><payAmount>36.000</payAmount>"
                "<payTime>20261122093000</payTime><orderSeq>9</orderSeq>"
            ),
            "<orderStatus>7</orderStatus>",
        ],
    )
    def test_is_unknown_when_facts_are_missing_or_odd(
        self, bank_account, bank_adapter, channel, inside
    ):
        text = (
            f"<res><header><hdlSts>A</hdlSts></header><body><orderTrans><orderNo>{NUMBER}</orderNo>"
            f"<merchantNo>{bank_account.mchid}</merchantNo>{inside}</orderTrans></body></res>"
        )
        channel.reset()
        channel.post(f"{bank_account.base_url}/PGWPortal/CommonQueryOrder.do", body=text)
        assert bank_adapter.query(NUMBER).outcome is Outcome.UNKNOWN

    def test_believes_nothing_about_another_order(self, bank_account, bank_adapter, channel):
        text = (
            "<res><header><hdlSts>A</hdlSts></header><body><orderTrans><orderNo>OTHER</orderNo>"
            f"<merchantNo>{bank_account.mchid}</merchantNo><orderStatus>1</orderStatus>"
            "<payAmount>36.00</payAmount><payTime>20261122093000</payTime><orderSeq>9</orderSeq>"
            "</orderTrans></body></res>"
        )
        channel.reset()
        channel.post(f"{bank_account.base_url}/PGWPortal/CommonQueryOrder.do", body=text)
        assert bank_adapter.query(NUMBER).state is TradeState.NOT_PAID

    def test_does_not_follow_redirects(self, bank_account, bank_adapter, channel):
        channel.reset()
        channel.add(
            responses.POST,
            f"{bank_account.base_url}/PGWPortal/CommonQueryOrder.do",
            status=302,
            headers={"Location": "https://elsewhere.test/"},
        )
        assert bank_adapter.query(NUMBER).outcome is Outcome.UNKNOWN
        assert len(channel.calls) == 1


def test_an_order_cannot_be_closed_only_waited_for(bank_adapter, channel):
    closed = bank_adapter.close(NUMBER)
    assert (closed.outcome, closed.error.code) == (Outcome.PENDING, "LAPSES_BY_ITSELF")
    assert len(channel.calls) == 0


def test_a_lapsed_order_takes_no_money(core, form, wall):
    bring(core, form)
    wall.pass_by(timedelta(minutes=20, seconds=1).total_seconds())
    with pytest.raises(Exception, match="ORDER_CLOSED"):
        core.pay(core.books.orders_numbered(NUMBER)[0].prepay_id)


class TestRefund:
    def test_gives_a_part_back_at_once(self, bank_adapter, core, paid):
        answer = bank_adapter.refund(back(paid))
        assert (answer.outcome, answer.state) == (Outcome.SUCCEEDED, RefundState.SUCCEEDED)
        assert answer.amount_fen == 1200
        asked = bank_adapter.query_refund("R1", NUMBER)
        assert asked == answer
        assert bank_adapter.query(NUMBER).state is TradeState.REFUNDED

    def test_repeated_gives_nothing_more(self, bank_adapter, core, paid):
        assert bank_adapter.refund(back(paid)) == bank_adapter.refund(back(paid))
        assert core.books.refunded_fen(paid) == 1200

    def test_of_more_than_was_paid_is_refused(self, bank_adapter, core, paid):
        bank_adapter.refund(back(paid, 3000))
        answer = bank_adapter.refund(back(paid, 601, "R2"))
        assert (answer.outcome, answer.error.code) == (Outcome.FAILED, "E00000041")
        assert core.books.refunded_fen(paid) == 3000

    @pytest.mark.parametrize(
        "mode", ["drop_after", "error_after", "badly_signed", "refund_unclear"]
    )
    def test_that_was_made_but_is_not_certain_is_asked_about(self, bank_adapter, core, paid, mode):
        core.plant("refund", mode)
        assert bank_adapter.refund(back(paid)).outcome is Outcome.UNKNOWN
        assert bank_adapter.query_refund("R1", NUMBER).state is RefundState.SUCCEEDED

    def test_a_refusal_is_not_believed_against_the_orders_own_entries(
        self, bank_adapter, core, paid
    ):
        bank_adapter.refund(back(paid))
        core.plant("refund", "refund_refused")
        assert bank_adapter.refund(back(paid)).state is RefundState.SUCCEEDED

    def test_that_never_arrived_is_absent(self, bank_adapter, core, paid):
        core.plant("refund", "drop_before")
        assert bank_adapter.refund(back(paid)).outcome is Outcome.UNKNOWN
        asked = bank_adapter.query_refund("R1", NUMBER)
        assert (asked.outcome, asked.state) == (Outcome.FAILED, RefundState.ABSENT)

    def test_a_question_without_answer_leaves_it_unknown(self, bank_adapter, core, paid):
        bank_adapter.refund(back(paid))
        core.plant("query", "status_unknown")
        assert bank_adapter.query_refund("R1", NUMBER).outcome is Outcome.UNKNOWN


class TestAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"<res><body/></res>",
            b"\xff\xfe",
            b'<!DOCTYPE r [<!ENTITY a "b">]><res><header>&a;</header></res>',
            b"<res><header><a>1</a><a>2</a></header></res>",
            b"<res><header/>" + b" " * 300_000 + b"</res>",
        ],
    )
    def test_anything_else_is_unreadable(self, body):
        with pytest.raises(Unreadable):
            answer_of(body)

    def test_one_thing_told_twice_is_no_answer(self):
        one = b"<orderTrans><orderNo>1</orderNo></orderTrans>"
        answer = answer_of(b"<res><header/><body>" + one * 2 + b"</body></res>")
        with pytest.raises(ValueError, match="twice"):
            answer.about(orderNo="1")


@given(st.integers(min_value=1, max_value=10**12))
def test_sums_survive_the_way_to_yuan_and_back(fen):
    assert fen_of(yuan_of(fen)) == fen


@pytest.mark.parametrize(
    "text", ["", "1.234", "1e3", "-1", "+1", "１", "NaN", "1,000.00", "0.00", " 1", "01", None]
)
def test_what_is_no_sum_is_refused(text):
    with pytest.raises(ValueError, match="sum"):
        fen_of(text)
