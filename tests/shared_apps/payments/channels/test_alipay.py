"""Alipay: what our client concludes from what the channel says, and from what gets lost."""

from __future__ import annotations

import base64
import dataclasses
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from shared_apps.payments.channels import alipay_signing as signing
from shared_apps.payments.channels.alipay import AlipayAdapter
from shared_apps.payments.channels.base import (
    Misconfigured,
    Outcome,
    RefundRequest,
    RefundState,
    TradeState,
)

NUMBER = "GJ0000000000000A"
BACK = "http://m.gongjian.test/m/dues/orders/1/?a=1&b=2"


@pytest.fixture
def alipay(alipay_account, channel) -> AlipayAdapter:
    return AlipayAdapter(alipay_account)


@pytest.fixture
def opened(alipay, request_for):
    """The payer followed the signed address: the channel has the trade. Returns the redirect."""
    url = alipay.with_return_address(alipay.prepay(request_for()).pay_url, BACK)
    return requests.get(url, allow_redirects=False, timeout=5)


@pytest.fixture
def paid(opened, core):
    return core.pay(core.books.orders_numbered(NUMBER)[0].prepay_id)


def refund(number: str, fen: int, paid) -> RefundRequest:
    return RefundRequest(number, NUMBER, paid.transaction_id, fen, 3600, "多交", "https://n.test/")


class TestPage:
    def test_the_signed_address_leads_to_the_cashier_and_back(self, opened, core):
        order = core.books.orders_numbered(NUMBER)[0]
        assert (opened.status_code, order.amount_fen, order.kind) == (302, 3600, "wap")
        target = urlsplit(opened.headers["Location"])
        assert target.path == f"/cashier/{order.prepay_id}"
        assert dict(parse_qsl(target.query)) == {"redirect_url": BACK}

    def test_the_address_says_who_how_much_until_when_and_where_to_report(
        self, alipay, alipay_account, request_for
    ):
        request = request_for()
        given = dict(parse_qsl(urlsplit(alipay.prepay(request).pay_url).query))
        content = json.loads(given["biz_content"])
        assert (given["app_id"], given["notify_url"]) == (alipay_account.appid, request.notify_url)
        assert content["seller_id"] == alipay_account.mchid
        assert (content["total_amount"], content["product_code"]) == ("36.00", "QUICK_WAP_WAY")
        beijing = (request.expires_at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
        assert content["time_expire"] == beijing

    def test_a_changed_address_is_refused_by_the_channel(self, alipay, request_for, core):
        url = alipay.prepay(request_for()).pay_url.replace("36.00", "0.01")
        assert "isv.invalid-signature" in requests.get(url, timeout=5).text
        assert not core.books.orders_numbered(NUMBER)


class TestQuery:
    def test_an_order_that_nobody_opened_is_not_paid_yet(self, alipay):
        standing = alipay.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.PENDING, TradeState.NOT_PAID)

    def test_unknown_to_the_channel_and_paid_all_the_same(self, alipay, paid, core):
        core.plant("query", "not_exist")
        assert alipay.query(NUMBER).outcome is Outcome.PENDING
        assert alipay.query(NUMBER).outcome is Outcome.SUCCEEDED

    def test_a_payment_comes_with_all_its_facts(self, alipay, paid):
        standing = alipay.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.SUCCEEDED, TradeState.PAID)
        assert standing.transaction_id == paid.transaction_id
        assert (standing.amount_fen, standing.currency) == (3600, "CNY")
        assert standing.paid_at.isoformat() == paid.paid_at

    @pytest.mark.parametrize(
        "mode",
        ["drop_before", "drop_after", "error_before", "error_after", "rate_limited", "unsigned",
         "badly_signed"],
    )  # fmt: skip
    def test_without_a_clear_answer_nothing_is_known(self, alipay, paid, core, mode):
        core.plant("query", mode)
        standing = alipay.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.UNKNOWN, TradeState.UNKNOWN)
        assert standing.error is not None

    def test_an_answer_about_another_order_is_unknown(self, alipay, paid, core):
        core.books._run("UPDATE orders SET out_trade_no = 'GJOTHER'")
        content = {"out_trade_no": NUMBER, "trade_no": paid.transaction_id}
        body, error = alipay._call("alipay.trade.query", **content)
        assert (error, body["out_trade_no"]) == (None, "GJOTHER")
        alipay._call = lambda *_args, **_more: (body, None)
        assert alipay.query(NUMBER).outcome is Outcome.UNKNOWN


