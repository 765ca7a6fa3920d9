"""``bench onboard``: 80,000 rows of roster read, checked and stored, against django-import-export.

Ours is ``python -m config onboard`` in a process of its own, so that its wall time, processor
time and peak memory are those of the product and of nothing else.  The baseline stores the same
people with the same sealed columns through a ``ModelResource``: it looks every person up by the
identity index, as it must in order to make nobody twice, checks nothing and fixes no dues.  It is
measured on fewer rows in the same run, in rounds before and after ours so that a busy moment of the
machine weighs on both, and the median of its faster mode is scaled linearly.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread

import psycopg
import tablib
from django.conf import settings
from django.db import connection, transaction
from import_export import fields, resources, widgets
from import_export.results import RowResult

from kernel import pinyin
from kernel.actor import Actor
from kernel.clock import now
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.members.models import Member
from tenant_apps.members.services.sealing import Sealer
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.services import intake as organizations
from tests.bench import roster_shapes
from tests.bench.rosters import unit as invented_unit
from tests.database import open_unit
from tests.onboarding.processes import environment

ROWS = 80_000
BASELINE_ROWS = 2_000
ROUNDS = 2
"""Rounds of the baseline, in each of its modes, before ours and again after it."""
MODES = ("default", "bulk")
NAME = "基准测试集团"


def run(options) -> dict:
    rows = options.rows or ROWS
    roster = roster_shapes.make("official", name=NAME, members=rows, seed=3)
    measured = min(BASELINE_ROWS, rows)
    rounds = [_round(number, measured) for number in range(ROUNDS)]
    ours = _ours(roster, rows)
    rounds += [_round(number, measured) for number in range(ROUNDS, 2 * ROUNDS)]
    baselines = {mode: median(one[mode] for one in rounds) for mode in MODES}
    fastest = min(baselines, key=baselines.get)
    scaled = baselines[fastest] * rows
    return {
        "figures": {**ours, "rows": rows},
        "baselines": {
            "import_export_seconds_scaled": round(scaled, 1),
            "import_export_mode": fastest,
            "import_export_rows_measured": measured * len(rounds),
            **{
                f"import_export_{mode}_ms_per_row": round(seconds * 1000, 3)
                for mode, seconds in baselines.items()
            },
            "import_export_ms_per_row_of_rounds": [round(one[fastest] * 1000, 3) for one in rounds],
            "note": "measured on fewer rows in this run and scaled linearly; no checks, no dues",
        },
        "ratios": {"main": round(scaled / ours["seconds"], 1)},
    }


def _ours(roster, rows: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / roster.filename
        path.write_bytes(roster.content)
        words = [sys.executable, "-m", "config", "onboard", str(path), "--unit", NAME, "--json"]
        started = time.monotonic()
        with _backends() as seen:
            child = subprocess.Popen(
                words, env=environment(Path(folder)), stdout=subprocess.PIPE, text=True
            )
            printed = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
    if status:
        raise SystemExit(f"onboard failed: {printed}")
    result = json.loads(printed)
    truth = roster.truth
    if (result["accepted"], result["organisations"], result["monthly_dues_fen"]) != (
        truth.accepted, truth.organisations, truth.monthly_dues_fen,
    ):  # fmt: skip
        raise SystemExit("onboard did not store what the truth says")
    own = usage.ru_utime + usage.ru_stime
    database = sum(seen.values()) / os.sysconf("SC_CLK_TCK")
    return {
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "cpu_seconds": round(own + database, 2),
        "cpu_seconds_own": round(own, 2),
        "cpu_seconds_database": round(database, 2),
        "peak_mb": round(usage.ru_maxrss / 1024),
        "accepted": result["accepted"],
        "rejected": len(result["rejected"]),
    }


@contextmanager
def _backends():
    """Processor ticks of every database backend that worked meanwhile, where /proc shows them."""
    seen, done = {}, Event()
    name = settings.DATABASES["owner"]["NAME"]

    def watch():
        with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
            while not done.wait(0.1):
                rows = server.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]
                ).fetchall()
                for (pid,) in rows:
                    if ticks := _ticks(pid):
                        first, _ = seen.get(pid, (ticks, ticks))
                        seen[pid] = (first, ticks)

    used: dict[int, int] = {}
    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield used
    finally:
        done.set()
        watcher.join()
        used.update({pid: last - first for pid, (first, last) in seen.items()})


def _ticks(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(stat[11]) + int(stat[12])


def _round(number: int, rows: int) -> dict[str, float]:
    """Seconds per row of each mode of the baseline, in units of their own."""
    return {mode: _baseline(rows, mode, f"{mode}{number}") for mode in MODES}


def _baseline(rows: int, mode: str, name: str) -> float:
    unit = open_unit(f"base{name}", name=f"对照{name}", credit_code=f"bench-{name}")
    made = invented_unit(f"对照{name}", members=rows, seed=5, share=0.0)
    with unit_context(unit.id):
        organizations.plant_tree(
            nodes=[
                organizations.NewOrganization(
                    key=org.code, name=org.name, short_name=org.name[:60],
                    kind={"党委": "COMMITTEE", "党总支": "GENERAL_BRANCH"}.get(org.kind, "BRANCH"),
                    parent_key=org.parent or None, code=org.code,
                )
                for org in made.orgs
            ],
            import_id=uuid7(), actor=Actor.system("bench"), now=now(),
        )  # fmt: skip
        content = _csv(made)
        started = time.monotonic()
        dataset = tablib.Dataset().load(content, format="csv")
        with transaction.atomic():
            result = _resource(mode)().import_data(dataset, raise_errors=True)
        seconds = time.monotonic() - started
        stored = Member.objects.count()
    connection.set_schema_to_public()
    if result.totals[RowResult.IMPORT_TYPE_NEW] != rows or stored != rows:
        raise SystemExit("the baseline did not store every row")
    return seconds / rows


def _csv(made) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["identity_number", "name", "org", "category", "phone", "joined_on"])
    for person in made.people:
        writer.writerow(
            [person.identity, person.name, person.org.code, "FULL", person.phone,
             person.joined.isoformat()]
        )  # fmt: skip
    return out.getvalue()


def _resource(mode: str) -> type[resources.ModelResource]:
    """What a careful user of django-import-export writes for this table."""

    class MemberResource(resources.ModelResource):
        org = fields.Field(
            attribute="org", column_name="org",
            widget=widgets.ForeignKeyWidget(Organization, field="code"),
        )  # fmt: skip
        joined_on = fields.Field(
            attribute="joined_on", column_name="joined_on",
            widget=widgets.DateWidget(format="%Y-%m-%d"),
        )  # fmt: skip
        identity_index = fields.Field(
            attribute="identity_index", column_name="identity_index", widget=widgets.Widget()
        )  # fmt: skip

        class Meta:
            model = Member
            fields = ("identity_index", "name", "org", "category", "joined_on")
            import_id_fields = ("identity_index",)
            use_bulk = mode == "bulk"
            batch_size = 1_000
            skip_diff = True
            report_skipped = False

        def before_import(self, dataset, **kwargs):
            self.sealer, self.at = Sealer(), now()
            numbers = dataset["identity_number"]
            indexes = [self.sealer.identity(number).mark for number in numbers]
            dataset.append_col(indexes, header="identity_index")

        def before_save_instance(self, instance, row, **kwargs):
            identity = self.sealer.identity(row["identity_number"])
            phone = self.sealer.phone(row["phone"])
            instance.name_pinyin, instance.name_initials = pinyin.of_name(instance.name)
            instance.org_path = instance.org.path
            instance.identity_sealed = identity.blob
            instance.identity_masked = identity.masked
            instance.phone_sealed, instance.phone_index = phone.blob, phone.mark
            instance.phone_masked = phone.masked
            instance.created_at = self.at

    return MemberResource
