"""Our adapter against the simulator: what is certain after each call."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime

import pytest
import requests
import wechatpayv3
from wechatpayv3.core import Core

from shared_apps.payments.channels.base import Misconfigured, Outcome, TradeState
from shared_apps.payments.channels.wechat import (
    WeChatAdapter,
    normalised,
)

NUMBER = "GJ0000000000000A"


def test_the_library_still_has_the_private_parts_we_rely_on(account):
    """The wrapper is pinned to 2.0.4; a new version must be read before it is taken."""
    assert wechatpayv3.__version__ == "2.0.4"
    client = WeChatAdapter(account)._client
    plain = Core(
        mchid=account.mchid,
        cert_serial_no=account.merchant_serial,
        private_key=account.merchant_private_key,
        apiv3_key=account.apiv3_key,
        public_key=account.platform_public_key,
        public_key_id=account.platform_key_id,
    )
    for name in ("_gate_way", "_mchid", "_cert_serial_no", "_private_key", "_public_key_id"):
        assert hasattr(plain, name)
        assert hasattr(client._core, name)
    assert client._core._gate_way == account.base_url


class TestPrepay:
    def test_gives_the_address_of_the_payment_page(self, adapter, core, request_for):
        answer = adapter.prepay(request_for())
        order = core.books.orders_numbered(NUMBER)[0]
        assert answer.outcome is Outcome.SUCCEEDED
        assert answer.pay_url.endswith(f"/cashier/{order.prepay_id}?package=1")
        assert (order.amount_fen, order.description) == (3600, "党费 2026 年 11 月")

    def test_states_the_expiry_in_beijing_time(self, adapter, core, request_for):
        request = request_for()
        adapter.prepay(request)
        expires_at = core.books.orders_numbered(NUMBER)[0].expires_at
        assert expires_at.endswith("+08:00")
        assert datetime.fromisoformat(expires_at) == request.expires_at.replace(microsecond=0)

    def test_may_be_repeated_with_the_same_number(self, adapter, request_for):
        request = request_for()
        assert adapter.prepay(request) == adapter.prepay(request)

    def test_is_unknown_when_the_number_was_used_otherwise(self, adapter, request_for):
        adapter.prepay(request_for())
        answer = adapter.prepay(request_for(amount_fen=3700))
        assert (answer.outcome, answer.error.code) == (Outcome.UNKNOWN, "OUT_TRADE_NO_USED")

    @pytest.mark.parametrize(
        ("mode", "code"),
        [
            ("drop_before", "NO_CONNECTION"),
            ("drop_after", "NO_CONNECTION"),
            ("error_before", "SYSTEM_ERROR"),
            ("error_after", "SYSTEM_ERROR"),
            ("rate_limited", "FREQUENCY_LIMITED"),
            ("unsigned", "NOT_GENUINE"),
            ("badly_signed", "NOT_GENUINE"),
        ],
    )
    def test_is_unknown_when_nothing_is_certain(self, adapter, core, request_for, mode, code):
        core.plant("order", mode)
        answer = adapter.prepay(request_for())
        assert (answer.outcome, answer.error.code) == (Outcome.UNKNOWN, code)
        assert answer.pay_url == ""

    def test_is_unknown_after_a_timeout(self, adapter, channel, account, request_for):
        channel.reset()
        channel.post(
            f"{account.base_url}/v3/pay/transactions/h5", body=requests.ReadTimeout("too late")
        )
        answer = adapter.prepay(request_for())
        assert (answer.outcome, answer.error.code) == (Outcome.UNKNOWN, "TIMEOUT")

    def test_fails_when_the_channel_refuses(self, account, channel, request_for):
        stranger = dataclasses.replace(account, merchant_serial="0" * 40)
        answer = WeChatAdapter(stranger).prepay(request_for())
        assert (answer.outcome, answer.error.code) == (Outcome.FAILED, "SIGN_ERROR")

    def test_does_not_follow_redirects(self, adapter, channel, account, request_for):
        channel.reset()
        channel.post(
            f"{account.base_url}/v3/pay/transactions/h5",
            status=302,
            headers={"Location": "https://elsewhere.test/"},
        )
        assert adapter.prepay(request_for()).outcome is Outcome.UNKNOWN
        assert len(channel.calls) == 1

    def test_refuses_a_notify_address_with_a_query(self, adapter, request_for):
        request = dataclasses.replace(request_for(), notify_url="https://a.test/n?unit=1")
        with pytest.raises(Misconfigured):
            adapter.prepay(request)


class TestQuery:
    def test_waits_for_the_payer(self, adapter, request_for):
        adapter.prepay(request_for())
        standing = adapter.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.PENDING, TradeState.NOT_PAID)

    def test_tells_the_facts_of_a_payment(self, adapter, core, request_for):
        adapter.prepay(request_for())
        paid = core.pay(core.books.orders_numbered(NUMBER)[0].prepay_id)
        standing = adapter.query(NUMBER)
        assert (standing.outcome, standing.state) == (Outcome.SUCCEEDED, TradeState.PAID)
        assert standing.transaction_id == paid.transaction_id
        assert (standing.amount_fen, standing.currency) == (3600, "CNY")
        assert standing.paid_at == datetime.fromisoformat(paid.paid_at)

    def test_says_when_the_channel_knows_no_such_order(self, adapter):
        standing = adapter.query("GJ0000000000000Z")
        assert (standing.outcome, standing.state) == (Outcome.FAILED, TradeState.ABSENT)

    @pytest.mark.parametrize("mode", ["drop_before", "error_before", "unsigned", "badly_signed"])
    def test_stays_unknown_without_a_genuine_answer(self, adapter, core, request_for, mode):
        adapter.prepay(request_for())
        core.plant("query", mode)
        assert adapter.query(NUMBER).outcome is Outcome.UNKNOWN
        assert adapter.query(NUMBER).outcome is Outcome.PENDING

    def test_distrusts_an_answer_about_another_order(self, account, core, channel, request_for):
        adapter = WeChatAdapter(account)
        adapter.prepay(request_for())
        adapter.prepay(request_for("GJ0000000000000B"))
        original = adapter._client._core.request
        adapter._client._core.request = lambda path: original(path.replace(NUMBER[-1:] + "?", "B?"))
        assert adapter.query(NUMBER).outcome is Outcome.UNKNOWN

    def test_a_refused_question_says_nothing_about_the_order(self, account, channel):
        stranger = dataclasses.replace(account, merchant_serial="0" * 40)
        assert WeChatAdapter(stranger).query(NUMBER).outcome is Outcome.UNKNOWN


class TestClose:
    def test_closes_an_unpaid_order(self, adapter, request_for):
        adapter.prepay(request_for())
        assert adapter.close(NUMBER).outcome is Outcome.SUCCEEDED
        assert adapter.query(NUMBER).state is TradeState.CLOSED

    def test_cannot_close_a_paid_order(self, adapter, core, request_for):
        adapter.prepay(request_for())
        core.pay(core.books.orders_numbered(NUMBER)[0].prepay_id)
        closed = adapter.close(NUMBER)
        assert (closed.outcome, closed.error.code) == (Outcome.FAILED, "INVALID_REQUEST")

    def test_takes_an_unknown_order_for_closed(self, adapter):
        assert adapter.close("GJ0000000000000Z").outcome is Outcome.SUCCEEDED

    def test_a_payer_may_be_faster_than_the_close(self, adapter, core, request_for):
        adapter.prepay(request_for())
        adapter.close(NUMBER)
        core.pay(core.books.orders_numbered(NUMBER)[0].prepay_id, after_close=True)
        assert adapter.query(NUMBER).state is TradeState.PAID


class TestOddAnswers:
    """Signed, but not what the manual promises: never a success."""

    @pytest.fixture
    def answering(self, adapter):
        def answer(status: int, text: str) -> WeChatAdapter:
            adapter._client._core.request = lambda *_args, **_kwargs: (status, text)
            return adapter

        return answer

    @pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"h5_url": 7}'])
    def test_an_order_without_a_page_is_unknown(self, answering, request_for, text):
        assert answering(200, text).prepay(request_for()).outcome is Outcome.UNKNOWN

    def test_accepted_is_not_done(self, answering, request_for):
        text = '{"code": "USERPAYING", "message": "支付中"}'
        answer = answering(202, text).prepay(request_for())
        assert (answer.outcome, answer.error.code) == (Outcome.PENDING, "USER_PAYING")

    @pytest.mark.parametrize("change", [{"trade_state": "NEW"}, {"amount": {}}, {"payer": None}])
    def test_a_payment_without_its_facts_is_unknown(self, answering, account, change):
        document = {
            "out_trade_no": NUMBER,
            "mchid": account.mchid,
            "appid": account.appid,
            "trade_state": "SUCCESS",
            "transaction_id": "4200",
            "amount": {"total": 1, "currency": "CNY"},
            "payer": {"openid": "oPayer"},
            "success_time": "2026-11-22T10:00:00+08:00",
        }
        whole = answering(200, json.dumps(document)).query(NUMBER)
        assert whole.outcome is Outcome.SUCCEEDED
        broken = answering(200, json.dumps(document | change)).query(NUMBER)
        assert broken.outcome is Outcome.UNKNOWN


class TestConfiguration:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("apiv3_key", "short"),
            ("platform_public_key", "not a key"),
            ("platform_key_id", "5157F09EFDC096DE15EBE81A47057A72"),
            ("merchant_private_key", "not a key"),
            ("base_url", "http://api.example.test"),
        ],
    )
    def test_names_the_part_that_cannot_be_used(self, account, field, value):
        with pytest.raises(Misconfigured, match=field):
            WeChatAdapter(dataclasses.replace(account, **{field: value}))

    def test_uses_no_proxy_for_this_machine(self, account):
        local = WeChatAdapter(dataclasses.replace(account, base_url="http://127.0.0.1:8091/"))
        assert local._client._core._gate_way == "http://127.0.0.1:8091"
        assert local._client._core._session.trust_env is False
        assert WeChatAdapter(account)._client._core._session.trust_env is True


def test_old_and_new_spellings_of_a_code_are_one():
    assert normalised("ORDERNOTEXIST") == normalised("ORDER_NOT_EXIST") == "ORDER_NOT_EXIST"
    assert normalised("ORDERPAID") == "ORDER_PAID"
    assert normalised("something_new") == "SOMETHING_NEW"


def test_the_return_address_is_appended_and_quoted(adapter):
    url = adapter.with_return_address("https://c.test/p?package=1", "http://m.test/dues/?a=1&b=2")
    assert (
        url
        == "https://c.test/p?package=1&redirect_url=http%3A%2F%2Fm.test%2Fdues%2F%3Fa%3D1%26b%3D2"
    )
    assert adapter.with_return_address("https://c.test/p", "http://m.test/").startswith(
        "https://c.test/p?redirect_url="
    )


def test_the_signed_body_is_the_sent_body(adapter, channel, request_for):
    adapter.prepay(request_for())
    sent = json.loads(channel.calls[0].request.body)
    assert sent["scene_info"] == {"payer_client_ip": "192.0.2.7", "h5_info": {"type": "Wap"}}
    assert sent["amount"] == {"total": 3600, "currency": "CNY"}
    assert "?" not in sent["notify_url"]
