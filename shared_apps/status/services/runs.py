"""What the probe found: kept step by step, and made an incident when it fails twice in a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.jobs import Job
from shared_apps.status.models import (
    KEPT_DAYS,
    Component,
    JourneyRun,
    JourneyStep,
    Outcome,
)
from shared_apps.status.services import errors, incidents

__all__ = [
    "IN_A_ROW", "Component", "Done", "JourneyRun", "Outcome", "ProbeUnderWay", "ask", "begin",
    "finish", "note", "prune", "register_probe",
]  # fmt: skip
IN_A_ROW: Final = 2
"""So many failures open an incident, so many successes end it."""
ABANDONED_AFTER: Final = dt.timedelta(minutes=15)


_probes: list[Job[[]]] = []


class ProbeUnderWay(Conflict):
    code = "probe_under_way"
    sentence = "巡检正在进行，完成后才能再次开始。"


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was tried or left out."""

    name: str
    component: Component
    outcome: Outcome
    seconds: float
    detail: str = ""


def register_probe(probe: Job[[]]) -> None:
    """Called from ``AppConfig.ready`` of the app that can do what everybody does."""
    _probes[:] = [probe]


def ask(*, actor: Actor, now: dt.datetime) -> JourneyRun:
    """A run at once, without waiting for its hour; raises ProbeUnderWay.

    The row is what a worker looks for; the message only wakes one.
    """
    with transaction.atomic():
        if _under_way(now) is not None:
            raise ProbeUnderWay
        run = JourneyRun.objects.create(
            started_at=now, asked_at=now, asked_by=actor.person_id, asked_by_name=actor.name
        )
        for probe in _probes:
            probe.after_commit()
    return run


def begin(
    *, now: dt.datetime, planned: int = 0, every: dt.timedelta = dt.timedelta(0)
) -> JourneyRun | None:
    """The run that was asked for, or a new one when the last began ``every`` ago or earlier; None
    while another one is under way and before the next is due.
    """
    with transaction.atomic():
        held = _under_way(now)
        if held is None:
            recent = JourneyRun.objects.filter(started_at__gt=now - every, started_at__lte=now)
            if every and recent.exists():
                return None
            return JourneyRun.objects.create(started_at=now, taken_at=now, planned=planned)
        if not held.is_waiting:
            return None
        held.taken_at = held.started_at = now
        held.planned = planned
        held.save()
        return held


def _under_way(now: dt.datetime) -> JourneyRun | None:
    """The run in hand, for this transaction alone.

    One that did not end within a quarter of an hour was killed and counts as failed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('status.runs.begin'))")
    for held in JourneyRun.objects.filter(finished_at=None):
        if now - held.started_at < ABANDONED_AFTER:
            return held
        held.finished_at, held.outcome = now, Outcome.FAILED
        held.save()
    return None


def note(*, run: JourneyRun, position: int, done: Done, now: dt.datetime) -> None:
    """Keeps one step at once: a run that is killed shows how far it came."""
    JourneyStep.objects.create(
        run=run,
        position=position,
        name=done.name,
        component=done.component,
        outcome=done.outcome,
        seconds=done.seconds,
        detail=done.detail[:200],
        at=now,
    )


def finish(*, run: JourneyRun, now: dt.datetime) -> None:
    """Ends the run, opens and ends the probe's incidents."""
    outcomes = set(run.steps.values_list("outcome", flat=True))
    run.outcome = Outcome.FAILED if Outcome.FAILED in outcomes else Outcome.OK
    run.finished_at = now
    run.save()
    for component in Component:
        _judge(component, now)


def prune(*, now: dt.datetime) -> None:
    """Forgets runs and days of failures after 90 days; incidents stay."""
    JourneyRun.objects.filter(started_at__lt=now - dt.timedelta(days=KEPT_DAYS)).delete()
    errors.prune(now=now)


def _judge(component: Component, now: dt.datetime) -> None:
    latest = _latest(component)
    if len(latest) < IN_A_ROW:
        return
    if all(steps for _, steps in latest):
        names = "、".join(dict.fromkeys(latest[0][1]))
        incidents.open_for_probe(
            component=component,
            text=f"自动巡检连续 {IN_A_ROW} 次没有通过：{names}。工程师正在处理。",
            now=now,
        )
    elif not any(steps for _, steps in latest):
        incidents.end_for_probe(
            component=component, text=f"自动巡检连续 {IN_A_ROW} 次通过，已恢复正常。", now=now
        )


def _latest(component: Component) -> Sequence[tuple[JourneyRun, list[str]]]:
    """The last runs that tried the part, each with the steps that failed."""
    tried = (
        JourneyRun.objects.filter(
            finished_at__isnull=False,
            steps__component=component,
            steps__outcome__in=[Outcome.OK, Outcome.FAILED],
        )
        .distinct()
        .prefetch_related("steps")[:IN_A_ROW]
    )
    return [
        (
            run,
            [
                step.name
                for step in run.steps.all()
                if step.component == component and step.outcome == Outcome.FAILED
            ],
        )
        for run in tried
    ]
