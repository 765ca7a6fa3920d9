"""Heavy jobs that units ask for (imports, exports), as rows: every unit gets its turn.

A message says no more than "there is work of this class".  Whoever gets one takes the next row:
of the unit that was served longest ago, and of no unit that has as many in hand as one may.  So
a unit that asks for a hundred exports waits for ninety-nine of its own and nobody waits for more
than one of them.  The row is written in the transaction that asks and deleted when the job is
done; that of a worker that died is free again when its claim runs out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from dataclasses import dataclass
from typing import Any, Final, ParamSpec
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from kernel import clock
from kernel.jobs import Job, job, job_context, job_named, watched
from kernel.models import uuid7
from kernel.unit import current_unit, in_unit, scope_name, shared_context
from tenants.models import Unit
from tenants.services.periodic import kind_of

P = ParamSpec("P")
LEASES: Final = {"bulk": dt.timedelta(minutes=2), "export": dt.timedelta(minutes=15)}
"""Classes, and how long a worker that says nothing is believed to be alive.  A job that lasts
longer may be begun a second time, so every job bears that."""
PER_UNIT: Final = 1
MOST_ATTEMPTS: Final = 3
TICK_SECONDS: Final = 5
_log = logging.getLogger(__name__)

_ASK = """
INSERT INTO tenants_queuedwork (id, unit_id, unit_role, cost, job, scope, arguments, key, asked_at,
                                due_at, attempts, last_error)
VALUES (%(id)s, %(unit)s, %(role)s, %(cost)s, %(job)s, %(scope)s, %(arguments)s, %(key)s, %(now)s,
        %(now)s, 0, '')
ON CONFLICT DO NOTHING
"""
# A claim or a pause far ahead was set by a clock that has gone back since.
_IN_HAND = (
    "(claimed_until > %(now)s AND claimed_until <= %(now)s::timestamptz + 2 * %(lease)s::interval)"
)
_WAITING = f"""
SELECT id, unit_id, attempts, asked_at FROM tenants_queuedwork AS row
WHERE cost = %(cost)s AND {_IN_HAND} IS NOT TRUE
  AND (attempts = 0 OR due_at <= %(now)s OR due_at > %(now)s::timestamptz + interval '1 hour')
  AND (SELECT count(*) FROM tenants_queuedwork AS other
       WHERE other.unit_id = row.unit_id AND other.cost = row.cost
         AND {_IN_HAND}) < %(per_unit)s
"""
_TAKE = f"""
UPDATE tenants_queuedwork SET claim = %(claim)s, attempts = attempts + 1,
    claimed_until = %(now)s::timestamptz + %(lease)s::interval
WHERE id = (SELECT waiting.id FROM ({_WAITING}) AS waiting
            LEFT JOIN tenants_served AS served
              ON served.unit_id = waiting.unit_id AND served.cost = %(cost)s
            ORDER BY served.at NULLS FIRST, waiting.attempts, waiting.asked_at, waiting.id LIMIT 1)
RETURNING id, unit_id, job, scope, arguments, attempts
"""
_SERVED = """
INSERT INTO tenants_served (id, unit_id, cost, at) VALUES (%(id)s, %(unit)s, %(cost)s, %(now)s)
ON CONFLICT (unit_id, cost) DO UPDATE SET at = excluded.at
"""
_COUNT = f"SELECT count(*) FROM ({_WAITING} LIMIT 1) AS waiting"
_DELETE = "DELETE FROM tenants_queuedwork WHERE id = %(id)s AND claim = %(claim)s"
_PAUSE = """
UPDATE tenants_queuedwork SET claim = NULL, claimed_until = NULL, last_error = %(error)s,
    due_at = %(now)s::timestamptz + attempts * interval '30 seconds'
