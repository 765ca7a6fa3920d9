"""What is printed of a case: which papers there are, what they say, whether one is genuine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import NotFound
from tenant_apps.elections.models import Act, CaseKind, Election, Office, Step, Verdict
from tenant_apps.elections.selectors import cases, inspection
from tenant_apps.organizations import selectors as organizations


class PaperNotFound(NotFound):
    code = "election_paper_not_found"
    sentence = "没有找到这份材料，可能已重新办理，或不在您的管理范围内。"


_TITLES: Final[Mapping[Act, str]] = {
    Act.REQUEST: "关于召开党员大会进行换届选举的请示",
    Act.REPLY: "关于召开党员大会进行换届选举的批复",
    Act.PROPOSE: "关于候选人预备人选的请示",
    Act.EXAMINE: "关于候选人预备人选的批复",
    Act.PUBLICISE: "关于召开党员大会的通知",
    Act.ELECT: "党员大会选举会议记录",
    Act.PLENUM: "第一次全体会议记录",
    Act.REPORT: "关于选举结果的报告",
    Act.CONFIRM: "关于选举结果的批复",
}
"""Which steps give a paper to print."""
PRINTABLE: Final = tuple(act.value for act in _TITLES)


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper; ``is_void`` once the same step was done again or the case was given up."""

    step: Step
    title: str
    election: Election
    is_void: bool

    @property
    def is_reply(self) -> bool:
        return self.step.act in (Act.REPLY, Act.EXAMINE, Act.CONFIRM)


def is_printable(step: Step) -> bool:
    return step.act in _TITLES and step.verdict != Verdict.NOTED


def title_of(step: Step, kind: str) -> str:
    title = _TITLES[Act(step.act)]
    if kind == CaseKind.EXTENSION:
        return title.replace("召开党员大会进行换届选举", "延期换届")
    if kind == CaseKind.BY_ELECTION:
        return title.replace("进行换届选举", "进行增补选举")
    return title


def step_for(actor: Actor, step_id: UUID) -> Step:
    """A step in the actor's sub-trees; raises PaperNotFound outside them."""
    found = Step.objects.select_related("election__org").filter(pk=step_id).first()
    scopes = organizations.scopes_of(actor)
    if found is None or not any(found.election.org_path.startswith(one) for one in scopes):
        raise PaperNotFound
    return found


def printed(actor: Actor, step_id: UUID) -> Printed:
    step = step_for(actor, step_id)
    if not is_printable(step):
        raise PaperNotFound
    return _printed(step)


def genuine(step_id: UUID) -> Printed | None:
    """The paper with this key of its check code, for whoever holds it; no scope is asked."""
    step = Step.objects.select_related("election__org").filter(pk=step_id).first()
    return _printed(step) if step is not None and is_printable(step) else None


def _printed(step: Step) -> Printed:
    election = step.election
    again = election.steps.filter(act=step.act, at__gt=step.at).exclude(verdict=Verdict.NOTED)
    later = again.exists()
    is_void = later or (election.act == Act.CANCELLED and step.verdict != Verdict.RETURNED)
    return Printed(step, title_of(step, election.kind), election, is_void)


@dataclass(frozen=True, slots=True)
class Body:
    """Whose minutes these are: the committee and its commission meet apart, and have one each."""

    title: str
    name: str
    offices: tuple[str, ...]


def body_of(paper: Printed, asked: str) -> Body:
    """``asked`` is "inspection" for the plenum of the commission."""
    election, name = paper.election, paper.election.org.name
    if paper.step.act != Act.PLENUM:
        in_meeting = Office.COMMITTEE, Office.INSPECTOR
        offices = in_meeting if election.has_committee else tuple(Office)
        return Body(paper.title, name, tuple(one.value for one in offices))
    if not election.inspectors:
        return Body(paper.title, name, (Office.SECRETARY.value, Office.DEPUTY.value))
    if asked == "inspection":
        own = inspection.commission_of(election.org)
        commission = own.name if own else f"{name}纪律检查委员会"
        return Body(f"纪委{paper.title}", commission, (Office.INSP_HEAD.value,))
    return Body(f"党委{paper.title}", name, (Office.SECRETARY.value, Office.DEPUTY.value))


def context_of(paper: Printed) -> dict[str, Any]:
    """What the templates of papers need beside the paper itself."""
    election = paper.election
    asked = election.steps.filter(act=_asked_by(paper.step), at__lte=paper.step.at)
    requested = asked.exclude(verdict=Verdict.NOTED).order_by("-at").first()
    return {
        "superior": cases.superior_of(election.org),
        "asked": requested,
        "planned_on": election.planned_on,
        "term_end": election.old_ends_on or election.org.term_ends_on,
        "nominees": _by_office(paper),
        "day": _chinese(paper.step.happened_on),
    }


def _asked_by(step: Step) -> str:
    return {Act.REPLY: Act.REQUEST, Act.EXAMINE: Act.PROPOSE, Act.CONFIRM: Act.REPORT}.get(
        Act(step.act), Act.REQUEST
    )


def _by_office(paper: Printed) -> dict[str, list[str]]:
    """The list as it was when the paper was made: whoever left it later still stands there."""
    proposed = paper.election.steps.filter(
        act=Act.PROPOSE, verdict=Verdict.DONE, at__lte=paper.step.at
    )
    last = proposed.order_by("-at").first()
    found: dict[str, list[str]] = {}
    for one in last.data["nominees"] if last else []:
        found.setdefault(one["office"], []).append(one["name"])
    return found


def _chinese(day: dt.date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
