"""What every act of a case has in common: its turn, its day, its paper, its person.

An act locks the case, so that of two people at once the second is told who did it before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import BEIJING, day_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.elections.models import OVER, Act, CaseKind, Election, Step, Verdict
from tenant_apps.elections.selectors.procedure import BACK_TO, RULES, after, gate_of
from tenant_apps.organizations import selectors as organizations

LARGEST_FILE: Final = 20 * 1024 * 1024
MOST_FILES: Final = 10
SUFFIXES: Final = ("pdf", "jpg", "jpeg", "png", "doc", "docx", "xls", "xlsx", "ofd", "wps")


class StepTaken(Conflict):
    code = "election_step_taken"
    sentence = "「{step}」已由 {who} 于 {when} 办理，没有重复办理。"


class StepOutOfOrder(Conflict):
    code = "election_step_out_of_order"
    sentence = "现在应办「{current}」，还不能办「{step}」。"


class CaseClosed(Conflict):
    code = "election_closed"
    sentence = "这一事项已{state}，不能再办理。"


class StepNotOpen(Conflict):
    code = "election_step_not_open"
    sentence = "{reason}，最早 {opens_on} 办理。"


class DayDoesNotFit(Invalid):
    code = "election_day_does_not_fit"
    sentence = "{problem}"


class SecondPerson(Forbidden):
    code = "election_second_person"
    sentence = "「{step}」须由呈报人以外的另一人办理：本次呈报人是 {who}。"


class DocumentNeeded(Invalid):
    code = "election_document_needed"
    sentence = "请填写文号或会议名称，以便日后查对。"


class ReasonNeeded(Invalid):
    code = "election_reason_needed"
    sentence = "请写明理由，理由会留在办理记录里。"


class FileRefused(Invalid):
    code = "election_file_refused"
    sentence = "「{name}」不能上传：{problem}"


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Paper:
    """On which day something was done, the number of its document, remarks and scans."""

    happened_on: dt.date
    document: str = ""
    note: str = ""
    files: tuple[Upload, ...] = ()


Change = Callable[[Election], Mapping[str, Any]]
"""What an act writes into the locked case; returns what its step keeps."""


def locked(election: Election) -> Election:
    """The case as it stands now, held until the end of the transaction."""
    held: Election = (
        Election.objects.select_for_update(of=("self",)).select_related("org").get(pk=election.pk)
    )
    return held


def hold(org_ids: Iterable[UUID]) -> list[Any]:
    """Organisations as they stand now; of two who change their posts or cases the second waits."""
    found = organizations.organizations_visible_to(Actor.system("elections"))
    return list(found.select_for_update(of=("self",)).filter(pk__in=list(org_ids)))


def refuse_out_of_turn(election: Election, act: Act) -> None:
    """Raises CaseClosed, StepTaken for an act done before, StepOutOfOrder for one too early."""
    if election.act in OVER:
        raise CaseClosed(state=Act(election.act).label)
    if election.act == act:
        return
    done = election.steps.filter(act=act).exclude(verdict=Verdict.NOTED).order_by("-at").first()
    if done is not None and done.verdict != Verdict.RETURNED:
        when = f"{done.at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
        raise StepTaken(step=act.label, who=done.by_name or "系统", when=when)
    raise StepOutOfOrder(step=act.label, current=Act(election.act).label)


@transaction.atomic
def act_on(
    *,
    election: Election,
    act: Act,
    paper: Paper,
    actor: Actor,
    now: dt.datetime,
    change: Change | None = None,
    verdict: Verdict = Verdict.DONE,
) -> Election:
    """Does one act: checks turn, day and person, applies ``change``, keeps the step, moves on.

    Raises CaseClosed, StepTaken, StepOutOfOrder, StepNotOpen, DayDoesNotFit, SecondPerson,
    FileRefused and whatever ``change`` raises.
    """
    held = locked(election)
    refuse_out_of_turn(held, act)
    _refuse_day(held, act, paper.happened_on, day_of(now))
    if act in BACK_TO:
        _refuse_same_person(held, act, actor)
    data = dict(change(held)) if change else {}
    add_step(held, act=act, paper=paper, verdict=verdict, data=data, actor=actor, now=now)
    held.acted_on = paper.happened_on
    _move_on(held, act, verdict, now)
    held.save()
    return held


def add_step(
    election: Election,
    *,
    act: Act,
    paper: Paper,
    verdict: Verdict,
    data: Mapping[str, Any],
    actor: Actor,
    now: dt.datetime,
) -> Step:
    """Keeps what was done, with its scans, and records it."""
    step: Step = Step.objects.create(
        election=election,
        act=act,
        state=RULES[act].state if act in RULES else 0,
        verdict=verdict,
        happened_on=paper.happened_on,
        document=paper.document.strip()[:80],
        note=paper.note.strip()[:1000],
        data=dict(data),
        files=kept_files(paper.files),
        by_id=actor.person_id,
        by_name=actor.name,
        at=now,
    )
    record(
        "election.acted",
        actor=actor, now=now, subject_type="election", subject_id=election.pk,
        act=act.value, verdict=verdict.value, org=str(election.org_id),
        document=step.document, happened_on=paper.happened_on.isoformat(),
    )  # fmt: skip
    return step


def kept_files(uploads: tuple[Upload, ...]) -> list[dict[str, Any]]:
    """Stores scans among the unit's files.  Raises FileRefused before any is stored."""
    if len(uploads) > MOST_FILES:
        raise FileRefused(name=uploads[MOST_FILES].name, problem=f"一次最多 {MOST_FILES} 个文件。")
    for one in uploads:
        suffix = one.name.rpartition(".")[2].lower()
        if suffix not in SUFFIXES:
            raise FileRefused(name=one.name, problem="只收 PDF、图片和常用办公文档。")
        if not one.content:
            raise FileRefused(name=one.name, problem="文件是空的。")
        if len(one.content) > LARGEST_FILE:
            raise FileRefused(name=one.name, problem="单个文件不能超过 20 MB。")
    return [
        {
            "key": unit_files().save(one.name, one.content),
            "name": one.name[-120:],
            "size": len(one.content),
        }
        for one in uploads
    ]


def _refuse_day(election: Election, act: Act, day: dt.date, today: dt.date) -> None:
    if day > today:
        raise DayDoesNotFit(problem="日期不能晚于今天。")
    if day < election.acted_on:
        raise DayDoesNotFit(problem=f"日期不能早于上一步的日期 {election.acted_on}。")
    gate = gate_of(election, election.org.term_ends_on)
    if act == election.act and gate.opens_on is not None and not gate.is_open(day):
        raise StepNotOpen(reason=gate.reason, opens_on=gate.opens_on)


def _refuse_same_person(election: Election, act: Act, actor: Actor) -> None:
    """Whoever submitted a paper does not answer it (rulebook 12.2)."""
    papers = election.steps.filter(act=BACK_TO[act], verdict=Verdict.DONE)
    submitted = papers.order_by("-at").first()
    if submitted is not None and actor.kind != "job" and submitted.by_id == actor.person_id:
        raise SecondPerson(step=act.label, who=submitted.by_name)


def _move_on(election: Election, act: Act, verdict: Verdict, now: dt.datetime) -> None:
    if verdict == Verdict.RETURNED:
        is_extension = election.kind == CaseKind.EXTENSION
        election.act = Act.CANCELLED if is_extension else BACK_TO[act]
    else:
        election.act = after(election, act)
    if election.act in OVER:
        election.closed_at = now
