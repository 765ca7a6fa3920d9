"""The door for messages: whole ones only, answered together, in the order of their lines."""

from __future__ import annotations

import asyncio

import pytest

from kernel import intake
from kernel.intake import Intake, Line, Malformed, Reply, parsed

POST = b"POST /pay/n/x HTTP/1.1\r\nHost: pay.test\r\nContent-Length: 4\r\n\r\nbody"


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode("latin-1")


class TestParsed:
    def test_a_whole_message_and_what_follows(self):
        message, rest = parsed(POST + b"POST")
        assert (message.method, message.path, message.body) == ("POST", "/pay/n/x", b"body")
        assert message.headers == (("Host", "pay.test"), ("Content-Length", "4"))
        assert message.keeps_open
        assert rest == b"POST"

    def test_none_before_it_is_whole(self):
        assert {parsed(POST[:length]) for length in range(len(POST))} == {None}

    def test_a_header_that_comes_twice_stays_twice(self):
        message, _ = parsed(head("Nonce: a", "nonce: b"))
        assert message.headers == (("Nonce", "a"), ("nonce", "b"))

    @pytest.mark.parametrize(
        ("line", "stays"), [("Connection: close", False), ("Connection: keep-alive", True)]
    )
    def test_the_sender_says_whether_the_line_stays(self, line, stays):
        assert parsed(head(line))[0].keeps_open is stays

    @pytest.mark.parametrize(
        "raw",
        [
            head("Transfer-Encoding: chunked"),
            head("Content-Length: 4", "Content-Length: 4"),
            head("Content-Length: +4"),
            head("Content-Length: 4, 4"),
            head("Content-Length: \xb2"),
            head("Content-Length : 4"),
            head("Host: a", " folded"),
            head("no colon"),
            head("Name: a\nOther: b"),
            b"POST /  HTTP/1.1\r\n\r\n",
            b"POST / HTTP/2.0\r\n\r\n",
        ],
    )
    def test_anything_else_is_no_message(self, raw):
        with pytest.raises(Malformed) as refused:
            parsed(raw)
        assert refused.value.status == 400

    @pytest.mark.parametrize(
        ("raw", "status"),
        [
            (head(f"Content-Length: {intake.BODY_LIMIT + 1}"), 413),
            (b"x" * (intake.HEAD_LIMIT + 1), 431),
            (head("Expect: 100-continue", "Content-Length: 4"), 417),
        ],
    )
    def test_what_is_too_much_is_refused_before_it_is_read(self, raw, status):
        with pytest.raises(Malformed) as refused:
            parsed(raw)
        assert refused.value.status == status


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.is_closed = b"", False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def opened(door: Intake) -> tuple[Line, Wire]:
    line, wire = Line(door), Wire()
    line.connection_made(wire)
    return line, wire


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_came_at_the_same_time_is_answered_together():
    groups = []

    async def story():
        door = Intake(lambda group: groups.append(len(group)) or [Reply(204)] * len(group))
        lines = [opened(door) for _ in range(3)]
        for line, _ in lines:
            line.data_received(POST)
        await turns()
        return [wire.written for _, wire in lines]

    assert asyncio.run(story()) == [b"HTTP/1.1 204 No Content\r\n\r\n"] * 3
    assert groups == [3]


def test_a_line_has_one_message_under_way():
    async def story():
        door = Intake(lambda group: [Reply(200, "text/plain", m.body) for m in group])
        line, wire = opened(door)
        line.data_received(POST + POST.replace(b"body", b"next")[:-1])
        await turns()
        first = wire.written
        line.data_received(b"t")
        await turns()
        return first, wire.written[len(first) :]

    first, second = asyncio.run(story())
    assert first.endswith(b"\r\n\r\nbody")
    assert second.endswith(b"\r\n\r\nnext")


def test_a_group_that_fails_is_not_acknowledged():
    async def story():
        door = Intake(lambda group: 1 / 0)
        line, wire = opened(door)
        line.data_received(POST)
        await turns()
        return wire.written

    assert asyncio.run(story()).startswith(b"HTTP/1.1 500 ")


def test_what_is_no_message_ends_its_line():
    async def story():
        line, wire = opened(Intake(lambda group: []))
        line.data_received(b"GET\r\n\r\n")
        return wire.written, wire.is_closed

    written, is_closed = asyncio.run(story())
    assert written.startswith(b"HTTP/1.1 400 ")
    assert is_closed


def test_a_line_that_sends_no_whole_message_is_closed(monkeypatch):
    async def story():
        door = Intake(lambda group: [])
        slow, slow_wire = opened(door)
        slow.data_received(POST[:9])
        monkeypatch.setattr(intake, "PATIENCE", -1.0)
        door.close_idle()
        return slow_wire.is_closed

    assert asyncio.run(story())
