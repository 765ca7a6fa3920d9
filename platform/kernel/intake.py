"""A door for messages that all want the same: stored durably, then acknowledged.

A transaction costs its commit, whatever is in it.  One loop without threads reads what all
connections have sent, hands the whole messages over together, and answers them when they are
committed; what comes meanwhile waits in its sockets and is the next group.  It speaks the part of
HTTP/1.1 that such messages need, a body of a stated length, and refuses everything else.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

log = logging.getLogger(__name__)
MOST_AT_ONCE: Final = 200
"""So many messages are answered together."""
HEAD_LIMIT: Final = 16 * 1024
BODY_LIMIT: Final = 64 * 1024
CONNECTIONS: Final = 1_000
PATIENCE: Final = 75.0
"""Seconds after which a connection that has sent no whole message is closed."""
_CRLF: Final = "\r\n"
_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came in: header names as they were sent, repeated ones apart."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    keeps_open: bool = True

    def header(self, name: str) -> str:
        """The first one of this name (in lower case); empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str = ""
    body: bytes = b""


Answer = Callable[[Sequence[Message]], Sequence[Reply]]


class Malformed(ValueError):
    """What was sent is no message; the connection is closed with ``status``."""

    def __init__(self, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(status.phrase)
        self.status = status


class Intake:
    """Collects the messages of all connections and answers them in groups."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._waiting: list[tuple[Message, Line]] = []
        self.lines: set[Line] = set()

    def add(self, message: Message, line: Line) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._work)
        self._waiting.append((message, line))

    def _work(self) -> None:
        """Everything that was readable in this turn of the loop is here by now."""
        group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._work)
        try:
            replies = self._answer([message for message, _ in group])
        except Exception:
            log.exception("a group of %s was not taken", len(group))
            replies = [Reply(HTTPStatus.INTERNAL_SERVER_ERROR)] * len(group)
        for (message, line), reply in zip(group, replies, strict=True):
            line.reply(reply, keeps_open=message.keeps_open)

    def close_idle(self) -> None:
        now = asyncio.get_running_loop().time()
        for line in [*self.lines]:
            if line.is_reading and now - line.since > PATIENCE:
                line.close()


class Line(asyncio.Protocol):
    """One connection: one message at a time, then its answer."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._read = b""
        self.is_reading = True
        self.since = asyncio.get_running_loop().time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a server is given
        self._transport = transport
        self._intake.lines.add(self)
        if len(self._intake.lines) > CONNECTIONS:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._intake.lines.discard(self)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if self.is_reading:
            self._next()
        elif len(self._read) > HEAD_LIMIT + BODY_LIMIT:
            self.close()  # sends on and on and waits for no answer

    def reply(self, reply: Reply, *, keeps_open: bool) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(_written(reply, keeps_open=keeps_open))
        if not keeps_open:
            self.close()
            return
        self.is_reading, self.since = True, asyncio.get_running_loop().time()
        if self._read:
            self._next()

    def close(self) -> None:
        self.is_reading = False
        self._transport.close()

    def _next(self) -> None:
        try:
            found = parsed(self._read)
        except Malformed as malformed:
            self.reply(Reply(malformed.status), keeps_open=False)
            return
        if found is not None:
            message, self._read = found
            self.is_reading = False
            self._intake.add(message, self)


def parsed(read: bytes) -> tuple[Message, bytes] | None:
    """The first whole message and what follows it; None while it is not whole.

    Raises Malformed.
    """
    head, end, rest = read.partition(_END)
    if len(head) > HEAD_LIMIT:
        raise Malformed(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if not end:
        return None
    first, *lines = head.decode("latin-1").split(_CRLF)
    words = first.split(" ")
    if len(words) != 3 or words[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise Malformed
    headers = tuple(map(_header, lines))
    length = _length(headers)
    if len(rest) < length:
        return None
    wish = next((value for name, value in headers if name.lower() == "connection"), "").lower()
    keeps_open = wish != "close" if words[2] == "HTTP/1.1" else wish == "keep-alive"
    return Message(words[0], words[1], headers, rest[:length], keeps_open), rest[length:]


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name.strip() != name or "\n" in line or "\r" in line:
        raise Malformed
    return name, value.strip(" \t")


def _length(headers: Sequence[tuple[str, str]]) -> int:
    """How long the body is: said once, in digits, and in no other way."""
    names = [name.lower() for name, _ in headers]
    if "transfer-encoding" in names or names.count("content-length") > 1:
        raise Malformed
    if "expect" in names:
        raise Malformed(HTTPStatus.EXPECTATION_FAILED)
    if "content-length" not in names:
        return 0
    value = headers[names.index("content-length")][1]
    if not (value.isascii() and value.isdigit()):
        raise Malformed
    if int(value) > BODY_LIMIT:
        raise Malformed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(value)


def _written(reply: Reply, *, keeps_open: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    if reply.content_type:
        lines.append(f"Content-Type: {reply.content_type}")
    if reply.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(reply.body)}")
    if not keeps_open:
        lines.append("Connection: close")
    return _CRLF.join([*lines, "", ""]).encode("latin-1") + reply.body


async def serve(answer: Answer, *, host: str, port: int) -> None:
    """Listens until the process is told to stop (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    intake = Intake(answer)
    server = await loop.create_server(lambda: Line(intake), host, port, backlog=CONNECTIONS)
    while not stop.is_set():
        intake.close_idle()
        try:
            await asyncio.wait_for(stop.wait(), PATIENCE / 10)
        except TimeoutError:
            continue
    server.close()
    for line in [*intake.lines]:
        line.close()
