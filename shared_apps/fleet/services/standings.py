"""Keeping the line of every unit: one statement over the shared tables, once a minute.

Nothing enters a unit's schema.  What other apps know comes as their own queries, joined here by
unit, so that all figures of a line are of the same moment: a payment is in the paid orders, in
the outbox of reports and in the totals either before or after, and the difference is exact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Max, QuerySet

from kernel import clock, pinyin
from kernel.jobs import job
from shared_apps.fleet.models import WEIGHTS, Standing, Trouble, Watermark
from shared_apps.payments import selectors as payments
from shared_apps.status.selectors import errors
from shared_apps.usage import selectors as usage
from shared_apps.usage.services import rollups
from tenants import selectors as directory
from tenants.archive.models import PLATFORM_KINDS, Backup, BackupState
from tenants.models import TemplateStep, UnitState
from tenants.rollout import DriftFinding

WORK: Final = "standings"
BACKUP_OLD: Final = dt.timedelta(days=2)
STUCK_AFTER: Final = dt.timedelta(days=14)
QUIET_AFTER: Final = dt.timedelta(days=30)
DRIFT_WINDOW: Final = dt.timedelta(days=7)
LONGEST_PAYMENT: Final = dt.timedelta(minutes=10)
"""No transaction that settles an order lasts so long: whatever is older is committed."""
_BEGINNING: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

_HELD: Final = "state IN ('trial', 'live', 'read_only', 'suspended', 'closing')"
_CONDITIONS: Final[Mapping[Trouble, str]] = {
    Trouble.ERRORS: "errors_day > 0",
    Trouble.MONEY: "difference_fen <> 0",
    Trouble.QUARANTINED: "schema_state = 'quarantined'",
    Trouble.BEHIND: "steps_behind > 0",
    Trouble.BACKUP: (
        f"{_HELD} AND schema_state <> 'none'"
        " AND coalesce(backed_up_at, opened_at, created_at) < backup_old"
    ),
    Trouble.WORK: "late_works > 0",
    Trouble.DRIFT: "drifts > 0",
    Trouble.STUCK: "state IN ('draft', 'opening') AND created_at < stuck_before",
    Trouble.QUIET: (
        "state IN ('trial', 'live') AND coalesce(active_at, opened_at, created_at) < quiet_before"
    ),
}
"""When a unit has a trouble, over the columns of ``gathered``."""
_FIGURES: Final = (
    "organizations", "members", "activated", "storage_bytes", "active_at", "schema_state",
    "steps_behind", "settled_fen", "difference_fen", "drifts", "late_works", "backed_up_at",
    "errors_day", "errors_week", "troubles", "score",
)  # fmt: skip
_JUDGED: Final = f"""
    SELECT gathered.*,
        array_remove(ARRAY[{
    ", ".join(f"CASE WHEN {sql} THEN '{kind}' END" for kind, sql in _CONDITIONS.items())
}], NULL)::varchar[] AS troubles,
        {
    " + ".join(
        f"CASE WHEN {sql} THEN {WEIGHTS[kind]} ELSE 0 END" for kind, sql in _CONDITIONS.items()
    )
} AS score
    FROM gathered"""
_GATHERED: Final = """
    SELECT u.id AS unit_id, u.state, u.created_at, u.opened_at,
        coalesce(total.organizations, 0) AS organizations,
        coalesce(total.members, 0) AS members, coalesce(total.activated, 0) AS activated,
        coalesce(total.storage_bytes, 0) AS storage_bytes, total.as_of AS active_at,
        CASE WHEN u.schema_version = '' THEN 'none'
            WHEN quarantine.unit_id IS NOT NULL THEN 'quarantined'
            WHEN step.position < latest.position THEN 'behind' ELSE 'current' END AS schema_state,
        CASE WHEN u.schema_version = '' THEN 0
            ELSE latest.position - coalesce(step.position, 0) END AS steps_behind,
        kept.settled_fen + coalesce(settled.earlier_fen, 0) AS settled_fen,
        kept.settled_fen + coalesce(settled.earlier_fen, 0) + coalesce(settled.later_fen, 0)
            - coalesce(total.paid_fen, 0) - coalesce(unfolded.fen, 0) AS difference_fen,
        coalesce(drift.n, 0) AS drifts, coalesce(late.n, 0) AS late_works,
        coalesce(failure.day, 0) AS errors_day, coalesce(failure.week, 0) AS errors_week,
        backup.at AS backed_up_at,
        %s::timestamptz AS backup_old, %s::timestamptz AS stuck_before,
        %s::timestamptz AS quiet_before
    FROM fleet_standing kept JOIN tenants_unit u ON u.id = kept.unit_id
    CROSS JOIN latest
    LEFT JOIN step ON step.migration = u.schema_version
    LEFT JOIN quarantine ON quarantine.unit_id = u.id
    LEFT JOIN total ON total.unit_id = u.id
    LEFT JOIN unfolded ON unfolded.unit_id = u.id
    LEFT JOIN settled ON settled.unit_id = u.id
    LEFT JOIN failure ON failure.unit_id = u.id
    LEFT JOIN backup ON backup.unit_id = u.id
    LEFT JOIN drift ON drift.unit_id = u.id
    LEFT JOIN late ON late.unit_id = u.id"""


class _Source(NamedTuple):
    """What another app knows about units, as a query to be joined."""

    name: str
    columns: str
    rows: QuerySet[Any, Any]


@job()
def refresh(*, now: dt.datetime | None = None) -> None:
    """Makes every line say what its sources say; one that is being refreshed is left alone."""
    _run(now or clock.now(), is_whole=False)


@job()
def recount(*, now: dt.datetime | None = None) -> None:
    """The nightly refresh that adds up every paid order from the beginning."""
    _run(now or clock.now(), is_whole=True)


def _run(now: dt.datetime, *, is_whole: bool) -> None:
    Watermark.objects.get_or_create(work=WORK, defaults={"at": _BEGINNING})
    with transaction.atomic():
        waiting = Watermark.objects.select_for_update(skip_locked=True).filter(work=WORK)
        mark = waiting.first()
        if mark is None:
            return
        if is_whole:
            mark.at = _BEGINNING
            Standing.objects.exclude(settled_fen=0).update(settled_fen=0)
        until = max(mark.at, now - LONGEST_PAYMENT)
        _spell(now)
        _write(_sources(mark.at, until, now), now)
        mark.at = until
        mark.save()
        rollups.finished(WORK, now=now)


def _spell(now: dt.datetime) -> None:
    """A line for every unit that has none, with its name in pinyin; none for closed ones."""
    Standing.objects.filter(unit__state=UnitState.CLOSED).delete()
    unspelled = (
        directory.all_units()
        .exclude(state=UnitState.CLOSED)
        .exclude(standing__spelled=F("name"))
        .values_list("pk", "name")
    )
    lines = [
        Standing(
            unit_id=unit_id,
            spelled=name,
            pinyin=pinyin.of_name(name)[0],
            initials=pinyin.initials(name),
            changed_at=now,
        )
        for unit_id, name in unspelled
    ]
    Standing.objects.bulk_create(
        lines,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["unit"],
        update_fields=["spelled", "pinyin", "initials", "changed_at"],
    )


def _sources(after: dt.datetime, until: dt.datetime, now: dt.datetime) -> Iterable[_Source]:
    total = "unit_id, organizations, members, activated, storage_bytes, paid_fen, as_of"
    steps = TemplateStep.objects.order_by()
    return (
        _Source("latest", "position", steps.order_by("-position").values("position")[:1]),
        _Source("step", "migration, position", steps.values("migration", "position")),
        _Source(
            "quarantine",
            "unit_id",
            DriftFinding.objects.filter(resolved_at=None).order_by().values("unit_id"),
        ),
        _Source("total", total, usage.totals_by_unit().values(*total.split(", "))),
        _Source("unfolded", "unit_id, fen", usage.unfolded_payments()),
        _Source(
            "settled",
            "unit_id, earlier_fen, later_fen",
            payments.settled_by_unit(after=after, until=until),
        ),
        _Source("failure", "unit_id, day, week", errors.errors_by_unit(now=now)),
        _Source("backup", "unit_id, at", _good_backups()),
        _Source("drift", "unit_id, n", usage.drifts_of_units(since=now - DRIFT_WINDOW)),
        _Source("late", "unit_id, n", directory.troubled_work_by_unit(now=now)),
    )


def _good_backups() -> QuerySet[Backup, Any]:
    """When the last backup of each unit from which it could be brought back was finished."""
    done = Backup.objects.filter(kind__in=PLATFORM_KINDS, state=BackupState.DONE)
    return done.order_by().values("unit_id").annotate(at=Max("finished_at"))


def _write(sources: Iterable[_Source], now: dt.datetime) -> None:
    parts: list[str] = []
    values: list[Any] = []
    for source in sources:
        sql, given = source.rows.query.sql_with_params()
        parts.append(f"{source.name} ({source.columns}) AS ({sql})")
        values += given
    parts += [f"gathered AS ({_GATHERED})", f"judged AS ({_JUDGED})"]
    values += [now - BACKUP_OLD, now - STUCK_AFTER, now - QUIET_AFTER, now]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {', '.join(parts)} UPDATE fleet_standing AS t"
            f" SET changed_at = %s, {', '.join(f'{name} = judged.{name}' for name in _FIGURES)}"
            " FROM judged WHERE judged.unit_id = t.unit_id"
            f" AND ({', '.join(f't.{name}' for name in _FIGURES)})"
            f" IS DISTINCT FROM ({', '.join(f'judged.{name}' for name in _FIGURES)})",
            values,
        )
