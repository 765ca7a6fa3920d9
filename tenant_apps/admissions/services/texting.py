"""Text messages to the person of a case: that the application came, how to sign in, that there is
something to read (rulebook 2.3).

A message says who is written to, by which unit, and never what was decided: that is read after
signing in.  Each is sent once, and ``Case.texted`` says when.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict
from kernel.unit import current_unit
from shared_apps.delivery.services import sms
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import going
from tenant_apps.members import selectors as members
from tenant_apps.members.services import sealing

RECEIVED, INVITED, NOTICE = "received", "invited", "notice"
RESULTS: Final = {"approval": "approval_result", "conversion_approval": "conversion_result"}
"""What the committee decides, and the act that tells the person of it (通知本人); a layout of 25
steps has no such act, and the decision itself tells.
"""
FRESH: Final = dt.timedelta(days=31)
"""An application handed in longer ago is entered later on, and its receipt is no news."""
_TEMPLATES: Final = {RECEIVED: "admission_received", INVITED: "admission_invited"}
_ANYBODY: Final = Actor.system("admission")


class NobodyToInvite(Conflict):
    code = "admission_nobody_to_invite"
    sentence = "{problem}"


def receipt(case: Case, *, actor: Actor, now: dt.datetime) -> bool:
    """Tells whoever applied just now that the application came; returns whether it was sent."""
    return day_of(now) - case.applied_on <= FRESH and _send(case, RECEIVED, actor, now)


@transaction.atomic
def invite(*, case: Case, actor: Actor, now: dt.datetime) -> Case:
    """Asks an applicant to sign in to the own case; again only after the phone was corrected.

    Raises CaseClosed, OwnCase, and NobodyToInvite for who is a member by now, has no phone here
    or was asked before.
    """
    held = going.locked(case, actor=actor)
    for problem, is_so in (
        (f"「{held.name}」已是党员，请直接用手机号登录。", held.member_id is not None),
        ("没有登记手机号码，请先更正个人信息。", not held.phone_sealed),
        (f"已于 {held.texted.get(INVITED)} 发送过邀请短信。", INVITED in held.texted),
    ):
        if is_so:
            raise NobodyToInvite(problem=problem)
    _send(held, INVITED, actor, now)
    return held


def result(case: Case, act: str, *, actor: Actor, now: dt.datetime) -> bool:
    """Tells the person to read what was decided, once the act that was done is the telling of it.
    Who is no member any more has nowhere to read it.
    """
    steps = going.pack_of(case).layouts[case.layout]
    told_by = RESULTS.get(act, "")
    is_telling = act in RESULTS.values()
    if told_by and case.is_open:
        is_telling = not any(told_by in group for group in steps)
    return is_telling and _send(case, act, actor, now)


def notice(case: Case, *, actor: Actor, now: dt.datetime) -> bool:
    """Tells the person to read what the branch wrote: of a meeting, a lesson; once a day."""
    if case.texted.get(NOTICE) == day_of(now).isoformat():
        return False
    case.texted.pop(NOTICE, None)
    return _send(case, NOTICE, actor, now)


def _send(case: Case, what: str, actor: Actor, now: dt.datetime) -> bool:
    phone = _phone_of(case)
    if not phone or what in case.texted:
        return False
    sms.send(
        phone=phone,
        template=_TEMPLATES.get(what, "admission_told"),
        parameters={"name": case.name, "unit": current_unit().name},
        purpose="admission",
        actor=actor,
        now=now,
    )
    case.texted = {**case.texted, what: day_of(now).isoformat()}
    case.save(update_fields=["texted"])
    going.tell("admission.texted", case, actor=actor, now=now, message=what)
    return True


def _phone_of(case: Case) -> str:
    """Of a member the number in the file, else the one that the application gave."""
    sealed = case.phone_sealed
    if case.member_id is not None:
        member = members.member_for(_ANYBODY, case.member_id, to=AdmissionPermission.BROWSE)
        sealed = member.phone_sealed
    return sealing.open_phone(sealed) if sealed else ""
