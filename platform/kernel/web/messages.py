"""Short confirmations that appear on the next page: toasts, with undo where there is one."""

from __future__ import annotations

import json
from typing import Literal

from django.http import HttpRequest, HttpResponse

Level = Literal["success", "info", "warning", "error"]
_COOKIE = "toast"


def toast(
    request: HttpRequest, text: str, *, undo_url: str | None = None, level: Level = "success"
) -> None:
    """Queues a toast for the response in the making or the page after a redirect."""
    queued: list[dict[str, str | None]] = getattr(request, "toasts", [])
    queued.append({"text": text, "undo": undo_url, "level": level})
    request.toasts = queued  # type: ignore[attr-defined]


def attach(request: HttpRequest, response: HttpResponse) -> None:
    """Puts queued toasts where the page's script finds them (header or short-lived cookie)."""
    queued = getattr(request, "toasts", None)
    if not queued:
        return
    packed = json.dumps(queued)
    if request.headers.get("HX-Request") == "true":
        response["HX-Trigger"] = json.dumps({"toast": queued})
    else:
        response.set_cookie(_COOKIE, packed.encode("ascii").hex(), max_age=60, samesite="Lax")
