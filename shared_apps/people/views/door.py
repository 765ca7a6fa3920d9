"""What every page of the door needs of its request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.utils.http import url_has_allowed_host_and_scheme

from shared_apps.people.services import sessions


def audience_of(request: Any) -> sessions.Audience:
    """Where a session would be good: the middleware's finding."""
    audience: sessions.Audience = request.audience
    return audience


def device_of(request: HttpRequest) -> str:
    """How the browser names itself, for the list of own sessions."""
    return request.headers.get("User-Agent", "")


def half_of(request: Any, kind: str) -> sessions.Held | None:
    """The sign-in of this kind that waits for its second step in this browser."""
    session: sessions.Held | None = request.half_signed_in
    return session if session is not None and session.kind == kind else None


def give_cookie(request: Any, opened: sessions.Opened) -> None:
    """Leaves the new token for the middleware; forms of before are worth nothing any more."""
    request.opened_session = opened
    rotate_token(request)


def next_of(request: HttpRequest, default: str = "/") -> str:
    """Where to go afterwards: a path of this very host, or ``default``."""
    wanted = request.GET.get("next", "")
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    if is_path and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return default


def go(request: HttpRequest, address: str) -> HttpResponse:
    """The next step, which remembers where to go afterwards."""
    wanted = next_of(request, "")
    return HttpResponseRedirect(f"{address}?{urlencode({'next': wanted})}" if wanted else address)
