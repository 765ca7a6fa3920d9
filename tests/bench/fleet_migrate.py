"""``bench fleet-migrate``: a column and an index for every unit.

Ours is a wave: planned, run stage by stage, every unit with its ledger row.  Beside it in the
same run, on the same database: a bare loop that sends the same SQL to the same schemas, before
and after ours, and ``migrate_schemas --executor=multiprocessing`` of django-tenants over a few
tenants of the same models.  Last, a release with nothing to migrate.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from kernel.actor import Actor
from kernel.clock import now
from tenants.models import Unit
from tenants.rollout import WaveState
from tenants.services import installation, runner, template, waves
from tests.bench.plain.process import ask
from tests.database import open_unit
from tests.tenants.waves.releases import Releases

UNITS = 300
PLAIN = 6
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
    bare = [_bare(schemas, "bare_before")]
    ours = [_wave(releases, "first"), _wave(releases, "second")]
    bare.append(_bare(schemas, "bare_after"))
    nothing = [_nothing() for _ in range(3)]
    # The tenants of the baseline are two steps behind, as the units were before the two waves.
    plain = ask("migrate", folder=folder, migrations=releases.package) / PLAIN / 2
    count = len(schemas)
    per_unit = statistics.mean(seconds for seconds, _ in ours) / count
    figures = {
        "units": count,
        "ms_per_unit": round(per_unit * 1000, 3),
        "units_per_second": round(1 / per_unit),
        "planning_seconds": round(statistics.mean(planning for _, planning in ours), 3),
        "nothing_to_migrate_seconds": round(statistics.median(nothing), 3),
    }
    loop = statistics.mean(bare) / count
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


def _wave(releases: Releases, column: str) -> tuple[float, float]:
    """Seconds of the wave itself and of capturing and planning it."""
    releases.add(_CHANGE.format(column))
    began = time.perf_counter()
    template.capture(now=now())
    wave = waves.plan(actor=_ACTOR, now=now())
    if wave is None:
        raise RuntimeError("nothing was planned")
    waves.start(wave_id=wave.pk, actor=_ACTOR, now=now())
    planned = time.perf_counter()
    wave = runner.work(wave_id=wave.pk)
    if wave.state != WaveState.DONE:
        raise RuntimeError(wave.reason)
    return time.perf_counter() - planned, planned - began


def _bare(schemas: list[str], column: str) -> float:
    """The same SQL, a transaction per schema, and nothing written down."""
    owner = settings.DATABASES["owner"]
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], user=owner["USER"],
        password=owner["PASSWORD"], dbname=owner["NAME"],
    ) as server:  # fmt: skip
        began = time.perf_counter()
        for schema in schemas:
            server.execute(f"SET LOCAL search_path = {schema}; {_BARE.format(column)}")
            server.commit()
        return time.perf_counter() - began


def _nothing() -> float:
    began = time.perf_counter()
    installation.install(now=now())
    return time.perf_counter() - began
