"""A simulated SMS gateway: takes messages over HTTP, keeps them, shows them on an inbox page.

    POST /v1/messages   Authorization: Bearer <key>, Idempotency-Key: <key>
                        {"to": "13800000000", "text": "…"} -> 202 {"id", "status": "accepted"}
    GET  /inbox.json    ?phone=  newest first, for tests
    GET  /              the inbox page, ?phone= to search
    POST /_sim/outage   {"times": n}  the next n messages are refused with 503

A repeated idempotency key with the same content answers with the first message's id and sends
nothing; with another content it is refused (409).
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from shared_apps.delivery.simulator import inbox, sheet
from shared_apps.delivery.simulator.loopback import Answer, LoopbackServer, Request

TEXT_LIMIT = 500
KEY_LIMIT = 200
PAGE_SIZE = 50
_PHONE = re.compile(r"1\d{10}")
_JSON = (("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store"))
_TABLE = """
CREATE TABLE IF NOT EXISTS messages (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, idempotency_key TEXT NOT NULL UNIQUE,
  phone TEXT NOT NULL, text TEXT NOT NULL, received_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_by_phone ON messages (phone, number);
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One text message; `received_at` is an RFC 3339 moment in UTC."""

    id: str
    phone: str
    text: str
    received_at: str


class IdempotencyClash(Exception):
    """The key was used before for another message."""


class Mailbox:
    """The messages on disk (or in memory)."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode=WAL;" + _TABLE)

    def close(self) -> None:
        self._db.close()

    def put(self, *, key: str, phone: str, text: str, now: datetime) -> Message:
        """Store a message once per idempotency key; raises IdempotencyClash."""
        fresh = Message(f"SM{secrets.token_hex(12)}", phone, text, now.isoformat())
        with self._lock, self._db:
            self._db.execute(
                "INSERT INTO messages (id, idempotency_key, phone, text, received_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING",
                (fresh.id, key, phone, text, fresh.received_at),
            )
            row = self._db.execute(
                "SELECT id, phone, text, received_at FROM messages WHERE idempotency_key = ?",
                (key,),
            ).fetchone()
        stored = Message(*row)
        if (stored.phone, stored.text) != (phone, text):
            raise IdempotencyClash
        return stored

    def newest(self, phone: str = "", limit: int = PAGE_SIZE) -> list[Message]:
        """Messages to numbers that begin or end with `phone`, newest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, phone, text, received_at FROM messages"
                " WHERE phone LIKE ? || '%' OR phone LIKE '%' || ? ORDER BY number DESC LIMIT ?",
                (phone, phone, limit),
            ).fetchall()
        return [Message(*row) for row in rows]


class Application:
    """The gateway's answers, without a transport."""

    def __init__(
        self,
        mailbox: Mailbox,
        api_key: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
    ) -> None:
        self._mailbox = mailbox
        self._api_key = api_key
        self._clock = clock
        self._outage = 0

    def __call__(self, request: Request) -> Answer:
        split = urlsplit(request.target)
        phone = _digits(parse_qs(split.query).get("phone", [""])[0])
        match request.method, split.path:
            case "POST", "/v1/messages":
                return self._receive(request)
            case "GET", "/inbox.json":
                messages = [asdict(message) for message in self._mailbox.newest(phone)]
                return _json(200, {"messages": messages})
            case "GET", "/":
                page = inbox.page(self._mailbox.newest(phone), phone)
                return Answer(200, sheet.HEADERS, page)
            case "POST", "/_sim/outage":
                return self._plan_outage(request)
            case "GET", "/healthz":
                return _json(200, {"status": "ok"})
        return _json(404, {"code": "not_found", "message": "没有这个地址"})

    def _receive(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers}
        if not self._is_authorised(headers.get("authorization", "")):
            return _json(401, {"code": "unauthorised", "message": "接口密钥不正确"})
        if self._outage > 0:
            self._outage -= 1
            return _json(503, {"code": "unavailable", "message": "网关暂时不可用"})
        key, document = headers.get("idempotency-key", ""), _object(request.body)
        phone, text = document.get("to"), document.get("text")
        if problem := _problem(key, phone, text):
            return problem
        try:
            message = self._mailbox.put(
                key=key, phone=str(phone), text=str(text), now=self._clock()
            )
        except IdempotencyClash:
            return _json(409, {"code": "idempotency_clash", "message": "幂等键已用于另一条短信"})
        return _json(202, {"id": message.id, "status": "accepted"})

    def _plan_outage(self, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers}
        times = _object(request.body).get("times")
        if not self._is_authorised(headers.get("authorization", "")):
            return _json(401, {"code": "unauthorised", "message": "接口密钥不正确"})
        if not isinstance(times, int) or times < 0:
            return _json(422, {"code": "times", "message": "次数不正确"})
        self._outage = times
        return _json(200, {"times": times})

    def _is_authorised(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), f"Bearer {self._api_key}".encode())


class SmsSim:
    """The whole process. `folder` holds the messages; `api_key` is what senders must show."""

    def __init__(self, folder: Path, *, api_key: str, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mailbox = Mailbox(folder / "inbox.sqlite3")
        self._server = LoopbackServer(Application(self._mailbox, api_key), port=port)

    @property
    def address(self) -> str:
        return self._server.address

    def start(self) -> None:
        self._server.start()

    def serve(self) -> None:
        """Serve until interrupted."""
        self._server.serve()

    def stop(self) -> None:
        self._server.stop()
        self._mailbox.close()


def _problem(key: str, phone: object, text: object) -> Answer | None:
    """What is wrong with a message, as the answer that says so."""
    if not 0 < len(key) <= KEY_LIMIT:
        return _json(400, {"code": "idempotency_key", "message": "缺少幂等键"})
    if not isinstance(phone, str) or not _PHONE.fullmatch(phone):
        return _json(422, {"code": "phone", "message": "手机号不正确"})
    if not isinstance(text, str) or not 0 < len(text) <= TEXT_LIMIT:
        return _json(422, {"code": "text", "message": "短信内容为空或过长"})
    return None


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())[:11]


def _object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _json(status: int, document: object) -> Answer:
    return Answer(status, _JSON, json.dumps(document, ensure_ascii=False).encode())
