"""PostgreSQL itself is crashed and started again while schemas are made and brought up."""

import threading
import time

import pytest
from django.conf import settings as configured
from django.db import OperationalError, connections

from kernel.clock import now
from tenants.models import ReadySchema, Unit
from tenants.rollout import WaveState
from tenants.services import pool, replay, runner, template, waves
from tests.cluster import connected_to, own_cluster
from tests.database import installation, open_unit
from tests.tenants.waves.conftest import OPERATOR, ask
from tests.tenants.waves.driving import check_whole, start
from tests.tenants.waves.releases import Releases

UNITS = 6
DOWN_SECONDS = 1.5
CHANGE = (
    'migrations.AddField("event", "probe", models.CharField(max_length=9, null=True)),'
    "migrations.RunSQL(\"UPDATE audit_event SET ip = '' WHERE ip IS NULL\"),"
)


@pytest.fixture(scope="module")
def cluster(django_db_blocker):
    with (
        own_cluster() as cluster,
        connected_to(cluster, f"{configured.DATABASES['owner']['NAME']}_crash"),
        django_db_blocker.unblock(),
        installation(),
    ):
        yield cluster


class Crash:
    """Sends as ever; in the ``at``-th transaction the server crashes before the commit."""

    def __init__(self, cluster, at):
        self.cluster, self.at, self.seen = cluster, at, 0
        self.starting = threading.Timer(DOWN_SECONDS, cluster.start)
        self.send, self.before = replay.send, None

    def __call__(self, cursor, statements):
        self.send(cursor, statements)
        self.seen += 1
        if self.seen == self.at:
            self.cluster.crash()
            self.starting.start()

    def recover(self):
        self.starting.join()
        for alias in connections:
            connections[alias].close()


def test_a_wave_goes_on_and_reaches_every_unit_once(cluster, tmp_path, monkeypatch):
    units = [open_unit(f"u{at}", credit_code=f"91320303MA20CRSH{at:02}") for at in range(UNITS)]
    releases = Releases(tmp_path)
    try:
        releases.add(CHANGE)
        template.capture(now=now())
        wave = waves.plan(actor=OPERATOR, now=now())
        start(wave)
        crash = Crash(cluster, at=3)
        monkeypatch.setattr(replay, "send", crash)
        began = time.monotonic()
        assert runner.work(wave_id=wave.pk).state == WaveState.DONE
        assert time.monotonic() - began > DOWN_SECONDS
        crash.recover()
    finally:
        releases.end()
    assert crash.seen == UNITS + 1, "only what was in hand is sent again"
    check_whole(wave, units)
    _, second, third, *_ = wave.steps.order_by("finished_at")
    assert (third.started_at - second.finished_at).total_seconds() > DOWN_SECONDS
    assert list(wave.events.order_by("at").values_list("what", flat=True))[-1] == "完成"


def test_a_refill_leaves_nothing_half_made(cluster, settings, monkeypatch):
    settings.READY_SCHEMAS = 4
    crash = Crash(cluster, at=3)
    with monkeypatch.context() as broken:
        broken.setattr(replay, "send", crash)
        with pytest.raises(OperationalError):
            pool.refill()
    crash.recover()
    assert ReadySchema.objects.count() <= 2
    check_no_loose_ends()
    pool.refill()
    assert ReadySchema.objects.count() == 4
    check_no_loose_ends()


def check_no_loose_ends():
    """Schemas and roles in the server are those of units and of the pool, and no others."""
    known = set(ReadySchema.objects.values_list("schema_name", flat=True))
    known |= set(Unit.objects.values_list("schema_name", flat=True))
    for catalogue in ("nspname FROM pg_namespace", "rolname AS nspname FROM pg_roles"):
        found = ask(f"SELECT nspname FROM (SELECT {catalogue}) AS s WHERE nspname ~ '^t_[a-z2-7]'")
        assert {name for (name,) in found} == known
