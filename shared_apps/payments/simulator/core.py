"""The simulated WeChat Pay v3 gateway without any transport.

`GatewayCore.handle(method, url, headers, body) -> (status, headers, body)` is the whole channel.
Tests answer with it through `responses`, the demo through a loopback HTTP server.

Faults are planted by point and mode:

order, query, close, refund (WeChat's; another channel's stand in its skin's `request_modes`)
    drop_before, drop_after (acted, but the answer is lost), error_before, error_after (500),
    rate_limited (429), latency, unsigned, badly_signed; on order also callback_first: the payer
    pays and the callback arrives before the order's own answer. On refund also
    refund_not_enough (the merchant's balance does not reach); how one ends: `wechat_refunds`.
callback
    see `skins.TIMING_MODES` and each skin's `spoiling`.
bill
    see `bill_days`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared_apps.payments.simulator import bill_days, bills
from shared_apps.payments.simulator.books import Books, Fault, Order
from shared_apps.payments.simulator.callbacks import CallbackOffice, post_to_loopback
from shared_apps.payments.simulator.clock import BEIJING, ScaledClock, stamp
from shared_apps.payments.simulator.keys import KeyStore, forgers_key
from shared_apps.payments.simulator.protocol import (
    Call,
    Refusal,
    Reply,
    authenticate,
    error_reply,
    signature_headers,
    signed,
    token,
)
from shared_apps.payments.simulator.skins import (
    Gateway,
    LineDropped,
    Post,
    expired,
    is_acceptable_address,
)
from shared_apps.payments.simulator.wechat import WeChatSkin, transaction
from shared_apps.payments.simulator.wechat_refunds import FATES, RefundDesk

PARTIAL_REFUNDS = 50
_NUMBER = r"(?P<number>[0-9A-Za-z_\-*|@]{1,64})"
_TRADE_NO = re.compile(r"[0-9A-Za-z_\-*]{6,32}")

_Act = Callable[[Call, str, datetime], tuple[int, object]]


class GatewayCore:
    """One channel: keys, books, callbacks. Thread-safe; never waits while holding the books."""

    def __init__(
        self,
        store: KeyStore,
        books: Books,
        *,
        clock: ScaledClock | None = None,
        post: Post = post_to_loopback,
        public_url: str = "http://127.0.0.1:8091",
        seed: str = "paysim",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.store = store
        self.books = books
        self.clock = clock or ScaledClock()
        self.public_url = public_url
        self.seed = seed
        self.sleep = sleep
        self._refunds = RefundDesk(books, self.clock, seed)
        self._wechat = WeChatSkin(store, self.clock, seed, self._refunds)
        self.bills = bills.BillOffice(
            store, books, self.clock, seed=seed, origin=lambda: self.public_url
        )
        self._gateways: list[Gateway] = []
        self.callbacks = CallbackOffice(books, self.clock, post)
        self.callbacks.add(self._wechat)
        orders, refunds = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
        self._routes: tuple[tuple[str, re.Pattern[str], str, _Act], ...] = (
            ("POST", re.compile(f"{orders}/(?P<number>h5|native|jsapi)"), "order", self._order),
            ("GET", re.compile(f"{orders}/out-trade-no/{_NUMBER}"), "query", self._query),
            ("GET", re.compile(f"{orders}/id/{_NUMBER}"), "query", self._query_transaction),
            ("POST", re.compile(f"{orders}/out-trade-no/{_NUMBER}/close"), "close", self._close),
            ("POST", re.compile(refunds), "refund", self._refund),
            ("GET", re.compile(f"{refunds}/{_NUMBER}"), "refund", self._query_refund),
        )

    def add(self, gateway: Gateway) -> None:
        """Speak one more channel, on the same books."""
        self._gateways.append(gateway)
        self.callbacks.add(gateway.skin)

    def speaks(self, path: str) -> bool:
        """Whether the path is one of a channel's own interface."""
        return path.startswith("/v3/") or self._gateway(path) is not None

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one API request; raises LineDropped when a fault swallows it."""
        gateway = self._gateway(urlsplit(url).path)
        if gateway is not None:
            return gateway.answer(method, url, headers, body)
        if urlsplit(url).path.startswith(bills.PREFIX):
            return self.bills.answer(method, url, headers, body)
        now = self.clock.now()
        try:
            call = authenticate(
                self.store, method=method, url=url, headers=headers, body=body, now=now
            )
            return self._answer(call, now)
        except Refusal as refusal:
            self.books.note(stamp(now), "refused", method=method, url=url, code=refusal.code)
            return error_reply(refusal)

    def plant(
        self, point: str, mode: str, *, out_trade_no: str = "", seconds: float = 0, times: int = 1
    ) -> None:
        """Plant a fault for the next `times` occasions; raises ValueError for an unknown one."""
        modes = bill_days.MODES if point == bill_days.POINT else self.callbacks.modes(point)
        if mode not in modes:
            raise ValueError(f"no such fault: {point} {mode}")
        self.books.plant_fault(Fault(point, mode, seconds), out_trade_no=out_trade_no, times=times)

    def pay(self, prepay_id: str, *, after_close: bool = False) -> Order:
        """The payer pays. `after_close` plays the payer who was on the password page.

        Raises Refusal when the order cannot be paid (paid already, closed, expired).
        """
        with self.books.transaction():
            order = self.books.order_by_prepay(prepay_id)
            if order is None:
                raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
            now = self.clock.now()
            is_open = order.state == "NOTPAY" and not expired(order, now)
            if not is_open and not (after_close and order.state == "CLOSED"):
                raise Refusal(400, "ORDER_CLOSED", "订单不能再支付")
            number = self.books.next_number("payment")
            skin = self.callbacks.skin_of(order)
            self.books.record_payment(
                order,
                openid=order.openid or skin.payer(order),
                transaction_id=skin.transaction_id(number, now),
                at=stamp(now),
            )
            paid = self.books.order_by_prepay(prepay_id)
            assert paid is not None
            self.callbacks.owe(paid, number=number)
            self.books.note(stamp(now), "paid", out_trade_no=paid.out_trade_no)
        return paid

    def _gateway(self, path: str) -> Gateway | None:
        return next((one for one in self._gateways if path.startswith(one.prefix)), None)

    def _answer(self, call: Call, now: datetime) -> Reply:
        point, number, act = self._route(call)
        trade_no = str(call.document.get("out_trade_no", "")) if point == "order" else number
        fault = self.books.take_fault(
            point, trade_no, self._wechat.request_modes[point] - FATES.keys()
        )
        mode = fault.mode if fault else ""
        self._before(fault)
        with self.books.transaction():
            status, document = act(call, number, now)
            self.books.note(stamp(now), point, number=trade_no, status=status, fault=mode)
        if mode == "callback_first":
            order = self.books.order(call.merchant.mchid, trade_no)
            assert order is not None
            self.pay(order.prepay_id)
            self.callbacks.deliver_due()
        if mode == "drop_after":
            raise LineDropped
        if mode == "error_after":
            raise Refusal(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用")
        nonce = token(f"{self.seed}:{self.books.next_number('answer')}")
        reply = signed(self.store, status=status, document=document, now=now, nonce=nonce)
        return self._after(reply, mode, now)

    def _before(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.mode == "latency":
            self.sleep(fault.seconds)
        if fault.mode == "drop_before":
            raise LineDropped
        if fault.mode == "error_before":
            raise Refusal(500, "SYSTEM_ERROR", "系统异常，请用相同参数重新调用")
        if fault.mode == "refund_not_enough":
            raise Refusal(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
        if fault.mode == "rate_limited":
            raise Refusal(429, "FREQUENCY_LIMITED", "请求过于频繁")

    def _after(self, reply: Reply, mode: str, now: datetime) -> Reply:
        status, headers, body = reply
        if mode == "unsigned":
            headers = {k: v for k, v in headers.items() if not k.startswith("Wechatpay-")}
        if mode == "badly_signed":
            headers |= signature_headers(
                forgers_key(),
                serial=self.store.platform_key_id,
                body=body,
                at=now,
                nonce=headers["Wechatpay-Nonce"],
            )
        return status, headers, body

    def _route(self, call: Call) -> tuple[str, str, _Act]:
        for method, pattern, point, act in self._routes:
            match = pattern.fullmatch(call.path)
            if match and method == call.method:
                return point, match.groupdict().get("number", ""), act
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "接口不存在")

    def _order(self, call: Call, kind: str, now: datetime) -> tuple[int, object]:
        wanted = self._wanted(call, kind, now)
        known = self.books.order(wanted.mchid, wanted.out_trade_no)
        if known is None:
            self.books.add_order(wanted)
            return 200, self._invitation(wanted)
        if known.state == "CLOSED":
            raise Refusal(400, "ORDER_CLOSED", "订单已关闭")
        if known.state != "NOTPAY":
            raise Refusal(400, "INVALID_REQUEST", "该订单已支付")
        if (known.kind, known.amount_fen, known.description) != (
            kind,
            wanted.amount_fen,
            wanted.description,
        ):
            raise Refusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")
        return 200, self._invitation(known)

    def _wanted(self, call: Call, kind: str, now: datetime) -> Order:
        document = call.document
        if (document.get("mchid"), document.get("appid")) != (
            call.merchant.mchid,
            call.merchant.appid,
        ):
            raise Refusal(400, "APPID_MCHID_NOT_MATCH", "appid 与 mchid 不匹配")
        trade_no = _text(document, "out_trade_no", 32)
        if not _TRADE_NO.fullmatch(trade_no):
            raise _bad("out_trade_no")
        notify_url = _text(document, "notify_url", 256)
        if not is_acceptable_address(notify_url):
            raise _bad("notify_url")
        if kind == "h5" and not _part(document, "scene_info").get("payer_client_ip"):
            raise _bad("scene_info")
        payer = _text(_part(document, "payer"), "openid", 128) if kind == "jsapi" else ""
        number = self.books.next_number("order")
        return Order(
            mchid=call.merchant.mchid,
            out_trade_no=trade_no,
            prepay_id="wx"
            f"{now.astimezone(BEIJING):%d%H%M%S}"
            + token(f"{self.seed}:prepay:{number}:{trade_no}", 26).lower(),
            kind=kind,
            appid=call.merchant.appid,
            description=_text(document, "description", 127),
            amount_fen=_fen(_part(document, "amount"), "total"),
            currency=str(_part(document, "amount").get("currency", "CNY")),
            notify_url=notify_url,
            expires_at=_moment(document, "time_expire"),
            openid=payer,
            state="NOTPAY",
            transaction_id=None,
            paid_at="",
        )

    def _invitation(self, order: Order) -> dict[str, str]:
        page = f"{self.public_url}/cashier/{order.prepay_id}?package=1"
        if order.kind == "jsapi":
            return {"prepay_id": order.prepay_id}
        return {"h5_url": page} if order.kind == "h5" else {"code_url": page}

    def _query(self, call: Call, number: str, _now: datetime) -> tuple[int, object]:
        return 200, transaction(self._own(call, self.books.order(_mchid(call), number)))

    def _query_transaction(self, call: Call, number: str, _now: datetime) -> tuple[int, object]:
        found = self.books.order_by_transaction(_mchid(call), number)
        return 200, transaction(self._own(call, found))

    def _close(self, call: Call, number: str, _now: datetime) -> tuple[int, object]:
        if call.document.get("mchid") != call.merchant.mchid:
            raise _bad("mchid")
        # Seen in the wild: closing a number that the channel does not know answers 204 as well.
        order = self.books.order(call.merchant.mchid, number)
        if order is not None and order.state in {"SUCCESS", "REFUND"}:
            raise Refusal(400, "INVALID_REQUEST", "该订单已支付")
        if order is not None:
            self.books.set_state(order, "CLOSED")
        return 204, None

    def _refund(self, call: Call, _number: str, now: datetime) -> tuple[int, object]:
        document = call.document
        mchid = call.merchant.mchid
        _text(document, "out_refund_no", 64)
        if document.get("transaction_id"):
            order = self.books.order_by_transaction(mchid, str(document["transaction_id"]))
        else:
            order = self.books.order(mchid, str(document.get("out_trade_no", "")))
        order = self._own(call, order)
        fen = _fen(_part(document, "amount"), "refund")
        if order.transaction_id is None:
            raise Refusal(400, "INVALID_REQUEST", "订单未支付")
        if _fen(_part(document, "amount"), "total") != order.amount_fen:
            raise Refusal(400, "PARAM_ERROR", "订单金额不一致")
        return 200, self._refunds.ask(order, document, fen=fen, now=now)

    def _query_refund(self, call: Call, number: str, _now: datetime) -> tuple[int, object]:
        known = self.books.refund_end(call.merchant.mchid, number)
        if known is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        order = self._own(call, self.books.order(call.merchant.mchid, known["out_trade_no"]))
        return 200, self._refunds.document(order, number)

    def _own(self, call: Call, order: Order | None) -> Order:
        if order is None or order.mchid != call.merchant.mchid:
            raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
        return order


def _mchid(call: Call) -> str:
    """The merchant a query asks for, which must be the one who signed it."""
    if parse_qs(call.query).get("mchid") != [call.merchant.mchid]:
        raise _bad("mchid")
    return call.merchant.mchid


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise _bad(name)
    return value


def _text(document: Mapping[str, Any], name: str, limit: int) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise _bad(name)
    return value


def _fen(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise _bad(name)
    return value


def _moment(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    try:
        parsed = datetime.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        raise _bad(name) from None
    if parsed is not None and parsed.tzinfo is None:
        raise _bad(name)
    return str(value)


def _bad(name: str) -> Refusal:
    return Refusal(400, "PARAM_ERROR", f"参数 {name} 不合法")
