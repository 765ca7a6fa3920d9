"""WeChat Pay's callbacks: sealed, signed, spoilt on demand, repeated for a day and four minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from shared_apps.payments.simulator.books import Order
from shared_apps.payments.simulator.clock import BEIJING, ScaledClock, stamp
from shared_apps.payments.simulator.keys import KeyStore, forgers_key
from shared_apps.payments.simulator.protocol import (
    Headers,
    compact,
    digits,
    sealed,
    signature_headers,
    token,
)
from shared_apps.payments.simulator.skins import REQUEST_POINTS, Heard, Message
from shared_apps.payments.simulator.wechat_refunds import EVENT as REFUND_EVENT
from shared_apps.payments.simulator.wechat_refunds import FATES, RefundDesk

RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, *[10800] * 3, *[21600] * 2)
ACKNOWLEDGED = (200, 204)
STALE_SECONDS = 600
OVERSIZE_BYTES = 64 * 1024
PROBE_PREFIX = "WECHATPAY/SIGNTEST/"


class WeChatSkin:
    kinds: ClassVar = frozenset({"h5", "native", "jsapi"})
    spoiling: ClassVar = frozenset(
        {
            "forged",
            "foreign_mchid",
            "other_amount",
            "oversized",
            "repeated_header",
            "signtest",
            "stale",
            "tampered_body",
            "unknown_serial",
        }
    )
    request_modes: ClassVar = dict.fromkeys(
        REQUEST_POINTS,
        frozenset(
            {
                "badly_signed",
                "drop_after",
                "drop_before",
                "error_after",
                "error_before",
                "latency",
                "rate_limited",
                "unsigned",
            }
        ),
    )
    request_modes["order"] |= {"callback_first"}
    request_modes["refund"] |= {"refund_not_enough", *FATES}
    retry_seconds: ClassVar = RETRY_SECONDS

    def __init__(self, store: KeyStore, clock: ScaledClock, seed: str, refunds: RefundDesk) -> None:
        self._store = store
        self._refunds = refunds
        self._clock = clock
        self._seed = seed

    def event_id(self, number: int, now: datetime) -> str:
        return f"EV-{now:%Y%m%d}{number:012d}"

    def transaction_id(self, number: int, now: datetime) -> str:
        sequence = digits(f"{self._seed}:transaction:{number}", 16)
        return f"4200{now.astimezone(BEIJING):%Y%m%d}{sequence}"

    def payer(self, order: Order) -> str:
        return "o" + token(f"{self._seed}:payer:{order.prepay_id}", 27)

    def payee(self, order: Order) -> str:
        merchant = self._store.merchant(order.mchid)
        return merchant.name if merchant else order.mchid

    def is_heard(self, heard: Heard) -> bool:
        return heard.status in ACKNOWLEDGED

    def message(self, order: Order, event_id: str, mode: str = "") -> Message:
        now = self._clock.now()
        merchant = self._store.merchant(order.mchid)
        assert merchant is not None
        nonce = token(f"{event_id}:{now.timestamp()}:{mode}")
        url, event, kind = order.notify_url, "TRANSACTION.SUCCESS", "transaction"
        facts = _facts(order, mode)
        if self._refunds is not None and event_id.startswith(REFUND_EVENT):
            url, event, told = self._refunds.facts(order, event_id)
            facts, kind = told | _spoilt_facts(order, mode), "refund"
        document = {
            "id": event_id,
            "create_time": stamp(now),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "支付成功" if kind == "transaction" else "退款",
            "resource": sealed(merchant, facts, nonce=nonce[:12], original_type=kind),
        }
        if mode == "oversized":
            document["padding"] = "0" * OVERSIZE_BYTES
        body = compact(document)
        headers = signature_headers(
            forgers_key() if mode == "forged" else self._store.platform,
            serial="PUB_KEY_ID_0" if mode == "unknown_serial" else self._store.platform_key_id,
            body=body,
            at=now - timedelta(seconds=STALE_SECONDS) if mode == "stale" else now,
            nonce=nonce,
        )
        headers["Content-Type"] = "application/json"
        return Message(url, *_spoilt(headers, body, mode))


def transaction(order: Order) -> dict[str, object]:
    """The facts of a payment, as the query answers them and the callback carries them."""
    states = {"SUCCESS": "支付成功", "NOTPAY": "订单未支付", "CLOSED": "订单已关闭"}
    document: dict[str, object] = {
        "appid": order.appid,
        "mchid": order.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.state,
        "trade_state_desc": states.get(order.state, "转入退款"),
    }
    if order.transaction_id:
        document |= {
            "transaction_id": order.transaction_id,
            "trade_type": {"h5": "MWEB", "native": "NATIVE", "jsapi": "JSAPI"}[order.kind],
            "bank_type": "OTHERS",
            "attach": "",
            "success_time": order.paid_at,
            "payer": {"openid": order.openid},
            "amount": {
                "total": order.amount_fen,
                "payer_total": order.amount_fen,
                "currency": order.currency,
                "payer_currency": order.currency,
            },
        }
    return document


def _facts(order: Order, mode: str) -> dict[str, object]:
    return transaction(order) | {"trade_state": "SUCCESS"} | _spoilt_facts(order, mode)


def _spoilt_facts(order: Order, mode: str) -> dict[str, object]:
    if mode == "foreign_mchid":
        return {"mchid": "1900000001"}
    if mode == "other_amount":
        more = order.amount_fen + 1
        return {
            "amount": {
                "total": more,
                "refund": more,
                "payer_total": more,
                "currency": order.currency,
                "payer_currency": order.currency,
            }
        }
    return {}


def _spoilt(headers: Headers, body: bytes, mode: str) -> tuple[Headers, bytes]:
    if mode == "signtest":
        headers["Wechatpay-Signature"] = PROBE_PREFIX + headers["Wechatpay-Signature"]
    if mode == "repeated_header":
        serial = headers["Wechatpay-Serial"]
        headers["Wechatpay-Serial"] = f"{serial},{serial}"
    if mode == "tampered_body":
        body = body.replace(b'"summary"', b'"summery"')
    return headers, body
