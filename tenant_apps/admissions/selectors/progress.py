"""One person's way: every step of the layout with what was done, what is due, what opens when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared_apps.rules.selectors import working_days
from shared_apps.rules.selectors.admission import (
    Act,
    AdmissionPack,
    Clock,
    ClockKind,
    Input,
    Keeping,
)
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import PENDING, Case, Note, Paper, Step, StepState


class Progress(StrEnum):
    """Where an act stands."""

    DONE = "done"
    NOW = "now"
    WAITING = "waiting"
    BLOCKED = "blocked"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept up in an act: how many were made, when the next one is due."""

    keeping: Keeping
    made: int
    next_due: dt.date | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class ActView:
    """An act as the time line shows it; ``tries`` are its steps, the newest first."""

    act: Act
    number: int
    progress: Progress
    version: str
    law: str
    tries: tuple[Step, ...]
    clocks: tuple[Clock, ...]
    kept: tuple[Kept, ...]
    papers: tuple[Paper, ...]
    missing_papers: tuple[str, ...]
    is_overdue: bool

    @property
    def done(self) -> Step | None:
        return next((step for step in self.tries if step.state == StepState.DONE), None)

    @property
    def pending(self) -> Step | None:
        return next((step for step in self.tries if step.state in PENDING), None)

    @property
    def failed(self) -> tuple[Step, ...]:
        """Tries that came to nothing and stay in the file."""
        return tuple(s for s in self.tries if s.state not in (*PENDING, StepState.DONE))

    @property
    def due(self) -> Clock | None:
        return next((clock for clock in self.clocks if clock.is_due), None)

    @property
    def opens_on(self) -> dt.date | None:
        """The day on which it opens, where that has not come."""
        closed = [c.ends_on for c in self.clocks if c.kind is ClockKind.NOT_BEFORE]
        return max(closed) if closed and self.progress is Progress.BLOCKED else None

    @property
    def answers(self) -> list[tuple[str, str]]:
        """What was given for it, in words."""
        step = self.pending or self.done or (self.tries[0] if self.tries else None)
        return answers_of(self.act, step) if step else []


