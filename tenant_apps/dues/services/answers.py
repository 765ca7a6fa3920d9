"""What a member says to the own standard: it is right, or why it is not (rulebook 4.2)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, NotFound
from kernel.permissions import require
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Answer, Standard
from tenant_apps.dues.permissions import DuesPermission


class NoStandardYet(NotFound):
    code = "dues_own_standard_missing"
    sentence = "本年度还没有核定您的党费标准，请联系所在党支部。"


class ObjectionWithoutReason(Invalid):
    code = "dues_objection_without_reason"
    sentence = "请写明哪一项不对，支部核对后会重新核定。"


class StandardReplaced(Conflict):
    code = "dues_standard_replaced"
    sentence = "这份标准已经重新核定，请刷新后确认新的标准。"


@transaction.atomic
def answer(
    *, standard: Standard, is_right: bool, note: str, actor: Actor, now: dt.datetime
) -> Standard:
    """The member confirms the standard or objects to it; the last word holds.

    Changes no amount: whoever fixes standards sees it.  Raises ObjectionWithoutReason,
    StandardReplaced.
    """
    require(actor, DuesPermission.PAY, standard)
    if not is_right and not note.strip():
        raise ObjectionWithoutReason
    held: Standard = Standard.objects.select_for_update().get(pk=standard.pk)
    if not held.is_current:
        raise StandardReplaced
    held.answer = Answer.CONFIRMED if is_right else Answer.OBJECTED
    held.answer_note = "" if is_right else note.strip()
    held.answered_at = now
    held.save(update_fields=["answer", "answer_note", "answered_at"])
    record(
        "dues_standard.confirmed" if is_right else "dues_standard.objected",
        actor=actor,
        now=now,
        subject_type="member",
        subject_id=held.member_id,
        standard_id=str(held.pk),
        note=held.answer_note,
    )
    return held
