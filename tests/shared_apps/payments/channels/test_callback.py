"""Callbacks: one way in, and every known way to be refused without a trace on an order."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from shared_apps.payments.channels.base import Misconfigured, Reason, Rejected
from shared_apps.payments.channels.wechat_callback import WeChatCallbackReader
from shared_apps.payments.simulator.protocol import compact, sealed, signature_headers
from shared_apps.payments.simulator.wechat import transaction

NUMBER = "GJ0000000000000A"


@pytest.fixture
def paid(adapter, core, request_for):
    adapter.prepay(request_for())
    return core.pay(core.books.orders_numbered(NUMBER)[0].prepay_id)


@pytest.fixture
def message(core, paid):
    """A genuine delivery as (headers, body), or one spoilt in a mode of the simulator."""

    def build(mode: str = "") -> tuple[dict[str, str], bytes]:
        delivery = core.callbacks.message(paid, "EV-1", mode)
        return dict(delivery.headers), delivery.body

    return build


@pytest.fixture
def resigned(store, account, paid, wall):
    """A delivery whose envelope, resource or facts were changed *before* signing."""

    def build(*, envelope=None, resource=None, facts=None, drop=()) -> tuple[dict, bytes]:
        document = transaction(paid) | (facts or {})
        for name in drop:
            document.pop(name)
        merchant = store.merchant(account.mchid)
        body = compact(
            {
                "id": "EV-1",
                "resource_type": "encrypt-resource",
                "event_type": "TRANSACTION.SUCCESS",
                "resource": sealed(
                    merchant, document, nonce="0123456789ab", original_type="transaction"
                )
                | (resource or {}),
            }
            | (envelope or {})
        )
        headers = signature_headers(
            store.platform, serial=store.platform_key_id, body=body, at=wall(), nonce="N1"
        )
        return headers, body

    return build


def refusal(reader, headers, body, now) -> Reason:
    with pytest.raises(Rejected) as caught:
        reader.read(headers=headers.items(), body=body, now=now)
    return caught.value.reason


def test_a_genuine_callback_is_read(reader, message, paid, account, wall):
    headers, body = message()
    facts = reader.read(headers=headers.items(), body=body, now=wall())
    assert facts.out_trade_no == NUMBER
    assert facts.transaction_id == paid.transaction_id
    assert (facts.amount_fen, facts.currency) == (3600, "CNY")
    assert (facts.mchid, facts.appid) == (account.mchid, account.appid)
    assert (facts.event_id, facts.event_type) == ("EV-1", "TRANSACTION.SUCCESS")
    assert facts.payer == paid.openid
    assert facts.success_time == datetime.fromisoformat(paid.paid_at)
    assert facts.raw_sha256 == hashlib.sha256(body).hexdigest()


def test_header_names_are_read_in_any_case(reader, message, wall):
    headers, body = message()
    shouted = {name.upper(): value for name, value in headers.items()}
    assert reader.read(headers=shouted.items(), body=body, now=wall()).event_id == "EV-1"


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("forged", Reason.SIGNATURE_INVALID),
        ("tampered_body", Reason.SIGNATURE_INVALID),
        ("signtest", Reason.SIGNATURE_PROBE),
        ("unknown_serial", Reason.SERIAL_UNKNOWN),
        ("stale", Reason.TIMESTAMP_STALE),
        ("repeated_header", Reason.HEADER_REPEATED),
        ("oversized", Reason.BODY_TOO_LARGE),
        ("foreign_mchid", Reason.MERCHANT_MISMATCH),
    ],
)
def test_what_the_channel_can_spoil_is_refused(reader, message, wall, mode, reason):
    assert refusal(reader, *message(mode), wall()) is reason


@pytest.mark.parametrize(
    "name",
    [
        "Wechatpay-Signature",
        "Wechatpay-Timestamp",
        "Wechatpay-Nonce",
        "Wechatpay-Serial",
        "Wechatpay-Signature-Type",
    ],
)
def test_a_missing_header_is_refused(reader, message, wall, name):
    headers, body = message()
    del headers[name]
    assert refusal(reader, headers, body, wall()) is Reason.HEADER_MISSING


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3", Reason.SIGNATURE_TYPE),
        ("Wechatpay-Signature", "not base64!", Reason.SIGNATURE_INVALID),
        ("Wechatpay-Signature", base64.b64encode(b"0" * 256).decode(), Reason.SIGNATURE_INVALID),
        ("Wechatpay-Timestamp", "1e9", Reason.TIMESTAMP_MALFORMED),
        ("Wechatpay-Timestamp", "１７００００００００", Reason.TIMESTAMP_MALFORMED),
        ("Wechatpay-Timestamp", "-1", Reason.TIMESTAMP_MALFORMED),
        ("Wechatpay-Timestamp", "9" * 40, Reason.TIMESTAMP_MALFORMED),
        ("Wechatpay-Nonce", "n" * 129, Reason.NONCE_MALFORMED),
        ("Wechatpay-Nonce", "另一个", Reason.NONCE_MALFORMED),
        ("Wechatpay-Nonce", "changed", Reason.SIGNATURE_INVALID),
        ("Wechatpay-Serial", "PUB_KEY_ID_OTHER", Reason.SERIAL_UNKNOWN),
        ("Content-Encoding", "gzip", Reason.BODY_ENCODED),
    ],
)
def test_a_changed_header_is_refused(reader, message, wall, name, value, reason):
    headers, body = message()
    headers[name] = value
    assert refusal(reader, headers, body, wall()) is reason


def test_a_header_sent_twice_is_refused(reader, message, wall):
    headers, body = message()
    twice = [*headers.items(), ("wechatpay-nonce", headers["Wechatpay-Nonce"])]
    with pytest.raises(Rejected) as caught:
        reader.read(headers=twice, body=body, now=wall())
    assert caught.value.reason is Reason.HEADER_REPEATED


@pytest.mark.parametrize(("seconds", "is_fresh"), [(300, True), (302, False), (-300, False)])
def test_freshness_counts_both_ways(reader, message, wall, seconds, is_fresh):
    headers, body = message()
    whole = datetime.fromtimestamp(int(headers["Wechatpay-Timestamp"]), tz=UTC)
    now = whole + timedelta(seconds=seconds if seconds > 0 else seconds - 2)
    if is_fresh:
        assert reader.read(headers=headers.items(), body=body, now=now)
    else:
        assert refusal(reader, headers, body, now) is Reason.TIMESTAMP_STALE


def test_a_message_for_another_merchant_is_refused(other_account, message, wall):
    """The other merchant's APIv3 key cannot open it."""
    reader = WeChatCallbackReader(other_account)
    assert refusal(reader, *message(), wall()) is Reason.DECRYPTION_FAILED


