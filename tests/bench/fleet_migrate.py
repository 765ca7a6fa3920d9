"""``bench fleet-migrate``: a column and an index for every unit.

Ours is a wave: planned, run stage by stage, every unit with its ledger row.  Beside it in the
same run, on the same database and in turns with ours: a bare loop that sends the same SQL to the
same schemas, as many in a transaction as ours and under the same lock timeout; and
``migrate_schemas --executor=multiprocessing`` of django-tenants, for the same one migration,
over a few tenants of the same models.  Last, a release with nothing to migrate.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from kernel.actor import Actor
from kernel.clock import now
from tenants.models import TemplateStep, Unit
from tenants.rollout import WaveState
from tenants.services import installation, replay, runner, template, waves
from tests.bench.plain.process import ask
from tests.database import open_unit
from tests.tenants.waves.releases import Releases

UNITS = 300
PLAIN = 8
ROUNDS = 3
_ACTOR = Actor.system("bench")
_CHANGE = (
    'migrations.AddField("event", "{0}", models.CharField(max_length=20, null=True)),'
    'migrations.AddIndex("event", models.Index(fields=["{0}"], name="event_{0}")),'
)
_BARE = (
    'ALTER TABLE "audit_event" ADD COLUMN "{0}" varchar(20) NULL;'
    ' CREATE INDEX "event_{0}" ON "audit_event" ("{0}")'
)


def run(options: Any) -> dict[str, Any]:
    """Milliseconds per unit, and seconds of a release without a new migration."""
    count = getattr(options, "units", None) or UNITS
    for number in range(count):
        open_unit(f"b{number}", credit_code=f"9132{number:014d}")
    schemas = list(Unit.objects.values_list("schema_name", flat=True))
    with tempfile.TemporaryDirectory() as folder:
        releases = Releases(Path(folder))
        try:
            return _measured(releases, schemas, Path(folder))
        finally:
            releases.end()


def _measured(releases: Releases, schemas: list[str], folder: Path) -> dict[str, Any]:
    ask("open", str(PLAIN), folder=folder)
    bare, ours, planning = [], [], []
    for at in range(ROUNDS):
        # The tenants of the baseline are then one step behind, as the units are before a wave.
        ask("migrate", folder=folder, migrations=releases.package)
        planning.append(_planned(releases, f"column{at}"))
        ours.append(_wave())
        bare.append(_bare(schemas, f"bare{at}"))
    plain = ask("migrate", folder=folder, migrations=releases.package) / PLAIN
    nothing = [_nothing() for _ in range(3)]
    count = len(schemas)
    per_unit = statistics.median(ours) / count
    figures = {
        "units": count,
        "ms_per_unit": round(per_unit * 1000, 3),
        "units_per_second": round(1 / per_unit),
        "planning_seconds": round(statistics.median(planning), 3),
        "nothing_to_migrate_seconds": round(statistics.median(nothing), 3),
    }
    loop = statistics.median(bare) / count
    return {
        "figures": figures,
        "baselines": {
            "migrate_schemas_ms_per_unit": round(plain * 1000, 1),
            "bare_loop_ms_per_unit": round(loop * 1000, 3),
        },
        "ratios": {
            "main": round(plain / per_unit, 1),
            "of_bare_loop": round(per_unit / loop, 2),
        },
    }


def _planned(releases: Releases, column: str) -> float:
    """Seconds of capturing a release and planning its wave, which then runs."""
    releases.add(_CHANGE.format(column))
    began = time.perf_counter()
    template.capture(now=now())
    wave = waves.plan(actor=_ACTOR, now=now())
    if wave is None:
        raise RuntimeError("nothing was planned")
    waves.start(wave_id=wave.pk, actor=_ACTOR, now=now())
    return time.perf_counter() - began


def _wave() -> float:
    """Seconds of the wave that was planned, from a process that has just begun."""
    connections["owner"].close()
    connections["owner"].ensure_connection()
    wave = waves.unfinished()
    began = time.perf_counter()
    wave = runner.work(wave_id=wave.pk)
    seconds = time.perf_counter() - began
    if wave.state != WaveState.DONE:
        raise RuntimeError(wave.reason)
    return seconds


def _bare(schemas: list[str], column: str) -> float:
    """The same SQL and nothing written down."""
    owner = settings.DATABASES["owner"]
    step = TemplateStep(statements=_BARE.format(column).split("; "))
    size = replay.units_per_transaction([step])
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], user=owner["USER"],
        password=owner["PASSWORD"], dbname=owner["NAME"],
    ) as server:  # fmt: skip
        began = time.perf_counter()
        server.execute(f"SET lock_timeout = {runner.LOCK_TIMEOUT_MS}")
        for start in range(0, len(schemas), size):
            for schema in schemas[start : start + size]:
                server.execute(f"SET LOCAL search_path = {schema}; {_BARE.format(column)}")
            server.commit()
        return time.perf_counter() - began


def _nothing() -> float:
    began = time.perf_counter()
    installation.install(now=now())
    return time.perf_counter() - began
