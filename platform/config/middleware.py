"""What happens to every request before a view sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from kernel.actor import Actor
from kernel.models import uuid7
from kernel.web.messages import attach
from kernel.web.views import unit_not_serving, unknown_host
from tenants import selectors as units

_db: Any = connection
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
Next = Callable[[HttpRequest], HttpResponse]


class RequestIdentity:
    """Gives each request an id that appears in errors, logs and audit rows."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _REQUEST_ID.fullmatch(given) else uuid7().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class HostRouting:
    """Decides by the exact host which face of the product answers, and for which unit.

    A unit host puts the connection into that unit before anything else is read.  The
    connection is always left on the shared tables, whatever happened.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.faces = {
            settings.CONSOLE_HOST: "console",
            settings.MEMBER_HOST: "member",
            settings.PAY_HOST: "pay",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _db.set_schema_to_public()
        if request.path in ("/livez", "/readyz"):
            request.urlconf = settings.ROOT_URLCONF
            return self.get_response(request)
        host = request.get_host().partition(":")[0].lower()
        face = self.faces.get(host)
        request.unit = None  # type: ignore[attr-defined]
        try:
            if face is None:
                unit = units.unit_by_host(host)
                if unit is None:
                    return unknown_host(request)
                if not unit.is_serving:
                    return unit_not_serving(request, unit)
                face = "unit"
                request.unit = unit  # type: ignore[attr-defined]
                _db.set_tenant(unit)
            request.face = face  # type: ignore[attr-defined]
            request.urlconf = settings.HOST_URLCONFS[face]
            return self.get_response(request)
        finally:
            _db.set_schema_to_public()


class SignedInActor:
    """Reads the server session and says who acts."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = Actor()  # type: ignore[attr-defined]
        return self.get_response(request)


class Toasts:
    """Carries the toasts that a view queued to the page that shows them."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        attach(request, response)
        return response
