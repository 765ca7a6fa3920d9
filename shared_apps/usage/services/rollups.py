"""Folding reports into rollups, and keeping what is made of them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from kernel import clock, storage
from kernel.jobs import job
from shared_apps.usage.models import Drift, Freshness, Outbox, Report, UnitDay, UnitMonth, UnitTotal
from shared_apps.usage.selectors.suppression import SUPPRESSED_BELOW
from shared_apps.usage.services import folding

BATCH: Final = 5_000
REPORTS_KEPT: Final = 50
"""So many of its latest reports a unit can look at."""
DAYS_KEPT: Final = 400
_PLACING: Final = 20261103
"""The lock under which the days of places are made anew."""
_MEASURE = """
UPDATE usage_unittotal AS t SET storage_bytes = sizes.bytes, storage_at = %(now)s
FROM (
    SELECT u.id, sum(c.relpages + coalesce(toast.relpages, 0))::bigint
        * current_setting('block_size')::int + coalesce(max(files.bytes), 0) AS bytes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN tenants_unit u ON u.schema_name = n.nspname
    LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
    LEFT JOIN unnest(%(units)s::uuid[], %(bytes)s::bigint[]) AS files(unit_id, bytes)
        ON files.unit_id = u.id
    GROUP BY u.id
) AS sizes
WHERE sizes.id = t.unit_id AND sizes.bytes <> t.storage_bytes
"""
_PRUNE_REPORTS = """
DELETE FROM usage_report WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY unit_id ORDER BY at DESC, id DESC)
        AS place FROM usage_report) AS placed WHERE place > %s)
"""


class Folded(NamedTuple):
    """How many reports were taken, and the days on which they fell."""

    taken: int
    days: frozenset[dt.date]


@job()
def drain(*, now: dt.datetime | None = None) -> None:
    """Folds every waiting report into the rollups; each exactly once, whoever else drains.

    A batch is one transaction: killed at any point, its reports are still in the outbox.
    """
    moment = now or clock.now()
    today = clock.day_of(moment)
    days = {today, today - dt.timedelta(days=1)}  # a recount folds too and leaves them to us
    while (folded := fold(now=moment)).taken:
        days |= folded.days
        if folded.taken < BATCH:
            break
    place(days=days)
    finished("drain", now=moment)


def is_waiting(*, unit_id: UUID) -> bool:
    """Whether the unit left a report that no figure contains yet."""
    return Outbox.objects.filter(unit_id=unit_id).exists()


def fold(*, unit_id: UUID | None = None, now: dt.datetime) -> Folded:
    """Takes one batch of reports away and adds it up, in one statement."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(folding.FOLD, {"unit": unit_id, "batch": BATCH, "now": now})
        count, days = cursor.fetchone()
    return Folded(count, frozenset(days or ()))


def place(*, days: set[dt.date]) -> None:
    """Makes the days of prefectures and branches anew from the units' days."""
    parameters: dict[str, Any] = {"days": sorted(days), "few": SUPPRESSED_BELOW - 1}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PLACING])
        cursor.execute(folding.FORGET_PLACES, parameters)
        cursor.execute(folding.PLACES, parameters)


@job()
def measure(*, now: dt.datetime | None = None) -> None:
    """Takes the size of every unit's tables from the catalogue and that of its files from the
    storage's listing, all units in one statement.  Backups are not counted: they are ours.

    The catalogue knows pages as of the last vacuum or analyze.  Asking the size of each table
    would open each of the fleet's relations, and asking unit by unit would read the whole
    catalogue once per unit.
    """
    moment, files = now or clock.now(), storage.sizes()
    with connection.cursor() as cursor:
        cursor.execute(
            _MEASURE, {"now": moment, "units": list(files), "bytes": list(files.values())}
        )
    finished("storage", now=moment)


@job()
def prune(*, now: dt.datetime | None = None) -> None:
    """Forgets reports beyond each unit's latest ones, and days and drifts that grew old."""
    moment = now or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_PRUNE_REPORTS, [REPORTS_KEPT])
    oldest = clock.day_of(moment) - dt.timedelta(days=DAYS_KEPT)
    UnitDay.objects.filter(day__lt=oldest).delete()
    Drift.objects.filter(at__lt=moment - dt.timedelta(days=DAYS_KEPT)).delete()


def forget(*, unit_id: UUID) -> None:
    """Takes away everything kept about a unit that was discarded."""
    for model in (Outbox, Report, UnitTotal, UnitMonth, UnitDay, Drift):
        model._default_manager.filter(unit_id=unit_id).delete()


def finished(work: str, *, now: dt.datetime) -> None:
    """Notes that a periodic work is done as of ``now``."""
    Freshness.objects.update_or_create(work=work, defaults={"at": now})