def test_a_message_for_another_app_of_the_merchant_is_refused(account, message, wall):
    reader = WeChatCallbackReader(dataclasses.replace(account, appid="wx0000000000000000"))
    assert refusal(reader, *message(), wall()) is Reason.MERCHANT_MISMATCH


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"envelope": {"event_type": "COUPON.USE"}}, Reason.EVENT_UNSUPPORTED),
        ({"envelope": {"event_type": []}}, Reason.EVENT_UNSUPPORTED),
        ({"envelope": {"event_type": "REFUND.SUCCESS"}}, Reason.FACTS_MALFORMED),
        ({"envelope": {"resource_type": "plain"}}, Reason.BODY_MALFORMED),
        ({"envelope": {"resource": []}}, Reason.BODY_MALFORMED),
        ({"envelope": {"id": ""}}, Reason.FACTS_MALFORMED),
        ({"envelope": {"id": 7}}, Reason.FACTS_MALFORMED),
        ({"resource": {"algorithm": "AES-CBC"}}, Reason.ALGORITHM),
        ({"resource": {"nonce": "x"}}, Reason.DECRYPTION_FAILED),
        ({"resource": {"associated_data": "other"}}, Reason.DECRYPTION_FAILED),
        ({"resource": {"ciphertext": "%%%"}}, Reason.DECRYPTION_FAILED),
        ({"facts": {"trade_state": "NOTPAY"}}, Reason.FACTS_MALFORMED),
        ({"facts": {"amount": {"total": "3600", "currency": "CNY"}}}, Reason.FACTS_MALFORMED),
        ({"facts": {"amount": {"total": True, "currency": "CNY"}}}, Reason.FACTS_MALFORMED),
        ({"facts": {"amount": {"total": -1, "currency": "CNY"}}}, Reason.FACTS_MALFORMED),
        ({"facts": {"success_time": "2026-11-22T10:00:00"}}, Reason.FACTS_MALFORMED),
        ({"facts": {"out_trade_no": "G" * 33}}, Reason.FACTS_MALFORMED),
        ({"drop": ("payer",)}, Reason.FACTS_MALFORMED),
        ({"drop": ("mchid",)}, Reason.FACTS_MALFORMED),
    ],
)
def test_a_signed_but_odd_message_is_refused(reader, resigned, wall, change, reason):
    assert refusal(reader, *resigned(**change), wall()) is reason


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff\xfe", b"{", b"[" * 9000])
def test_a_signed_body_that_is_no_object_is_refused(reader, store, wall, body):
    headers = signature_headers(
        store.platform, serial=store.platform_key_id, body=body, at=wall(), nonce="N1"
    )
    assert refusal(reader, headers, body, wall()) is Reason.BODY_MALFORMED


def test_reordered_bytes_of_the_same_json_are_refused(reader, message, wall):
    headers, body = message()
    pretty = json.dumps(json.loads(body), ensure_ascii=False, indent=1).encode()
    assert refusal(reader, headers, pretty, wall()) is Reason.SIGNATURE_INVALID


def test_no_refusal_touches_the_network(reader, message, wall, monkeypatch):
    """An unknown serial makes the client library fetch certificates; ours must not."""

    def no_network(*_args, **_kwargs):
        raise AssertionError("the callback path used the network")

    monkeypatch.setattr("socket.socket.connect", no_network)
    for mode in ("", "unknown_serial", "forged", "signtest", "stale"):
        headers, body = message(mode)
        if mode:
            refusal(reader, headers, body, wall())
        else:
            reader.read(headers=headers.items(), body=body, now=wall())


def test_an_unusable_configuration_is_named(account):
    with pytest.raises(Misconfigured, match="apiv3_key"):
        WeChatCallbackReader(dataclasses.replace(account, apiv3_key="short"))
