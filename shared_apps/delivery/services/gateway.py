"""Speaking to the SMS gateway: one request, one of three answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import requests
from django.conf import settings

TIMEOUT: Final = (3.05, 10)
"""Seconds to connect and to wait for the answer."""
_SERVER_ERROR: Final = 500
_TRY_AGAIN = frozenset({401, 403, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class Taken:
    """The gateway has the message and will send it."""

    gateway_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway will never send this message; ``reason`` is its code, without the phone."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It may or may not have the message; the same idempotency key finds out."""

    reason: str


Answer = Taken | Refused | NoAnswer


def post(*, phone: str, text: str, key: str) -> Answer:
    """Hands one message over.  Nothing about the person is written to any log."""
    try:
        response = requests.post(
            f"{settings.SMS_GATEWAY_URL.rstrip('/')}/v1/messages",
            json={"to": phone, "text": text},
            headers={
                "Authorization": f"Bearer {settings.SMS_GATEWAY_KEY}",
                "Idempotency-Key": key,
            },
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as lost:
        return NoAnswer(type(lost).__name__)
    if response.status_code >= _SERVER_ERROR or response.status_code in _TRY_AGAIN:
        return NoAnswer(f"http_{response.status_code}")
    document = _document(response)
    if response.ok and document.get("id"):
        return Taken(str(document["id"])[:80])
    if response.ok:
        return NoAnswer("answer_without_id")
    return Refused(str(document.get("code", f"http_{response.status_code}"))[:80])


def _document(response: requests.Response) -> dict[str, object]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
