"""Showing the contact's number.  Each look is a line in the record (rulebook 12.2)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid, NotFound
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors.contacts import open_phone

SHORTEST_REASON: Final = 4


class RevealReasonNeeded(Invalid):
    code = "organization_reveal_reason_needed"
    sentence = "请写明查看的事由（至少 {least} 个字），该事由会记入这个组织的变动记录。"


class NothingToReveal(NotFound):
    code = "organization_nothing_to_reveal"
    sentence = "这个组织没有登记联系电话。"


@transaction.atomic
def reveal_phone(*, organization: Organization, reason: str, actor: Actor, now: dt.datetime) -> str:
    """The contact's phone in the clear.  Raises RevealReasonNeeded and NothingToReveal."""
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise RevealReasonNeeded(least=SHORTEST_REASON)
    phone = open_phone(organization)
    if not phone:
        raise NothingToReveal
    record(
        "organization.phone_revealed",
        actor=actor, now=now, subject_type="organization", subject_id=organization.pk,
        reason=reason,
    )  # fmt: skip
    return phone
