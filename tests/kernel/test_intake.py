"""The door for messages: whole ones only, answered together, over connections that stay."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from contextvars import ContextVar

import pytest

from kernel import intake
from kernel.intake import Intake, Reply
from tests.loops import run

SCOPE = {"type": "http", "method": "POST", "path": "/pay", "headers": [(b"host", b"pay.test")]}


async def told(door, *parts, gone=False):
    """What the door sends to a sender of these parts."""
    events = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    events[-1]["more_body"] = False
    if gone:
        events[-1] = {"type": "http.disconnect"}
    sent = []

    async def receive():
        return events.pop(0)

    async def send(event):
        sent.append(event)

    await door(SCOPE, receive, send)
    return sent


def echo(group):
    return [Reply(200, "text/plain", message.body) for message in group]


def test_what_came_at_the_same_time_is_answered_together():
    groups = []

    def answer(group):
        groups.append(len(group))
        return echo(group)

    async def story():
        door = Intake(answer)
        return await asyncio.gather(*(told(door, b"%d" % number) for number in range(3)))

    assert [events[1]["body"] for events in run(story())] == [b"0", b"1", b"2"]
    assert groups == [3]


def test_what_a_group_keeps_the_next_one_finds():
    """As Django keeps the connection to the database: it is not made anew for every group."""
    kept, found = ContextVar[int]("kept", default=0), []

    def answer(group):
        found.append(kept.get())
        kept.set(kept.get() + 1)
        return echo(group)

    async def story():
        door = Intake(answer)
        for _ in range(3):
            await told(door, b"x")

    run(story())
    assert found == [0, 1, 2]


def test_a_group_has_its_limit(monkeypatch):
    monkeypatch.setattr(intake, "MOST_AT_ONCE", 2)
    groups = []

    async def story():
        door = Intake(lambda group: groups.append(len(group)) or echo(group))
        await asyncio.gather(*(told(door, b"x") for _ in range(5)))

    run(story())
    assert groups == [2, 2, 1]


def test_a_body_in_parts_is_one_message():
    start, body = run(told(Intake(echo), b"one", b"two"))
    assert (start["status"], body["body"]) == (200, b"onetwo")


def test_a_body_too_long_reaches_nobody():
    async def story():
        return await told(Intake(lambda group: 1 / 0), b"x" * intake.BODY_LIMIT, b"x")

    assert run(story())[0]["status"] == 413


def test_who_has_gone_is_told_nothing():
    assert run(told(Intake(lambda group: 1 / 0), b"", gone=True)) == []


def test_a_group_that_fails_is_not_acknowledged():
    assert run(told(Intake(lambda group: 1 / 0), b"x"))[0]["status"] == 500


@pytest.fixture
def port():
    """A door on loopback that answers with the headers it heard."""

    def answer(group):
        heard = ("\n".join(f"{n}={v}" for n, v in m.headers if n == "nonce") for m in group)
        return [Reply(200, "text/plain", one.encode()) if one else Reply(204) for one in heard]

    door = intake.server(answer, host="127.0.0.1", port=0)
    thread = threading.Thread(target=door.run)
    thread.start()
    while not door.started:
        time.sleep(0.01)
    yield door.servers[0].sockets[0].getsockname()[1]
    door.should_exit = True
    thread.join(10)


@pytest.mark.enable_socket
def test_over_the_wire(port):
    """A header that came twice stays twice, 204 has no body, and the connection stays."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.putrequest("POST", "/pay")
    line.putheader("Nonce", "a")
    line.putheader("Nonce", "b")
    line.putheader("Content-Length", "0")
    line.endheaders()
    answer = line.getresponse()
    assert (answer.status, answer.read()) == (200, b"nonce=a\nnonce=b")
    line.request("POST", "/pay", body=b"x")
    answer = line.getresponse()
    assert (answer.status, answer.read(), answer.getheader("server")) == (204, b"", None)
    line.close()
