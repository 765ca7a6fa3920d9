"""The client library, which knows nothing of us, drives the simulator: both must agree."""

from __future__ import annotations

import json

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

NOTIFY_URL = "https://pay.gongjian.test/pay/n/wechat/018f"


@pytest.fixture
def client(account, channel):
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=account.mchid,
        private_key=account.merchant_private_key,
        cert_serial_no=account.merchant_serial,
        appid=account.appid,
        apiv3_key=account.apiv3_key,
        notify_url=NOTIFY_URL,
        public_key=account.platform_public_key,
        public_key_id=account.platform_key_id,
    )
    client._core._gate_way = account.base_url
    return client


def order(client, number="LIB000000001", fen=1001, **more):
    status, text = client.pay(
        description="党费", out_trade_no=number, amount={"total": fen, "currency": "CNY"}, **more
    )
    return status, json.loads(text)


@pytest.mark.parametrize(
    ("kind", "more", "key"),
    [
        (WeChatPayType.NATIVE, {}, "code_url"),
        (WeChatPayType.H5, {"scene_info": {"payer_client_ip": "192.0.2.7"}}, "h5_url"),
        (WeChatPayType.JSAPI, {"payer": {"openid": "oPayer"}}, "prepay_id"),
    ],
)
def test_orders_of_all_three_kinds(client, kind, more, key):
    status, answer = order(client, pay_type=kind, **more)
    assert status == 200
    assert key in answer


def test_the_whole_life_of_an_order(client, core):
    order(client)
    prepay_id = core.books.orders_numbered("LIB000000001")[0].prepay_id
    assert json.loads(client.query(out_trade_no="LIB000000001")[1])["trade_state"] == "NOTPAY"
    paid = core.pay(prepay_id)
    by_id = json.loads(client.query(transaction_id=paid.transaction_id)[1])
    assert (by_id["trade_state"], by_id["amount"]["total"]) == ("SUCCESS", 1001)
    assert client.close(out_trade_no="LIB000000001")[0] == 400


def test_a_close_is_204_and_signed(client):
    order(client)
    assert client.close(out_trade_no="LIB000000001")[0] == 204
    assert order(client)[1]["code"] == "ORDER_CLOSED"


def test_the_library_opens_our_callbacks(client, core, mailbag):
    order(client)
    core.pay(core.books.orders_numbered("LIB000000001")[0].prepay_id)
    core.callbacks.deliver_due()
    (url, headers, body) = mailbag.received[0]
    opened = client.callback(headers, body.decode())
    assert url == NOTIFY_URL
    assert opened["event_type"] == "TRANSACTION.SUCCESS"
    assert opened["resource"]["amount"]["total"] == 1001


def test_refunds_in_parts(client, core, wall, mailbag):
    order(client)
    core.pay(core.books.orders_numbered("LIB000000001")[0].prepay_id)
    part = {"refund": 1, "total": 1001, "currency": "CNY"}
    status, text = client.refund("R1", part, out_trade_no="LIB000000001")
    assert (status, json.loads(text)["status"]) == (200, "PROCESSING")
    again = json.loads(client.refund("R1", part, out_trade_no="LIB000000001")[1])
    assert again["refund_id"] == json.loads(text)["refund_id"]
    assert json.loads(client.query_refund("R1")[1])["status"] == "PROCESSING"
    wall.pass_by(3)
    done = json.loads(client.query_refund("R1")[1])
    assert (done["status"], done["amount"]["refund"]) == ("SUCCESS", 1)
    core.callbacks.deliver_due()
    (_, headers, body) = mailbag.received[-1]
    told = client.callback(headers, body.decode())
    assert (told["event_type"], told["resource"]["refund_status"]) == ("REFUND.SUCCESS", "SUCCESS")
    too_much = {"refund": 1001, "total": 1001, "currency": "CNY"}
    assert client.refund("R2", too_much, out_trade_no="LIB000000001")[0] == 403
    assert json.loads(client.query(out_trade_no="LIB000000001")[1])["trade_state"] == "REFUND"
