"""Alipay on the wire, from the channel's side: parameters checked, answers signed, notifications.

Written from the protocol's description on `cryptography` alone; it shares no line with our client.
A `notify_id` says by its letter what it tells of: P a payment, R a refund, C an order that ended
unpaid.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from shared_apps.payments.simulator.books import Books, Order
from shared_apps.payments.simulator.clock import BEIJING, ScaledClock
from shared_apps.payments.simulator.keys import KeyStore, Merchant, forgers_key
from shared_apps.payments.simulator.protocol import Refusal, digits
from shared_apps.payments.simulator.skins import REQUEST_POINTS, Heard, Message

RETRY_SECONDS = (240, 600, 600, 3600, 7200, 21600, 54000)
PAGE = "alipay.trade.wap.pay"
CALL_SKEW = timedelta(minutes=15)
PAGE_AGE = timedelta(minutes=45)
STALE = timedelta(days=2)
OVERSIZE_BYTES = 64 * 1024
FOREIGN_SELLER = "2088000000000001"
FOREIGN_APP = "2021000000000001"
_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
_UNSIGNED = frozenset({"sign", "sign_type"})


class AlipaySkin:
    kinds: ClassVar = frozenset({"wap"})
    spoiling: ClassVar = frozenset(
        {
            "forged",
            "foreign_app_id",
            "foreign_mchid",
            "hidden_field",
            "other_amount",
            "oversized",
            "repeated_field",
            "stale",
            "tampered_body",
            "unsigned",
            "wrong_sign_type",
        }
    )
    request_modes: ClassVar = dict.fromkeys(
        REQUEST_POINTS - {"order"},
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
    ) | {"order": frozenset({"drop_before", "latency"})}
    request_modes["query"] |= {"not_exist"}
    request_modes["refund"] |= {"fund_unchanged"}
    retry_seconds: ClassVar = RETRY_SECONDS

    def __init__(self, store: KeyStore, books: Books, clock: ScaledClock, seed: str) -> None:
        self._store = store
        self._books = books
        self._clock = clock
        self._seed = seed

    def payee(self, order: Order) -> str:
        merchant = self._store.merchant(order.mchid)
        return merchant.name if merchant else order.mchid

    def event_id(self, number: int, now: datetime) -> str:
        return notify_id("P", number, now)

    def transaction_id(self, number: int, now: datetime) -> str:
        sequence = digits(f"{self._seed}:trade:{number}", 16)
        return f"{now.astimezone(BEIJING):%Y%m%d}2200{sequence}"

    def payer(self, order: Order) -> str:
        return "2088" + digits(f"{self._seed}:buyer:{order.prepay_id}", 12)

    def is_heard(self, heard: Heard) -> bool:
        return heard.status == 200 and heard.body == b"success"

    def message(self, order: Order, event_id: str, mode: str = "") -> Message:
        now = self._clock.now()
        fields = self._fields(order, event_id, now - STALE if mode == "stale" else now)
        fields |= _changed(order, mode)
        key = forgers_key() if mode == "forged" else self._store.alipay_platform
        fields["sign"] = signature(key, signable(fields, _UNSIGNED))
        fields["sign_type"] = "RSA" if mode == "wrong_sign_type" else "RSA2"
        return Message(order.notify_url, dict(_FORM), _spoilt(fields, mode))

    def _fields(self, order: Order, event_id: str, at: datetime) -> dict[str, str]:
        yuan = yuan_of(order.amount_fen)
        fields = {
            "notify_time": wall(at),
            "notify_type": "trade_status_sync",
            "notify_id": event_id,
            "charset": "utf-8",
            "version": "1.0",
            "app_id": order.appid,
            "auth_app_id": order.appid,
            "seller_id": order.mchid,
            "out_trade_no": order.out_trade_no,
            "subject": order.description,
            "total_amount": yuan,
            "trade_no": order.transaction_id or digits(order.prepay_id, 28),
            "trade_status": "TRADE_CLOSED" if event_id[8] == "C" else "TRADE_SUCCESS",
        }
        if order.paid_at:
            fields |= {
                "buyer_id": order.openid,
                "buyer_logon_id": "138****0001",
                "buyer_pay_amount": yuan,
                "fund_bill_list": f'[{{"amount":"{yuan}","fundChannel":"ALIPAYACCOUNT"}}]',
                "gmt_payment": wall(datetime.fromisoformat(order.paid_at)),
                "invoice_amount": yuan,
                "point_amount": "0.00",
                "receipt_amount": yuan,
            }
        if event_id[8] == "R":
            fields |= self._refund(order, event_id[9:])
        return fields

    def _refund(self, order: Order, number: str) -> dict[str, str]:
        """A refund of a part says that the trade is successful; one of the whole, closed."""
        known = self._books.refund(order.mchid, number)
        assert known is not None
        total = self._books.refunded_fen(order)
        return {
            "gmt_refund": wall(datetime.fromisoformat(known["created_at"])) + ".000",
            "out_biz_no": number,
            "refund_fee": yuan_of(total),
            "trade_status": "TRADE_CLOSED" if total == order.amount_fen else "TRADE_SUCCESS",
        }


@dataclass(frozen=True, slots=True)
class AlipayCall:
    """A request with a valid signature of an application; `content` is what it is about."""

    merchant: Merchant
    method: str
    fields: Mapping[str, str]
    content: Mapping[str, Any]


def authenticated(store: KeyStore, *, url: str, body: bytes, now: datetime) -> AlipayCall:
    """Check application, form and signature; raises Refusal with the gateway's code in front."""
    try:
        pairs = [*parse_qsl(urlsplit(url).query), *parse_qsl(body.decode("ascii"))]
    except ValueError:
        raise refusal("40002", "isv.invalid-encoding") from None
    fields = dict(pairs)
    merchant = store.alipay_merchant(fields.get("app_id", ""))
    if merchant is None:
        raise refusal("40002", "isv.invalid-app-id")
    if (fields.get("sign_type"), fields.get("charset"), fields.get("version")) != (
        "RSA2",
        "utf-8",
        "1.0",
    ):
        raise refusal("40002", "isv.invalid-signature-type")
    _demand_signature(merchant, fields)
    age = now - _moment(fields.get("timestamp", ""), "isv.invalid-timestamp")
    is_page = fields.get("method") == PAGE
    if not -CALL_SKEW <= age <= (PAGE_AGE if is_page else CALL_SKEW):
        raise refusal("40002", "isv.invalid-timestamp")
    return AlipayCall(merchant, fields.get("method", ""), fields, _content(fields))


