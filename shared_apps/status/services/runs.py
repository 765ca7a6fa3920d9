"""What the probe found: kept step by step, and made an incident when it fails twice in a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from shared_apps.status.models import (
    KEPT_DAYS,
    Component,
    JourneyRun,
    JourneyStep,
    Outcome,
)
from shared_apps.status.services import errors, incidents

__all__ = [
    "IN_A_ROW", "Component", "Done", "JourneyRun", "Outcome", "begin", "finish", "note", "prune",
]  # fmt: skip
IN_A_ROW: Final = 2
"""So many failures open an incident, so many successes end it."""
ABANDONED_AFTER: Final = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was tried or left out."""

    name: str
    component: Component
    outcome: Outcome
    seconds: float
    detail: str = ""


def begin(*, now: dt.datetime) -> JourneyRun | None:
    """A new run; None while another one is under way.

    One that did not end within a quarter of an hour was killed and counts as failed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('status.runs.begin'))")
        waiting = JourneyRun.objects.filter(finished_at=None)
        for held in waiting:
            if now - held.started_at < ABANDONED_AFTER:
                return None
            held.finished_at, held.outcome = now, Outcome.FAILED
            held.save()
        return JourneyRun.objects.create(started_at=now)


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