class TestClose:
    def test_an_opened_order_is_closed(self, alipay, opened):
        assert alipay.close(NUMBER).outcome is Outcome.SUCCEEDED
        assert alipay.query(NUMBER).state is TradeState.CLOSED

    def test_one_that_nobody_opened_cannot_be_taken_back(self, alipay):
        assert alipay.close(NUMBER).outcome is Outcome.PENDING

    def test_a_paid_one_is_not_closed(self, alipay, paid):
        assert alipay.close(NUMBER).outcome is Outcome.FAILED

    def test_a_system_error_is_no_refusal(self, alipay, opened, core):
        core.plant("close", "error_after")
        answer = alipay.close(NUMBER)
        assert (answer.outcome, answer.error.code) == (Outcome.UNKNOWN, "SYSTEM_ERROR")


class TestRefund:
    def test_succeeds_only_when_money_moved(self, alipay, paid, core):
        core.plant("refund", "fund_unchanged")
        asked = alipay.refund(refund("R1", 1000, paid))
        assert (asked.outcome, asked.error.code) == (Outcome.UNKNOWN, "FUND_UNCHANGED")
        found = alipay.query_refund("R1", NUMBER)
        assert (found.outcome, found.amount_fen) == (Outcome.SUCCEEDED, 1000)
        assert found.refunded_at is not None

    def test_a_repetition_moves_nothing_and_is_asked_about(self, alipay, paid, core):
        first = alipay.refund(refund("R1", 1000, paid))
        assert (first.outcome, first.state) == (Outcome.SUCCEEDED, RefundState.SUCCEEDED)
        assert alipay.refund(refund("R1", 1000, paid)).outcome is Outcome.UNKNOWN
        assert core.books.refunded_fen(paid) == 1000

    def test_an_answer_that_was_lost_is_found_by_asking(self, alipay, paid, core):
        core.plant("refund", "drop_after")
        assert alipay.refund(refund("R1", 3600, paid)).outcome is Outcome.UNKNOWN
        assert alipay.query_refund("R1", NUMBER).state is RefundState.SUCCEEDED
        assert alipay.query(NUMBER).state is TradeState.REFUNDED

    def test_one_never_made_is_absent(self, alipay, paid):
        found = alipay.query_refund("R9", NUMBER)
        assert (found.outcome, found.state) == (Outcome.FAILED, RefundState.ABSENT)

    def test_more_than_was_paid_is_refused(self, alipay, paid):
        assert alipay.refund(refund("R1", 3601, paid)).outcome is Outcome.FAILED


class TestAccount:
    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("appid", "wx123"),
            ("mchid", "２０８８"),
            ("merchant_private_key", "no key"),
            ("platform_public_key", "no key"),
            ("base_url", "http://openapi.alipay.com"),
        ],
    )
    def test_an_unusable_part_is_named(self, alipay_account, part, value):
        with pytest.raises(Misconfigured, match=part):
            AlipayAdapter(dataclasses.replace(alipay_account, **{part: value}))


class TestSigning:
    def test_openssl_agrees_both_ways(self, alipay_account, store, tmp_path: Path):
        """An implementation that knows nothing of ours signs and verifies the same text."""
        key = signing.private_key(alipay_account)
        fields = {"b": "乙 & =", "a": "1", "empty": "", "sign": "old"}
        sign = signing.signed(key, fields)["sign"]
        (tmp_path / "key.pem").write_text(alipay_account.merchant_private_key)
        (tmp_path / "text").write_text("a=1&b=乙 & =")
        made = _openssl(tmp_path, "dgst", "-sha256", "-sign", "key.pem", "text")
        assert base64.b64decode(sign) == made
        assert signing.is_genuine(key.public_key(), "a=1&b=乙 & =", base64.b64encode(made).decode())

    @settings(deadline=None, max_examples=60)
    @given(
        st.dictionaries(
            st.text(min_size=1, max_size=9), st.recursive(
                st.text() | st.integers() | st.none(),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
                max_leaves=6,
            ), min_size=1, max_size=4,
        ),
        st.booleans(),
    )  # fmt: skip
    def test_every_member_is_cut_out_as_it_stands(self, document, is_ascii):
        text = json.dumps(document, ensure_ascii=is_ascii, indent=1 if is_ascii else None)
        cut = signing.members(text)
        assert {name: json.loads(raw) for name, raw in cut.items()} == document
        assert all(raw in text for raw in cut.values())

    @pytest.mark.parametrize(
        "text",
        ["", "[]", "{}", '{"a":1', '{"a":1,}', '{"a":1}x', '{"a":1,"a":2}', "{1:2}", "[" * 9000],
    )
    def test_anything_else_is_garbled(self, text):
        with pytest.raises(signing.Garbled):
            signing.members(text)


def _openssl(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(
        ["openssl", *arguments],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return done.stdout