@dataclass(frozen=True, slots=True)
class StageView:
    key: str
    label: str
    acts: tuple[ActView, ...]

    @property
    def done(self) -> int:
        return sum(1 for one in self.acts if one.progress is Progress.DONE)


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with everything in it.  ``current`` is None once it is closed."""

    case: Case
    pack: AdmissionPack
    stages: tuple[StageView, ...]
    current: ActView | None
    notes: tuple[Note, ...]

    @property
    def acts(self) -> list[ActView]:
        return [act for stage in self.stages for act in stage.acts]

    @property
    def total(self) -> int:
        """How many steps the layout has."""
        return len(self.pack.layouts[self.case.layout])


def view_of(case: Case, *, today: dt.date) -> CaseView:
    """Reads the case in three statements.

    Acts that are done show the version they were judged by; what lies ahead shows the version
    under which the current act was begun.
    """
    pack = admission_pack_named(case.act_version)
    steps = list(case.steps.order_by("-attempt"))
    notes = tuple(case.notes.filter(struck_at=None).order_by("-on", "-id"))
    papers = list(case.papers.filter(struck_at=None).order_by("uploaded_at"))
    views = [
        _act_view(case, pack, act, steps, notes, papers, today) for act in _acts(case, pack, steps)
    ]
    stages = tuple(
        StageView(key, label, tuple(view for view in views if view.act.stage == key))
        for key, label in pack.stages
    )
    current = next((v for v in views if v.act.key == case.act), None) if case.is_open else None
    return CaseView(case, pack, stages, current, notes)


def clocks_of(case: Case, pack: AdmissionPack, act: Act, pending: Step | None) -> list[Clock]:
    """The terms of an act: a notice runs from the day on which it was begun."""
    dates = case.days
    if pending is not None and pending.state == StepState.BEGUN:
        dates = {**dates, act.key: pending.on}
    elif any(rule.kind is ClockKind.WORKDAYS for rule in act.clocks) and pending is None:
        dates = {key: day for key, day in dates.items() if key != act.key}
    return pack.clocks(act, dates, calendar=working_days.calendar())


def answers_of(act: Act, step: Step) -> list[tuple[str, str]]:
    """Label and value of everything that was given for a step."""
    inputs = (*act.inputs, *act.closing, *act.decision)
    found = [(one.label, told(one, step.data[one.key])) for one in inputs if one.key in step.data]
    if step.late_reason and "late_reason" not in step.data:
        found.append(("逾期原因", step.late_reason))
    return found


def told(one: Input, value: Any) -> str:
    """A value as people read it."""
    if one.type == "choice":
        return dict(one.choices).get(value, str(value))
    if one.type == "members":
        return "、".join(person["name"] for person in value)
    return str(value["name"]) if one.type == "group" else str(value)


def kept_of(
    case: Case, act: Act, notes: Sequence[Note], *, today: dt.date, is_current: bool
) -> tuple[Kept, ...]:
    """How far the inspections and reports of an act are."""
    found = []
    for keeping in act.keeps:
        start = case.days.get(keeping.since)
        made = sum(
            1 for n in notes if n.kind == keeping.kind and start is not None and n.on >= start
        )
        due = keeping.next_due(case.days, kept=made) if is_current else None
        is_late = keeping.is_required and due is not None and due < today
        found.append(Kept(keeping, made, due, is_late))
    return tuple(found)


def _acts(case: Case, pack: AdmissionPack, steps: Sequence[Step]) -> list[Act]:
    """The acts of the layout in order.  What was done stays even where the layout of today's
    version leaves it out, and what today's version asks for in the part that was passed under an
    older one is not asked for any more.
    """
    tried = {step.act for step in steps}
    reached = pack.acts[case.act].order if case.is_open else None
    asked = {
        act.key
        for step in pack.steps(case.layout)
        for act in step.acts
        if reached is not None and act.order >= reached
    }
    keys = asked | (tried & set(pack.acts))
    return sorted((pack.acts[key] for key in keys), key=lambda act: act.order)


def _act_view(
    case: Case,
    pack: AdmissionPack,
    act: Act,
    steps: Sequence[Step],
    notes: Sequence[Note],
    papers: Sequence[Paper],
    today: dt.date,
) -> ActView:
    tries = tuple(step for step in steps if step.act == act.key)
    done = next((step for step in tries if step.state == StepState.DONE), None)
    is_current = case.is_open and case.act == act.key
    judged = pack
    if done is not None and not is_current and done.version != pack.version:
        judged = admission_pack_named(done.version)
        act = judged.acts.get(act.key, act)
    pending = next((step for step in tries if step.state in PENDING), None)
    clocks = tuple(clocks_of(case, judged, act, pending))
    progress = _progress(act, done, pending, clocks, today, is_current=is_current)
    mine = tuple(paper for paper in papers if paper.act == act.key)
    handed = {paper.kind for paper in mine}
    lacking = tuple(one.label for one in act.documents if one.is_required and one.key not in handed)
    return ActView(
        act=act,
        number=judged.number_of(act.key, case.layout) or pack.number_of(act.key, case.layout),
        progress=progress,
        version=judged.version,
        law=judged.law(act.article),
        tries=tries,
        clocks=clocks,
        kept=kept_of(case, act, notes, today=today, is_current=is_current),
        papers=mine,
        missing_papers=lacking if progress is not Progress.AHEAD else (),
        is_overdue=is_current and any(c.is_due and c.ends_on < today for c in clocks),
    )


def _progress(
    act: Act,
    done: Step | None,
    pending: Step | None,
    clocks: Sequence[Clock],
    today: dt.date,
    *,
    is_current: bool,
) -> Progress:
    if pending is not None:
        return Progress.WAITING
    if is_current:
        is_closed = any(
            c.kind is ClockKind.NOT_BEFORE and not c.is_advice and c.ends_on > today for c in clocks
        )
        return Progress.BLOCKED if is_closed else Progress.NOW
    if done is not None:
        return Progress.DONE
    is_closed = any(c.kind is ClockKind.NOT_BEFORE and c.ends_on > today for c in clocks)
    return Progress.BLOCKED if is_closed else Progress.AHEAD
