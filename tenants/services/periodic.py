"""Work that comes again for every unit, as rows: nobody loops over all units.

Each unit has one row per work, due at a moment of its own: the hash of unit and work spreads
them evenly over the period.  ``tick`` looks every few seconds whether anything is due and sends
messages that say no more than "there is work of this class"; the worker that gets one claims a
batch of rows and does them one after the other, each in its unit's context.  So a lost message
loses nothing, a message delivered twice repeats nothing, and a worker killed at any point leaves
rows whose claim runs out (tenancy design, section 7).
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.errors import Conflict, DomainError, NotFound
from kernel.jobs import SHARED, job, job_context, watched
from kernel.models import uuid7
from kernel.unit import Purpose
from tenants.models import UnitState
from tenants.timetable import COSTS, Work, every_unit, registered
from tenants.work import PeriodicWork

__all__ = ["every_unit"]  # whoever gives us work finds the word for it here
TICK_SECONDS: Final = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Held:
    """A claimed row."""

    id: UUID
    unit_id: UUID
    work: Work
    due_at: dt.datetime
    claim: UUID


# The first moment after {after} that is the unit's own in its period: base + hash mod window.
_SLOT = """(SELECT to_timestamp(
    (floor((extract(epoch FROM {after}::timestamptz) - own) / period) + 1) * period + own)
  FROM (SELECT %(period)s::bigint AS period, %(opens_at)s::bigint
    + ('x' || left(md5({unit}::text || {work}), 8))::bit(32)::bigint %% %(window)s::bigint AS own
  ) AS slot)"""
_ADD = f"""
INSERT INTO tenants_periodicwork (id, unit_id, work, due_at, attempts, last_error)
SELECT gen_random_uuid(), unit.id, %(work)s,
       {_SLOT.format(after="%(now)s", unit="unit.id", work="%(work)s")}, 0, ''
FROM tenants_unit AS unit
WHERE unit.schema_version <> '' AND unit.state <> %(closed)s
  AND NOT EXISTS (SELECT FROM tenants_periodicwork AS row
                  WHERE row.unit_id = unit.id AND row.work = %(work)s)
ON CONFLICT DO NOTHING
"""
_AIM_AGAIN = f"""
UPDATE tenants_periodicwork AS row
SET due_at = {_SLOT.format(after="%(now)s", unit="row.unit_id", work="row.work")}
WHERE row.work = %(work)s
  AND row.due_at > %(now)s::timestamptz + 2 * %(period)s * interval '1 second'
"""
_REMOVE = """
DELETE FROM tenants_periodicwork AS row
WHERE row.work <> ALL(%(works)s)
   OR EXISTS (SELECT FROM tenants_unit AS unit WHERE unit.id = row.unit_id
              AND (unit.state = %(closed)s OR unit.schema_version = ''))
"""
# A claim that would last longer than any claim does was made by a clock that has gone back since.
_FREE = (
    "(row.claimed_until IS NULL OR row.claimed_until <= %(now)s"
    " OR row.claimed_until > %(now)s::timestamptz + 2 * %(lease)s::interval)"
)
_DUE = f"""
FROM tenants_periodicwork AS row
JOIN unnest(%(works)s::text[], %(states)s::text[]) AS asked (work, states) USING (work)
JOIN tenants_unit AS unit ON unit.id = row.unit_id
WHERE row.due_at <= %(now)s AND {_FREE}
  AND unit.schema_version <> '' AND unit.state = ANY(string_to_array(asked.states, ' '))
