"""The own way as the person sees it on the phone: where it stands, what is asked for and told.

What the branch and the committee keep about somebody stays with them: opinions, votes, reviews,
inspections, tries that came to nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tenant_apps.admissions.models import Case, Note, NoteKind, Paper, StepState
from tenant_apps.admissions.selectors.gates import is_own_paper
from tenant_apps.admissions.selectors.progress import (
    ActView,
    CaseView,
    Kept,
    Progress,
    view_of,
)

_SAID: Final[Mapping[str, str]] = {
    "application": "党组织收到了您的入党申请书",
    "talk": "党组织已派人同您谈话",
    "activist": "党支部研究确定您为入党积极分子",
    "activist_filing": "您确定为入党积极分子已报上级党委备案",
    "contacts": "党支部为您指定了培养联系人",
    "candidate": "党支部研究，拟将您列为发展对象",
    "candidate_notice": "公示期满，您已列为发展对象",
    "introducers": "确定了您的入党介绍人",
    "training": "您已参加发展对象集中培训",
    "prereview_result": "党支部已向您通知预审结果",
    "meeting": "支部大会通过决议，同意接收您为预备党员，待上级党委审批",
    "approval": "上级党委批准您为中共预备党员",
    "placement": "您已编入党支部和党小组",
    "oath": "您已参加入党宣誓",
    "conversion_application": "党支部收到了您的转正申请书",
    "conversion_result": "党支部已向您通知转正审批结果",
    "archive": "您的入党材料已归档",
}
"""What is told of an act that was done; of the others nothing is said here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A document that the person brings and has not handed in yet."""

    act: str
    kind: str
    label: str
    step: str
    law: str


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, or what the branch wrote to the person."""

    on: dt.date
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class OwnView:
    """``report`` says how many thought reports were made and when the next one is due, where the
    act asks for them.
    """

    view: CaseView
    asked: tuple[Asked, ...]
    handed: tuple[Paper, ...]
    report: Kept | None
    is_report_late: bool
    reports: tuple[Note, ...]
    told: tuple[Told, ...]

    @property
    def case(self) -> Case:
        return self.view.case


def own_view(case: Case, *, today: dt.date) -> OwnView:
    """The own case, read in three statements."""
    view = view_of(case, today=today)
    kept = view.current.kept if view.current else ()
    report = next((one for one in kept if one.keeping.kind == NoteKind.THOUGHT), None)
    return OwnView(
        view=view,
        asked=tuple(_asked(view.acts)) if case.is_open else (),
        handed=tuple(
            paper for one in view.acts for paper in one.papers if is_own_paper(case, paper)
        ),
        report=report,
        is_report_late=bool(report and report.next_due and report.next_due < today),
        reports=tuple(note for note in view.notes if note.kind == NoteKind.THOUGHT),
        told=tuple(sorted(_told(view), key=lambda one: one.on, reverse=True)),
    )


def _asked(acts: Iterable[ActView]) -> Iterable[Asked]:
    """Of the acts that were done or come next; what lies ahead is asked for when it is there."""
    for one in acts:
        handed = {paper.kind for paper in one.papers}
        is_reached = one.progress in (Progress.DONE, Progress.NOW, Progress.WAITING)
        for document in one.act.documents:
            if is_reached and document.is_own and document.key not in handed:
                yield Asked(one.act.key, document.key, document.label, one.act.name, one.law)


def _told(view: CaseView) -> Iterable[Told]:
    for one in view.acts:
        done, pending = one.done, one.pending
        if done is not None and done.done_on and one.act.key in _SAID:
            people = done.data.get("people", ())
            yield Told(done.done_on, _SAID[one.act.key], "、".join(p["name"] for p in people))
        if pending is not None and pending.state == StepState.BEGUN:
            ends = one.clocks[0].ends_on if one.clocks else None
            yield Told(pending.on, "发展对象人选正在公示", f"公示至 {ends}" if ends else "")
    for note in view.notes:
        if note.kind == NoteKind.NOTICE:
            yield Told(note.on, "党支部通知", note.text)
