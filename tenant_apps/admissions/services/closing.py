"""Ending a case before somebody becomes a member; the file is kept (rulebook 2.1)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenant_apps.admissions.models import Case, Category, State
from tenant_apps.admissions.services import going, signing_in

ENDINGS = (State.WITHDRAWN, State.DISQUALIFIED)


class ClosingReasonNeeded(Invalid):
    code = "admission_closing_reason_needed"
    sentence = "请写明原因（至少 4 个字）。"


class MemberByNow(Conflict):
    code = "admission_member_by_now"
    sentence = (
        "「{name}」已是预备党员，不能这样结束；取消预备党员资格须经支部大会讨论、上级党委审批。"
    )


@transaction.atomic
def close(
    *,
    case: Case,
    state: State,
    on: dt.date,
    reason: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Case:
    """Ends a case as withdrawn by the person or as disqualified; the person is 群众 again.

    What waits for the committee is taken back with it.  Raises MemberByNow, DayRefused,
    ClosingReasonNeeded.
    """
    held = going.locked(case, actor=actor)
    if held.member_id is not None:
        raise MemberByNow(name=held.name)
    if state not in ENDINGS or len(reason.strip()) < 4:
        raise ClosingReasonNeeded
    if not held.applied_on <= on <= today:
        raise going.DayRefused(problem="结束日期应在递交申请之后、不晚于今天。")
    pending = going.pending_step(held)
    if pending is not None:
        pending.state = "TAKEN_BACK"
        pending.save(update_fields=["state"])
    held.state, held.category = state, Category.MASSES
    held.closed_on, held.closed_reason = on, reason.strip()[:400]
    held.save()
    going.tell("admission.closed", held, actor=actor, now=now, state=str(state))
    signing_in.end(held)
    return held
