"""The simulator as a process on 127.0.0.1: API, cashier page, courier, admin interface."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from shared_apps.payments.channels.alipay import AlipayAdapter
from shared_apps.payments.channels.base import MerchantAccount, Outcome, PaymentRequest, TradeState
from shared_apps.payments.channels.wechat import WeChatAdapter
from shared_apps.payments.channels.wechat_callback import WeChatCallbackReader
from shared_apps.payments.simulator.server import PaySim

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]
NUMBER = "GJ0000000000000A"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[PaySim]:
    simulator = PaySim(tmp_path / "paysim")
    simulator.start()
    yield simulator
    simulator.stop()


@pytest.fixture
def merchant(sim: PaySim) -> MerchantAccount:
    material = sim.core.store.merchant_material("unit alpha", name="晨光机械党委 <第一支部>")
    return MerchantAccount(**material, base_url=sim.address)


@pytest.fixture
def shop() -> Iterator[SimpleNamespace]:
    """The merchant's side: a tiny server that keeps every callback it receives."""
    received: list[tuple[list[tuple[str, str]], bytes]] = []
    arrived = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((list(self.headers.items()), body))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(
        url=f"http://pay.localhost:{server.server_address[1]}/pay/n/wechat/1",
        received=received,
        arrived=arrived,
    )
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def order(merchant, shop):
    request = PaymentRequest(
        out_trade_no=NUMBER,
        description="党费 2026 年 11 月",
        amount_fen=123456,
        created_at=datetime.now(tz=UTC),
        expires_at=datetime.now(tz=UTC) + timedelta(minutes=20),
        notify_url=shop.url,
        payer_ip="127.0.0.1",
    )
    answer = WeChatAdapter(merchant).prepay(request)
    assert answer.outcome is Outcome.SUCCEEDED
    return answer


def admin(sim: PaySim, method: str, name: str, **document: object) -> requests.Response:
    return requests.request(
        method,
        f"{sim.address}/_sim/{name}",
        json=document,
        headers={"Authorization": f"Bearer {sim.core.store.admin_key}"},
        timeout=5,
    )


def test_pay_on_the_cashier_page_and_be_called_back(sim, merchant, shop, order):
    url = WeChatAdapter(merchant).with_return_address(
        order.pay_url, "http://m.localhost:8000/dues/?paid=1"
    )
    page = requests.get(url, timeout=5)
    assert "¥1,234.56" in page.text
    assert "晨光机械党委 &lt;第一支部&gt;" in page.text
    assert "党费 2026 年 11 月" in page.text
    assert "支付模拟器" in page.text
    assert "<script" not in page.text

    form = {"decision": "pay", "redirect_url": "http://m.localhost:8000/dues/?paid=1"}
    paid = requests.post(order.pay_url, data=form, allow_redirects=False, timeout=5)
    assert paid.status_code == 303
    assert paid.headers["Location"] == "http://m.localhost:8000/dues/?paid=1"

    assert shop.arrived.wait(5)
    headers, body = shop.received[0]
    assert ("Host", shop.url.split("/")[2]) in headers
    facts = WeChatCallbackReader(merchant).read(
        headers=headers, body=body, now=datetime.now(tz=UTC)
    )
    assert (facts.out_trade_no, facts.amount_fen) == (NUMBER, 123456)
    assert WeChatAdapter(merchant).query(NUMBER).state is TradeState.PAID
    assert "支付成功" in requests.get(order.pay_url, timeout=5).text


def test_cancel_takes_the_payer_back_and_no_money(sim, merchant, order):
    form = {"decision": "cancel", "redirect_url": "http://m.localhost:8000/dues/"}
    answer = requests.post(order.pay_url, data=form, allow_redirects=False, timeout=5)
    assert answer.headers["Location"] == "http://m.localhost:8000/dues/"
    assert sim.core.books.balances() == {}
    assert WeChatAdapter(merchant).query(NUMBER).state is TradeState.NOT_PAID


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.test/", "http://a\r\nX: 1", ""])
def test_only_web_addresses_are_returned_to(sim, order, address):
    form = {"decision": "cancel", "redirect_url": address}
    answer = requests.post(order.pay_url, data=form, allow_redirects=False, timeout=5)
    assert answer.status_code == 200
    assert "已取消支付" in answer.text


def test_closed_and_unknown_orders_say_so(sim, merchant, order):
    WeChatAdapter(merchant).close(NUMBER)
    closed = requests.post(order.pay_url, data={"decision": "pay"}, timeout=5)
    assert "订单已关闭" in closed.text
    assert requests.get(f"{sim.address}/cashier/wx0", timeout=5).status_code == 404


