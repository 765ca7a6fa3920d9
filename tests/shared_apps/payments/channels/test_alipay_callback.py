"""Alipay's notifications: one way in, and every known way to be refused."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
import requests

from shared_apps.payments.channels.alipay import AlipayAdapter
from shared_apps.payments.channels.alipay_callback import AlipayCallbackReader
from shared_apps.payments.channels.base import (
    NothingToKeep,
    Notification,
    Reason,
    RefundNotification,
    RefundRequest,
    Rejected,
)
from shared_apps.payments.simulator.alipay import signable, signature

NUMBER = "GJ0000000000000A"
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
UNSIGNED = frozenset({"sign", "sign_type"})


@pytest.fixture
def alipay(alipay_account, channel, request_for):
    adapter = AlipayAdapter(alipay_account)
    requests.get(adapter.prepay(request_for()).pay_url, allow_redirects=False, timeout=5)
    return adapter


@pytest.fixture
def order(alipay, core):
    return core.books.orders_numbered(NUMBER)[0]


@pytest.fixture
def paid(core, order):
    return core.pay(order.prepay_id)


@pytest.fixture
def reader(alipay_account):
    return AlipayCallbackReader(alipay_account)


@pytest.fixture
def told(core, mailbag):
    """The body of the newest delivery of the channel."""

    def take() -> bytes:
        core.callbacks.deliver_due()
        return mailbag.received[-1][2]

    return take


@pytest.fixture
def message(core, paid, told):
    """The genuine notification of the payment, or one spoilt in a mode of the simulator."""

    def build(mode: str = "") -> bytes:
        if not mode:
            return told()
        return core.callbacks.message(paid, "20261122P1", mode).body

    return build


@pytest.fixture
def resigned(store, message):
    """A notification whose fields were changed *before* signing; None takes a field away."""

    def build(**changes: str | None) -> bytes:
        fields = dict(parse_qsl(message().decode())) | changes
        fields = {name: value for name, value in fields.items() if value is not None}
        fields["sign"] = signature(store.alipay_platform, signable(fields, UNSIGNED))
        return urlencode(fields).encode()

    return build


def refusal(reader, body: bytes, now, headers=FORM) -> Reason:
    with pytest.raises(Rejected) as caught:
        reader.read(headers=headers.items(), body=body, now=now)
    return caught.value.reason


def test_a_genuine_notification_is_read(reader, message, paid, alipay_account, wall):
    body = message()
    facts = reader.read(headers=FORM.items(), body=body, now=wall())
    assert isinstance(facts, Notification)
    assert (facts.out_trade_no, facts.transaction_id) == (NUMBER, paid.transaction_id)
    assert (facts.amount_fen, facts.currency) == (3600, "CNY")
    assert (facts.mchid, facts.appid) == (alipay_account.mchid, alipay_account.appid)
    assert facts.success_time == datetime.fromisoformat(paid.paid_at)
    assert facts.event_id == dict(parse_qsl(body.decode()))["notify_id"]
    assert facts.raw_sha256 == hashlib.sha256(body).hexdigest()
    assert tuple(reader.ACKNOWLEDGEMENT) == (200, "text/plain", "success")


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("forged", Reason.SIGNATURE_INVALID),
        ("tampered_body", Reason.SIGNATURE_INVALID),
        ("unsigned", Reason.SIGNATURE_MISSING),
        ("wrong_sign_type", Reason.SIGNATURE_TYPE),
        ("stale", Reason.TIMESTAMP_STALE),
        ("repeated_field", Reason.BODY_MALFORMED),
        ("hidden_field", Reason.BODY_MALFORMED),
        ("oversized", Reason.BODY_TOO_LARGE),
        ("foreign_mchid", Reason.MERCHANT_MISMATCH),
        ("foreign_app_id", Reason.MERCHANT_MISMATCH),
    ],
)
def test_what_the_channel_can_spoil_is_refused(reader, message, wall, mode, reason):
    assert refusal(reader, message(mode), wall()) is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"notify_time": "2026-11-22T10:00:00"}, Reason.TIMESTAMP_MALFORMED),
        ({"notify_time": None}, Reason.TIMESTAMP_MALFORMED),
        ({"charset": "GBK"}, Reason.BODY_ENCODED),
        ({"trade_status": "TRADE_PENDING"}, Reason.EVENT_UNSUPPORTED),
        ({"trade_status": None}, Reason.FACTS_MALFORMED),
        ({"total_amount": "36.001"}, Reason.FACTS_MALFORMED),
        ({"total_amount": "3.6e1"}, Reason.FACTS_MALFORMED),
        ({"total_amount": "-36.00"}, Reason.FACTS_MALFORMED),
        ({"total_amount": "３６.００"}, Reason.FACTS_MALFORMED),
        ({"total_amount": "NaN"}, Reason.FACTS_MALFORMED),
        ({"notify_id": None}, Reason.FACTS_MALFORMED),
        ({"out_trade_no": "G" * 33}, Reason.FACTS_MALFORMED),
        ({"gmt_payment": None}, Reason.FACTS_MALFORMED),
        ({"trade_no": None}, Reason.FACTS_MALFORMED),
        ({"seller_id": None}, Reason.MERCHANT_MISMATCH),
        ({"gmt_refund": "2026-11-22 10:00:00"}, Reason.EVENT_UNSUPPORTED),
    ],
)
def test_a_signed_but_odd_notification_is_refused(reader, resigned, wall, changes, reason):
    assert refusal(reader, resigned(**changes), wall()) is reason


@pytest.mark.parametrize(
    "body", [b"a", b"\xff=1", b"a=%FF", b"&".join(b"f%d=1" % n for n in range(200))]
)
def test_a_body_that_is_no_form_is_refused(reader, wall, body):
    assert refusal(reader, body, wall()) is Reason.BODY_MALFORMED


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, Reason.BODY_MALFORMED),
        ({"Content-Type": "application/json"}, Reason.BODY_MALFORMED),
        (FORM | {"Content-Encoding": "gzip"}, Reason.BODY_ENCODED),
    ],
)
def test_anything_but_a_plain_form_is_refused(reader, message, wall, headers, reason):
    assert refusal(reader, message(), wall(), headers) is reason


def test_a_repetition_a_day_later_is_still_heard_and_one_after_two_days_is_not(
    reader, message, wall
):
    body = message()
    assert reader.read(headers=FORM.items(), body=body, now=wall() + timedelta(hours=25))
    assert refusal(reader, body, wall() + timedelta(hours=27)) is Reason.TIMESTAMP_STALE
    assert refusal(reader, body, wall() - timedelta(minutes=6)) is Reason.TIMESTAMP_STALE


def test_a_notification_for_another_application_is_refused(alipay_account, message, wall):
    other = dataclasses.replace(alipay_account, appid="2021000000000009")
    assert refusal(AlipayCallbackReader(other), message(), wall()) is Reason.MERCHANT_MISMATCH


def test_an_order_that_ended_unpaid_is_heard_and_kept_nowhere(reader, alipay, told, wall):
    alipay.close(NUMBER)
    with pytest.raises(NothingToKeep) as caught:
        reader.read(headers=FORM.items(), body=told(), now=wall())
    assert caught.value.acknowledgement == reader.ACKNOWLEDGEMENT


@pytest.mark.parametrize(("fen", "status"), [(1000, "TRADE_SUCCESS"), (3600, "TRADE_CLOSED")])
def test_a_refund_is_no_payment_whatever_its_status_says(
    reader, alipay, paid, told, wall, fen, status
):
    told()
    alipay.refund(RefundRequest("R1", NUMBER, paid.transaction_id, fen, 3600, "", ""))
    body = told()
    assert dict(parse_qsl(body.decode()))["trade_status"] == status
    facts = reader.read(headers=FORM.items(), body=body, now=wall())
    assert isinstance(facts, RefundNotification)
    assert (facts.out_refund_no, facts.out_trade_no) == ("R1", NUMBER)


def test_no_refusal_touches_the_network(reader, message, wall, monkeypatch):
    genuine = message()

    def no_network(*_args, **_kwargs):
        raise AssertionError("the callback path used the network")

    monkeypatch.setattr("socket.socket.connect", no_network)
    for mode in ("forged", "foreign_app_id", "stale", "hidden_field"):
        refusal(reader, message(mode), wall())
    assert reader.read(headers=FORM.items(), body=genuine, now=wall())


def test_it_is_repeated_by_the_schedule_until_the_word_is_heard(core, paid, mailbag, wall):
    """Any 200 is not enough: the channel wants the seven letters."""
    mailbag.answers = [200] * 8
    for wait in (0, 240, 600, 600, 3600, 7200, 21600, 54000, 54000):
        wall.pass_by(wait)
        core.callbacks.deliver_due()
    assert len(mailbag.received) == 8
    assert (
        len({dict(parse_qsl(body.decode()))["notify_id"] for _, _, body in mailbag.received}) == 1
    )
