"""Is the process alive, can it serve, and the figures: for the launcher, balancers and Prometheus.

Anybody may ask whether.  Why not, and how fast, is told to the machine itself and to whoever
holds METRICS_TOKEN.
"""

from __future__ import annotations

import hmac
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from config import broker, metrics
from config.gauges import Platform
from kernel import clock
from kernel.permissions import PUBLIC
from kernel.web.views import Page
from tenants.cells import directory, faces, registry

_TIMEOUT: Final = 2
_WAIT_LIMIT: Final = 300.0
"""A message that waits longer than this many seconds says that workers are too few or dead."""


class NotWell(Exception):
    """What is wrong with a part, for whoever runs the platform."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was asked.  Without a needed one nothing can be served."""

    name: str
    is_needed: bool
    is_well: bool
    seconds: float
    detail: str


class Alive(Page):
    """Answers as long as the process does; asks nothing of anybody."""

    permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("alive\n", content_type="text/plain")


class Ready(Page):
    """200 when everything that a page needs is there, 503 otherwise.

    What only jobs need is told but refuses nobody: without a broker pages still serve, and what
    they queue is found again in the rows.
    """

    permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        parts = [_asked(*each) for each in PARTS]
        is_ready = all(part.is_well for part in parts if part.is_needed)
        status = 200 if is_ready else 503
        if not may_see_details(request):
            text = "ready\n" if is_ready else "not ready\n"
            return HttpResponse(text, status=status, content_type="text/plain")
        told = {
            "ready": is_ready,
            "seconds": round(time.perf_counter() - began, 4),
            "parts": [asdict(part) for part in parts],
        }
        return JsonResponse(told, status=status)


class Metrics(Page):
    """Everything that is measured, in the OpenMetrics format; nothing without the token."""

    permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        if not has_token(request):
            return HttpResponse("refused\n", status=403, content_type="text/plain")
        return HttpResponse(metrics.exposition(Platform()), content_type=metrics.CONTENT_TYPE)


def may_see_details(request: HttpRequest) -> bool:
    return has_token(request) or _is_local(request)


def has_token(request: HttpRequest) -> bool:
    """Whether the request carries METRICS_TOKEN; where none is set, none is right."""
    wanted = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(wanted) and hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode())


def _is_local(request: HttpRequest) -> bool:
    """From this machine and through no proxy, which would make everybody local."""
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    if settings.PROXY_HOPS or forwarded:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _asked(name: str, is_needed: bool, question: Callable[[], str]) -> Part:
    began = time.perf_counter()
    try:
        is_well, detail = True, question()
    except NotWell as problem:
        is_well, detail = False, str(problem)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the part is not well
        is_well, detail = False, type(problem).__name__
    return Part(name, is_needed, is_well, round(time.perf_counter() - began, 4), detail)


def _database() -> str:
    """Past the pool, so that a pool that waits for the database does not keep us waiting."""
    known = _one_row(
        "default",
        f'SET ROLE "{settings.SHARED_DATABASE_ROLE}"; SET statement_timeout = 1000',
        "SELECT array_agg(app || '.' || name), "
        "(SELECT count(*) FROM public.tenants_templatestep) FROM public.django_migrations",
    )
    missing = _wanted_migrations() - set(known[0] or ())
    if missing:
        raise NotWell(f"migrations not applied: {', '.join(sorted(missing))}")
    if not known[1]:
        raise NotWell("no template of units")
    return f"{known[1]} template steps"


def _owner() -> str:
    _one_row("owner", "SET statement_timeout = 1000", "SELECT 1")
    return ""


def _one_row(alias: str, first: str, question: str) -> Any:
    wanted = connections[alias].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    where = {name: wanted[name] for name in names if wanted.get(name)}
    with psycopg.connect(**where, connect_timeout=_TIMEOUT, autocommit=True) as link:
        link.execute(first)
        return link.execute(question).fetchone()


_wanted: set[str] = set()


def _wanted_migrations() -> set[str]:
    """The last migration of every shared app in this code; read once per process."""
    if not _wanted:
        shared = {name.rpartition(".")[2] for name in settings.SHARED_APPS}
        graph = MigrationLoader(None).graph
        _wanted.update(f"{app}.{name}" for app, name in graph.leaf_nodes() if app in shared)
    return _wanted


def _cache() -> str:
    cache.set("readyz", "1", timeout=10)
    if cache.get("readyz") != "1":
        raise NotWell("keeps nothing")
    return ""


def _broker() -> str:
    if not broker.is_inspectable():
        return "in memory"
    try:
        waiting = broker.queues()
    except redis.RedisError as problem:
        raise NotWell(type(problem).__name__) from problem
    late = [each.name for each in waiting if each.oldest_seconds > _WAIT_LIMIT]
    if late:
        raise NotWell(f"waits too long: {', '.join(late)}")
    return f"{sum(each.depth for each in waiting)} messages"


def _storage() -> str:
    """Whether files can be kept: the server answers, or the folder takes writes."""
    endpoint = getattr(default_storage, "endpoint_url", None)
    if endpoint:
        address = urlsplit(endpoint)
        port = address.port or (443 if address.scheme == "https" else 80)
        with socket.create_connection((address.hostname or "", port), timeout=_TIMEOUT):
            return ""
    default_storage.exists("readyz")
    return ""


def _cells() -> str:
    """How fresh is what cells know of one another."""
    now = clock.now()
    if faces.is_control():
        others = registry.others()
        old = [cell.name for cell in others if registry.is_old(cell, now=now)]
        if old:
            raise NotWell(f"summaries are old: {', '.join(old)}")
        return f"control, {len(others)} others"
    held = directory.link()
    if held is None or held.confirmed_at is None:
        raise NotWell("no directory")
    age = int((now - held.confirmed_at).total_seconds())
    if held.problem or age > directory.OLD.total_seconds():
        raise NotWell(f"directory {held.number}, {age} s old, {held.problem or 'not renewed'}")
    return f"directory {held.number}, {age} s old"


PARTS: Final[tuple[tuple[str, bool, Callable[[], str]], ...]] = (
    ("database", True, _database),
    ("owner", False, _owner),
    ("cache", True, _cache),
    ("broker", False, _broker),
    ("storage", True, _storage),
    ("cells", False, _cells),
)
