"""The SMS gateway simulator: what it takes, what it refuses, what its inbox shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from shared_apps.delivery.simulator.gateway import Application, Mailbox, SmsSim
from shared_apps.delivery.simulator.loopback import Request

KEY = "gateway-key"
PHONE = "13900000001"


class Wall:
    moment = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
def application():
    mailbox = Mailbox()
    yield Application(mailbox, KEY, clock=Wall())
    mailbox.close()


def send(application, *, to=PHONE, text="验证码 483920，5 分钟内有效。", key="k1", bearer=KEY):
    request = Request(
        "POST",
        "/v1/messages",
        (("Authorization", f"Bearer {bearer}"), ("Idempotency-Key", key)),
        json.dumps({"to": to, "text": text}).encode(),
    )
    answer = application(request)
    return answer.status, json.loads(answer.body)


def inbox(application, query=""):
    answer = application(Request("GET", f"/inbox.json{query}", (), b""))
    return json.loads(answer.body)["messages"]


def page(application, query=""):
    return application(Request("GET", f"/{query}", (), b"")).body.decode()


def test_takes_a_message_and_shows_it(application):
    status, answer = send(application)
    assert (status, answer["status"]) == (202, "accepted")
    (message,) = inbox(application, f"?phone={PHONE}")
    assert (message["id"], message["phone"]) == (answer["id"], PHONE)
    text = page(application)
    assert '<strong class="code">483920</strong>' in text
    assert "11-22 09:02:04" in text


def test_newest_first_and_searched_by_phone(application):
    send(application, key="a", text="第一条 111111")
    send(application, key="b", text="第二条 222222", to="13900000002")
    send(application, key="c", text="第三条 333333")
    assert [m["text"][:3] for m in inbox(application)] == ["第三条", "第二条", "第一条"]
    assert [m["text"][:3] for m in inbox(application, "?phone=0002")] == ["第二条"]
    assert "没有发给这个号码的短信" in page(application, "?phone=13700000000")


def test_the_same_key_sends_once(application):
    assert send(application) == send(application)
    assert len(inbox(application)) == 1


def test_the_same_key_for_another_message_is_refused(application):
    send(application)
    assert send(application, text="另一条")[0] == 409
    assert len(inbox(application)) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"bearer": "wrong"}, 401),
        ({"key": ""}, 400),
        ({"to": "12345"}, 422),
        ({"to": 13900000001}, 422),
        ({"text": ""}, 422),
        ({"text": "长" * 501}, 422),
    ],
)
def test_refuses(application, change, status):
    assert send(application, **change)[0] == status
    assert inbox(application) == []


def test_an_outage_passes(application):
    authorised = (("Authorization", f"Bearer {KEY}"),)
    application(Request("POST", "/_sim/outage", authorised, b'{"times": 1}'))
    assert send(application)[0] == 503
    assert send(application)[0] == 202
    assert application(Request("POST", "/_sim/outage", (), b'{"times": 1}')).status == 401
    assert application(Request("POST", "/_sim/outage", authorised, b"[]")).status == 422


def test_an_empty_inbox_says_what_will_come(application):
    assert "还没有短信" in page(application)


def test_only_a_code_is_shown_large(application):
    send(application, text="您 2026 年 11 月党费 36.00 元已交纳。")
    assert 'class="code"' not in page(application)


def test_messages_are_shown_as_text(application):
    send(application, text="<b>1234</b>")
    assert "&lt;b&gt;1234&lt;/b&gt;" in page(application)


def test_phone_searches_are_reduced_to_digits(application):
    send(application)
    assert len(inbox(application, "?phone=139%25_0000-0002x")) == 0
    assert len(inbox(application, "?phone=139%200000%200001")) == 1
    assert "<script>alert" not in page(application, "?phone=<script>alert(1)</script>")


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_over_http(tmp_path: Path):
    simulator = SmsSim(tmp_path / "smssim", api_key=KEY)
    simulator.start()
    answer = requests.post(
        f"{simulator.address}/v1/messages",
        json={"to": PHONE, "text": "验证码 483920"},
        headers={"Authorization": f"Bearer {KEY}", "Idempotency-Key": "k1"},
        timeout=5,
    )
    assert answer.status_code == 202
    assert "483920" in requests.get(simulator.address, timeout=5).text
    assert requests.get(f"{simulator.address}/healthz", timeout=5).status_code == 200
    assert requests.get(f"{simulator.address}/else", timeout=5).status_code == 404
    simulator.stop()
    again = SmsSim(tmp_path / "smssim", api_key=KEY)
    again.start()
    found = requests.get(f"{again.address}/inbox.json?phone={PHONE}", timeout=5).json()
    assert len(found["messages"]) == 1
    again.stop()
