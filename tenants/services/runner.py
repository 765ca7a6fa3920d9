"""Running a wave: schema after schema, each with its ledger row in the transaction of its DDL.

A claim is nothing but a row lock, so a runner that is killed leaves no trace and what it had in
hand is simply still to be done.  Any number of runners share a wave.  The clock is the
database's, which is one for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connections, transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.jobs import job
from kernel.models import uuid7
from tenants.models import TemplateStep
from tenants.rollout import StepState, Wave, WaveState
from tenants.services import replay, template

LOCK_TIMEOUT_MS: Final = 2_000
STATEMENT_TIMEOUT_MS: Final = 120_000
TRIES: Final = 5
RECONNECT_SECONDS: Final = 60.0
_TRANSIENT: Final = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
_LOOKS_UP_AFTER: Final = 0.5
"""Seconds of batches after which a runner gives a sign of life and looks at the whole."""
_RENEWED_AFTER: Final = 500
"""Schemas after which the connection is renewed: a backend remembers each relation it met."""


class TemplateChanged(Conflict):
    code = "wave_template_changed"
    sentence = "波次 {number} 规划之后模板的步骤变了，已停止执行。请终止这个波次并重新规划。"


class Progress(NamedTuple):
    """Where a wave is: the stage in hand, and schemas that are through of all."""

    stage: int
    through: int
    total: int


Watcher = Callable[[Progress], None]


class _Claim(NamedTuple):
    id: UUID
    unit_id: UUID
    schema: str
    attempts: int
    version: str | None


@dataclass
class _Run:
    """One runner's work on one wave."""

    wave: Wave
    steps: list[TemplateStep]
    watcher: Watcher | None = None
    done: int = 0

    def missing(self, version: str) -> list[TemplateStep]:
        names = [step.migration for step in self.steps]
        return self.steps[names.index(version) + 1 :]


@job(queue="bulk")
def run(*, wave_id: UUID) -> None:
    """The job behind the page's button; see ``work``."""
    work(wave_id=wave_id)


@job(queue="bulk")
def sweep() -> None:
    """Goes on with a wave whose runner has given no sign of life for a minute."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT id FROM public.tenants_wave WHERE state = %s"
            " AND coalesce(seen_at, started_at) < clock_timestamp() - interval '60 seconds'",
            [WaveState.RUNNING],
        )
        lost = [wave_id for (wave_id,) in cursor.fetchall()]
    for wave_id in lost:
        work(wave_id=wave_id)


def work(*, wave_id: UUID, watcher: Watcher | None = None) -> Wave:
    """Takes units of a running wave until nothing is left or it is paused; returns the wave.

    Stages follow each other only when the one before is through.  The first real failure pauses
    the wave; a lock that is not to be had is tried again a few times.  Survives a restart of the
    database of up to a minute.  Raises TemplateChanged.
    """
    lost_since: float | None = None
    while True:
        try:
            wave = Wave.objects.using("owner").get(pk=wave_id)
            if wave.state != WaveState.RUNNING:
                return wave
            _refuse_changed(wave)
            steps = TemplateStep.objects.using("owner").filter(position__lte=wave.to_position)
            return _go_through_stages(_Run(wave, list(steps), watcher))
        except (DatabaseError, InterfaceError) as error:
            if not _is_lost(error):
                raise
            connections["owner"].close()
            lost_since = lost_since or time.monotonic()
            if time.monotonic() - lost_since > RECONNECT_SECONDS:
                raise
            time.sleep(0.5)


def _refuse_changed(wave: Wave) -> None:
    if template.digest_up_to(wave.to_position, using="owner") != wave.digest:
        raise TemplateChanged(number=wave.number)


def _go_through_stages(state: _Run) -> Wave:
    """Until the wave stops running: batches of one stage, then the next stage that is not through.

    Where others have the rest in hand, or a schema waits to be tried again, it waits shortly.
    Returns the wave as it then is.
    """
    size = replay.units_per_transaction(state.steps[state.wave.from_position - 1 :])
    with _connection() as renew:
        while (at := _next_stage(state)) is not None:
            if state.watcher:
                state.watcher(at)
            began, taken = time.monotonic(), 0
            while time.monotonic() - began < _LOOKS_UP_AFTER:
                claimed = _batch(state, stage=at.stage, size=size)
                taken += claimed
                if claimed < size:
                    break
            if not taken:
                time.sleep(0.1)
            state.done += taken
            if state.done >= _RENEWED_AFTER:
                state.done = 0
                renew()
        return Wave.objects.using("owner").get(pk=state.wave.pk)


@contextmanager
def _connection() -> Iterator[Callable[[], None]]:
    """Limits on locks and statements, and the two statements that every batch repeats planned
    once, for the length of a run; gives a way to a new connection.

    All of it belongs to the connection, which therefore ends with the run.
    """

    def begin() -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            cursor.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
            for statement in _SESSION:
                cursor.execute(statement)

    def renew() -> None:
        connections["owner"].close()
        begin()

    begin()
    try:
        yield renew
    finally:
        connections["owner"].close()


def _next_stage(state: _Run) -> Progress | None:
    """The first stage that is not through; None when there is none, or the wave is paused."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_wave SET seen_at = clock_timestamp()"
            " WHERE id = %s AND state = %s",
            [state.wave.pk, WaveState.RUNNING],
        )
        if not cursor.rowcount:
            return None
        cursor.execute(
            "SELECT min(stage) FILTER (WHERE state IN ('pending', 'failed')),"
            " count(*) FILTER (WHERE state NOT IN ('pending', 'failed')), count(*)"
            " FROM public.tenants_wavestep WHERE wave_id = %s",
            [state.wave.pk],
        )
        at = Progress(*cursor.fetchone())
        if at.stage is None:
            _finish(cursor, state.wave)
            if state.watcher:
                state.watcher(at)
            return None
    return at


