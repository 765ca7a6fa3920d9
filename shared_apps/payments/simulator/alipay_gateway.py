"""The simulated gateway.do: the payment page's address, query, close, refund and its question.

Faults are planted as for the other channels; besides, `not_exist` makes a query find no trade, and
`fund_unchanged` makes a refund that moved money say that it moved none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from shared_apps.payments.simulator import alipay
from shared_apps.payments.simulator.alipay import AlipayCall, AlipaySkin, refusal
from shared_apps.payments.simulator.alipay_bills import METHOD, AlipayBills
from shared_apps.payments.simulator.alipay_bills import PATH as BILL_PATH
from shared_apps.payments.simulator.bill_days import MODES, POINT
from shared_apps.payments.simulator.books import Fault, Order
from shared_apps.payments.simulator.clock import stamp
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.keys import forgers_key
from shared_apps.payments.simulator.protocol import Refusal, Reply, token
from shared_apps.payments.simulator.skins import LineDropped, expired, is_acceptable_address

_JSON = {"Content-Type": "application/json;charset=utf-8"}
_TRADE_NO = re.compile(r"[0-9A-Za-z_]{1,64}")
_YUAN = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_STATES = {
    "NOTPAY": "WAIT_BUYER_PAY",
    "SUCCESS": "TRADE_SUCCESS",
    "CLOSED": "TRADE_CLOSED",
    "REFUND": "TRADE_CLOSED",
}

_Act = Callable[[AlipayCall, datetime], dict[str, object]]


class AlipayGateway:
    """One address for everything; it answers 200 whatever happens."""

    prefix: ClassVar = "/gateway.do"

    def __init__(self, core: GatewayCore) -> None:
        self._core = core
        self.skin = AlipaySkin(core.store, core.books, core.clock, core.seed)
        self._bills = AlipayBills(core)
        self._acts: dict[str, tuple[str, _Act]] = {
            "alipay.trade.query": ("query", self._query),
            "alipay.trade.close": ("close", self._close),
            "alipay.trade.refund": ("refund", self._refund),
            "alipay.trade.fastpay.refund.query": ("refund", self._query_refund),
        }

    def answer(self, _method: str, url: str, _headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request; raises LineDropped when a fault swallows it."""
        now = self._core.clock.now()
        if urlsplit(url).path == BILL_PATH:
            return self._bills.download(url, now)
        try:
            call = alipay.authenticated(self._core.store, url=url, body=body, now=now)
        except Refusal as refused:
            self._core.books.note(stamp(now), "refused", url=url, code=refused.code)
            return self._reply("error", _error(refused), "")
        if call.method == alipay.PAGE:
            return self._page(call, now)
        if call.method == METHOD:
            return self._bill(call, now)
        return self._answer(call, now)

    def _answer(self, call: AlipayCall, now: datetime) -> Reply:
        if call.method not in self._acts:
            return self._reply(call.method, _error(refusal("40002", "isv.invalid-method")), "")
        point, act = self._acts[call.method]
        number = str(call.content.get("out_trade_no", ""))
        fault = self._core.books.take_fault(point, number, self.skin.request_modes[point])
        mode = fault.mode if fault else ""
        try:
            self._before(fault)
            with self._core.books.transaction():
                document = {"code": "10000", "msg": "Success", **act(call, now)}
                self._core.books.note(stamp(now), point, number=number, fault=mode)
        except Refusal as refused:
            document = _error(refused)
        if mode == "drop_after":
            raise LineDropped
        if mode == "error_after":
            document = _error(refusal("40004", "ACQ.SYSTEM_ERROR", "系统错误"))
        if mode == "fund_unchanged" and "fund_change" in document:
            document["fund_change"] = "N"
        return self._reply(call.method, document, mode)

    def _bill(self, call: AlipayCall, now: datetime) -> Reply:
        fault = self._core.books.take_fault(POINT, call.merchant.mchid, MODES)
        mode = fault.mode if fault else ""
        self._core.books.note(stamp(now), POINT, number=call.merchant.mchid, fault=mode)
        try:
            document = {"code": "10000", "msg": "Success", **self._bills.address(call, now, mode)}
        except Refusal as refused:
            document = _error(refused)
        return self._reply(call.method, document, "")

    def _before(self, fault: Fault | None) -> None:
        mode = fault.mode if fault else ""
        if fault is not None and mode == "latency":
            self._core.sleep(fault.seconds)
        if mode == "drop_before":
            raise LineDropped
        if mode == "error_before":
            raise refusal("20000", "isp.unknow-error", "服务不可用")
        if mode == "rate_limited":
            raise refusal("40005", "isv.app-call-limited", "应用调用次数超限")
        if mode == "not_exist":
            raise _absent()

    def _reply(self, method: str, document: Mapping[str, object], mode: str) -> Reply:
        key = forgers_key() if mode == "badly_signed" else self._core.store.alipay_platform
        signer = None if mode == "unsigned" else key
        return 200, dict(_JSON), alipay.answer(signer, method, document)

    def _page(self, call: AlipayCall, now: datetime) -> Reply:
        """The payer follows the address: from now on the trade exists."""
        number = str(call.content.get("out_trade_no", ""))
        self._before(self._core.books.take_fault("order", number, self.skin.request_modes["order"]))
        try:
            with self._core.books.transaction():
                order = self._opened(call, now)
        except Refusal as refused:
            words = f"订单信息有误：{refused.message}"
            return 400, {"Content-Type": "text/plain; charset=utf-8"}, words.encode()
        back = {"redirect_url": call.fields.get("return_url", "")}
        address = f"{self._core.public_url}/cashier/{order.prepay_id}?{urlencode(back)}"
        return 302, {"Location": address, "Cache-Control": "no-store"}, b""

    def _opened(self, call: AlipayCall, now: datetime) -> Order:
        wanted = self._wanted(call, now)
        known = self._core.books.order(wanted.mchid, wanted.out_trade_no)
        if known is None:
            self._core.books.add_order(wanted)
            self._core.books.note(stamp(now), "order", number=wanted.out_trade_no)
            return wanted
        if (known.amount_fen, known.description) != (wanted.amount_fen, wanted.description):
            raise refusal("40004", "ACQ.CONTEXT_INCONSISTENT")
        return known

    def _wanted(self, call: AlipayCall, now: datetime) -> Order:
        content = call.content
        number = str(content.get("out_trade_no", ""))
        notify_url = call.fields.get("notify_url", "")
        if not _TRADE_NO.fullmatch(number) or not is_acceptable_address(notify_url):
            raise refusal("40002", "isv.invalid-parameter")
        if content.get("product_code") != "QUICK_WAP_WAY":
            raise refusal("40004", "ACQ.INVALID_PARAMETER")
        if content.get("seller_id", call.merchant.mchid) != call.merchant.mchid:
            raise refusal("40004", "ACQ.ACCESS_FORBIDDEN")
        sequence = self._core.books.next_number("order")
        return Order(
            mchid=call.merchant.mchid,
            out_trade_no=number,
            prepay_id="ali" + token(f"{sequence}:{call.merchant.mchid}:{number}", 29).lower(),
            kind="wap",
            appid=call.merchant.appid,
            description=str(content.get("subject", "")),
            amount_fen=_fen(content.get("total_amount")),
            currency="CNY",
            notify_url=notify_url,
            expires_at=_expiry(content),
            openid="",
            state="NOTPAY",
            transaction_id=None,
            paid_at="",
        )

    def _query(self, call: AlipayCall, now: datetime) -> dict[str, object]:
        order = self._own(call)
        if order.state == "NOTPAY" and expired(order, now):
            order = self._ended(order, now)
        document: dict[str, object] = {
            "out_trade_no": order.out_trade_no,
            "total_amount": alipay.yuan_of(order.amount_fen),
            "trade_status": _STATES[order.state],
        }
        if order.transaction_id:
            document |= {
                "trade_no": order.transaction_id,
                "buyer_user_id": order.openid,
                "send_pay_date": alipay.wall(datetime.fromisoformat(order.paid_at)),
                # A brace and a quotation mark in a text must not mislead whoever verifies this.
                "store_name": '收款"{一}"',
            }
        return document

    def _close(self, call: AlipayCall, now: datetime) -> dict[str, object]:
        order = self._own(call)
        if order.state != "NOTPAY":
            raise refusal("40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        self._ended(order, now)
        return {"out_trade_no": order.out_trade_no}

    def _ended(self, order: Order, now: datetime) -> Order:
        """Closed unpaid; the merchant is told of that, too."""
        books = self._core.books
        books.set_state(order, "CLOSED")
        told = alipay.notify_id("C", order.out_trade_no, now)
        books.owe_callback(told, order, due_at=now.timestamp())
        ended = books.order_by_prepay(order.prepay_id)
        assert ended is not None
        return ended

    def _refund(self, call: AlipayCall, now: datetime) -> dict[str, object]:
        order, books = self._own(call), self._core.books
        number, fen = (
            str(call.content.get("out_request_no", "")),
            _fen(call.content.get("refund_amount")),
        )
        if order.transaction_id is None:
            raise refusal("40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        if not number:
            raise refusal("40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额不等")
        known = books.refund(order.mchid, number)
        if known is not None and known["amount_fen"] != fen:
            raise refusal("40004", "ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求")
        if known is None:
            self._give_back(order, number, fen, now)
        return {
            "out_trade_no": order.out_trade_no,
            "trade_no": order.transaction_id,
            "buyer_user_id": order.openid,
            "fund_change": "N" if known else "Y",
            "gmt_refund_pay": alipay.wall(now),
            "refund_fee": alipay.yuan_of(books.refunded_fen(order)),
        }

    def _give_back(self, order: Order, number: str, fen: int, now: datetime) -> None:
        books = self._core.books
        if books.refunded_fen(order) + fen > order.amount_fen:
            raise refusal("40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
        refund_id = f"{order.transaction_id}:{number}"
        books.record_refund(order, number=number, refund_id=refund_id, fen=fen, at=stamp(now))
        if books.refunded_fen(order) == order.amount_fen:
            books.set_state(order, "REFUND")
        told = alipay.notify_id("R", number, now)
        books.owe_callback(told, order, due_at=now.timestamp())

    def _query_refund(self, call: AlipayCall, _now: datetime) -> dict[str, object]:
        """Without the facts of a refund, a successful answer means that there is none."""
        order = self._own(call)
        number = str(call.content.get("out_request_no", ""))
        known = self._core.books.refund(order.mchid, number)
        if known is None or known["out_trade_no"] != order.out_trade_no:
            return {}
        return {
            "out_trade_no": order.out_trade_no,
            "out_request_no": number,
            "trade_no": order.transaction_id,
            "total_amount": alipay.yuan_of(order.amount_fen),
            "refund_amount": alipay.yuan_of(known["amount_fen"]),
            "refund_status": "REFUND_SUCCESS",
            "gmt_refund_pay": alipay.wall(datetime.fromisoformat(known["created_at"])),
        }

    def _own(self, call: AlipayCall) -> Order:
        """The trade by the merchant's number, or by the channel's."""
        books, mchid = self._core.books, call.merchant.mchid
        number = str(call.content.get("out_trade_no", ""))
        order = books.order(mchid, number) if number else None
        if order is None and call.content.get("trade_no"):
            order = books.order_by_transaction(mchid, str(call.content["trade_no"]))
        if order is None:
            raise _absent()
        return order


def _absent() -> Refusal:
    return refusal("40004", "ACQ.TRADE_NOT_EXIST", "交易不存在")


def _error(refused: Refusal) -> dict[str, object]:
    code, _, sub_code = refused.code.partition("/")
    words = {"40004": "Business Failed", "20000": "Service Currently Unavailable"}
    msg = words.get(code, "Invalid Arguments")
    return {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": refused.message}


def _fen(value: Any) -> int:
    text = str(value)
    if not _YUAN.fullmatch(text) or text == "0.00":
        raise refusal("40004", "ACQ.TOTAL_FEE_EXCEED", "金额不合法")
    return int(text.replace(".", ""))


def _expiry(content: Mapping[str, Any]) -> str:
    text = str(content.get("time_expire") or "")
    try:
        return stamp(alipay.parsed_wall(text)) if text else ""
    except ValueError:
        raise refusal("40002", "isv.invalid-parameter") from None
