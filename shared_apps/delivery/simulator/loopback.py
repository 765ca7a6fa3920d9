"""The small HTTP server both simulators stand on. It listens on 127.0.0.1 and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

LOOPBACK = "127.0.0.1"
BODY_LIMIT = 1024 * 1024
IDLE_SECONDS = 30

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came over the wire; `target` is the path with its query string."""

    method: str
    target: str
    headers: Pairs
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. The server adds Content-Length and closes nothing it need not close."""

    status: int
    headers: Pairs
    body: bytes


class Dropped(Exception):
    """The line is to go dead without an answer: the peer sees a closed connection."""


Application = Callable[[Request], Answer]


class LoopbackServer:
    """Serves one application on 127.0.0.1, each request in its own thread.

    Port 0 takes any free port; `address` then says which. `start` serves from a background
    thread until `stop`, `serve` until interrupted.
    """

    def __init__(self, application: Application, *, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"application": staticmethod(application)})
        self._server = ThreadingHTTPServer((LOOPBACK, port), handler)
        self._server.daemon_threads = True
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        self._thread = threading.Thread(target=self.serve, name="simulator", daemon=True)
        self._thread.start()

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection. Each server gets a subclass that knows its application."""

    application: ClassVar[Application]
    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        self._exchange()

    def do_POST(self) -> None:
        self._exchange()

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet: bodies carry one-time codes, and each simulator keeps a journal."""

    def _exchange(self) -> None:
        body = self._body()
        if body is None:
            self._send(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, (), b""))
            self.close_connection = True
            return
        request = Request(self.command, self.path, tuple(self.headers.items()), body)
        try:
            answer = type(self).application(request)
        except Dropped:
            self.close_connection = True
            return
        self._send(answer)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > BODY_LIMIT:
            return None
        return self.rfile.read(int(length))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
