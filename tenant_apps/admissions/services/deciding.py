"""What the committee decides on what a branch submitted: always a second person (rulebook 12.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import months_later
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from shared_apps.rules.selectors.admission import Act
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import Case, Category, Conversion, State, Step, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.committees import place_of
from tenant_apps.admissions.services import going, inputs, signing_in, texting
from tenant_apps.admissions.services.following import MADE_BY
from tenant_apps.admissions.services.opening import Sealed
from tenant_apps.members import selectors as members
from tenant_apps.members.selectors import grounds
from tenant_apps.members.services import changes
from tenant_apps.members.services.changes import NewMember

AGREE, RETURN, REFUSE = "AGREE", "RETURN", "REFUSE"
UNFIT = "UNFIT"
"""The ground of a resolution of the time before one was asked for."""
_ANYBODY = Actor.system("admission")


class NothingSubmitted(Conflict):
    code = "admission_nothing_submitted"
    sentence = "没有待审批的事项，可能其他同志刚刚办理。请刷新页面查看。"


class SecondPersonNeeded(Forbidden):
    code = "admission_second_person_needed"
    sentence = "这一步由您提交，须由另一位同志审批。"


class OpinionNeeded(Invalid):
    code = "admission_opinion_needed"
    sentence = "退回或不同意的，请写明意见。"


class UnknownVerdict(Invalid):
    code = "admission_verdict_unknown"
    sentence = "请选择审批结果。"


@transaction.atomic
def decide(
    *,
    case: Case,
    verdict: str,
    on: dt.date,
    given: Mapping[str, Any],
    opinion: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Step:
    """The committee's decision of the day ``on``: agreed, returned for completion, or refused,
    which sends the case back to an earlier act.

    Approval makes the person a probationary member from the day of the branch meeting; the
    decision on the probation converts, extends or cancels (rulebook 2.4).  Raises
    NothingSubmitted when somebody was quicker, SecondPersonNeeded, OpinionNeeded, TooLate,
    LateReasonNeeded, DayRefused, InputRefused, and what ``members.changes`` raises.
    """
    if actor.kind != "job":
        require(actor, AdmissionPermission.DECIDE, place_of(case))
    held = going.locked(case, actor=actor)
    step = going.pending_step(held)
    if step is None or step.state != StepState.SUBMITTED:
        raise NothingSubmitted
    if going.same_person(step.given_by, actor):
        raise SecondPersonNeeded
    rule = admission_pack_named(step.version).acts[step.act]
    _check(rule, step, verdict, on, opinion, today)
    values = inputs.read(rule.decision, given, case=held) if verdict == AGREE else {}
    step.verdict, step.opinion, step.done_on = verdict, opinion.strip()[:400], on
    step.decided_at, step.decided_by, step.decided_by_name = now, actor.person_id, actor.name
    step.data = {**step.data, **values}
    step.late_reason = values.get("late_reason", "")[:400]
    _carry_out(held, rule, step, actor=actor, now=now)
    step.save()
    if step.state == StepState.DONE:
        texting.result(held, step.act, actor=actor, now=now)
    going.tell(
        "admission.decided", held,
        actor=actor, now=now, step=step, verdict=verdict, on=on.isoformat(),
    )  # fmt: skip
    return step


def _check(rule: Act, step: Step, verdict: str, on: dt.date, opinion: str, today: dt.date) -> None:
    if verdict not in rule.verdicts:
        raise UnknownVerdict
    if verdict != AGREE and not opinion.strip():
        raise OpinionNeeded
    if on > today:
        raise going.DayRefused(problem="审批日期不能晚于今天。")
    if on < step.on:
        raise going.DayRefused(problem=f"审批日期不能早于{rule.day_label} {step.on}。")


def _carry_out(case: Case, rule: Act, step: Step, *, actor: Actor, now: dt.datetime) -> None:
    on = step.done_on
    assert on is not None  # noqa: S101 - set by the caller; told to the type checker
    if step.verdict == RETURN:
        step.state = StepState.RETURNED
        return
    if step.verdict == REFUSE:
        step.state = StepState.REFUSED
        going.begin_again(case, rule.on_refusal, on)
        case.save()
        return
    going.check_clocks(case, rule, on, step.data, late_reason=step.late_reason)
    step.state = StepState.DONE
    document = step.data["document"]
    if rule.makes == "PROBATIONARY":
        _admit(case, on=on, document=document, actor=actor, now=now)
    if rule.makes == "CONVERSION":
        _end_probation(case, rule, on=on, document=document, actor=actor, now=now)
    else:
        going.go_on(case, rule, on)


def _admit(case: Case, *, on: dt.date, document: str, actor: Actor, now: dt.datetime) -> None:
    """入党日期 is the day of the branch meeting, not of the approval (rulebook 14, fact 6)."""
    joined = case.days["meeting"]
    kept = Sealed.of(case)
    member = changes.enter(
        person=NewMember(
            name=case.name, identity=kept.identity, phone=kept.phone, gender=case.gender,
            ethnicity=case.ethnicity, birth_on=case.birth_on, education=case.education,
            workplace=case.workplace, occupation=case.occupation, front_line=case.front_line,
            stratum=case.stratum, joined_on=joined, joined_place=case.org.name[:120],
        ),
        org=case.org, category="PROBATIONARY", kind=changes.ChangeKind.ADMITTED, on=on,
        document=document, actor=actor, now=now, data={MADE_BY: str(case.pk)},
    )  # fmt: skip
    case.member_id, case.joined_on, case.approved_on = member.pk, joined, on
    signing_in.end(case)


def _end_probation(
    case: Case, rule: Act, *, on: dt.date, document: str, actor: Actor, now: dt.datetime
) -> None:
    """Carries out what the branch meeting resolved on the probation."""
    meeting = case.steps.filter(act="conversion_meeting", state=StepState.DONE)
    resolved = meeting.order_by("-attempt").first()
    result = resolved.data["result"] if resolved else ""
    assert case.member_id is not None  # noqa: S101 - nobody gets here without a file
    member = members.member_for(_ANYBODY, case.member_id, to=AdmissionPermission.DECIDE)
    turn: dict[str, Any] = {
        "member": member, "on": on, "document": document, "actor": actor, "now": now,
    }  # fmt: skip
    made_by = {MADE_BY: str(case.pk)}
    if result == "EXTEND" and resolved is not None:
        ends = case.days.get("probation_until", months_later(case.days["probation_start"], 12))
        until = months_later(ends, resolved.data["extend_months"])
        changes.extend(until=until, data=made_by, **turn)
        case.extensions += 1
        case.dates |= {"probation_until": until.isoformat(), rule.key: on.isoformat()}
        going.begin_again(case, "probation", on)
        case.save()
    elif result == "CANCEL" and resolved is not None:
        ground = resolved.data.get("ground", UNFIT)
        changes.leave(
            kind=changes.ChangeKind.CANCELLED, reason="支部大会决议，上级党委批准",
            data={"ground": ground, **made_by}, **turn,
        )  # fmt: skip
        case.dates[rule.key] = on.isoformat()
        case.category, case.state, case.closed_on = Category.MASSES, State.CANCELLED, on
        case.conversion = Conversion.CANCELLED
        case.closed_reason = f"取消预备党员资格：{grounds.label_of(ground)}"
        case.save()
    else:
        changes.convert(data=made_by, **turn)
        case.category, case.converted_on = Category.FULL, on
        case.conversion = Conversion.EXTENDED if case.extensions else Conversion.ON_TIME
        going.go_on(case, rule, on)
