"""Sends prepared HTTP requests over a few kept connections, from a process of its own.

A program without Django: one thread waits for all connections, so that sending costs little of
the machine that is measured.  The requests come as a file: each its length in four bytes, then
itself.  The figures go to standard output.
"""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def send(
    port: int, requests: Sequence[bytes], connections: int, *, per_second: float = 0
) -> dict[str, Any]:
    """Sends them all, as fast as they are answered or ``per_second``; seconds, answers by status,
    p50 and p99 in ms.  At a rate, a request waits from the moment at which it was to be sent.
    """
    with tempfile.NamedTemporaryFile() as file:
        for request in requests:
            file.write(struct.pack(">I", len(request)) + request)
        file.flush()
        done = subprocess.run(
            [sys.executable, __file__, file.name, str(port), str(connections), str(per_second)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


class Line:
    """One connection: idle, or with a request whose answer is awaited.

    A server closes a connection that was idle for a while; as a channel would, the line is then
    opened again and the same request repeated.
    """

    def __init__(self, port: int, watch: selectors.BaseSelector) -> None:
        self._port, self._watch = port, watch
        self.since = 0.0
        self.answer = self.request = b""
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch.register(self.socket, selectors.EVENT_READ, self)

    def _again(self) -> None:
        self._watch.unregister(self.socket)
        self.socket.close()
        self._open()
        if self.request:
            self.ask(self.request, self.since)

    def ask(self, request: bytes, since: float) -> None:
        self.since, self.answer, self.request = since, b"", request
        try:
            self.socket.sendall(request)
        except ConnectionError:
            self._again()

    def hear(self) -> int:
        """The status once the answer is whole, else 0."""
        try:
            chunk = self.socket.recv(65536)
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._again()
            return 0
        self.answer += chunk
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return 0
        self.request = b""
        return int(head[9:12])


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def main(path: str, port: int, connections: int, per_second: float) -> None:
    waiting = deque(_requests(Path(path).read_bytes()))
    count = len(waiting)
    watch = selectors.DefaultSelector()
    idle = deque(Line(port, watch) for _ in range(connections))
    took: list[float] = []
    statuses: dict[int, int] = {}
    began = time.perf_counter()
    sent = 0
    while len(took) < count:
        now = time.perf_counter()
        due = count if not per_second else min(count, int((now - began) * per_second) + 1)
        while idle and sent < due:
            since = began + sent / per_second if per_second else time.perf_counter()
            idle.popleft().ask(waiting.popleft(), since)
            sent += 1
        # At a rate, the next request may be due before the next answer comes.
        pause = max(0.0, began + sent / per_second - now) if per_second and sent < count else 5.0
        for key, _ in watch.select(min(pause, 5.0)):
            line: Line = key.data
            if status := line.hear():
                took.append(time.perf_counter() - line.since)
                statuses[status] = statuses.get(status, 0) + 1
                idle.append(line)
    seconds = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    json.dump(
        {
            "seconds": seconds,
            "answers": count,
            "statuses": statuses,
            "p50_ms": round(cuts[49] * 1000, 1),
            "p99_ms": round(cuts[98] * 1000, 1),
            "max_ms": round(max(took) * 1000, 1),
        },
        sys.stdout,
    )


def _requests(raw: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        found.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    return found


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
