"""The simulator's own page: who may look, what it shows, what it does, and for whom it does not."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import pytest

from shared_apps.delivery.simulator.loopback import Request
from shared_apps.payments.simulator.console import Console, link
from shared_apps.payments.simulator.console_words import WORDS, words_of
from shared_apps.payments.simulator.days import Days
from shared_apps.payments.simulator.front import FrontMachine
from shared_apps.payments.simulator.front_books import FrontBooks
from tests.shared_apps.payments.bank import bring
from tests.shared_apps.payments.simulator.skin import BASE_URL

NUMBER = "GJ0000000000000A"
HOST = urlsplit(BASE_URL).netloc


class Browser:
    """Somebody at the page, with the cookie that the link gave."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.cookie = ""

    def get(self, target: str, **headers: str):
        given = {"Host": HOST, "Cookie": self.cookie} | headers
        answer = self.console.answer(Request("GET", target, tuple(given.items()), b""))
        self.cookie = dict(answer.headers).get("Set-Cookie", self.cookie).partition(";")[0]
        return answer

    def post(self, target: str, *, origin: str = BASE_URL, host: str = HOST, **form: object):
        headers = {"Host": host, "Cookie": self.cookie, "Origin": origin}
        pairs = tuple((name, value) for name, value in headers.items() if value)
        return self.console.answer(Request("POST", target, pairs, urlencode(form).encode()))

    def text(self, target: str) -> str:
        answer = self.get(target)
        assert answer.status == 200
        return answer.body.decode()


@pytest.fixture
def front(tmp_path):
    books = FrontBooks(tmp_path / "front.sqlite3")
    yield FrontMachine(books)
    books.close()


@pytest.fixture
def stranger(core, bank, front) -> Browser:
    return Browser(Console(core, front, Days(core, front)))


@pytest.fixture
def operator(stranger, core) -> Browser:
    split = urlsplit(link(BASE_URL, core.store.admin_key))
    assert stranger.get(f"{split.path}?{split.query}").status == 303
    return stranger


@pytest.fixture
def order(adapter, core, request_for):
    adapter.prepay(request_for())
    return core.books.orders_numbered(NUMBER)[0]


def state(core) -> str:
    return core.books.orders_numbered(NUMBER)[0].state


class TestDoor:
    @pytest.mark.parametrize("target", ["/", "/console/orders", "/?key=wrong", "/?key="])
    def test_is_closed_without_the_key(self, stranger, order, target):
        answer = stranger.get(target)
        assert answer.status == 403
        assert NUMBER not in answer.body.decode()
        assert not stranger.cookie

    def test_opens_with_the_link_and_keeps_the_key_out_of_the_cookie(self, operator, core):
        assert core.store.admin_key not in operator.cookie
        assert operator.get("/").status == 200

    def test_is_closed_to_a_guessed_cookie(self, stranger):
        assert stranger.get("/", Cookie="paysim=1").status == 403
        assert stranger.get("/", Cookie="\x00=;;=").status == 403

    def test_knows_only_its_own_name(self, operator):
        assert operator.get("/", Host="rebound.example").status == 421

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:9"])
    def test_takes_no_act_from_another_site(self, operator, core, order, origin):
        answer = operator.post("/console/pay", origin=origin, prepay_id=order.prepay_id)
        assert answer.status == 403
        assert state(core) == "NOTPAY"

    def test_takes_no_act_without_the_cookie(self, stranger, core, order):
        assert stranger.post("/console/pay", prepay_id=order.prepay_id).status == 403
        assert state(core) == "NOTPAY"

    def test_lets_no_other_site_frame_it_or_run_a_script(self, operator):
        headers = dict(operator.get("/").headers)
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "<script" not in operator.text("/console/faults")
        # With `no-referrer`, browsers send `Origin: null` and every act would be refused.
        assert headers["Referrer-Policy"] == "same-origin"


