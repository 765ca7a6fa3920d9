"""The cashier page: what the payer sees between our order and our receipt.

A sheet of our own design; it imitates no channel's artwork and says that it is a simulator.
It needs no script: two buttons, one form, a redirect.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from urllib.parse import parse_qs, urlsplit

from shared_apps.delivery.simulator import sheet
from shared_apps.delivery.simulator.loopback import Answer, Request
from shared_apps.payments.simulator.books import Order
from shared_apps.payments.simulator.clock import BEIJING
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.protocol import Refusal
from shared_apps.payments.simulator.skins import expired

PREFIX = "/cashier/"
_STRAPLINE = "支付模拟器"
NOTE = "这是支付模拟器，只在本机运行：不连接真实支付渠道，不会扣款。"


class Cashier:
    """Answers the payer's browser."""

    def __init__(self, core: GatewayCore) -> None:
        self._core = core

    def answer(self, request: Request) -> Answer:
        split = urlsplit(request.target)
        order = self._core.books.order_by_prepay(split.path.removeprefix(PREFIX))
        if order is None:
            return _page(
                404, "没有这笔订单", _state("没有这笔订单", "请回到原页面重新发起支付。", "")
            )
        if request.method == "POST":
            form = parse_qs(request.body.decode(errors="replace"))
            return self._decide(order, form)
        return self._show(order, _web_address(parse_qs(split.query)))

    def _show(self, order: Order, back: str) -> Answer:
        if order.state in {"SUCCESS", "REFUND"}:
            return _page(200, "支付成功", _paid(order, back))
        if order.state == "CLOSED":
            text = "订单已关闭，没有扣款。请回到原页面重新发起支付。"
            return _page(200, "订单已关闭", _state("订单已关闭", text, back))
        if expired(order, self._core.clock.now()):
            text = "超过支付时限，没有扣款。请回到原页面重新发起支付。"
            return _page(200, "订单已超时", _state("订单已超时", text, back))
        return _page(200, "确认支付", self._sheet(order, back))

    def _decide(self, order: Order, form: dict[str, list[str]]) -> Answer:
        back = _web_address(form)
        if form.get("decision") != ["pay"]:
            if back:
                return _redirect(back)
            text = "没有扣款。订单在时限内仍可支付。"
            return _page(200, "已取消支付", _state("已取消支付", text, ""))
        try:
            order = self._core.pay(order.prepay_id)
        except Refusal:
            current = self._core.books.order_by_prepay(order.prepay_id)
            return self._show(current or order, back)
        return _redirect(back) if back else _page(200, "支付成功", _paid(order, ""))

    def _sheet(self, order: Order, back: str) -> str:
        rows = [
            ("收款方", self._core.callbacks.skin_of(order).payee(order)),
            ("商品", order.description),
            ("订单号", order.out_trade_no),
        ]
        if order.expires_at:
            moment = datetime.fromisoformat(order.expires_at).astimezone(BEIJING)
            rows.append(("支付时限", f"{moment:%H:%M} 前"))
        return (
            f"{_amount(order)}{_rows(rows)}"
            f'<form method="post" action="{PREFIX}{escape(order.prepay_id)}">'
            f'<input type="hidden" name="redirect_url" value="{escape(back)}">'
            '<button name="decision" value="pay">支付</button>'
            '<button name="decision" value="cancel" class="quiet">取消</button></form>'
        )


def _paid(order: Order, back: str) -> str:
    moment = datetime.fromisoformat(order.paid_at).astimezone(BEIJING)
    rows = [
        ("金额", f"¥{_yuan(order.amount_fen)}"),
        ("交易单号", order.transaction_id or ""),
        ("支付时间", f"{moment:%Y-%m-%d %H:%M:%S}"),
    ]
    return (
        '<div class="state"><strong>支付成功</strong>'
        f"<span>{escape(order.description)}</span></div>{_rows(rows)}{_return_link(back)}"
    )


def _state(title: str, text: str, back: str) -> str:
    return (
        f'<div class="state stopped"><strong>{escape(title)}</strong>'
        f"<p>{escape(text)}</p></div>{_return_link(back)}"
    )


def _return_link(back: str) -> str:
    return f'<a class="button" href="{escape(back)}">返回商家</a>' if back else ""


def _amount(order: Order) -> str:
    figure = f"<strong>¥{_yuan(order.amount_fen)}</strong>"
    return f'<p class="amount"><span>应付金额（元）</span>{figure}</p>'


def _rows(rows: list[tuple[str, str]]) -> str:
    lines = (f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in rows)
    return f"<dl>{''.join(lines)}</dl>"


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"


def _web_address(fields: dict[str, list[str]]) -> str:
    """The merchant's return address, if it is a web address at all."""
    address = fields.get("redirect_url", [""])[0]
    is_plain = address.isascii() and address.isprintable()
    split = urlsplit(address) if is_plain else None
    return address if split and split.scheme in {"http", "https"} and split.hostname else ""


def _redirect(address: str) -> Answer:
    return Answer(303, (("Location", address), ("Cache-Control", "no-store")), b"")


def _page(status: int, title: str, content: str) -> Answer:
    body = sheet.page(title=title, strapline=_STRAPLINE, content=content, note=NOTE)
    return Answer(status, sheet.HEADERS, body)