def test_an_expired_order_says_so(sim, order, monkeypatch):
    later = datetime.now(tz=UTC) + timedelta(minutes=21)
    monkeypatch.setattr(sim.core.clock, "now", lambda: later)
    assert "订单已超时" in requests.get(order.pay_url, timeout=5).text


def test_a_dropped_line_is_an_unknown_outcome(sim, merchant, order):
    sim.core.plant("query", "drop_before")
    assert WeChatAdapter(merchant).query(NUMBER).outcome is Outcome.UNKNOWN


def test_admin_needs_the_key(sim):
    assert requests.get(f"{sim.address}/_sim/books", timeout=5).status_code == 401


def test_admin_plants_pays_and_reads_the_books(sim, merchant, order, shop):
    assert admin(sim, "POST", "faults", point="callback", mode="duplicate").status_code == 200
    assert admin(sim, "POST", "faults", point="callback", mode="nonsense").status_code == 400
    paid = admin(sim, "POST", "pay", out_trade_no=NUMBER).json()["result"]
    assert paid["amount_fen"] == 123456
    assert admin(sim, "POST", "pay", out_trade_no=NUMBER).status_code == 400
    balances = admin(sim, "GET", "books").json()["result"]["balances"]
    assert balances[f"merchant:{merchant.mchid}"] == 123456
    assert sum(balances.values()) == 0
    assert admin(sim, "POST", "clock", scale=0).status_code == 400
    assert admin(sim, "POST", "clock", scale=1440).status_code == 200
    assert admin(sim, "POST", "faults/clear").status_code == 200
    today = sim.days.today
    for given in ({"days": 2}, {"to": str(today + timedelta(days=2))}, {"to": str(today)}):
        answer = admin(sim, "POST", "day", **given).json()["result"]
        assert answer["today"] == str(today + timedelta(days=2))
    assert admin(sim, "POST", "day", days=-1).status_code == 400
    assert admin(sim, "POST", "deliver").status_code == 200
    assert admin(sim, "GET", "journal").json()["result"]
    assert admin(sim, "GET", "nothing").status_code == 404


def test_nothing_is_forgotten_over_a_restart(tmp_path, shop):
    first = PaySim(tmp_path / "paysim")
    first.start()
    material = first.core.store.merchant_material("unit alpha")
    account = MerchantAccount(**material, base_url=first.address)
    WeChatAdapter(account).prepay(
        PaymentRequest(
            out_trade_no=NUMBER,
            description="党费",
            amount_fen=1,
            created_at=datetime.now(tz=UTC),
            expires_at=datetime.now(tz=UTC) + timedelta(minutes=20),
            notify_url=shop.url,
            payer_ip="127.0.0.1",
        )
    )
    first.stop()
    second = PaySim(tmp_path / "paysim")
    second.start()
    moved = dataclasses.replace(account, base_url=second.address)
    assert WeChatAdapter(moved).query(NUMBER).state is TradeState.NOT_PAID
    second.stop()


def test_oversized_requests_are_cut_off(sim):
    answer = requests.post(f"{sim.address}/v3/pay/transactions/h5", data=b"0" * 2**21, timeout=5)
    assert answer.status_code == 413


def test_it_says_that_it_runs(sim):
    assert requests.get(f"{sim.address}/healthz", timeout=5).json() == {"status": "ok"}
    assert "正在运行" in requests.get(sim.address, timeout=5).text
    assert requests.get(f"{sim.address}/else", timeout=5).status_code == 404


def test_alipay_answers_at_an_address_of_its_own_in_the_same_process(sim, shop):
    """The signed page leads to the same cashier; the money shows in the same books."""
    account = MerchantAccount(
        **sim.core.store.alipay_material("unit alpha", name="晨光"), base_url=sim.address
    )
    adapter = AlipayAdapter(account)
    prepaid = adapter.prepay(
        PaymentRequest(
            out_trade_no=NUMBER,
            description="党费 2026 年 11 月",
            amount_fen=123456,
            created_at=datetime.now(tz=UTC),
            expires_at=datetime.now(tz=UTC) + timedelta(minutes=20),
            notify_url=shop.url,
            payer_ip="127.0.0.1",
        )
    )
    assert adapter.query(NUMBER).state is TradeState.NOT_PAID
    page = requests.get(prepaid.pay_url, timeout=5)
    assert "¥1,234.56" in page.text
    requests.post(page.url.partition("?")[0], data={"decision": "pay"}, timeout=5)
    assert adapter.query(NUMBER).amount_fen == 123456
    assert sim.core.books.paid_fen(account.mchid) == 123456