def notify_id(letter: str, number: int | str, now: datetime) -> str:
    tail = f"{number:022d}" if isinstance(number, int) else number
    return f"{now.astimezone(BEIJING):%Y%m%d}{letter}{tail}"


def answer(key: RSAPrivateKey | None, method: str, document: Mapping[str, object]) -> bytes:
    """The answer's body, its signature over the very characters of the inner object."""
    inner = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    name = method.replace(".", "_") + "_response"
    tail = f',"sign":"{signature(key, inner)}"' if key else ""
    return f'{{"{name}":{inner}{tail}}}'.encode()


def refusal(code: str, sub_code: str, words: str = "") -> Refusal:
    """The gateway answers everything with 200; its own code stands before the slash."""
    return Refusal(200, f"{code}/{sub_code}", words or sub_code)


def signable(fields: Mapping[str, str], without: frozenset[str]) -> str:
    rows = [f"{k}={fields[k]}" for k in sorted(fields) if k not in without and fields[k] != ""]
    return "&".join(rows)


def signature(key: RSAPrivateKey, text: str) -> str:
    raw = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(raw).decode()


def wall(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def parsed_wall(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)


def yuan_of(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _demand_signature(merchant: Merchant, fields: Mapping[str, str]) -> None:
    try:
        merchant.key().verify(
            base64.b64decode(fields.get("sign", ""), validate=True),
            signable(fields, frozenset({"sign"})).encode(),
            padding.PKCS1v15(),
            hashes.SHA256(),
        )
    except (InvalidSignature, binascii.Error):
        raise refusal("40002", "isv.invalid-signature", "验签出错") from None


def _moment(text: str, sub_code: str) -> datetime:
    try:
        return parsed_wall(text)
    except ValueError:
        raise refusal("40002", sub_code) from None


def _content(fields: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        value = json.loads(fields.get("biz_content", ""))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise refusal("40002", "isv.invalid-parameter")
    return value


def _changed(order: Order, mode: str) -> dict[str, str]:
    """What is false in a message that is signed all the same."""
    return {
        "foreign_mchid": {"seller_id": FOREIGN_SELLER},
        "foreign_app_id": {"app_id": FOREIGN_APP},
        "other_amount": {"total_amount": yuan_of(order.amount_fen + 1)},
    }.get(mode, {})


def _spoilt(fields: dict[str, str], mode: str) -> bytes:
    """What is done to a message after it was signed."""
    if mode == "tampered_body":
        fields["buyer_logon_id"] = "139****0002"
    if mode == "unsigned":
        del fields["sign"]
    if mode == "oversized":
        fields["body"] = "0" * OVERSIZE_BYTES
    if mode == "hidden_field":
        # The signed text stays the same: one field is told as the end of the one before it.
        fields["subject"] += f"&total_amount={fields.pop('total_amount')}"
    body = urlencode(fields)
    if mode == "repeated_field":
        body += "&" + urlencode({"total_amount": fields["total_amount"]})
    return body.encode()
