"""Callbacks of the simulated channel: built, spoilt on demand, delivered, repeated.

The schedule is the channel's own: 15 s, 15 s, 30 s, 3 min … 6 h, until the merchant answers 200 or
204. A planted fault spoils one delivery; afterwards the schedule goes on with genuine ones.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from shared_apps.payments.simulator.books import Books, DueCallback, Fault, Order
from shared_apps.payments.simulator.clock import ScaledClock, stamp
from shared_apps.payments.simulator.keys import KeyStore, forgers_key
from shared_apps.payments.simulator.protocol import (
    Headers,
    compact,
    sealed,
    signature_headers,
    token,
)

RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, *[10800] * 3, *[21600] * 2)
ANSWER_SECONDS = 5
ACKNOWLEDGED = (200, 204)
STALE_SECONDS = 600
OVERSIZE_BYTES = 64 * 1024
PROBE_PREFIX = "WECHATPAY/SIGNTEST/"

# Deliveries that are genuine, only ill-timed; every other mode spoils the message itself.
TIMING_MODES = frozenset({"duplicate", "concurrent", "delayed", "never"})
SPOILING_MODES = frozenset(
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

Post = Callable[[str, Headers, bytes], int]


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP delivery, ready to send."""

    url: str
    headers: Headers
    body: bytes


class CallbackOffice:
    """Owes, builds and delivers the callbacks of one gateway."""

    def __init__(self, books: Books, store: KeyStore, clock: ScaledClock, post: Post) -> None:
        self._books = books
        self._store = store
        self._clock = clock
        self.post = post

    def owe(self, order: Order, *, number: int) -> str:
        """Put a payment's callback on the list; due at once. Returns its event id."""
        event_id = f"EV-{self._clock.now():%Y%m%d}{number:012d}"
        self._books.owe_callback(event_id, order, due_at=self._clock.now().timestamp())
        return event_id

    def deliver_due(self) -> int:
        """Deliver everything whose time has come; returns how many callbacks were handled."""
        due = self._books.take_due_callbacks(self._clock.now().timestamp())
        for callback in due:
            self._deliver(callback)
        return len(due)

    def message(self, order: Order, event_id: str, mode: str = "") -> Message:
        """The delivery of a paid order's event, spoilt as `mode` says."""
        now = self._clock.now()
        merchant = self._store.merchant(order.mchid)
        assert merchant is not None
        nonce = token(f"{event_id}:{now.timestamp()}:{mode}")
        document = {
            "id": event_id,
            "create_time": stamp(now),
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": sealed(
                merchant, _facts(order, mode), nonce=nonce[:12], original_type="transaction"
            ),
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
        return Message(order.notify_url, *_spoilt(headers, body, mode))

    def _deliver(self, due: DueCallback) -> None:
        order = self._books.order(due.mchid, due.out_trade_no)
        assert order is not None
        fault = self._books.take_fault("callback", due.out_trade_no)
        mode = fault.mode if fault else ""
        if fault is not None and mode in {"delayed", "never"}:
            self._books.postpone_callback(due.event_id, self._postponed(fault))
            return
        message = self.message(order, due.event_id, mode)
        answers = self._send(message, mode)
        is_genuine = mode not in SPOILING_MODES
        is_done = is_genuine and any(answer in ACKNOWLEDGED for answer in answers)
        next_at = None if is_done else self._next_at(due.attempt)
        self._books.settle_callback(due.event_id, answers=answers, due_at=next_at)
        self._books.note(
            stamp(self._clock.now()),
            "callback",
            event_id=due.event_id,
            out_trade_no=due.out_trade_no,
            mode=mode,
            answers=answers,
        )

    def _send(self, message: Message, mode: str) -> list[int]:
        if mode != "concurrent":
            return [self._send_once(message) for _ in range(2 if mode == "duplicate" else 1)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(self._send_once, [message] * 2))

    def _send_once(self, message: Message) -> int:
        try:
            return self.post(message.url, message.headers, message.body)
        except (OSError, HTTPException, ValueError):
            return 0

    def _postponed(self, fault: Fault) -> float | None:
        return None if fault.mode == "never" else self._clock.after(fault.seconds).timestamp()

    def _next_at(self, attempt: int) -> float | None:
        if attempt >= len(RETRY_SECONDS):
            return None
        return self._clock.after(RETRY_SECONDS[attempt]).timestamp()


def post_to_loopback(url: str, headers: Headers, body: bytes) -> int:
    """Deliver to this machine, whatever name the address carries; a simulator calls nobody else.

    Names under .localhost are not resolved everywhere, so the name goes into the Host header only.
    """
    split = urlsplit(url)
    host = split.hostname or ""
    if not _is_of_this_machine(host):
        raise OSError(f"not an address of this machine: {host}")
    kind = HTTPSConnection if split.scheme == "https" else HTTPConnection
    connection = kind("127.0.0.1", split.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", split.path or "/", body, {**headers, "Host": split.netloc})
        return connection.getresponse().status
    finally:
        connection.close()


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
    document = transaction(order) | {"trade_state": "SUCCESS"}
    if mode == "foreign_mchid":
        document["mchid"] = "1900000001"
    if mode == "other_amount":
        document["amount"] = {
            "total": order.amount_fen + 1,
            "payer_total": order.amount_fen + 1,
            "currency": order.currency,
            "payer_currency": order.currency,
        }
    return document


def _spoilt(headers: Headers, body: bytes, mode: str) -> tuple[Headers, bytes]:
    if mode == "signtest":
        headers["Wechatpay-Signature"] = PROBE_PREFIX + headers["Wechatpay-Signature"]
    if mode == "repeated_header":
        serial = headers["Wechatpay-Serial"]
        headers["Wechatpay-Serial"] = f"{serial},{serial}"
    if mode == "tampered_body":
        body = body.replace("支付成功".encode(), "支付完成".encode())
    return headers, body


def is_acceptable_address(url: str) -> bool:
    """What the channel takes as notify_url: no query; https, or http on this machine."""
    split = urlsplit(url)
    host = split.hostname or ""
    is_web = split.scheme == "https" or (split.scheme == "http" and _is_of_this_machine(host))
    return is_web and bool(host) and not split.query


def _is_of_this_machine(host: str) -> bool:
    """Loopback, or a name under a domain that is reserved for it (RFC 6761) and nobody's."""
    return host in {"localhost", "127.0.0.1"} or host.endswith((".localhost", ".test"))


def expired(order: Order, now: datetime) -> bool:
    return bool(order.expires_at) and datetime.fromisoformat(order.expires_at) <= now
