"""The acts before the assembly: decide, request, answer, propose, examine, notify."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenant_apps.elections.models import (
    Act,
    Assembly,
    CaseKind,
    Election,
    Office,
    Profile,
    Verdict,
)
from tenant_apps.elections.selectors import electors, inspection
from tenant_apps.elections.selectors.terms import shift_of
from tenant_apps.elections.services import votes
from tenant_apps.elections.services.acting import (
    DayDoesNotFit,
    DocumentNeeded,
    Paper,
    ReasonNeeded,
    act_on,
)
from tenant_apps.organizations.services import terms

DELEGATES_FROM: Final = 500
"""Members from which a body may hold an assembly of delegates (选举工作条例第四条)."""
MOST_INSPECTORS: Final = 11


class PlanDoesNotFit(Invalid):
    code = "election_plan_does_not_fit"
    sentence = "{problem}"


class TooFewCandidates(Invalid):
    code = "election_too_few_candidates"
    sentence = "{office}应选 {seats} 名，候选人不少于 {least} 名，现提出 {count} 名。"


class NomineeNotEligible(Invalid):
    code = "election_nominee_not_eligible"
    sentence = "{problem}"


class ShiftNotApproved(Conflict):
    code = "election_shift_not_approved"
    sentence = "{what}须经上级党委批准：请在批复中注明同意，或先办理延期。"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the outgoing committee decides: seats, way and day (rulebook 1.5, state 1)."""

    planned_on: dt.date
    has_committee: bool
    seats: int
    secretaries: int = 1
    deputies: int = 0
    profile: Profile = Profile.GENERAL
    assembly: Assembly = Assembly.MEETING
    inspectors: int = 0


@dataclass(frozen=True, slots=True)
class Nominee:
    member_id: UUID
    office: Office


def decide(
    *, election: Election, plan: Plan, paper: Paper, actor: Actor, now: dt.datetime
) -> Election:
    """Raises PlanDoesNotFit, and ReasonNeeded for an early or a late day without a reason."""

    def change(held: Election) -> Mapping[str, Any]:
        _refuse_plan(held, plan, paper)
        shift = shift_of(plan.planned_on, held.org.term_ends_on)
        if shift is not None and held.kind == CaseKind.REELECTION and not paper.note.strip():
            raise ReasonNeeded
        held.planned_on, held.profile, held.assembly = (
            plan.planned_on, plan.profile, plan.assembly,
        )  # fmt: skip
        held.has_committee = plan.has_committee
        held.seats = plan.seats if plan.has_committee else 0
        held.secretaries, held.deputies = plan.secretaries, plan.deputies
        held.inspectors = plan.inspectors
        return {
            "planned_on": plan.planned_on.isoformat(),
            "seats": held.seats,
            "inspectors": held.inspectors,
        }

    return act_on(
        election=election, act=Act.DECIDE, paper=paper, change=change, actor=actor, now=now
    )


def request(*, election: Election, paper: Paper, actor: Actor, now: dt.datetime) -> Election:
    """Submits the request to the committee above.  Raises DocumentNeeded."""

    def change(held: Election) -> Mapping[str, Any]:
        _refuse_nameless(paper)
        return {}

    return act_on(
        election=election, act=Act.REQUEST, paper=paper, change=change, actor=actor, now=now
    )


@transaction.atomic
def reply(
    *,
    election: Election,
    is_approved: bool,
    paper: Paper,
    actor: Actor,
    now: dt.datetime,
    approves_shift: bool = False,
    allows_delegates: bool = False,
) -> Election:
    """The committee above answers; an approved extension moves the end of the term.

    Raises SecondPerson for whoever submitted, DocumentNeeded, ReasonNeeded for a refusal,
    ShiftNotApproved for a day out of the usual time that is not expressly approved.
    """

    def change(held: Election) -> Mapping[str, Any]:
        if not is_approved:
            return _returned(paper)
        _refuse_nameless(paper)
        if held.kind == CaseKind.REELECTION:
            _refuse_shift(held, held.planned_on, is_approved=approves_shift)
        held.is_shift_approved = approves_shift
        held.may_have_delegates = allows_delegates
        return {"approves_shift": approves_shift, "allows_delegates": allows_delegates}

    answered = act_on(
        election=election, act=Act.REPLY, paper=paper, change=change, actor=actor, now=now,
        verdict=Verdict.APPROVED if is_approved else Verdict.RETURNED,
    )  # fmt: skip
    if answered.kind == CaseKind.EXTENSION and is_approved and answered.new_ends_on:
        terms.set_term_end(
            org_id=answered.org_id, ends_on=answered.new_ends_on, document=paper.document,
            actor=actor, now=now,
        )  # fmt: skip
    return answered


