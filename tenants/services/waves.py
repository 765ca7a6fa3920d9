"""Migration waves: planning one, and what operators do to it (architecture 3.6).

A release goes: ``setup`` captures the new steps and plans the wave; ``fleet migrate`` runs it
while the code of before still serves (steps only expand, so code N-1 works on schemas N); then
the processes are replaced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenants.ledger import UnknownWave
from tenants.models import ReadySchema, TemplateStep, Unit
from tenants.rollout import (
    UNFINISHED,
    DriftCause,
    DriftFinding,
    Stage,
    StepState,
    Wave,
    WaveEvent,
    WaveState,
    WaveStep,
)
from tenants.services import template

_LOCK: Final = 7_203_116
_SHARES: Final = ((Stage.FEW, 0.05), (Stage.QUARTER, 0.30))
SHORTEST_REASON: Final = 4


class WaveNotIn(Conflict):
    code = "wave_state"
    sentence = "波次 {number} 当前是「{state}」，不能{act}。"


class StepNotIn(Conflict):
    code = "wave_step_state"
    sentence = "这个单位在波次 {number} 中是「{state}」，不能{act}。"


class ReasonMissing(Invalid):
    code = "reason_missing"
    sentence = "请写明原因，至少 4 个字。"


def behind() -> QuerySet[Unit]:
    """Units whose schema has not seen the newest step of the template."""
    newest = TemplateStep.objects.order_by("-position").values("migration")[:1]
    return Unit.objects.exclude(schema_version="").exclude(schema_version=newest)


def quarantined() -> QuerySet[DriftFinding]:
    """Open findings: no wave touches the units they are about."""
    return DriftFinding.objects.filter(resolved_at__isnull=True)


def unfinished() -> Wave | None:
    return Wave.objects.filter(state__in=UNFINISHED).first()


def plan(*, actor: Actor, now: dt.datetime) -> Wave | None:
    """The wave that brings everything behind up to the newest step; None when nothing is.

    An unfinished wave is returned as it is.  Stages follow from the hash of the unit's id, so
    planning again gives every unit the same place.  Canaries are the units appointed and the
    schemas of the pool, which hold nobody's data.  Units in quarantine stand in the ledger as
    skipped.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        open_one = unfinished()
        newest = TemplateStep.objects.order_by("-position").first()
        if open_one is not None or newest is None:
            return open_one
        steps = list(_ledger(newest, _positions()))
        if not any(step.state == StepState.PENDING for step in steps):
            return None
        wave = _written(steps, newest, now=now)
        _tell(wave, "规划", f"{len(steps)} 个结构", actor=actor, now=now)
        _tell(wave, "预演", "新步骤已在模板上回放，结果与直接执行一致", actor=actor, now=now)
    return wave


def _positions() -> dict[str, int]:
    rows = TemplateStep.objects.values_list("migration", "position")
    return {str(name): int(position) for name, position in rows}


def _ledger(newest: TemplateStep, positions: dict[str, int]) -> Iterator[WaveStep]:
    """One row per schema that is behind, in the order in which they will be reached."""
    held = set(quarantined().values_list("unit_id", flat=True))
    ready = ReadySchema.objects.exclude(schema_version=newest.migration)
    found: list[tuple[Stage, float, UUID, Unit | ReadySchema, bool]] = [
        (Stage.CANARY, _hash(target.pk), target.pk, target, True) for target in ready
    ]
    found += [
        (_stage_of(unit.pk, is_first=unit.is_canary), _hash(unit.pk), unit.pk, unit, False)
        for unit in behind().only("id", "schema_name", "schema_version", "is_canary")
    ]
    ordered = sorted(found, key=lambda row: row[:3])
    for number, (stage, _, unit_id, target, is_pool) in enumerate(ordered, start=1):
        is_held = unit_id in held
        yield WaveStep(
            unit_id=unit_id,
            schema_name=target.schema_name,
            is_pool=is_pool,
            stage=stage,
            position=number,
            from_version=target.schema_version,
            state=StepState.SKIPPED if is_held else StepState.PENDING,
            error="单位在隔离中，未列入本波次。" if is_held else "",
        )


def _hash(unit_id: UUID) -> float:
    """A number from 0 to 1 that the id alone decides."""
    return int.from_bytes(sha256(unit_id.bytes).digest()[:6], "big") / 2**48


def _stage_of(unit_id: UUID, *, is_first: bool) -> Stage:
    if is_first:
        return Stage.CANARY
    share = _hash(unit_id)
    return next((stage for stage, limit in _SHARES if share < limit), Stage.REST)


