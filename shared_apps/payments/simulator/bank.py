"""The simulated bank's mobile gateway (PGWPortal), on the simulator's books.

POST B2CMobileRecvOrder.do   the payer's browser brings the merchant's signed form; the answer
leads to the cashier
POST CommonQueryOrder.do     where orders stand, unsigned
POST QueryOrderTrans.do      an order's payment and refunds, one by one
POST RefundOrder.do          gives money back at once; the answer is signed
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from shared_apps.delivery.simulator import sheet
from shared_apps.payments.simulator import bank_protocol as protocol
from shared_apps.payments.simulator.bank_bills import DOWNLOAD, TICKET, BankBills
from shared_apps.payments.simulator.bank_keys import BankKeys, BankMerchant, Signature
from shared_apps.payments.simulator.bank_skin import BankSkin
from shared_apps.payments.simulator.bill_days import MODES, POINT
from shared_apps.payments.simulator.books import Fault, Order
from shared_apps.payments.simulator.clock import stamp
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.protocol import Refusal, Reply, digits, token
from shared_apps.payments.simulator.skins import LineDropped, is_acceptable_address

_Form = Mapping[str, str]
_Act = Callable[[_Form, BankMerchant, str], Reply]

_ORDER = "orderNo orderTime curCode orderAmount merchantNo"
_REFUND = "merchantNo mRefundSeq curCode refundAmount orderNo"
_REFUND_ANSWER = (
    "merchantNo mRefundSeq refundAmount orderNo orderSeq orderAmount bankTranSeq tranTime"
    " dealStatus"
)
_STATUS = {"NOTPAY": "0", "SUCCESS": "1", "REFUND": "3", "CLOSED": "2"}


class BankGateway:
    """Answers merchants and their payers; every act is noted in the journal."""

    prefix: ClassVar = "/PGWPortal/"

    def __init__(self, core: GatewayCore, keys: BankKeys) -> None:
        self._core = core
        self.keys = keys
        self.skin = BankSkin(keys, core.seed)
        self._bills = BankBills(core, keys.gateway)
        self._pages: dict[str, tuple[str, str, _Act]] = {
            "B2CMobileRecvOrder.do": ("order", "orderNo", self._receive),
            "CommonQueryOrder.do": ("query", "orderNos", self._query),
            "QueryOrderTrans.do": ("query", "orderNo", self._transactions),
            "RefundOrder.do": ("refund", "orderNo", self._refund),
            TICKET: (POINT, "merchantNo", self._bills.ticket),
        }

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        name = urlsplit(url).path.removeprefix(self.prefix)
        if method == "GET" and name == DOWNLOAD:
            return self._bills.download(url)
        if method != "POST" or name not in self._pages:
            return 404, {"Content-Type": "text/plain; charset=utf-8"}, b"no such page"
        return self._page(name, protocol.form_of(body))

    def _page(self, name: str, form: _Form) -> Reply:
        point, numbered_by, act = self._pages[name]
        number = form.get(numbered_by, "")
        modes = MODES if point == POINT else self.skin.request_modes[point]
        fault = self._core.books.take_fault(point, number, modes)
        mode = fault.mode if fault else ""
        self._suffer(fault)
        if mode == "error_before":
            return _out_of_order()
        try:
            with self._core.books.transaction():
                reply = act(form, self._merchant(form), mode)
                self._note(point, number=number, mode=mode)
        except Refusal as refusal:
            self._note("refused", number=number, code=refusal.code)
            if point == "order":
                return _turned_away(refusal)
            return protocol.refused(form.get("merchantNo", ""), refusal)
        if mode == "drop_after":
            raise LineDropped
        if mode == "error_after":
            return _out_of_order()
        return reply

    def _suffer(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.mode == "latency":
            self._core.sleep(fault.seconds)
        if fault.mode == "drop_before":
            raise LineDropped

    def _merchant(self, form: _Form) -> BankMerchant:
        merchant = self.keys.merchant(form.get("merchantNo", ""))
        if merchant is None:
            raise Refusal(400, "E00000001", "商户号不存在")
        return merchant

    def _receive(self, form: _Form, merchant: BankMerchant, _mode: str) -> Reply:
        text = protocol.joined(form, _ORDER)
        protocol.demand_signed(merchant, text, form.get("signData", ""))
        wanted = self._wanted(form, merchant)
        known = self._core.books.order(wanted.mchid, wanted.out_trade_no)
        if known is None:
            self._core.books.add_order(wanted)
        elif known.amount_fen != wanted.amount_fen:
            raise Refusal(400, "E00000021", "订单号重复")
        prepay_id = (known or wanted).prepay_id
        page = f"{self._core.public_url}/cashier/{prepay_id}"
        return 303, {"Location": page, "Cache-Control": "no-store"}, b""

    def _wanted(self, form: _Form, merchant: BankMerchant) -> Order:
        number = form.get("orderNo", "")
        if not (number.isascii() and number.isalnum() and len(number) <= 19):
            raise Refusal(400, "E00000013", "订单号格式不正确")
        if form.get("curCode") != "001" or form.get("payType") != "1":
            raise Refusal(400, "E00000014", "币种或支付类型不正确")
        if not is_acceptable_address(form.get("orderUrl", "")):
            raise Refusal(400, "E00000015", "通知地址不正确")
        protocol.moment(form.get("orderTime", ""))
        ends = protocol.moment(form.get("orderTimeoutDate", ""))
        if ends <= self._core.clock.now():
            raise Refusal(400, "E00000016", "订单已超过支付时限")
        place = self._core.books.next_number("order")
        return Order(
            mchid=merchant.number,
            out_trade_no=number,
            prepay_id="bk" + token(f"{self._core.seed}:bank:{place}:{number}", 30).lower(),
            kind="bank",
            appid=merchant.terminal,
            description=form.get("orderNote", "") or "党费",
            amount_fen=protocol.fen(form.get("orderAmount", "")),
            currency="CNY",
            notify_url=form["orderUrl"],
            expires_at=stamp(ends),
            openid="",
            state="NOTPAY",
            transaction_id=None,
            paid_at="",
        )

    def _query(self, form: _Form, merchant: BankMerchant, mode: str) -> Reply:
        numbers = form.get("orderNos", "")
        text = f"{merchant.number}:{numbers}"
        protocol.demand_signed(merchant, text, form.get("signData", ""))
        found = [self._core.books.order(merchant.number, one) for one in numbers.split("|")]
        return protocol.document(
            _header(merchant), [self._standing(order, mode) for order in found if order]
        )

    def _standing(self, order: Order, mode: str) -> dict[str, str]:
        is_clear = mode != "status_unknown"
        facts = {
            "merchantNo": order.mchid,
            "orderNo": order.out_trade_no,
            "orderSeq": order.transaction_id or "",
            "orderStatus": _STATUS[order.state] if is_clear else "4",
        }
        if order.transaction_id and is_clear:
            facts |= {
                "cardTyp": "01",
                "payTime": protocol.printed(datetime.fromisoformat(order.paid_at)),
                "payAmount": protocol.yuan(order.amount_fen),
            }
        return facts

    def _transactions(self, form: _Form, merchant: BankMerchant, mode: str) -> Reply:
        text = protocol.joined(form, "merchantNo orderNo")
        protocol.demand_signed(merchant, text, form.get("signData", ""))
        order = self._core.books.order(merchant.number, form.get("orderNo", ""))
        if order is None:
            raise Refusal(400, "E00000031", "订单不存在")
        entries = [_payment(order)] if order.transaction_id else []
        status = "4" if mode == "status_unknown" else "1"
        refunds = self._core.books.refunds_of(order)
        entries += [_given_back(order, refund, status) for refund in refunds]
        return protocol.document(_header(merchant), entries)

    def _refund(self, form: _Form, merchant: BankMerchant, mode: str) -> Reply:
        text = protocol.joined(form, _REFUND)
        protocol.demand_signed(merchant, text, form.get("signData", ""))
        order = self._core.books.order(merchant.number, form.get("orderNo", ""))
        fen = protocol.fen(form.get("refundAmount", ""))
        number = form.get("mRefundSeq", "")
        if mode == "refund_refused" or order is None or not self._give_back(order, number, fen):
            header = _header(merchant) | {"dealStatus": "1", "exception": "E00000041"}
            return protocol.document(header, ())
        status = "2" if mode == "refund_unclear" else "0"
        who = self.keys.other_customer() if mode == "badly_signed" else self.keys.gateway
        return self._receipt(order, number, status, who)

    def _give_back(self, order: Order, number: str, fen: int) -> bool:
        """Whether the money went back, now or before under the same number and sum."""
        known = self._core.books.refund(order.mchid, number)
        if known is not None:
            return bool((known["out_trade_no"], known["amount_fen"]) == (order.out_trade_no, fen))
        left = order.amount_fen - self._core.books.refunded_fen(order)
        if order.transaction_id is None or not number or fen > left:
            return False
        self._core.books.record_refund(
            order,
            number=number,
            refund_id="8" + digits(f"{self._core.seed}:back:{order.mchid}:{number}", 17),
            fen=fen,
            at=stamp(self._core.clock.now()),
        )
        self._core.books.set_state(order, "REFUND")
        return True

    def _receipt(self, order: Order, number: str, status: str, who: Signature) -> Reply:
        refund = self._core.books.refund(order.mchid, number)
        assert refund is not None
        facts = {
            "merchantNo": order.mchid,
            "mRefundSeq": number,
            "curCode": "001",
            "refundAmount": protocol.yuan(refund["amount_fen"]),
            "orderNo": order.out_trade_no,
            "orderSeq": order.transaction_id or "",
            "orderAmount": protocol.yuan(order.amount_fen),
            "bankTranSeq": refund["refund_id"],
            "tranTime": protocol.printed(datetime.fromisoformat(refund["created_at"])),
        }
        signed = protocol.joined(facts | {"dealStatus": status}, _REFUND_ANSWER)
        facts["signData"] = protocol.signature_of(who, signed)
        header = {
            "merchantNo": order.mchid,
            "returnActFlag": "3",
            "dealStatus": status,
            "bodyFlag": "1",
        }
        return protocol.document(header, [facts])

    def _note(self, what: str, **facts: object) -> None:
        self._core.books.note(stamp(self._core.clock.now()), what, channel="bank", **facts)


def _header(merchant: BankMerchant) -> dict[str, str]:
    return {"merchantNo": merchant.number, "hdlSts": "A", "bdFlg": "0", "rtnCd": ""}


def _payment(order: Order) -> dict[str, str]:
    return {
        "merchantNo": order.mchid,
        "orderNo": order.out_trade_no,
        "orderSeq": order.transaction_id or "",
        "custTranId": "",
        "tranSeq": order.transaction_id or "",
        "tranCode": "01",
        "tranTime": protocol.printed(datetime.fromisoformat(order.paid_at)),
        "tranAmount": protocol.yuan(order.amount_fen),
        "tranStatus": "1",
    }


def _given_back(order: Order, refund: Mapping[str, object], status: str) -> dict[str, str]:
    return _payment(order) | {
        "custTranId": str(refund["out_refund_no"]),
        "tranSeq": str(refund["refund_id"]),
        "tranCode": "03",
        "tranTime": protocol.printed(datetime.fromisoformat(str(refund["created_at"]))),
        "tranAmount": protocol.yuan(int(str(refund["amount_fen"]))),
        "tranStatus": status,
    }


def _turned_away(refusal: Refusal) -> Reply:
    """What the payer sees when the merchant's form is not taken."""
    content = (
        '<div class="state stopped"><strong>订单无法受理</strong>'
        f"<p>{refusal.message}（{refusal.code}），没有扣款。请返回原页面重新发起支付。</p></div>"
    )
    body = sheet.page(
        title="手机银行支付",
        strapline="支付模拟器",
        content=content,
        note="这是支付模拟器，只在本机运行：不连接真实支付渠道，不会扣款。",
    )
    return refusal.status, dict(sheet.HEADERS), body


def _out_of_order() -> Reply:
    return 500, {"Content-Type": "text/html; charset=utf-8"}, "系统忙，请稍后再试".encode()
