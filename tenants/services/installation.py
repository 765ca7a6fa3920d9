"""Making or renewing an installation: shared tables, template, rights, and the wave to come."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from kernel.actor import Actor
from tenants.rollout import Wave, WaveState
from tenants.services import grants, runner, sharding, template, waves

_LOCK: Final = 7_203_114
AT_ONCE: Final = 200
"""With no more schemas than this a wave is run by ``setup`` itself, which takes a second."""


def install(*, now: dt.datetime) -> dict[str, Any]:
    """Migrates the shared tables, captures new steps, sets every right and plans a wave.

    Doing it again changes nothing and does not look at units one by one; two at once take
    turns.  A wave of more than 200 schemas is left to ``fleet migrate``.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            if _has_unapplied():
                call_command(Migrate(), database="owner", interactive=False, verbosity=0)
            sharding.register_shared()
            captured = template.capture(now=now)
            grants.apply_shared()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    actor = Actor.system("setup")
    wave = waves.plan(actor=actor, now=now)
    if wave is not None and wave.state == WaveState.REHEARSED and wave.steps.count() <= AT_ONCE:
        waves.start(wave_id=wave.pk, actor=actor, now=now)
        wave = runner.work(wave_id=wave.pk)
    return {"captured_steps": captured, "wave": _told(wave)}


def _has_unapplied() -> bool:
    """Whether ``migrate`` has anything to do; finding that out itself costs it a second."""
    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _told(wave: Wave | None) -> dict[str, Any] | None:
    if wave is None:
        return None
    return {"number": wave.number, "state": wave.state, "schemas": wave.steps.count()}
