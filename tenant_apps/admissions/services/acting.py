"""What a branch or a committee does in the order of the rules: record, submit, give notice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.permissions import require
from shared_apps.rules.selectors.admission import Act, Handling
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import Case, Category, Step, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.committees import place_of
from tenant_apps.admissions.services import going, inputs, texting


class NoNotice(Conflict):
    code = "admission_no_notice"
    sentence = "当前没有进行中的公示。"


class NothingToTakeBack(Conflict):
    code = "admission_nothing_to_take_back"
    sentence = "没有可以撤回的步骤：上级已经作出决定的、已经接收为党员的不能撤回。"


@transaction.atomic
def record(
    *,
    case: Case,
    act: str,
    on: dt.date,
    given: Mapping[str, Any],
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
    late_reason: str = "",
) -> Step:
    """Does the next act of a case: records it, submits it to the committee, or begins a notice,
    as the rules say.

    An act that fails (votes, political review) is kept and the case stays where it is.  Raises
    what ``going`` and ``inputs`` raise, and Forbidden where the act is the committee's.
    """
    held = going.locked(case, actor=actor)
    rule = going.current_act(held, act)
    if rule.handling is Handling.COMMITTEE and actor.kind != "job":
        require(actor, AdmissionPermission.DECIDE, place_of(held))
    going.check_day(held, rule, on, today=today)
    values = inputs.read(rule.inputs, given, case=held)
    inputs.check(rule, values, case=held)
    if rule.handling in (Handling.DECISION, Handling.NOTICE):
        return _pending(held, rule, on, values, actor=actor, now=now)
    going.check_clocks(held, rule, on, values, late_reason=late_reason)
    going.check_kept(held, rule, on)
    is_passed = inputs.passes(rule, values)
    step = going.new_step(
        held, rule, state=StepState.DONE if is_passed else StepState.FAILED, on=on, data=values,
        late_reason=late_reason, actor=actor, now=now,
    )  # fmt: skip
    _finish(held, rule, step, on, is_passed=is_passed)
    code = "admission.step_done" if is_passed else "admission.step_failed"
    going.tell(code, held, actor=actor, now=now, step=step, on=on.isoformat())
    if is_passed:
        texting.result(held, rule.key, actor=actor, now=now)
    return step


@transaction.atomic
def end_notice(
    *,
    case: Case,
    on: dt.date,
    given: Mapping[str, Any],
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Step:
    """Ends the notice with its result, not before its working days are full.

    An objection that is upheld fails the act.  Raises NoNotice, TooEarly, DayRefused.
    """
    held = going.locked(case, actor=actor)
    step = going.pending_step(held)
    if step is None or step.state != StepState.BEGUN:
        raise NoNotice
    rule = admission_pack_named(step.version).acts[step.act]
    if on > today or on < step.on:
        raise going.DayRefused(problem="公示结束日期应在公示开始之后、不晚于今天。")
    dates = {**held.days, rule.key: step.on}
    for clock in going.clocks_of(held, rule, dates):
        if on < clock.ends_on:
            raise going.TooEarly(opens_on=clock.ends_on, explanation=clock.explanation)
    values = inputs.read(rule.closing, given, case=held)
    is_passed = inputs.passes(rule, values)
    step.state = StepState.DONE if is_passed else StepState.FAILED
    step.data = {**step.data, **values}
    step.decided_at, step.decided_by, step.decided_by_name = now, actor.person_id, actor.name
    _finish(held, rule, step, on, is_passed=is_passed)
    going.tell("admission.notice_ended", held, actor=actor, now=now, step=step, on=on.isoformat())
    return step


@transaction.atomic
def take_back(*, case: Case, reason: str, actor: Actor, now: dt.datetime) -> Step:
    """Takes back what was submitted or begun, or else the last act recorded by mistake.

    The row stays as taken back.  What a committee decided stands.  Raises NothingToTakeBack.
    """
    held = going.locked(case, actor=actor)
    step = going.pending_step(held)
    if step is None:
        done = held.steps.filter(state=StepState.DONE).exclude(act="application")
        step = done.order_by("-given_at", "-id").first()
        if step is None or not _is_revocable(held, step):
            raise NothingToTakeBack
        _step_back(held, step)
    step.state, step.opinion = StepState.TAKEN_BACK, reason.strip()[:400]
    step.save(update_fields=["state", "opinion"])
    going.tell(
        "admission.step_taken_back", held, actor=actor, now=now, step=step, reason=reason.strip()
    )
    return step


def _pending(
    case: Case, rule: Act, on: dt.date, values: dict[str, Any], *, actor: Actor, now: dt.datetime
) -> Step:
    is_notice = rule.handling is Handling.NOTICE
    step = going.new_step(
        case, rule, state=StepState.BEGUN if is_notice else StepState.SUBMITTED, on=on,
        data=values, late_reason="", actor=actor, now=now,
    )  # fmt: skip
    code = "admission.notice_begun" if is_notice else "admission.step_submitted"
    going.tell(code, case, actor=actor, now=now, step=step, on=on.isoformat())
    return step


def _finish(case: Case, rule: Act, step: Step, on: dt.date, *, is_passed: bool) -> None:
    step.done_on = on
    step.save()
    if is_passed:
        if rule.key == "meeting":
            case.dates["probation_start"] = on.isoformat()
        going.go_on(case, rule, on)


def _is_revocable(case: Case, step: Step) -> bool:
    """The very last act, of the branch, that made nobody a member."""
    rule = admission_pack_named(step.version).acts[step.act]
    return (
        rule.handling in (Handling.BRANCH, Handling.NOTICE, Handling.COMMITTEE)
        and case.dates.get(step.act) == step.done_on.isoformat()
        if step.done_on
        else False
    )


def _step_back(case: Case, step: Step) -> None:
    """Points the case at the act again, as it was before."""
    before = case.steps.filter(act=step.act, state=StepState.DONE).exclude(pk=step.pk)
    earlier = before.order_by("-attempt").first()
    case.dates.pop(step.act, None)
    if earlier is not None and earlier.done_on:
        case.dates[step.act] = earlier.done_on.isoformat()
    rule = admission_pack_named(step.version).acts[step.act]
    case.act, case.act_version = step.act, step.version
    case.act_began_on, case.stage = step.began_on, rule.stage
    if rule.category == Category.ACTIVIST:
        case.category, case.activist_on = Category.APPLICANT, None
    elif rule.category == Category.CANDIDATE:
        case.category, case.candidate_on = Category.ACTIVIST, None
    if step.act == "meeting":
        case.dates.pop("probation_start", None)
    case.save()
