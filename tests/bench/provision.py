"""``bench provision``: the schema of a new unit, made ahead and given out.

Ours is a refill of the pool, counted per schema of it (the captured template sent again: role,
schema, tables, rights and row, one transaction each), and the registration of a unit that takes
a schema out of it.  The baseline is what django-tenants does when a tenant is created: run every
migration of the same models in a new schema, in a process that has done so before.  Both at the
beginning and with all units there, in the same database; the ratio is the one with all units
there.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from kernel.clock import now
from tenants.models import ReadySchema, Unit
from tenants.services import pool, units
from tests.bench.plain.process import ask

UNITS = 3_000
FEW = 10
SAMPLE = 30
ROUNDS = 3
PLAIN = 2


def run(options: Any) -> dict[str, Any]:
    """Milliseconds per schema and per registration, by how many units there are."""
    count = max(getattr(options, "units", None) or UNITS, FEW + 2 * SAMPLE + 1)
    # The same tables on both sides: none of Django's own beside them.
    os.environ["PLAIN_SAME_TABLES"] = "1"
    began = now()
    with tempfile.TemporaryDirectory() as folder:
        _open(FEW)
        plain_before, made_before, claim_before = _compared(Path(folder))
        _open(count - Unit.objects.count() - SAMPLE)
        plain_after, made_after, claim_after = _compared(Path(folder))
    return {
        "figures": {
            "units": Unit.objects.count(),
            "replay_ms_at_10": made_before,
            "replay_ms_at_N": made_after,
            "claim_ms_at_10": claim_before,
            "claim_ms_at_N": claim_after,
            "seconds": round((now() - began).total_seconds()),
        },
        "baselines": {
            "django_tenants_ms_at_10": plain_before,
            "django_tenants_ms_at_N": plain_after,
        },
        "ratios": {
            "main": round(plain_after / made_after, 1),
            "at_10": round(plain_before / made_before, 1),
            "claim_growth": round(claim_after / claim_before, 2),
        },
    }


def _compared(folder: Path) -> tuple[float, float, float]:
    """Medians in ms of a tenant by its migrations, a schema by replay, a registration.

    In turns, so that what else the machine does falls on both; the first tenant of a process
    warms it up and does not count.
    """
    plain: list[float] = []
    made: list[float] = []
    claims: list[float] = []
    for _ in range(ROUNDS):
        plain += ask("open", str(1 + PLAIN), folder=folder)[1:]
        some_made, some_claims = _open(SAMPLE // ROUNDS)
        made += some_made
        claims += some_claims
    return _median(plain), _median(made), _median(claims)


def _open(count: int) -> tuple[list[float], list[float]]:
    """Fills the pool and registers as many units; seconds per schema of a filling and per unit."""
    made: list[float] = []
    claims: list[float] = []
    for start in range(0, count, SAMPLE):
        size = min(SAMPLE, count - start)
        made.append(_filled(size) / size)
        first = Unit.objects.count()
        claims += [_timed(partial(_register, first + place)) for place in range(size)]
        if ReadySchema.objects.exists():
            raise RuntimeError("a unit was registered without a schema of the pool")
    return made, claims


def _filled(size: int) -> float:
    """Seconds until the empty pool holds that many; as many turns as it takes."""
    settings.READY_SCHEMAS = size
    seconds = 0.0
    while (before := ReadySchema.objects.count()) < size:
        seconds += _timed(pool.refill)
        if ReadySchema.objects.count() == before:
            raise RuntimeError("a turn of the refill made nothing")
    return seconds


def _register(number: int) -> None:
    units.register(
        name=f"第{number}单位",
        label=f"b{number}",
        credit_code=f"9132{number:014d}",
        region_code="320300",
        now=now(),
    )


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _median(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1000, 2)