def _finish(cursor: Any, wave: Wave) -> None:
    cursor.execute(
        "UPDATE public.tenants_wave SET state = %s, finished_at = clock_timestamp()"
        " WHERE id = %s AND state = %s",
        [WaveState.DONE, wave.pk, WaveState.RUNNING],
    )
    if cursor.rowcount:
        _tell(cursor, wave, "完成", "")


def _batch(state: _Run, *, stage: int, size: int) -> int:
    """Takes and brings up at most ``size`` schemas of a stage in a transaction; says how many.

    When one of several fails nothing of the transaction stands, and each is tried by itself.
    """
    claims: list[_Claim] = []
    try:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            claims = _claim(cursor, state.wave, stage=stage, limit=size)
            _bring_up(cursor, state, claims)
    except DatabaseError as error:
        if _is_lost(error) or not claims:
            raise
        if len(claims) == 1:
            _note(state.wave, claims[0], error)
        else:
            _one_by_one(state, claims, stage=stage)
    return len(claims)


def _one_by_one(state: _Run, claims: Sequence[_Claim], *, stage: int) -> None:
    for claim in claims:
        try:
            with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
                again = _claim(cursor, state.wave, stage=stage, limit=1, only=claim.id)
                _bring_up(cursor, state, again)
        except DatabaseError as error:
            if _is_lost(error):
                raise
            _note(state.wave, claim, error)


_CLAIM: Final = """
WITH claimed AS (
    SELECT s.id, s.unit_id, s.schema_name, s.attempts, s.position
    FROM public.tenants_wavestep s
    WHERE s.wave_id = $1 AND s.stage = $2 AND s.state = 'pending'
    AND ($4::uuid IS NULL OR s.id = $4)
    AND (s.not_before IS NULL OR s.not_before <= clock_timestamp())
    AND (SELECT w.state FROM public.tenants_wave w WHERE w.id = s.wave_id) = 'running'
    ORDER BY s.position LIMIT $3 FOR UPDATE SKIP LOCKED
), of_unit AS (
    SELECT u.id, u.schema_version FROM public.tenants_unit u
    WHERE u.id IN (SELECT unit_id FROM claimed) AND u.schema_version <> '' FOR NO KEY UPDATE
), of_pool AS (
    SELECT r.id, r.schema_version FROM public.tenants_readyschema r
    WHERE r.id IN (SELECT unit_id FROM claimed) FOR NO KEY UPDATE
)
SELECT c.id, c.unit_id, c.schema_name, c.attempts, coalesce(u.schema_version, r.schema_version)
FROM claimed c LEFT JOIN of_unit u ON u.id = c.unit_id LEFT JOIN of_pool r ON r.id = c.unit_id
ORDER BY c.position
"""


