"""The simulator's own page: its books, orders, callbacks and faults, and acts by hand.

Only whoever has the folder's admin key may look. The link that the demo prints carries it once; a
cookie keeps a digest of it, because other programs on this machine's other ports see cookies too.
Acts are taken from this page only: the browser must name this very address as the form's origin.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from shared_apps.delivery.simulator import sheet
from shared_apps.delivery.simulator.loopback import Answer, Request
from shared_apps.payments.simulator import console_page as html
from shared_apps.payments.simulator.clock import stamp
from shared_apps.payments.simulator.console_views import ConsoleViews
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.days import Days
from shared_apps.payments.simulator.front import FrontMachine
from shared_apps.payments.simulator.protocol import Refusal

PREFIX: Final = "/console/"
COOKIE: Final = "paysim"
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = (
    *(pair for pair in sheet.HEADERS if pair[0] != "Referrer-Policy"),
    ("Referrer-Policy", "same-origin"),  # with none at all, browsers hide a form's origin
    ("Content-Security-Policy", _POLICY),
)
SAID: Final = {
    "paid": "已付款，通知即将送出。",
    "closed": "订单已关闭。",
    "refused": "没有办成：订单的状态不允许这样做。",
    "planted": "故障已设下，到时发生。",
    "unplanted": "故障已取消。",
    "unknown": "没有办成：请从列表中选择，次数和秒数填数字。",
    "sent": "通知即将再次送出。",
    "scale": "重试等待的倍率已改。",
    "day": "日期已前进，期间的通知、退款和退汇都已发生。",
}
_SCALE: Final = (0.01, 100_000.0)
_Form = Mapping[str, str]


class Console:
    """Answers the operator's browser."""

    def __init__(self, core: GatewayCore, front: FrontMachine, days: Days) -> None:
        self._core = core
        self._days = days
        self._front = front
        self._views = ConsoleViews(core, front)
        self._pages: dict[str, Callable[[_Form, str], bytes]] = {
            "/": self._views.books,
            f"{PREFIX}orders": self._views.orders,
            f"{PREFIX}callbacks": self._views.callbacks,
            f"{PREFIX}faults": self._views.faults,
            f"{PREFIX}journal": self._views.journal,
        }
        self._acts: dict[str, Callable[[_Form], tuple[str, str]]] = {
            f"{PREFIX}pay": self._pay,
            f"{PREFIX}close": self._close,
            f"{PREFIX}plant": self._plant,
            f"{PREFIX}unplant": self._unplant,
            f"{PREFIX}send": self._send,
            f"{PREFIX}clock": self._set_scale,
            f"{PREFIX}day": self._move_day,
        }

    def answer(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers}
        split = urlsplit(request.target)
        given = _fields(split.query)
        if headers.get("host") != urlsplit(self._core.public_url).netloc:
            return _plain(421, "请用模拟器自己的地址打开。")
        if split.path == "/" and self._is_key(given.get("key", "")):
            return self._let_in()
        if not self._is_let_in(headers.get("cookie", "")):
            return _closed()
        if request.method == "POST":
            return self._act(split.path, headers, request.body)
        view = self._pages.get(split.path)
        if view is None:
            return _plain(404, "没有这个页面。")
        return Answer(200, HEADERS, view(given, SAID.get(given.get("said", ""), "")))

    def _act(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if headers.get("origin") != self._core.public_url:
            return _plain(403, "只接受从本页发出的操作。")
        act = self._acts.get(path)
        if act is None:
            return _plain(404, "没有这个操作。")
        form = _fields(body.decode(errors="replace"))
        try:
            back, said = act(form)
        except Refusal:
            back, said = f"{PREFIX}orders", "refused"
        except (KeyError, ValueError):
            back, said = f"{PREFIX}faults", "unknown"
        self._note(path, form)
        joint = "&" if "?" in back else "?"
        return _redirect(f"{back}{joint}said={said}")

    def _pay(self, form: _Form) -> tuple[str, str]:
        self._core.pay(form["prepay_id"], after_close=form.get("after_close") == "1")
        return _orders(form), "paid"

    def _close(self, form: _Form) -> tuple[str, str]:
        with self._core.books.transaction():
            order = self._core.books.order_by_prepay(form["prepay_id"])
            if order is None or order.state != "NOTPAY":
                raise Refusal(400, "ORDER_CLOSED", "订单不能再关闭")
            self._core.books.set_state(order, "CLOSED")
        return _orders(form), "closed"

    def _plant(self, form: _Form) -> tuple[str, str]:
        point, _, mode = form["fault"].partition(" ")
        times = int(form.get("times") or 1)
        number = form.get("number", "").strip()
        if not 0 < times <= 1000:
            raise ValueError("so often?")
        if point == "front":
            self._front.books.plant(mode, insid=number, times=times)
        else:
            seconds = float(form.get("seconds") or 0)
            if not 0 <= seconds <= 86_400:
                raise ValueError("so long?")
            self._core.plant(point, mode, out_trade_no=number, seconds=seconds, times=times)
        return f"{PREFIX}faults", "planted"

    def _unplant(self, form: _Form) -> tuple[str, str]:
        if form["fault"] == "all":
            self._core.books.clear_faults()
            self._front.books.clear_faults()
        else:
            self._core.books.clear_faults(int(form["fault"]))
        return f"{PREFIX}faults", "unplanted"

    def _send(self, form: _Form) -> tuple[str, str]:
        at = self._core.clock.virtual().timestamp()
        self._core.books.postpone_callback(form["event_id"], at)
        return f"{PREFIX}callbacks", "sent"

    def _move_day(self, form: _Form) -> tuple[str, str]:
        self._days.advance(int(form.get("days", "")))
        return "/", "day"

    def _set_scale(self, form: _Form) -> tuple[str, str]:
        scale = float(form["scale"])
        if not _SCALE[0] <= scale <= _SCALE[1]:
            raise ValueError("so fast?")
        self._core.clock.scale = scale
        return "/", "scale"

    def _is_key(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._core.store.admin_key.encode())

    def _pass(self) -> str:
        """What the cookie holds instead of the key."""
        return hashlib.sha256(f"console:{self._core.store.admin_key}".encode()).hexdigest()

    def _is_let_in(self, cookies: str) -> bool:
        try:
            found = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value, self._pass())

    def _let_in(self) -> Answer:
        cookie = f"{COOKIE}={self._pass()}; Path=/; HttpOnly; SameSite=Lax"
        return Answer(303, (*HEADERS, ("Location", "/"), ("Set-Cookie", cookie)), b"")

    def _note(self, path: str, form: _Form) -> None:
        at = stamp(self._core.clock.now())
        self._core.books.note(at, "console", act=path.removeprefix(PREFIX), **dict(form))


def link(address: str, admin_key: str) -> str:
    """The address that lets its reader in."""
    return f"{address.rstrip('/')}/?key={quote(admin_key, safe='')}"


def _orders(form: _Form) -> str:
    number = form.get("number", "")
    return f"{PREFIX}orders" + (f"?number={quote(number, safe='')}" if number else "")


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _redirect(address: str) -> Answer:
    return Answer(303, (*HEADERS, ("Location", address)), b"")


def _plain(status: int, words: str) -> Answer:
    content = f'<div class="state stopped"><strong>{words}</strong></div>'
    return Answer(status, HEADERS, _sheet(content))


def _closed() -> Answer:
    content = (
        '<div class="state stopped"><strong>正在运行</strong><p>在业务页面发起支付后，会自动跳转到'
        "这里的收银台。</p><p>查看账目、设置故障，请用 <code>./gongjian demo</code> 输出的"
        "「支付渠道（模拟）」链接打开。</p></div>"
    )
    return Answer(403, HEADERS, _sheet(content))


def _sheet(content: str) -> bytes:
    return sheet.page(
        title="支付模拟器", strapline="共建云 · 本机演示", content=content, note=html.NOTE
    )
