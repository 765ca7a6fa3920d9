"""What becomes of a case when its person becomes a member otherwise, and when that, or what the
case itself made of the membership, is undone in the member's file.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import PENDING, Case, Category, State, Step, StepState
from tenant_apps.admissions.services import signing_in
from tenant_apps.audit.services import record_many
from tenant_apps.members.services.changes import ChangeKind

MADE_BY: Final = "admission"
"""Under this name an event keeps the case that made it."""
_WRITTEN: Final = (
    "act", "act_version", "act_began_on", "stage", "dates", "extensions", "category", "state",
    "texted", "member_id", "joined_on", "approved_on", "converted_on", "conversion", "closed_on",
    "closed_reason",
)  # fmt: skip
_UNDONE: Final = "党员变动已撤销"
_REOPENS: Final = "因这次登记结束的发展党员工作恢复办理，从原来的步骤继续。"
_BARRED: Final = "本人另有正在办理的发展党员工作，原来的一份保持现状，不再恢复。"


class CaseFollows:
    """Fills ``members.services.followers.Follower``."""

    key = "admission"

    def entered(
        self, entries: Sequence[Any], *, actor: Actor, now: dt.datetime
    ) -> Mapping[UUID, Any]:
        """Nobody applies who is a member: the open case ends, and lets nobody in any more."""
        events = {
            bytes(one.member.identity_index): one for one in entries if MADE_BY not in one.data
        }
        if not events:
            return {}
        rows = Case.objects.select_for_update(of=("self",)).filter(state=State.OPEN, member_id=None)
        cases = list(rows.filter(identity_index__in=list(events)))
        if not cases:
            return {}
        pending = {one.case_id: one for one in _steps(cases, *PENDING)}
        kept: dict[UUID, Any] = {}
        for case in cases:
            event = events[bytes(case.identity_index)]
            _end(case, event)
            kept[event.pk] = {"case": str(case.pk)}
            if step := pending.get(case.pk):
                kept[event.pk] |= {"step": str(step.pk), "step_state": step.state}
        Step.objects.filter(pk__in=[one.pk for one in pending.values()]).update(
            state=StepState.TAKEN_BACK
        )
        _store(cases)
        signing_in.end(*cases)
        _tell("admission.entered", cases, actor, now)
        return kept

    def undone(
        self, undone: Sequence[Any], *, kept: Mapping[UUID, Any], actor: Actor, now: dt.datetime
    ) -> None:
        """What ended by an entry goes on; a case whose own decision was undone goes back to it.

        A case stays as it is where the person has another open one by now.
        """
        _reopen(list(kept.values()), actor, now)
        made = {UUID(one.data[MADE_BY]): one for one in undone if MADE_BY in one.data}
        if made:
            _set_back(made, actor, now)

    def foretold(self, event: Any, *, kept: Any) -> list[str]:
        """To which step a case goes back, and which steps are taken back with it."""
        ids = [kept["case"]] if kept else [event.data[MADE_BY]] if MADE_BY in event.data else []
        case = Case.objects.filter(pk__in=ids).first()
        if case is None:
            return []
        if case not in _free([case]):
            return [_BARRED]
        if kept:
            return [_REOPENS] if case.state == State.ENTERED else []
        steps = _steps([case], StepState.DONE, *PENDING)
        at = _decision(steps, event)
        if at is None:
            return []
        taken = [_name_of(one) for one in steps[at + 1 :]]
        told = [f"发展党员工作退回到{_name_of(steps[at])}，须重新办理。"]
        return [*told, f"其后的{'、'.join(taken)}一并撤回。"] if taken else told


def _end(case: Case, event: Any) -> None:
    case.state, case.member_id = State.ENTERED, event.member_id
    case.closed_on = max(event.happened_on, case.applied_on)
    case.closed_reason = f"本人已登记为党员（{event.get_kind_display()}），入党申请不再办理"


def _reopen(kept: Sequence[Mapping[str, str]], actor: Actor, now: dt.datetime) -> None:
    if not kept:
        return
    found = _held([UUID(one["case"]) for one in kept])
    cases = [case for case in found if case.state == State.ENTERED]
    for case in cases:
        case.state, case.member_id = State.OPEN, None
        case.closed_on, case.closed_reason = None, ""
    _store(cases)
    reopened = {str(case.pk) for case in cases}
    for state in PENDING:
        steps = [
            one["step"]
            for one in kept
            if one["case"] in reopened and one.get("step_state") == state
        ]
        Step.objects.filter(pk__in=steps).update(state=state)
    signing_in.allow_again(cases)
    _tell("admission.entry_undone", cases, actor, now)


def _set_back(made: Mapping[UUID, Any], actor: Actor, now: dt.datetime) -> None:
    """The decision and what was done after it are taken back; the case waits for it anew."""
    cases = _held(list(made))
    steps: dict[UUID, list[Step]] = defaultdict(list)
    for one in _steps(cases, StepState.DONE, *PENDING):
        steps[one.case_id].append(one)
    taken: list[Step] = []
    told: dict[UUID, dict[str, Any]] = {}
    for case in cases:
        event, ways = made[case.pk], steps[case.pk]
        at = _decision(ways, event)
        if at is None:
            continue
        _point_at(case, ways[:at], ways[at:], event.kind)
        taken += ways[at:]
        told[case.pk] = {"act": case.act, "attempt": ways[at].attempt, "version": case.act_version}
    for step in taken:
        step.state, step.opinion = StepState.TAKEN_BACK, step.opinion or _UNDONE
    Step.objects.bulk_update(taken, ["state", "opinion"])
    back = [case for case in cases if case.pk in told]
    _store(back)
    signing_in.allow_again(case for case in back if case.member_id is None)
    _tell("admission.set_back", back, actor, now, told)


def _decision(steps: Sequence[Step], event: Any) -> int | None:
    """Where among the steps the one lies that made the event."""
    for at, step in reversed(list(enumerate(steps))):
        if step.state == StepState.DONE and step.done_on == event.happened_on and _makes(step):
            return at
    return None


def _makes(step: Step) -> bool:
    return bool(admission_pack_named(step.version).acts[step.act].makes)


def _name_of(step: Step) -> str:
    return f"「{admission_pack_named(step.version).acts[step.act].name}」"


def _point_at(case: Case, left: Sequence[Step], taken: Sequence[Step], kind: str) -> None:
    step = taken[0]
    case.act, case.act_version, case.act_began_on = step.act, step.version, step.began_on
    case.stage = admission_pack_named(step.version).acts[step.act].stage
    case.state, case.closed_on, case.closed_reason = State.OPEN, None, ""
    gone = {one.act for one in taken}
    days = {key: day for key, day in case.dates.items() if key not in gone}
    for one in left:
        if one.act in gone and one.done_on:
            days[one.act] = one.done_on.isoformat()
    case.dates = days
    case.texted = {what: on for what, on in case.texted.items() if what not in gone}
    if kind == ChangeKind.ADMITTED:
        case.category, case.member_id = Category.CANDIDATE, None
        case.joined_on, case.approved_on = None, None
        return
    case.category, case.converted_on, case.conversion = Category.PROBATIONARY, None, ""
    if kind == ChangeKind.EXTENDED:
        case.extensions -= 1
        case.dates.pop("probation_until", None)


def _held(case_ids: Sequence[UUID]) -> list[Case]:
    """The cases that may go on: of people who have no other open one by now."""
    rows = Case.objects.select_for_update(of=("self",)).filter(pk__in=case_ids)
    return _free(list(rows.order_by("pk")))


def _free(cases: Sequence[Case]) -> list[Case]:
    """Those of people who have no other open case."""
    marks = [case.identity_index for case in cases]
    open_now = Case.objects.filter(identity_index__in=marks, state=State.OPEN)
    open_now = open_now.exclude(pk__in=[case.pk for case in cases])
    others = open_now.values_list("identity_index", flat=True)
    barred = {bytes(mark) for mark in others}
    return [case for case in cases if bytes(case.identity_index) not in barred]


def _steps(cases: Sequence[Case], *states: str) -> list[Step]:
    """In the order in which they were begun."""
    return list(Step.objects.filter(case__in=cases, state__in=states).order_by("case_id", "pk"))


def _store(cases: Sequence[Case]) -> None:
    Case.objects.bulk_update(cases, _WRITTEN)


def _tell(
    code: str, cases: Sequence[Case], actor: Actor, now: dt.datetime,
    told: Mapping[UUID, dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    more = told or {}
    record_many(
        code, actor=actor, now=now, subject_type="admission",
        told=((case.pk, more.get(case.pk, {})) for case in cases),
    )  # fmt: skip
