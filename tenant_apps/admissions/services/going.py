"""How a case goes on: locked for one person at a time, judged by the version it was begun under."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from shared_apps.rules.selectors import working_days
from shared_apps.rules.selectors.admission import Act, AdmissionPack, Clock
from shared_apps.rules.selectors.admission_packs import admission_pack, admission_pack_named
from tenant_apps.admissions.models import PENDING, Case, Category, NoteKind, Step, StepState
from tenant_apps.admissions.selectors.gates import own_cases
from tenant_apps.audit.services import record

_DAY_OF: dict[str, str] = {
    Category.ACTIVIST: "activist_on",
    Category.CANDIDATE: "candidate_on",
}


class CaseClosed(Conflict):
    code = "admission_closed"
    sentence = "「{name}」的发展党员工作已结束（{state}），不能再办理。"


class OutOfOrder(Conflict):
    code = "admission_out_of_order"
    sentence = "现在应办理「{current}」，不能跳到「{wanted}」。"


class AlreadyDone(Conflict):
    code = "admission_step_already_done"
    sentence = "「{name}」已由 {who} 办理，请刷新页面查看。"


class StepPending(Conflict):
    code = "admission_step_pending"
    sentence = "「{name}」正在办理中（{state}），请先等待结果或撤回。"


class OwnCase(Forbidden):
    code = "admission_own_case"
    sentence = "不能办理本人的发展党员事项，请由其他同志办理。"


class DayRefused(Invalid):
    code = "admission_day_refused"
    sentence = "{problem}"


class TooEarly(Conflict):
    """Names the day from which on it is possible, and why."""

    code = "admission_too_early"
    sentence = "{opens_on} 起方可办理。{explanation}"


class TooLate(Conflict):
    code = "admission_too_late"
    sentence = "已超过最长期限 {hard_on}，不能再批准，请退回支部重新召开大会讨论。{explanation}"


class LateReasonNeeded(Invalid):
    code = "admission_late_reason_needed"
    sentence = "已超过期限 {due_on}，请填写逾期原因。{explanation}"


class InspectionsMissing(Conflict):
    code = "admission_inspections_missing"
    sentence = "考察期内应有 {needed} 次{label}，已记录 {kept} 次，请先补录（{days}）。"


def locked(case: Case, *, actor: Actor) -> Case:
    """The case, held until the transaction ends, so that two people never decide at once.

    Raises CaseClosed, and OwnCase for somebody whose own case it is.
    """
    held: Case = Case.objects.select_for_update(of=("self",)).select_related("org").get(pk=case.pk)
    if not held.is_open:
        raise CaseClosed(name=held.name, state=held.get_state_display())
    if Case.objects.filter(own_cases(actor), pk=held.pk).exists():
        raise OwnCase
    return held


def locked_own(case: Case, *, actor: Actor) -> Case:
    """The actor's own case, held until the transaction ends.

    Raises CaseClosed, and DoesNotExist for anybody else's.
    """
    rows = Case.objects.select_for_update(of=("self",)).filter(own_cases(actor))
    held: Case = rows.get(pk=case.pk)
    if not held.is_open:
        raise CaseClosed(name=held.name, state=held.get_state_display())
    return held


def is_reached(case: Case, key: str) -> bool:
    """Whether an act was done or comes next."""
    return case.act == key or case.steps.filter(act=key, state=StepState.DONE).exists()


def pack_of(case: Case) -> AdmissionPack:
    """The version under which the act that comes next was begun."""
    return admission_pack_named(case.act_version)


def current_act(case: Case, wanted: str) -> Act:
    """The act that comes next, if it is the one that is wanted.

    Raises OutOfOrder, AlreadyDone when somebody was quicker, StepPending.
    """
    act = pack_of(case).acts[case.act]
    if wanted != case.act:
        done = case.steps.filter(act=wanted, state=StepState.DONE).order_by("-attempt").first()
        named = admission_pack_named(done.version if done else case.act_version).acts.get(wanted)
        if done is not None and named is not None:
            who = done.decided_by_name or done.given_by_name or "其他同志"
            raise AlreadyDone(name=named.name, who=who)
        raise OutOfOrder(current=act.name, wanted=named.name if named else wanted)
    pending = pending_step(case)
    if pending is not None:
        raise StepPending(name=act.name, state=pending.get_state_display())
    return act


def pending_step(case: Case) -> Step | None:
    """What waits for the committee or for the end of a notice."""
    found: Step | None = case.steps.filter(state__in=PENDING).first()
    return found


def clocks_of(case: Case, act: Act, dates: Mapping[str, dt.date] | None = None) -> list[Clock]:
    """The terms of an act that run, by the version under which it was begun."""
    days = dates if dates is not None else case.days
    return pack_of(case).clocks(act, days, calendar=working_days.calendar())


def check_day(case: Case, act: Act, on: dt.date, *, today: dt.date) -> None:
    """Days stay in order.  Raises DayRefused."""
    if on > today:
        raise DayRefused(problem=f"「{act.day_label}」不能晚于今天。")
    earliest = case.days.get(act.earliest, case.act_began_on) if act.earliest else case.act_began_on
    if on < earliest:
        raise DayRefused(problem=f"「{act.day_label}」不能早于前一步骤的日期 {earliest}。")


def check_clocks(
    case: Case, act: Act, on: dt.date, values: Mapping[str, Any], *, late_reason: str
) -> None:
    """Raises TooEarly, TooLate and LateReasonNeeded."""
    rules = {rule.key: rule for rule in act.clocks}
    for clock in clocks_of(case, act):
        unless = rules[clock.key].unless
        if any(values.get(key) in answers for key, answers in unless.items()):
            continue
        told = {"explanation": clock.explanation}
        if not clock.is_due:
            if on < clock.ends_on and not clock.is_advice:
                raise TooEarly(opens_on=clock.ends_on, **told)
        elif clock.hard_on and on > clock.hard_on:
            raise TooLate(hard_on=clock.hard_on, **told)
        elif on > clock.ends_on and not late_reason.strip():
            raise LateReasonNeeded(due_on=clock.ends_on, **told)


def check_kept(case: Case, act: Act, on: dt.date) -> None:
    """Raises InspectionsMissing while one of the half-yearly inspections is not recorded."""
    for keeping in act.keeps:
        due = keeping.due_days(case.days, until=on)
        start = case.days.get(keeping.since)
        if not keeping.is_required or not due or start is None:
            continue
        kept = case.notes.filter(
            kind=NoteKind(keeping.kind), on__gte=start, on__lte=on, struck_at=None
        ).count()
        if kept < len(due):
            days = "、".join(str(day) for day in due)
            raise InspectionsMissing(needed=len(due), label=keeping.label, kept=kept, days=days)


def new_step(
    case: Case, act: Act, *, state: StepState, on: dt.date, data: dict[str, Any], late_reason: str,
    actor: Actor, now: dt.datetime,
) -> Step:  # fmt: skip
    """A new try at the act, under the version that the case pinned when it was begun."""
    attempt = case.steps.filter(act=act.key).count() + 1
    step: Step = Step.objects.create(
        case=case,
        act=act.key,
        attempt=attempt,
        version=case.act_version,
        state=state,
        began_on=case.act_began_on,
        on=on,
        data=data,
        late_reason=late_reason.strip()[:400],
        given_at=now,
        given_by=actor.person_id,
        given_by_name=actor.name,
    )
    return step


def go_on(case: Case, act: Act, on: dt.date) -> None:
    """The act is done on ``on``: what that makes of the person, and which act is next.

    The next one is begun on that day and pinned to the version in force then (rulebook 2.2).
    """
    case.dates[act.key] = on.isoformat()
    if act.category:
        case.category = act.category
        if act.category in _DAY_OF:
            setattr(case, _DAY_OF[act.category], on)
    next_act = begin_behind(case, act.order, on)
    if next_act is None:
        case.state, case.closed_on = "DONE", on
    case.save()


def begin_behind(case: Case, order: int, on: dt.date) -> Act | None:
    """Points the case at the first act behind ``order`` of the version in force on ``on``."""
    pack = admission_pack(on)
    act = pack.after(order, case.layout)
    if act is not None:
        case.act, case.act_version, case.act_began_on = act.key, pack.version, on
        case.stage = act.stage
    return act


def begin_again(case: Case, key: str, on: dt.date) -> None:
    """Sends the case back to an act, to be done once more by the rules of today."""
    pack = admission_pack(on)
    act = pack.acts[key]
    case.act, case.act_version, case.act_began_on, case.stage = key, pack.version, on, act.stage


def tell(
    code: str, case: Case, *, actor: Actor, now: dt.datetime, step: Step | None = None, **data: Any
) -> None:
    """The line in the record; it names steps and days, never what was written in them."""
    if step is not None:
        data = {"act": step.act, "attempt": step.attempt, "version": step.version, **data}
    record(
        code, actor=actor, now=now, subject_type="admission", subject_id=case.pk, **data,
    )  # fmt: skip


def same_person(left: UUID | None, actor: Actor) -> bool:
    return left is not None and left == actor.person_id
