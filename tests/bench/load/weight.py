"""What the fleet weighs: disk, catalogue, memory; and what growth makes slower."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction

from kernel import clock
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.services import recounting
from shared_apps.usage.models import Outbox
from shared_apps.usage.services import rollups
from tenant_apps.members.models import Member
from tenants.models import TemplateStep, Unit, schema_name_of
from tenants.services import installation, schemas

SAMPLE: Final = 30
_DISK: Final = """
SELECT pg_database_size(current_database()),
    (SELECT sum(pg_total_relation_size(oid)) FROM pg_class
      WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'),
    (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_class WHERE relkind = 'r')
"""


def disk(count: int) -> dict[str, float]:
    """GB of the database and of its catalogue, relations, MB per unit."""
    size, catalogue, relations, tables = _asked(_DISK)
    return {
        "database_gb": round(size / 2**30, 3),
        "catalogue_mb": round(int(catalogue) / 2**20, 1),
        "relations": relations,
        "tables": tables,
        "mb_per_unit": round(size / count / 2**20, 3),
    }


def growth(count: int) -> dict[str, float]:
    """What might grow with the number of units: a new schema, a release, a first look, memory."""
    figures = {
        "provision_ms": _provision(),
        "release_without_migrations_seconds": _median(
            [_timed(lambda: installation.install(now=clock.now())) for _ in range(3)], 3
        ),
        **_first_look(),
    }
    return figures | _backends(count)


def rollup(count: int) -> dict[str, float]:
    """One report of every unit drained; the recount of a sample of units."""
    units = list(Unit.objects.filter(label__startswith="u"))
    now = clock.now()
    Outbox.objects.bulk_create(
        (
            Outbox(unit_id=unit.id, unit_role=unit.schema_name, kind="sign_ins",
                   numbers={"delta": 1}, at=now)
            for unit in units
        ),
        batch_size=2_000,
    )  # fmt: skip
    drained = _timed(lambda: rollups.drain(now=now))
    sample = _sample(units)
    for unit in sample[:3]:
        recounting.recount_unit(unit_id=unit.id, now=now)
    recounts = [
        _timed(lambda unit=unit: recounting.recount_unit(unit_id=unit.id, now=now))  # type: ignore[misc]
        for unit in sample
    ]
    return {
        "drain_reports": count,
        "drain_seconds": round(drained, 2),
        "recount_p50_ms": round(statistics.median(recounts) * 1000, 2),
    }


def by_visiting() -> float:
    """Seconds per unit of the way without rollups: enter each unit and count."""
    sample = _sample(list(Unit.objects.filter(label__startswith="u")))
    began = time.perf_counter()
    for unit in sample:
        with unit_context(unit.id):
            Member.objects.filter(is_active=True).count()
    return (time.perf_counter() - began) / len(sample)


def server_mb() -> dict[str, float]:
    """Memory of PostgreSQL on this machine: private of all processes, shared once."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity")
        statuses = [_status(pid) for (pid,) in cursor.fetchall()]
    return {
        "postgresql_mb": round(
            sum(one["RssAnon"] for one in statuses) + max(one["RssShmem"] for one in statuses), 1
        ),
        "largest_backend_mb": round(max(one["RssAnon"] for one in statuses), 1),
    }


def _provision() -> float:
    """Median of ten schemas, made as the pool makes them and dropped again."""
    steps, times = schemas.template_steps(), []
    for _ in range(10):
        schema = schema_name_of(uuid7())
        times.append(_timed(lambda schema=schema: _make(schema, steps)))  # type: ignore[misc]
        with connections["owner"].cursor() as cursor:
            schemas.drop(cursor, schema)
    return round(statistics.median(times) * 1000, 1)


def _make(schema: str, steps: list[TemplateStep]) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        schemas.make(cursor, schema, steps)


def _first_look() -> dict[str, float]:
    """The same query in units that a backend does not know yet, and once more in each."""
    first, again = [], []
    for unit in _sample(list(Unit.objects.filter(label__startswith="u"))):
        with unit_context(unit.id):
            for times in (first, again):
                times.append(_timed(lambda: list(Member.objects.order_by("name_pinyin")[:20])))
    return {
        "first_look_ms": round(statistics.median(first) * 1000, 2),
        "second_look_ms": round(statistics.median(again) * 1000, 2),
    }


def _backends(count: int) -> dict[str, float]:
    """Private memory of a backend that has been in as many units as one may."""
    connections["default"].close()
    units = _sample(
        list(Unit.objects.filter(label__startswith="u")),
        size=min(count, settings.UNITS_PER_CONNECTION - 1),
    )
    for unit in units:
        with unit_context(unit.id):
            list(Member.objects.order_by("name_pinyin")[:20])
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        status = _status(cursor.fetchone()[0])
    return {"worn_backend_mb": round(status["RssAnon"], 1)}


def _sample(units: list[Unit], *, size: int = SAMPLE) -> list[Unit]:
    return random.Random(7).sample(units, min(size, len(units)))


def _status(pid: int) -> dict[str, float]:
    """MB by kind, of a process on this machine."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pairs = [line.split() for line in lines if line.startswith("Rss")]
    return {name.rstrip(":"): int(kilobytes) / 1024 for name, kilobytes, _ in pairs}


def _asked(sql: str) -> Any:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median(seconds: list[float], places: int) -> float:
    return round(statistics.median(seconds), places)