def propose(
    *,
    election: Election,
    nominees: Sequence[Nominee],
    paper: Paper,
    actor: Actor,
    now: dt.datetime,
) -> Election:
    """Submits the list that members recommended and the committee decided on.

    Raises TooFewCandidates (a fifth more than seats), NomineeNotEligible for whoever may not be
    elected or stands twice.
    """

    def change(held: Election) -> Mapping[str, Any]:
        listed = _listed(held, nominees)
        _refuse_numbers(held, listed)
        held.nominees = listed
        return {"nominees": listed}

    return act_on(
        election=election, act=Act.PROPOSE, paper=paper, change=change, actor=actor, now=now
    )


def examine(
    *, election: Election, is_approved: bool, paper: Paper, actor: Actor, now: dt.datetime
) -> Election:
    """The committee above examines the people.  Raises SecondPerson, ReasonNeeded."""

    def change(held: Election) -> Mapping[str, Any]:
        return {} if is_approved else _returned(paper)

    return act_on(
        election=election, act=Act.EXAMINE, paper=paper, change=change, actor=actor, now=now,
        verdict=Verdict.APPROVED if is_approved else Verdict.RETURNED,
    )  # fmt: skip


def publicise(
    *,
    election: Election,
    notice_until: dt.date,
    paper: Paper,
    actor: Actor,
    now: dt.datetime,
    place: str = "",
) -> Election:
    """Tells the members, and where they meet; the assembly opens the day after ``notice_until``."""

    def change(held: Election) -> Mapping[str, Any]:
        if notice_until < paper.happened_on:
            raise DayDoesNotFit(problem="通知期的最后一天不能早于发出通知的日期。")
        held.notice_until, held.place = notice_until, place.strip()[:120]
        return {"notice_until": notice_until.isoformat(), "place": held.place}

    return act_on(
        election=election, act=Act.PUBLICISE, paper=paper, change=change, actor=actor, now=now
    )


def _refuse_plan(held: Election, plan: Plan, paper: Paper) -> None:
    fills = plan.secretaries + plan.deputies + (plan.seats if plan.has_committee else 0)
    problems = [
        ("计划召开大会的日期不能早于会议研究的日期。", plan.planned_on < paper.happened_on),
        ("设委员会的，请填写应选委员名额。", _lacks_seats(held, plan)),
        ("请填写要增补的名额。", fills == 0),
        ("换届选举须选举一名书记。", held.kind == CaseKind.REELECTION and plan.secretaries != 1),
        ("书记至多一名。", plan.secretaries > 1),
        ("副书记至多两名。", plan.deputies > 2),
        ("委员名额至多 21 名。", plan.seats > 21),
        (
            "书记、副书记由委员会从委员中选举，名额不能超过委员名额。",
            held.kind == CaseKind.REELECTION
            and plan.has_committee
            and plan.secretaries + plan.deputies > plan.seats,
        ),
        *_problems_of_inspection(held, plan),
    ]
    for problem, is_wrong in problems:
        if is_wrong:
            raise PlanDoesNotFit(problem=problem)


def _problems_of_inspection(held: Election, plan: Plan) -> list[tuple[str, bool]]:
    """A commission is elected in the same congress as its committee (rulebook 1.1), and is an
    organisation of its own, under which its posts are kept.
    """
    if not plan.inspectors:
        return []
    may = held.kind == CaseKind.REELECTION and inspection.may_have(held.org.kind)
    return [
        ("纪委随党委换届在同一次大会上选举产生，本次不能选举纪委。", not may),
        ("纪委委员名额至多 11 名。", plan.inspectors > MOST_INSPECTORS),
        (
            "请先在组织架构中设立本党委的纪委，再选举纪委委员。",
            may and inspection.commission_of(held.org) is None,
        ),
    ]