def _claim(
    cursor: Any, wave: Wave, *, stage: int, limit: int, only: UUID | None = None
) -> list[_Claim]:
    """Locks ledger rows that nobody else has in hand, and the directory rows behind them.

    Nothing is there to be claimed in a wave that is paused.  A schema of the pool may have become
    a unit's since the wave was planned, so each is looked for in both places.
    """
    cursor.execute("EXECUTE wave_claim (%s, %s, %s, %s)", [wave.pk, stage, limit, only])
    return [_Claim(*row) for row in cursor.fetchall()]


def _bring_up(cursor: Any, state: _Run, claims: Sequence[_Claim]) -> None:
    """Replays what each schema has not seen and writes it down, all in the open transaction."""
    if not claims:
        return
    script: list[str] = []
    for claim in claims:
        missing = state.missing(claim.version) if claim.version else []
        if missing:
            script += replay.script(claim.schema, missing)
    # What is planned once is planned for one search path.
    there = "SET LOCAL search_path = public"
    replay.send(cursor, [*script, there, _mark(cursor, state.wave, claims)])


_MARK: Final = """
WITH of_unit AS (
    UPDATE public.tenants_unit SET schema_version = $1 WHERE id = ANY($2)
), of_pool AS (
    UPDATE public.tenants_readyschema SET schema_version = $1 WHERE id = ANY($2)
)
UPDATE public.tenants_wavestep SET attempts = attempts + 1, not_before = NULL,
    state = CASE WHEN id = ANY($3) THEN 'skipped' ELSE 'done' END,
    error = CASE WHEN id = ANY($3) THEN '结构已不存在。' ELSE '' END,
    seconds = extract(epoch FROM clock_timestamp() - transaction_timestamp()) / cardinality($4),
    started_at = transaction_timestamp(), finished_at = clock_timestamp()
WHERE id = ANY($4)
"""
_SESSION: Final = (
    "SET search_path = public",
    "SET plan_cache_mode = force_generic_plan",
    f"PREPARE wave_claim (uuid, smallint, int, uuid) AS {_CLAIM}",
    f"PREPARE wave_mark (text, uuid[], uuid[], uuid[]) AS {_MARK}",
)


def _mark(cursor: Any, wave: Wave, claims: Sequence[_Claim]) -> str:
    """The statement that writes down what the script before it has done."""
    there = [claim.unit_id for claim in claims if claim.version]
    gone = [claim.id for claim in claims if not claim.version]
    values = [wave.to_version, there, gone, [claim.id for claim in claims]]
    marking = "EXECUTE wave_mark (%s, %s::uuid[], %s::uuid[], %s::uuid[])"
    return str(cursor.connection.cursor().mogrify(marking, values))


def _note(wave: Wave, claim: _Claim, error: DatabaseError) -> None:
    """Writes a failure into the ledger: to be tried again, or for good, which pauses the wave."""
    said = str(error).strip()
    again = _sqlstate(error) in _TRANSIENT and claim.attempts + 1 < TRIES
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenants_wavestep SET attempts = attempts + 1, state = %s, error = %s,"
            " not_before = clock_timestamp() + make_interval(secs => %s),"
            " finished_at = clock_timestamp() WHERE id = %s AND state = 'pending'",
            [
                StepState.PENDING if again else StepState.FAILED,
                said,
                0.25 * 2**claim.attempts,
                claim.id,
            ],
        )
        if again or not cursor.rowcount:
            return
        cursor.execute("SELECT name FROM public.tenants_unit WHERE id = %s", [claim.unit_id])
        (name,) = cursor.fetchone() or (claim.schema,)
        reason = f"「{name}」升级失败：{said.splitlines()[0]}"
        cursor.execute(
            "UPDATE public.tenants_wave SET state = %s, reason = %s WHERE id = %s AND state = %s",
            [WaveState.PAUSED, reason, wave.pk, WaveState.RUNNING],
        )
        if cursor.rowcount:
            _tell(cursor, wave, "自动暂停", reason)


def _tell(cursor: Any, wave: Wave, what: str, detail: str) -> None:
    cursor.execute(
        "INSERT INTO public.tenants_waveevent (id, wave_id, at, what, detail, actor_name)"
        " VALUES (%s, %s, clock_timestamp(), %s, %s, %s)",
        [uuid7(), wave.pk, what, detail, Actor.system("升级程序").name],
    )


def _sqlstate(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def _is_lost(error: Exception) -> bool:
    """Whether the connection is gone and not merely the statement refused."""
    state = _sqlstate(error)
    return (
        isinstance(error, InterfaceError)
        or state in {"", "57P01", "57P02", "57P03"}
        or (state.startswith("08"))
    )
