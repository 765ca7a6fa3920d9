"""Log lines: who, where and during what, and nothing about any person.

In production a line is one JSON object.  Whatever reaches a line is scrubbed on its way out:
numbers of phones, identity cards and accounts, and the rows that a database error quotes.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from contextvars import ContextVar
from typing import Any, Final

from django.apps import apps
from django.db import connection

from kernel.jobs import running

request_in_hand: ContextVar[Any] = ContextVar("request_in_hand", default=None)
ROUTE_UNKNOWN: Final = "(none)"
_NUMBERS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:\d{17}[Xx]|\d{15,19}|(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4})"
    r"(?![0-9A-Za-z])"
)
_QUOTED_ROWS: Final = re.compile(r"^(\s*(?:DETAIL|CONTEXT|PARAMETERS):).*$", re.MULTILINE)
_db: Any = connection


def scrubbed(text: str) -> str:
    """Without anything that tells who somebody is."""
    return _NUMBERS.sub("[…]", _QUOTED_ROWS.sub(r"\1 […]", text))


def route_of(request: Any) -> str:
    """The pattern that an address matched: the address itself may hold a token."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else ROUTE_UNKNOWN


class Circumstances(logging.Filter):
    """Puts on every record what is known where it is written."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = request_in_hand.get()
        record.circumstances = {**_of_request(request), **_of_job(), **_unit(request)}
        _hide_address(record)
        return True


class JsonLine(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "time": at.isoformat("T", "milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
            **getattr(record, "circumstances", {}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["error"] = scrubbed(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLine(logging.Formatter):
    """The same for people: time, level, logger, message, then what is known."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {**getattr(record, "circumstances", {}), **getattr(record, "facts", {})}
        known = " ".join(f"{name}={value}" for name, value in facts.items())
        text = f"{self.formatTime(record)} {record.levelname} {record.name} {record.getMessage()}"
        text = f"{text}  {known}" if known else text
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return scrubbed(text)


def _of_request(request: Any) -> dict[str, str]:
    if request is None:
        return {}
    found = {"request": getattr(request, "request_id", "")}
    actor = getattr(request, "actor", None)
    if actor is not None:
        found["actor"] = actor.kind
        if actor.person_id is not None:
            found["actor_id"] = str(actor.person_id)
    return found


def _of_job() -> dict[str, str]:
    job = running()
    return {"job": job.name, "job_id": job.id, "job_scope": job.scope} if job else {}


def _unit(request: Any) -> dict[str, str]:
    """The unit in force; after it was left, the one that the request was for."""
    if not apps.ready:
        return {}
    unit: Any = getattr(_db, "tenant", None)
    if getattr(unit, "id", None) is None:
        unit = getattr(request, "unit", None)
    unit_id = getattr(unit, "id", None)
    return {"unit": str(unit_id)} if unit_id is not None else {}


def _hide_address(record: logging.LogRecord) -> None:
    """Django's own lines about a request carry its address; the pattern says enough."""
    request = getattr(record, "request", None)
    path = getattr(request, "path", None)
    if path and isinstance(record.args, tuple):
        record.args = tuple(route_of(request) if arg == path else arg for arg in record.args)