"""
_COUNT = f"SELECT count(*) FROM (SELECT {_DUE} LIMIT %(most)s) AS due"
# Units with the least in hand first, then whoever waits longest; rows begun before come last,
# so that one that kills its worker holds up nobody else.
_CLAIM = f"""
WITH in_hand AS (
    SELECT row.unit_id, count(*) AS number FROM tenants_periodicwork AS row
    WHERE row.work = ANY(%(works)s) AND row.claimed_until IS NOT NULL AND NOT {_FREE}
    GROUP BY row.unit_id
), waiting AS (
    SELECT row.id, row.unit_id, row.attempts, row.due_at,
           row_number() OVER (PARTITION BY row.unit_id ORDER BY row.attempts, row.due_at) AS turn
    {_DUE}
), chosen AS (
    SELECT waiting.id FROM waiting LEFT JOIN in_hand USING (unit_id)
    WHERE turn + coalesce(in_hand.number, 0) <= %(per_unit)s
    ORDER BY waiting.attempts, turn + coalesce(in_hand.number, 0), waiting.due_at, waiting.id
    LIMIT %(batch)s
), locked AS (
    SELECT row.id FROM tenants_periodicwork AS row JOIN chosen USING (id)
    FOR UPDATE OF row SKIP LOCKED
)
UPDATE tenants_periodicwork AS row
SET claim = %(claim)s, claimed_until = %(now)s::timestamptz + %(lease)s::interval
FROM locked WHERE row.id = locked.id
RETURNING row.id, row.unit_id, row.work, row.due_at, row.attempts
"""
# Beginning moves the row on: a worker that dies of it is not followed at once by the next one.
_RETRY = "least(%(period)s, 60 * 2 ^ least(attempts, 12))::double precision * interval '1 second'"
_BEGIN = f"""
UPDATE tenants_periodicwork AS row
SET claimed_until = %(now)s::timestamptz + %(lease)s::interval,
    due_at = %(now)s::timestamptz + {_RETRY},
    attempts = attempts + 1, last_error = %(error)s
FROM tenants_unit AS unit
WHERE row.id = %(id)s AND row.claim = %(claim)s
  AND unit.id = row.unit_id AND unit.state = ANY(%(states)s)
"""
_LET_GO = """
UPDATE tenants_periodicwork SET claim = NULL, claimed_until = NULL
WHERE id = %(id)s AND claim = %(claim)s
"""
_DONE = f"""
UPDATE tenants_periodicwork AS row
SET claim = NULL, claimed_until = NULL, attempts = 0, last_error = '',
    last_done_at = %(now)s, last_seconds = %(seconds)s,
    due_at = {
    _SLOT.format(
        after="greatest(%(now)s::timestamptz, %(was_due_at)s::timestamptz)",
        unit="row.unit_id",
        work="row.work",
    )
}
WHERE id = %(id)s AND claim = %(claim)s
"""
_FAILED = """
UPDATE tenants_periodicwork
SET claim = NULL, claimed_until = NULL, last_error = %(error)s, last_seconds = %(seconds)s
WHERE id = %(id)s AND claim = %(claim)s
"""
UNFINISHED: Final = "unfinished"


@job()
def arrange() -> None:
    """Gives rows to units that have none and takes away those of units that are gone."""
    keep_rows(now=clock.now())


@transaction.atomic
def keep_rows(*, now: dt.datetime) -> int:
    """One statement per work, whatever the number of units; returns how many rows were made.

    A row that lies more than two periods ahead was aimed by a clock that ran ahead, and gets a
    moment that is its own again.
    """
    made = 0
    with connection.cursor() as cursor:
        for work in registered().values():
            facts = {**_facts(work), "work": work.name, "now": now, "closed": UnitState.CLOSED}
            cursor.execute(_ADD, facts)
            made += cursor.rowcount
            cursor.execute(_AIM_AGAIN, facts)
        cursor.execute(_REMOVE, {"works": list(registered()), "closed": UnitState.CLOSED})
    return made


@job()
def tick() -> None:
    """Wakes workers for what is due: a few messages per class, worth nothing after a while."""
    now = clock.now()
    for name, cost in COSTS.items():
        due = count_due(cost=name, now=now)
        for _ in range(min(cost.messages, -(-due // cost.batch))):
            _wake(name)


class WorkUnknown(NotFound):
    code = "work_unknown"
    sentence = "没有找到这项定时任务，请刷新页面。"


class WorkInHand(Conflict):
    code = "work_in_hand"
    sentence = "「{label}」正在执行，请稍后刷新查看结果。"


def retry(*, unit_id: UUID, name: str, now: dt.datetime) -> Work:
    """Makes a unit's work due now and wakes a worker for it.  Raises WorkUnknown, WorkInHand."""
    work = registered().get(name)
    with transaction.atomic():
        rows = PeriodicWork.objects.select_for_update().filter(unit_id=unit_id, work=name)
        row = rows.first()
        if work is None or row is None:
            raise WorkUnknown
        if row.claimed_until is not None and row.claimed_until > now:
            raise WorkInHand(label=work.label)
        row.due_at = now
        row.save(update_fields=["due_at"])
        _wake(work.cost)
    return work


