"""The simulated channels on 127.0.0.1: their APIs, the cashier page, the simulator's own page
(`console`), and an admin interface for tests.

Admin calls live under /_sim/ and carry the folder's admin key as a bearer token:

    GET  books      fen per account                            GET  journal   newest first
    POST faults     {"point", "mode", "out_trade_no", "seconds", "times"}
    POST faults/clear      POST pay {"out_trade_no", "after_close"}
    POST front      {"act": "look" | "plant" | "ahead" | "finish" | "clear", …}
                    {"act": "statement", "account", "from", "to"}: the pool's in camt.053
    POST day        {"days"} or {"to": "2026-11-25"}: lets days go by, see `days`; answers the
                    channel's today and how many callbacks were delivered on the way
    POST clock      {"scale"}                                  POST deliver   callbacks now due
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared_apps.delivery.simulator.loopback import Answer, Dropped, LoopbackServer, Request
from shared_apps.payments.simulator import bill_days, cashier
from shared_apps.payments.simulator.alipay_gateway import AlipayGateway
from shared_apps.payments.simulator.bank import BankGateway
from shared_apps.payments.simulator.bank_keys import BankKeys
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.clock import ScaledClock
from shared_apps.payments.simulator.console import PREFIX, Console
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.days import Days
from shared_apps.payments.simulator.front import PATH as FRONT_PATH
from shared_apps.payments.simulator.front import FrontMachine
from shared_apps.payments.simulator.front_books import FrontBooks
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.payments.simulator.protocol import Refusal, compact
from shared_apps.payments.simulator.skins import LineDropped

DELIVERY_PAUSE_SECONDS = 0.2
_ADMIN = "/_sim/"
_JSON = (("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store"))


class PaySim:
    """The whole process: server, delivery thread, books on disk.

    `folder` holds keys and books; `scale` divides the waiting times of the retry schedule; with
    `leads` the merchant goes by this simulator's clock (`clock`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        public_url: str = "",
        scale: float = 1.0,
        leads: bool = False,
    ) -> None:
        store = KeyStore(folder)
        clock = ScaledClock(scale=scale, leads=leads)
        self.core = GatewayCore(store, Books(folder / "books.sqlite3"), clock=clock)
        self.core.add(AlipayGateway(self.core))
        self.core.add(BankGateway(self.core, BankKeys(folder / "bank")))
        self.front = FrontMachine(
            FrontBooks(folder / "front.sqlite3", wall=clock.now),
            payouts=partial(bill_days.payouts, self.core.books),
        )
        self.days = Days(self.core, self.front)
        self._application = Application(self.core, self.front, self.days)
        self._server = LoopbackServer(self._application, port=port)
        self.core.public_url = (public_url or self._server.address).rstrip("/")
        self._stopping = threading.Event()
        self._courier = threading.Thread(target=self._deliver, name="courier", daemon=True)

    @property
    def address(self) -> str:
        return self._server.address

    def start(self) -> None:
        self._courier.start()
        self._server.start()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._courier.start()
        self._server.serve()

    def stop(self) -> None:
        self._stopping.set()
        self._server.stop()
        if self._courier.is_alive():
            self._courier.join()
        self.core.books.close()
        self.front.books.close()

    def _deliver(self) -> None:
        while not self._stopping.wait(DELIVERY_PAUSE_SECONDS):
            self.days.deliver_due()


class Application:
    """Routes one request to an API, the cashier, the own page or the admin interface."""

    def __init__(self, core: GatewayCore, front: FrontMachine, days: Days) -> None:
        self._core = core
        self._front = front
        self._days = days
        self._cashier = cashier.Cashier(core)
        self._console = Console(core, front, days)

    def __call__(self, request: Request) -> Answer:
        path = urlsplit(request.target).path
        if self._core.speaks(path) or path == FRONT_PATH:
            return self._bank_front(request) if path == FRONT_PATH else self._api(request)
        if path.startswith(cashier.PREFIX):
            return self._cashier.answer(request)
        if path.startswith(_ADMIN):
            return self._admin(request, path.removeprefix(_ADMIN))
        if path == "/healthz":
            return _json(200, {"status": "ok"})
        if path == "/" or path.startswith(PREFIX):
            return self._console.answer(request)
        return _json(404, {"message": "没有这个地址"})

    def _api(self, request: Request) -> Answer:
        try:
            status, headers, body = self._core.handle(
                request.method, request.target, dict(request.headers), request.body
            )
        except LineDropped:
            raise Dropped from None
        return Answer(status, tuple(headers.items()), body)

    def _bank_front(self, request: Request) -> Answer:
        try:
            body = self._front.handle(request.body)
        except LineDropped:
            raise Dropped from None
        return Answer(200, (("Content-Type", "text/xml; charset=utf-8"),), body)

    def _admin(self, request: Request, name: str) -> Answer:
        given = {key.lower(): value for key, value in request.headers}.get("authorization")
        expected = f"Bearer {self._core.store.admin_key}"
        if not hmac.compare_digest((given or "").encode(), expected.encode()):
            return _json(401, {"message": "需要管理密钥"})
        acts: dict[tuple[str, str], Callable[[dict[str, Any]], object]] = {
            ("GET", "books"): self._books,
            ("GET", "journal"): lambda _: self._core.books.journal(),
            ("POST", "faults"): self._plant,
            ("POST", "faults/clear"): self._clear_faults,
            ("POST", "pay"): self._pay,
            ("POST", "clock"): self._set_scale,
            ("POST", "day"): self._move_day,
            ("POST", "front"): lambda given: self._front.act(given.pop("act"), given),
            ("POST", "deliver"): lambda _: self._days.deliver_due(),
        }
        act = acts.get((request.method, name))
        if act is None:
            return _json(404, {"message": "没有这个管理接口"})
        try:
            return _json(200, {"result": act(json.loads(request.body or b"{}"))})
        except Refusal as refusal:
            return _json(refusal.status, {"code": refusal.code, "message": refusal.message})
        except (KeyError, TypeError, ValueError) as error:
            return _json(400, {"message": str(error)})

    def _books(self, _document: dict[str, Any]) -> object:
        return {"balances": self._core.books.balances()}

    def _plant(self, document: dict[str, Any]) -> None:
        self._core.plant(
            document["point"],
            document["mode"],
            out_trade_no=str(document.get("out_trade_no", "")),
            seconds=float(document.get("seconds", 0)),
            times=int(document.get("times", 1)),
        )

    def _clear_faults(self, _document: dict[str, Any]) -> None:
        self._core.books.clear_faults()

    def _pay(self, document: dict[str, Any]) -> object:
        orders = self._core.books.orders_numbered(str(document["out_trade_no"]))
        if len(orders) != 1:
            raise ValueError("no such order, or more than one merchant uses the number")
        paid = self._core.pay(
            orders[0].prepay_id, after_close=bool(document.get("after_close", False))
        )
        return {"transaction_id": paid.transaction_id, "amount_fen": paid.amount_fen}

    def _move_day(self, document: dict[str, Any]) -> object:
        if "to" in document:
            delivered = self._days.advance_to(date.fromisoformat(document["to"]))
        else:
            delivered = self._days.advance(int(document["days"]))
        return {"today": str(self._days.today), "delivered": delivered}

    def _set_scale(self, document: dict[str, Any]) -> None:
        scale = float(document["scale"])
        if scale <= 0:
            raise ValueError("scale must be positive")
        self._core.clock.scale = scale


def _json(status: int, document: object) -> Answer:
    return Answer(status, _JSON, compact(document))
