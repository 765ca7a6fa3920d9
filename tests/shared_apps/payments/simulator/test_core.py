"""The simulated channel itself: authentication, books, schedule, faults, determinism."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from wechatpayv3.type import RequestType

from shared_apps.payments.channels.wechat import WeChatAdapter
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.callbacks import post_to_loopback
from shared_apps.payments.simulator.clock import ScaledClock
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.payments.simulator.protocol import Refusal
from shared_apps.payments.simulator.wechat import RETRY_SECONDS

NUMBER = "GJ0000000000000A"


@pytest.fixture
def opened(adapter, core, request_for):
    adapter.prepay(request_for())
    return core.books.orders_numbered(NUMBER)[0]


class TestAuthentication:
    @pytest.mark.parametrize(
        "authorization",
        [
            "",
            "Bearer x",
            'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="",signature="",timestamp="1"',
        ],
    )
    def test_refuses_who_is_not_a_merchant(self, core, authorization):
        headers = {"Authorization": authorization}
        status, _, body = core.handle("POST", "/v3/pay/transactions/h5", headers, b"{}")
        assert status == 401
        assert b"SIGN_ERROR" in body

    def test_refuses_a_body_that_was_changed_on_the_way(self, core, adapter, channel, request_for):
        adapter.prepay(request_for())
        sent = channel.calls[0].request
        changed = sent.body.replace(b"3600", b"0036")
        assert core.handle("POST", sent.url, dict(sent.headers), changed)[0] == 401
        assert core.handle("POST", sent.url, dict(sent.headers), sent.body)[0] == 200

    def test_refuses_an_old_request(self, core, adapter, channel, request_for, wall):
        adapter.prepay(request_for())
        sent = channel.calls[0].request
        wall.pass_by(301)
        assert core.handle("POST", sent.url, dict(sent.headers), sent.body)[0] == 401

    def test_a_merchant_never_sees_another_ones_order(self, opened, other_account, channel):

        assert WeChatAdapter(other_account).query(NUMBER).state.value == "absent"


class TestBooks:
    def test_money_only_moves_between_payer_and_merchant(self, core, opened, account):
        paid = core.pay(opened.prepay_id)
        balances = core.books.balances()
        assert balances == {f"merchant:{account.mchid}": 3600, f"payer:{paid.openid}": -3600}
        assert sum(balances.values()) == 0
        assert core.books.paid_fen(account.mchid) == 3600

    def test_an_order_is_paid_once(self, core, opened):
        core.pay(opened.prepay_id)
        with pytest.raises(Refusal):
            core.pay(opened.prepay_id)
        assert sum(1 for fen in core.books.balances().values() if fen == 3600) == 1

    def test_many_payers_at_once_pay_once(self, core, opened, account):
        outcomes: list[bool] = []

        def pay() -> None:
            try:
                core.pay(opened.prepay_id)
            except Refusal:
                outcomes.append(False)
            else:
                outcomes.append(True)

        threads = [threading.Thread(target=pay) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count(True) == 1
        assert core.books.balances()[f"merchant:{account.mchid}"] == 3600

    def test_an_expired_order_cannot_be_paid(self, core, opened, wall):
        wall.pass_by(20 * 60 + 1)
        with pytest.raises(Refusal):
            core.pay(opened.prepay_id)

    def test_a_closed_order_only_by_the_payer_who_was_already_there(self, core, adapter, opened):
        adapter.close(NUMBER)
        with pytest.raises(Refusal):
            core.pay(opened.prepay_id)
        assert core.pay(opened.prepay_id, after_close=True).state == "SUCCESS"

    def test_survive_a_restart(self, tmp_path: Path):
        first = Books(tmp_path / "books.sqlite3")
        assert first.next_number("order") == 1
        first.note("2026-11-22T10:00:00+08:00", "order", number=NUMBER)
        first.close()
        second = Books(tmp_path / "books.sqlite3")
        assert second.next_number("order") == 2
        assert second.journal()[0]["facts"] == {"number": NUMBER}
        second.close()


class TestSchedule:
    def test_repeats_until_acknowledged(self, core, opened, mailbag, wall):
        mailbag.answers = [500, 201, 302, 204]
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        for seconds in (15, 15, 30, 180):
            wall.pass_by(seconds - 1)
            assert core.callbacks.deliver_due() == 0
            wall.pass_by(1)
            core.callbacks.deliver_due()
        assert len(mailbag.received) == 4
        assert core.books.callbacks(NUMBER)[0]["answers"] == [500, 201, 302, 204]

    def test_gives_up_after_a_day_and_four_minutes(self, core, opened, mailbag, wall):
        mailbag.answers = [500] * 20
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        for seconds in RETRY_SECONDS:
            wall.pass_by(seconds)
            core.callbacks.deliver_due()
        wall.pass_by(10**6)
        assert core.callbacks.deliver_due() == 0
        assert len(mailbag.received) == 16
        assert sum(RETRY_SECONDS) == 24 * 3600 + 4 * 60

    def test_every_repetition_is_the_same_event_freshly_signed(self, core, opened, mailbag, wall):
        mailbag.answers = [500]
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        wall.pass_by(15)
        core.callbacks.deliver_due()
        first, second = (headers for _, headers, _ in mailbag.received)
        assert int(second["Wechatpay-Timestamp"]) - int(first["Wechatpay-Timestamp"]) == 15
        assert len({body[:60] for _, _, body in mailbag.received}) == 1

    def test_a_dead_peer_counts_as_no_answer(self, core, opened):
        def dead(*_args: object) -> int:
            raise ConnectionRefusedError

        core.callbacks.post = dead
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        assert core.books.callbacks(NUMBER)[0]["answers"] == [0]

    def test_the_scale_shortens_waiting_only(self, wall):
        clock = ScaledClock(wall, scale=60)
        assert clock.now() == wall.moment
        assert (clock.after(60) - wall.moment).total_seconds() == 1


class TestFaults:
    @pytest.mark.parametrize(("mode", "deliveries"), [("duplicate", 2), ("concurrent", 2)])
    def test_a_callback_may_come_twice(self, core, opened, mailbag, mode, deliveries):
        core.plant("callback", mode)
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        assert len(mailbag.received) == deliveries

    def test_a_callback_may_be_delayed_or_never_come(self, core, opened, mailbag, wall):
        core.plant("callback", "delayed", seconds=60)
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        assert mailbag.received == []
        wall.pass_by(60)
        core.plant("callback", "never")
        core.callbacks.deliver_due()
        wall.pass_by(10**6)
        core.callbacks.deliver_due()
        assert mailbag.received == []

    def test_after_a_spoilt_delivery_the_genuine_one_follows(
        self, core, opened, mailbag, wall, reader
    ):
        core.plant("callback", "forged")
        core.pay(opened.prepay_id)
        core.callbacks.deliver_due()
        wall.pass_by(15)
        core.callbacks.deliver_due()
        _, headers, body = mailbag.received[1]
        assert reader.read(headers=headers.items(), body=body, now=wall()).amount_fen == 3600

    def test_the_callback_may_arrive_before_the_orders_answer(
        self, core, adapter, mailbag, request_for
    ):
        core.plant("order", "callback_first")
        answer = adapter.prepay(request_for())
        assert len(mailbag.received) == 1
        assert answer.pay_url
        assert core.books.orders_numbered(NUMBER)[0].state == "SUCCESS"

    def test_a_lost_answer_still_made_the_order(self, core, adapter, request_for):
        core.plant("order", "drop_after")
        adapter.prepay(request_for())
        assert len(core.books.orders_numbered(NUMBER)) == 1

    def test_a_dropped_request_made_nothing(self, core, adapter, request_for):
        core.plant("order", "drop_before")
        adapter.prepay(request_for())
        assert core.books.orders_numbered(NUMBER) == []

    def test_latency_is_waited_for(self, core, adapter, request_for, wall):
        before = wall.moment
        core.plant("order", "latency", seconds=3)
        adapter.prepay(request_for())
        assert (wall.moment - before).total_seconds() == 3

    def test_a_fault_may_be_meant_for_one_order(self, core, adapter, request_for):
        core.plant("order", "error_before", out_trade_no="GJ0000000000000B")
        assert adapter.prepay(request_for()).error is None
        assert adapter.prepay(request_for("GJ0000000000000B")).error.code == "SYSTEM_ERROR"

    def test_unknown_faults_are_refused(self, core):
        with pytest.raises(ValueError, match="no such fault"):
            core.plant("callback", "drop_before")


class TestOrders:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"out_trade_no": "short"}, b"PARAM_ERROR"),
            ({"out_trade_no": "GJ 000000"}, b"PARAM_ERROR"),
            ({"amount": {"total": 0}}, b"PARAM_ERROR"),
            ({"amount": {"total": 1.5}}, b"PARAM_ERROR"),
            ({"notify_url": "https://a.test/n?x=1"}, b"PARAM_ERROR"),
            ({"notify_url": "http://a.example/n"}, b"PARAM_ERROR"),
            ({"time_expire": "2026-11-22T10:00:00"}, b"PARAM_ERROR"),
            ({"scene_info": {}}, b"PARAM_ERROR"),
            ({"appid": "wx0000000000000000"}, b"APPID_MCHID_NOT_MATCH"),
        ],
    )
    def test_an_impossible_order_is_refused(self, core, adapter, account, channel, change, code):
        document = {
            "appid": account.appid,
            "mchid": account.mchid,
            "description": "党费",
            "out_trade_no": NUMBER,
            "notify_url": "https://a.test/n",
            "amount": {"total": 1, "currency": "CNY"},
            "scene_info": {"payer_client_ip": "192.0.2.7"},
        } | change
        line = adapter._client._core

        status, text = line.request("/v3/pay/transactions/h5", RequestType.POST, document)
        assert status == 400
        assert code in text.encode()


def test_the_same_seed_gives_the_same_numbers(store, wall, adapter, core, request_for, opened):
    twin = GatewayCore(store, Books(), clock=ScaledClock(wall), post=core.callbacks.post)
    twin.books.add_order(opened)
    assert twin.pay(opened.prepay_id).transaction_id == core.pay(opened.prepay_id).transaction_id


class TestKeys:
    def test_the_same_label_gives_the_same_material(self, tmp_path: Path):
        first = KeyStore(tmp_path).merchant_material("unit", name="晨光机械党委")
        assert KeyStore(tmp_path).merchant_material("unit") == first
        store = KeyStore(tmp_path)
        assert store.merchant(first["mchid"]).name == "晨光机械党委"
        assert first["platform_key_id"].startswith("PUB_KEY_ID_")
        assert len(first["apiv3_key"]) == 32

    def test_a_running_simulator_finds_merchants_registered_later(self, tmp_path: Path):
        running = KeyStore(tmp_path)
        material = KeyStore(tmp_path).merchant_material("later")
        assert running.merchant(material["mchid"]).serial == material["merchant_serial"]
        assert running.merchant("../platform") is None

    def test_files_are_for_the_owner_only(self, tmp_path: Path):
        KeyStore(tmp_path).merchant_material("unit")
        modes = {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*") if path.is_file()}
        assert modes == {0}


def test_the_courier_calls_nobody_outside_this_machine():
    with pytest.raises(OSError, match="not an address of this machine"):
        post_to_loopback("https://example.com/n", {}, b"")