def _written(steps: list[WaveStep], newest: TemplateStep, *, now: dt.datetime) -> Wave:
    rows = Wave.objects
    positions = _positions()
    wave = rows.create(
        number=(rows.aggregate(last=Max("number"))["last"] or 0) + 1,
        from_position=min(positions[step.from_version] for step in steps) + 1,
        to_position=newest.position,
        to_version=newest.migration,
        digest=template.digest_up_to(newest.position),
        state=WaveState.REHEARSED,
        planned_at=now,
    )
    for step in steps:
        step.wave = wave
    WaveStep.objects.bulk_create(steps, batch_size=2000)
    return wave


def start(*, wave_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Lets runners take units: a new wave, or one that was paused.  Raises WaveNotIn."""
    with transaction.atomic():
        wave = _held(wave_id)
        if wave.state == WaveState.RUNNING:
            return
        was_paused = wave.state == WaveState.PAUSED
        _refuse(wave, "继续", WaveState.PLANNED, WaveState.REHEARSED, WaveState.PAUSED)
        again = wave.steps.filter(state=StepState.FAILED)
        again.update(state=StepState.PENDING, attempts=0, not_before=None)
        wave.state, wave.reason = WaveState.RUNNING, ""
        wave.started_at = wave.started_at or now
        wave.save(update_fields=["state", "reason", "started_at"])
        _tell(wave, "继续" if was_paused else "开始", "", actor=actor, now=now)


def pause(*, wave_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> None:
    """No further unit is taken; those in hand are finished.  Raises WaveNotIn."""
    with transaction.atomic():
        wave = _held(wave_id)
        _refuse(wave, "暂停", WaveState.RUNNING)
        wave.state, wave.reason = WaveState.PAUSED, reason
        wave.save(update_fields=["state", "reason"])
        _tell(wave, "暂停", reason, actor=actor, now=now)


def give_up(*, wave_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Ends a wave that does not run; what it did not reach comes with the next one.

    Raises WaveNotIn, ReasonMissing.
    """
    _refuse_short(reason)
    with transaction.atomic():
        wave = _held(wave_id)
        _refuse(wave, "终止", WaveState.PLANNED, WaveState.REHEARSED, WaveState.PAUSED)
        wave.state, wave.reason, wave.finished_at = WaveState.FAILED, reason, now
        wave.save(update_fields=["state", "reason", "finished_at"])
        _tell(wave, "终止", reason, actor=actor, now=now)


def skip(*, step_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Leaves a unit out and puts it into quarantine with what went wrong.

    Raises StepNotIn for one that is through already, ReasonMissing.
    """
    _refuse_short(reason)
    with transaction.atomic():
        step = (
            WaveStep.objects.select_for_update(of=("self",))
            .select_related("wave")
            .filter(pk=step_id)
            .first()
        )
        if step is None:
            raise UnknownWave
        if step.state not in (StepState.FAILED, StepState.PENDING):
            raise StepNotIn(number=step.wave.number, state=step.get_state_display(), act="跳过")
        step.state = StepState.SKIPPED
        step.save(update_fields=["state"])
        said = {"kind": "wave", "item": step.wave.to_version, "expected": "", "found": step.error}
        quarantined().get_or_create(
            unit_id=step.unit_id,
            resolved_at=None,
            defaults={
                "schema_name": step.schema_name,
                "cause": DriftCause.WAVE,
                "differences": [said],
                "found_at": now,
                "checked_at": now,
            },
        )
        _tell(step.wave, "跳过", f"{step.schema_name}：{reason}", actor=actor, now=now)


def appoint(*, unit_id: UUID, is_canary: bool) -> bool:
    """Makes a unit one of those that waves reach first, or one like all others; False if it is."""
    others = Unit.objects.filter(pk=unit_id).exclude(is_canary=is_canary)
    return others.update(is_canary=is_canary) > 0


def is_quarantined() -> Exists:
    """For querysets of units: whether a finding about the unit is open."""
    return Exists(DriftFinding.objects.filter(unit_id=OuterRef("pk"), resolved_at__isnull=True))


def _held(wave_id: UUID) -> Wave:
    wave = Wave.objects.select_for_update().filter(pk=wave_id).first()
    if wave is None:
        raise UnknownWave
    return wave


def _refuse(wave: Wave, act: str, *unless: WaveState) -> None:
    if wave.state not in unless:
        raise WaveNotIn(number=wave.number, state=wave.get_state_display(), act=act)


def _refuse_short(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonMissing


def _tell(wave: Wave, what: str, detail: str, *, actor: Actor, now: dt.datetime) -> None:
    WaveEvent.objects.create(
        wave=wave,
        at=now,
        what=what,
        detail=detail,
        actor_id=actor.person_id,
        actor_name=actor.name,
    )