class TestViews:
    def test_say_what_is_empty(self, operator):
        assert "还没有钱动过" in operator.text("/")
        assert "还没有订单" in operator.text("/console/orders")
        assert "没有这样的订单" in operator.text("/console/orders?number=X")
        assert "还没有通知" in operator.text("/console/callbacks")
        assert "一切照常" in operator.text("/console/faults")
        assert operator.get("/console/else").status == 404

    def test_show_books_that_balance(self, operator, core, order):
        core.pay(order.prepay_id)
        text = operator.text("/")
        assert "晨光机械党委（微信支付）" in text
        assert "−36.00" in text
        assert (
            '<div>借贷合计</div></td><td class="n" data-label="余额（元）"><div>0.00</div>' in text
        )

    def test_show_orders_of_every_channel(self, operator, core, order, bank_adapter, request_for):
        bring(core, bank_adapter.prepay(request_for("GJ0000000000000B", 120050)).pay_url)
        text = operator.text("/console/orders")
        assert NUMBER in text
        assert "GJ0000000000000B" in text
        assert "1,200.50" in text
        only = operator.text("/console/orders?channel=bank")
        assert NUMBER not in only
        assert "GJ0000000000000B" in only

    def test_show_what_came_back_of_callbacks(self, operator, core, order, mailbag):
        mailbag.answers = [500]
        core.pay(order.prepay_id)
        assert "—" in operator.text("/console/callbacks")
        core.callbacks.deliver_due()
        assert ">500<" in operator.text("/console/callbacks")

    def test_trust_no_text(self, operator, core, order):
        core.books._run("UPDATE orders SET description = '<img src=x>'")
        text = operator.text("/console/orders?number=%22%3E%3Cscript%3E")
        assert "<script" not in text
        assert "<img" not in operator.text("/console/orders")

    def test_have_words_for_every_fault_and_no_other(self, operator):
        text = operator.text("/console/faults")
        modes = operator.console._views._modes()
        assert [one for one in modes if not words_of(one.point, one.name).does] == []
        kinds = {one.point if one.point in WORDS else "" for one in modes}
        for kind in kinds:
            known = {one.name for one in modes if kind == (one.point if one.point in WORDS else "")}
            assert set(WORDS[kind]) == known
        assert all(words_of(one.point, one.name).does in text for one in modes)


class TestActs:
    def test_pay_and_close_an_order(self, operator, core, order):
        assert operator.post("/console/close", prepay_id=order.prepay_id).status == 303
        assert state(core) == "CLOSED"
        refused = operator.post("/console/pay", prepay_id=order.prepay_id)
        assert dict(refused.headers)["Location"].endswith("said=refused")
        operator.post("/console/pay", prepay_id=order.prepay_id, after_close=1)
        assert state(core) == "SUCCESS"
        operator.post("/console/close", prepay_id=order.prepay_id)
        assert state(core) == "SUCCESS"

    def test_plant_a_fault_for_one_order_and_take_it_back(self, operator, core, order, mailbag):
        operator.post("/console/plant", fault="callback duplicate", number=NUMBER, times=2)
        text = operator.text("/console/faults")
        assert "同一条通知接连送两次" in text
        number = core.books.rows("SELECT id FROM faults")[0]["id"]
        operator.post("/console/unplant", fault=number)
        core.pay(order.prepay_id)
        core.callbacks.deliver_due()
        assert len(mailbag.received) == 1

    def test_plant_a_fault_at_the_front_machine(self, operator, front):
        operator.post("/console/plant", fault="front reject", number="", times=1)
        assert front.books.planted()[0]["mode"] == "reject"
        assert "当场拒绝" in operator.text("/console/faults")
        operator.post("/console/unplant", fault="all")
        assert front.books.planted() == []

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"fault": "callback nonsense"},
            {"fault": "front nonsense"},
            {"fault": "callback duplicate", "times": "many"},
            {"fault": "callback duplicate", "times": "0"},
            {"fault": "callback delayed", "seconds": "-1"},
            {"fault": "callback delayed", "seconds": "nan"},
        ],
    )
    def test_plant_nothing_that_is_not_on_the_list(self, operator, core, form):
        answer = operator.post("/console/plant", **form)
        assert dict(answer.headers)["Location"] == "/console/faults?said=unknown"
        assert core.books.rows("SELECT * FROM faults") == []

    def test_send_a_callback_again(self, operator, core, order, mailbag):
        core.pay(order.prepay_id)
        core.callbacks.deliver_due()
        event_id = core.books.callbacks(NUMBER)[0]["event_id"]
        operator.post("/console/send", event_id=event_id)
        core.callbacks.deliver_due()
        assert len(mailbag.received) == 2

    def test_move_the_clock(self, operator, core):
        operator.post("/console/clock", scale="1440")
        assert core.clock.scale == 1440
        for wrong in ("0", "-1", "nan", "inf", "much"):
            operator.post("/console/clock", scale=wrong)
        assert core.clock.scale == 1440

    def test_let_days_go_by(self, operator, core, front):
        before = core.clock.today()
        operator.post("/console/day", days="3")
        for wrong in ("", "-1", "much", "1000"):
            answer = operator.post("/console/day", days=wrong)
            assert dict(answer.headers)["Location"].endswith("said=unknown")
        assert (core.clock.today() - before).days == 3
        assert str(core.clock.today()) in operator.text("/")

    def test_are_noted(self, operator, core):
        operator.post("/console/clock", scale="60")
        assert core.books.journal()[0]["facts"] == {"act": "clock", "scale": "60"}
        assert "本页操作" in operator.text("/console/journal")
