"""Watching every request and every job: one line, one measurement, and whose fault it was."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from config import metrics
from config.logs import ROUTE_UNKNOWN, request_in_hand, route_of
from kernel import clock
from kernel.errors import DomainError
from kernel.jobs import SHARED, Running, watch
from shared_apps.status.services import errors

Next = Callable[[HttpRequest], HttpResponse]
HEALTH: Final = frozenset({"/livez", "/readyz", "/metrics"})
_access = logging.getLogger("gongjian.access")
_jobs = logging.getLogger("gongjian.jobs")
_log = logging.getLogger(__name__)


class Observed:
    """The outermost but for the request's id: sees what is really answered."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_in_hand.set(request)
        counter = _Counter()
        began = time.perf_counter()
        try:
            with connection.execute_wrapper(counter):
                response = self.get_response(request)
            if request.path not in HEALTH:
                self._note(request, response, time.perf_counter() - began, counter.count)
        finally:
            request_in_hand.reset(token)
        return response

    def _note(self, request: Any, response: HttpResponse, seconds: float, queries: int) -> None:
        unit = getattr(request, "unit", None)
        unit_id = str(unit.pk) if unit is not None else ""
        where = {"face": getattr(request, "face", "") or "none", "view": view_of(request)}
        answer = {
            "method": request.method if request.method in metrics.METHODS else "OTHER",
            "status": f"{response.status_code // 100}xx",
        }
        metrics.observe(metrics.REQUESTS, {**where, **answer}, seconds, unit=unit_id)
        metrics.observe(metrics.QUERIES, where, queries, unit=unit_id)
        route = route_of(request)
        _access.info(
            "%s %s %s",
            request.method,
            route,
            response.status_code,
            extra={
                "facts": {
                    "face": where["face"],
                    "status": response.status_code,
                    "seconds": round(seconds, 4),
                    "queries": queries,
                }
            },
        )
        if is_our_fault(response.status_code) and unit is not None:
            note_failure(unit.pk)


class _Counter:
    """Counts statements."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def view_of(request: HttpRequest) -> str:
    """The view that answered, by its name in the code; so there are as many as there are views."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return "static" if request.path.startswith(settings.STATIC_URL) else ROUTE_UNKNOWN
    view = getattr(match.func, "view_class", None) or getattr(match.func, "cls", match.func)
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"


def is_our_fault(status: int) -> bool:
    """A refusal says 503 for what is expected to pass (``Unavailable``); a failure is a 500."""
    return status >= 500 and status != 503


def note_failure(unit_id: Any) -> None:
    """Counts against the unit's day; a database that is away has worse things to tell."""
    try:
        errors.note(unit_id=unit_id, now=clock.now())
    except Error as problem:
        _log.warning("a failure was not counted: %s", type(problem).__name__)


def job_ended(job: Running, seconds: float, error: Exception | None) -> None:
    """Told by ``kernel.jobs`` when the job's scope has been left."""
    result = "ok" if error is None else "refused" if isinstance(error, DomainError) else "failed"
    unit_id = "" if job.scope == SHARED else job.scope
    labels = {"job": job.name, "result": result}
    metrics.observe(metrics.JOBS, labels, seconds, unit=unit_id)
    is_routine = result == "ok" and job.scope == SHARED  # the clock's own, every few seconds
    _jobs.log(
        logging.DEBUG if is_routine else logging.INFO,
        "%s %s",
        job.name,
        result,
        extra={"facts": {"result": result, "seconds": round(seconds, 4)}},
    )
    if result == "failed" and unit_id:
        note_failure(unit_id)


watch(job_ended)