WHERE id = %(id)s AND claim = %(claim)s
"""


class ForeignTurn(RuntimeError):
    """Code in one unit asked for a turn of another."""


@dataclass(frozen=True)
class Turn:
    """A row that this worker holds."""

    id: UUID
    unit_id: UUID
    cost: str
    job: str
    scope: str
    arguments: dict[str, Any]
    attempts: int
    claim: UUID


def ask(wanted: Job[P], unit_id: UUID, /, *args: P.args, **arguments: P.kwargs) -> None:
    """Has the job done when it is the unit's turn, in the scope in which it is asked for.

    Goes with the transaction in progress.  Asking again for what still waits adds nothing.
    Raises ForeignTurn.
    """
    if wanted.queue not in LEASES or args:
        raise TypeError(f"{wanted.name} is no heavy job called by keywords")
    now, scope = clock.now(), scope_name()
    text = json.dumps(arguments, cls=DjangoJSONEncoder, sort_keys=True)
    key = hashlib.sha256(f"{wanted.name} {scope} {text}".encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            _ASK,
            {
                "id": uuid7(), "unit": unit_id, "role": _role_of(unit_id), "cost": wanted.queue,
                "job": wanted.name, "scope": scope, "arguments": text, "key": key, "now": now,
            },
        )  # fmt: skip
    _wake(wanted.queue)


@job()
def serve(*, cost: str) -> None:
    """Gives the next unit its turn, and calls for the one after it."""
    turn = take(cost=cost, now=clock.now())
    if turn is not None:
        perform(turn)
        _wake_if_needed(cost)


@job()
def tick() -> None:
    """Wakes workers for what waits because a message was lost or a worker died."""
    for cost in LEASES:
        _wake_if_needed(cost)


def take(*, cost: str, now: dt.datetime) -> Turn | None:
    """The next row of the class, claimed; None when nothing may be begun now."""
    facts = _facts(cost, now) | {"claim": uuid7()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"turns {cost}"])
        cursor.execute(_TAKE, facts)
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(_SERVED, facts | {"id": uuid7(), "unit": row[1]})
    number, unit_id, name, scope, arguments, attempts = row
    return Turn(number, unit_id, cost, name, scope, json.loads(arguments), attempts, facts["claim"])


def perform(turn: Turn) -> bool:
    """Does the job and deletes the row; whether it went well.

    A job that fails is tried again after a pause, three times in all counting workers that died
    of it; what is to become of it then is for the rows of whoever asked.
    """
    try:
        wanted = job_named(turn.job)
        if turn.attempts <= MOST_ATTEMPTS:
            with (
                watched(turn.job, str(turn.unit_id), id=str(turn.id)),
                job_context(turn.scope, purpose=wanted.purpose),
            ):
                wanted.function(**turn.arguments)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the next unit gets its turn
        _log.exception("%s of unit %s failed", turn.job, turn.unit_id)
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        if turn.attempts < MOST_ATTEMPTS:
            _mark(_PAUSE, turn, error=kind_of(problem), now=clock.now())
        else:
            _mark(_DELETE, turn)
        return False
    return _mark(_DELETE, turn)


def _mark(statement: str, turn: Turn, **facts: Any) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, facts | {"id": turn.id, "claim": turn.claim})
        return bool(cursor.rowcount)


def _role_of(unit_id: UUID) -> str:
    if not in_unit():
        return str(Unit.objects.values_list("schema_name", flat=True).get(pk=unit_id))
    if (unit := current_unit()).id != unit_id:
        raise ForeignTurn(f"{unit.id} asked for a turn of {unit_id}")
    return str(unit.schema_name)


def _wake_if_needed(cost: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _facts(cost, clock.now()))
        if cursor.fetchone()[0]:
            _wake(cost)


def _wake(cost: str) -> None:
    with shared_context():
        serve.via(cost, expires=6 * TICK_SECONDS).after_commit(cost=cost)


def _facts(cost: str, now: dt.datetime) -> dict[str, Any]:
    return {"cost": cost, "now": now, "lease": LEASES[cost], "per_unit": PER_UNIT}
