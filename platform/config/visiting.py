"""The gate for visitors of the platform inside a unit."""

from __future__ import annotations

import copy
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, ResolverMatch, resolve

from config.middleware import Next, view_class
from kernel import clock
from kernel.errors import Forbidden
from kernel.unit import Purpose, entered
from kernel.web.views import error_page
from shared_apps.support.services.visits import Visit
from tenant_apps.access.services import support

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SHOWN = ("text/html", "application/json", "application/problem+json")


class NotForVisitors(Forbidden):
    code = "support_not_allowed"
    sentence = "支持访问期间不能{what}。如确有需要，请由单位管理员办理。"


class SupportGate:
    """Writes down each request of a visitor before it is answered, and keeps it to reading.

    Unless changes were agreed to by name, every verb but reading is refused here and every write
    in the database.  What would leave the unit as a file or is made for paper is refused
    whatever was agreed.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        visit: Visit | None = request.support
        match = _match(request)
        if visit is None or match is None:
            return self.get_response(request)
        view = view_class(match.func)
        is_read = request.method in _READS
        is_own = getattr(view, "is_visitors_own", False)
        if not is_own and not is_read and visit.is_reading:
            return _refused(request, match, "修改数据")
        if getattr(view, "is_paper", False):
            return _refused(request, match, "打印")
        _note(request, match, "looked" if is_read or is_own else "changed")
        if is_own or not visit.is_reading:
            response = self.get_response(request)
        else:
            # A copy: who leaves it finds the unit entered for what it was entered for before.
            with entered(copy.copy(request.unit), for_=Purpose.READING):
                response = self.get_response(request)
        if _is_taken_away(response):
            return _refused(request, match, "导出数据")
        return response


def _match(request: HttpRequest) -> ResolverMatch | None:
    """Which view will answer; None where there is none."""
    try:
        return resolve(request.path_info, urlconf=request.urlconf)
    except Resolver404:
        return None


def _is_taken_away(response: HttpResponse) -> bool:
    """Whether the answer is a file rather than a page or a redirect."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    has_body = response.streaming or bool(response.content)
    return "Content-Disposition" in response.headers or (has_body and kind not in _SHOWN)


def _refused(request: Any, match: ResolverMatch, what: str) -> HttpResponse:
    _note(request, match, "denied")
    error = NotForVisitors(what=what)
    if not request.path.startswith("/api/"):
        return error_page(request, error)
    body = {
        "type": f"urn:gongjian:problem:{error.code}",
        "title": error.message,
        "status": 403,
        "code": error.code,
        "request_id": request.request_id,
    }
    return JsonResponse(body, status=403, content_type="application/problem+json")


def _note(request: Any, match: ResolverMatch, what: str) -> None:
    support.note_look(
        what=what,
        method=request.method,
        path=request.path,
        objects=match.kwargs,
        actor=request.actor,
        now=clock.now(),
    )