def _lacks_seats(held: Election, plan: Plan) -> bool:
    return held.kind == CaseKind.REELECTION and plan.has_committee and plan.seats == 0


def _refuse_shift(held: Election, day: dt.date | None, *, is_approved: bool) -> None:
    shift = shift_of(day, held.org.term_ends_on) if day else None
    if shift is not None and not is_approved:
        raise ShiftNotApproved(what="提前换届" if shift.is_early else "超过任期换届")


def refuse_unapproved_day(held: Election, day: dt.date) -> None:
    """A re-election is held in its time, or when the committee above approved another."""
    if held.kind == CaseKind.REELECTION:
        _refuse_shift(held, day, is_approved=held.is_shift_approved)


def _refuse_nameless(paper: Paper) -> None:
    if not paper.document.strip():
        raise DocumentNeeded


def _returned(paper: Paper) -> Mapping[str, Any]:
    if not paper.note.strip():
        raise ReasonNeeded
    return {}


def _listed(held: Election, nominees: Sequence[Nominee]) -> list[dict[str, str]]:
    voters = electors.eligible(held, [one.member_id for one in nominees])
    sitting = electors.sitting(held)
    seen: set[tuple[UUID, str]] = set()
    listed = []
    for one in nominees:
        if one.member_id not in voters:
            raise NomineeNotEligible(
                problem="候选人须是本组织（含下级）的正式党员，名单中有人不符合。"
            )
        name = voters[one.member_id]
        if (one.member_id, one.office) in seen:
            raise NomineeNotEligible(problem=f"{name} 在同一职务中出现了两次。")
        if one.office is Office.COMMITTEE and one.member_id in sitting:
            raise NomineeNotEligible(problem=f"{name} 已是班子成员，不必再作为委员候选人。")
        seen.add((one.member_id, one.office))
        listed.append({"member": str(one.member_id), "name": name, "office": one.office.value})
    return listed


def lacks_candidates(held: Election) -> bool:
    """Whether the list as it stands is too short to be voted on."""
    return any(count < least for _, _, least, count in _wanted(held, held.nominees))


def _wanted(
    held: Election, listed: Sequence[Mapping[str, str]]
) -> list[tuple[Office, int, int, int]]:
    """Office, seats, least number of candidates and how many there are: a fifth more than seats
    for committee and commission, as many as seats for those who lead.
    """
    offices = {
        Office.COMMITTEE: (held.seats, votes.fewest_candidates(held.seats)),
        Office.SECRETARY: (held.secretaries, held.secretaries),
        Office.DEPUTY: (held.deputies, held.deputies),
        Office.INSPECTOR: (held.inspectors, votes.fewest_candidates(held.inspectors)),
        Office.INSP_HEAD: (int(held.inspectors > 0), int(held.inspectors > 0)),
    }
    return [
        (office, seats, least, sum(one["office"] == office for one in listed))
        for office, (seats, least) in offices.items()
    ]


def _refuse_numbers(held: Election, listed: Sequence[Mapping[str, str]]) -> None:
    for office, seats, least, count in _wanted(held, listed):
        if count < least:
            raise TooFewCandidates(office=office.label, seats=seats, least=least, count=count)
        is_equal = office is Office.INSP_HEAD or (
            held.has_committee and office in (Office.SECRETARY, Office.DEPUTY)
        )
        if (is_equal or not seats) and count > seats:
            raise NomineeNotEligible(problem=f"{office.label}应提名 {seats} 名，现为 {count} 名。")
    _refuse_outsiders(held, listed)


def _refuse_outsiders(held: Election, listed: Sequence[Mapping[str, str]]) -> None:
    """Whom a body elects from among itself in a re-election stands for that body too."""
    if not held.has_committee or held.kind != CaseKind.REELECTION:
        return
    for body, leading in _BODIES.items():
        members = {one["member"] for one in listed if one["office"] == body}
        for one in listed:
            if one["office"] in leading and one["member"] not in members:
                raise NomineeNotEligible(
                    problem=f"{one['name']} 不是{body.label}候选人，"
                    f"不能作为{Office(one['office']).label}候选人。"
                )


_BODIES: Final = {
    Office.COMMITTEE: (Office.SECRETARY, Office.DEPUTY),
    Office.INSPECTOR: (Office.INSP_HEAD,),
}
