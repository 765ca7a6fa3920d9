"""Folding reports into rollups, and putting rollups right after a recount."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.jobs import job
from kernel.models import uuid7
from shared_apps.usage.models import Drift, Freshness, Outbox, Rollup
from shared_apps.usage.services.outbox import STATE

Key = tuple[UUID, str, int]
BATCH: Final = 5_000
_TAKE = """
DELETE FROM usage_outbox WHERE id IN (
    SELECT id FROM usage_outbox WHERE (%(unit)s::uuid IS NULL OR unit_id = %(unit)s)
    ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
RETURNING id, unit_id, kind, numbers, at
"""
_FOLD = """
INSERT INTO usage_rollup (id, unit_id, metric, period, value, as_of)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::bigint[], %s::timestamptz[])
ON CONFLICT (unit_id, metric, period) DO UPDATE SET
    value = {value}, as_of = greatest(usage_rollup.as_of, excluded.as_of)
"""
_ADD = _FOLD.format(value="usage_rollup.value + excluded.value")
_SET = _FOLD.format(
    value="CASE WHEN excluded.as_of >= usage_rollup.as_of"
    " THEN excluded.value ELSE usage_rollup.value END"
)


@job()
def drain(*, now: dt.datetime | None = None) -> None:
    """Folds every waiting report into the rollups; each exactly once, whoever else drains."""
    moment = now or clock.now()
    while fold() == BATCH:
        pass
    finished("drain", now=moment)


def fold(*, unit_id: UUID | None = None) -> int:
    """Takes one batch of reports away and adds it up, in one transaction; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"unit": unit_id, "batch": BATCH})
        taken = [
            Outbox(id=row[0], unit_id=row[1], kind=row[2], numbers=_numbers(row[3]), at=row[4])
            for row in cursor.fetchall()
        ]
        added, stated = _sums(sorted(taken, key=lambda report: (report.at, report.id)))
        _write(_ADD, added)
        _write(_SET, stated)
    return len(taken)


def correct(
    *, unit_id: UUID, found: Mapping[tuple[str, int], int], now: dt.datetime
) -> list[Drift]:
    """Makes the unit's rollups say what a recount found; returns and keeps the differences.

    Call it in the transaction in which the counts were taken and the unit's reports folded.
    Metrics and months that ``found`` does not name stay as they are.
    """
    metrics = {metric for metric, _ in found}
    kept = {
        (row.metric, row.period): row.value
        for row in Rollup.objects.filter(unit_id=unit_id, metric__in=metrics)
    }
    drifts = [
        Drift(
            unit_id=unit_id,
            metric=metric,
            period=period,
            kept=kept.get((metric, period), 0),
            found=value,
            at=now,
        )
        for (metric, period), value in sorted(found.items())
        if kept.get((metric, period), 0) != value
    ]
    Drift.objects.bulk_create(drifts)
    _write(_SET, {(unit_id, d.metric, d.period): (d.found, now) for d in drifts})
    return drifts


def forget(*, unit_id: UUID) -> None:
    """Takes away everything kept about a unit that was discarded."""
    Outbox.objects.filter(unit_id=unit_id).delete()
    Rollup.objects.filter(unit_id=unit_id).delete()
    Drift.objects.filter(unit_id=unit_id).delete()


def finished(work: str, *, now: dt.datetime) -> None:
    """Notes that a periodic work is done as of ``now``."""
    Freshness.objects.update_or_create(work=work, defaults={"at": now})


def _sums(
    reports: Iterable[Outbox],
) -> tuple[dict[Key, tuple[int, dt.datetime]], dict[Key, tuple[int, dt.datetime]]]:
    added: dict[Key, tuple[int, dt.datetime]] = defaultdict(
        lambda: (0, dt.datetime.min.replace(tzinfo=dt.UTC))
    )
    stated: dict[Key, tuple[int, dt.datetime]] = {}
    for report in reports:
        numbers = dict(report.numbers)
        period = numbers.pop("month", 0)
        for name, value in numbers.items():
            key = (report.unit_id, f"{report.kind}.{name}", period)
            if report.kind == STATE:
                stated[key] = (value, report.at)
            else:
                total, latest = added[key]
                added[key] = (total + value, max(latest, report.at))
    return added, stated


def _write(statement: str, values: Mapping[Key, tuple[int, dt.datetime]]) -> None:
    if not values:
        return
    ordered = sorted(values.items())
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            [
                [uuid7() for _ in ordered],
                [key[0] for key, _ in ordered],
                [key[1] for key, _ in ordered],
                [key[2] for key, _ in ordered],
                [value for _, (value, _) in ordered],
                [at for _, (_, at) in ordered],
            ],
        )


def _numbers(raw: str | dict[str, int]) -> dict[str, int]:
    """The driver hands JSON over as text; Django turns it only for model queries."""
    return json.loads(raw) if isinstance(raw, str) else raw
