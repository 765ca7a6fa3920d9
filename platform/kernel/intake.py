"""A door for messages that all want the same: stored durably, then acknowledged.

A transaction costs its commit, whatever is in it.  Of what all connections have sent by one turn of
the server's loop the whole messages are handed over together and answered when they are committed;
what comes meanwhile is the next group.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import uvicorn

log = logging.getLogger(__name__)
MOST_AT_ONCE: Final = 200
"""So many messages are answered together."""
BODY_LIMIT: Final = 64 * 1024
CONNECTIONS: Final = 1_000
"""Beyond these a connection is told to come again (503)."""
PATIENCE: Final = 75
"""Seconds for which a connection may stay silent between two messages."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came in: header names in lower case, repeated ones apart."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first one of this name (in lower case); empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content_type: str = ""
    body: bytes = b""


Answer = Callable[[Sequence[Message]], Sequence[Reply]]


class Intake:
    """An ASGI application that answers in groups.

    ``answer`` keeps the loop to itself while it works: nothing else is to be done meanwhile, and
    what arrives waits in its sockets.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._waiting: list[tuple[Message, asyncio.Future[Reply]]] = []
        # One for all groups: what Django keeps of a connection, it keeps in the context.
        self._context = copy_context()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await _body(receive)
        if body is None:
            return
        if len(body) > BODY_LIMIT:
            reply = Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            reply = await self._add(_message(scope, body))
        headers = [(b"content-length", b"%d" % len(reply.body))]
        if reply.content_type:
            headers.append((b"content-type", reply.content_type.encode("latin-1")))
        if reply.status == HTTPStatus.NO_CONTENT:
            headers = []
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _add(self, message: Message) -> asyncio.Future[Reply]:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._work, context=self._context)
        answered = loop.create_future()
        self._waiting.append((message, answered))
        return answered

    def _work(self) -> None:
        """Everything that was readable in this turn of the loop is here by now."""
        group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._work, context=self._context)
        try:
            replies = self._answer([message for message, _ in group])
        except Exception:
            log.exception("a group of %s was not taken", len(group))
            replies = [Reply(HTTPStatus.INTERNAL_SERVER_ERROR)] * len(group)
        for (_, answered), reply in zip(group, replies, strict=True):
            if not answered.done():  # its task was given up
                answered.set_result(reply)


def server(answer: Answer, *, host: str, port: int) -> uvicorn.Server:
    """To be run; it ends when the process is told to stop.

    The proxy in front of it bounds a request's head and how slowly it may come.
    """
    return uvicorn.Server(
        uvicorn.Config(
            Intake(answer),
            host=host,
            port=port,
            http="httptools",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=PATIENCE,
            limit_concurrency=CONNECTIONS,
            backlog=CONNECTIONS,
        )
    )


async def _body(receive: Any) -> bytes | None:
    """All that was sent, as far as it may be too long; None when the sender has gone."""
    parts: list[bytes] = []
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        parts.append(event.get("body", b""))
        if not event.get("more_body") or sum(map(len, parts)) > BODY_LIMIT:
            return b"".join(parts)


def _message(scope: dict[str, Any], body: bytes) -> Message:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    return Message(scope["method"], scope["path"], headers, body)