def count_due(*, cost: str, now: dt.datetime) -> int:
    """How many rows of the class could be claimed, counted as far as one tick can use."""
    most = COSTS[cost].messages * COSTS[cost].batch
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {**_asked(cost), "now": now, "most": most})
        return int(cursor.fetchone()[0])


@job()
def run(*, cost: str) -> None:
    """Claims one batch of the class and does it; a full batch calls for another one."""
    held = claim(cost=cost, now=clock.now())
    for row in held:
        perform(row, now=clock.now())
    if len(held) == COSTS[cost].batch:
        _wake(cost)


def claim(*, cost: str, now: dt.datetime) -> list[Held]:
    """Takes up to a batch of due rows, at most ``per_unit`` of one unit counting those in hand.

    Claims of one class take turns, so that the limit per unit is exact.
    """
    token = uuid7()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"periodic {cost}"])
        share = COSTS[cost]
        cursor.execute(
            _CLAIM,
            {
                **_asked(cost), "now": now, "claim": token, "batch": share.batch,
                "per_unit": share.per_unit,
            },
        )  # fmt: skip
        rows = sorted(cursor.fetchall(), key=lambda row: (row[4], row[3]))
    return [Held(row[0], row[1], registered()[row[2]], row[3], token) for row in rows]


def perform(held: Held, *, now: dt.datetime) -> bool:
    """Does one row and marks it; whether it went well.

    A row that somebody else has taken meanwhile, or whose unit has left the states of the work,
    is left alone.  A body that fails is noted and tried again later; it holds up nobody.
    """
    if not _mark(_BEGIN, held, now=now, states=list(held.work.states), error=UNFINISHED):
        _mark(_LET_GO, held)
        return False
    began = time.monotonic()
    scope = SHARED if held.work.purpose is None else str(held.unit_id)
    try:
        with (
            watched(held.work.name, str(held.unit_id), id=str(held.id)),
            job_context(scope, purpose=held.work.purpose or Purpose.WORK),
        ):
            held.work.body(unit_id=held.unit_id, now=now)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the next unit gets its turn
        _log.exception("%s of unit %s failed", held.work.name, held.unit_id)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        _mark(_FAILED, held, error=kind_of(problem), seconds=time.monotonic() - began)
        return False
    return _mark(
        _DONE, held, now=clock.now(), was_due_at=held.due_at, seconds=time.monotonic() - began
    )


def _mark(statement: str, held: Held, **facts: Any) -> bool:
    """Writes to the row while the claim is still ours, in a transaction of its own."""
    lease = COSTS[held.work.cost].lease
    facts |= {**_facts(held.work), "id": held.id, "claim": held.claim, "lease": lease}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return bool(cursor.rowcount)


def _wake(cost: str) -> None:
    run.via(cost, expires=6 * TICK_SECONDS).after_commit(cost=cost)


def _facts(work: Work) -> dict[str, Any]:
    return {"period": work.seconds, "opens_at": work.opens_at, "window": work.window}


def _asked(cost: str) -> dict[str, Any]:
    works = [work for work in registered().values() if work.cost == cost]
    return {
        "works": [work.name for work in works],
        "states": [" ".join(work.states) for work in works],
        "lease": COSTS[cost].lease,
    }


def kind_of(problem: Exception) -> str:
    """The kind of an error, without what it said."""
    return problem.code if isinstance(problem, DomainError) else type(problem).__name__
