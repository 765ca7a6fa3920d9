"""Showing what is masked in a case.  Each look is a line in its history (rulebook 12.2)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid, NotFound
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.services import going
from tenant_apps.admissions.services.opening import Sealed

SHORTEST_REASON: Final = 4
WHAT: Final = {"identity": "身份证号", "phone": "手机号码"}


class RevealReasonNeeded(Invalid):
    code = "admission_reveal_reason_needed"
    sentence = "请写明查看的事由（至少 {least} 个字），该事由会记入办理记录。"


class NothingToReveal(NotFound):
    code = "admission_nothing_to_reveal"
    sentence = "没有登记这项信息。"


@transaction.atomic
def reveal(*, case: Case, what: str, reason: str, actor: Actor, now: dt.datetime) -> str:
    """The identity number or the phone in the clear, of an open or of an ended case.

    Raises RevealReasonNeeded, NothingToReveal.
    """
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise RevealReasonNeeded(least=SHORTEST_REASON)
    kept = Sealed.of(Case.objects.get(pk=case.pk))
    found = {"identity": kept.identity, "phone": kept.phone}.get(what, "")
    if not found:
        raise NothingToReveal
    going.tell("admission.revealed", case, actor=actor, now=now, what=what, reason=reason)
    return found
