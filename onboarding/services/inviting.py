"""The one-time invitation of a unit's first administrator."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.masks import masked
from kernel.unit import unit_context
from onboarding.models import Opening
from onboarding.services import labels, registration, timeline
from shared_apps.people.services import invitations
from tenant_apps.audit.services import record


class NotServingYet(Conflict):
    code = "invitation_too_early"
    sentence = "单位还没有开通，导入名册之后才能邀请管理员。"


@dataclass(frozen=True, slots=True)
class Link:
    """Shown once: only a digest of the token is kept."""

    url: str
    expires_at: dt.datetime
    phone_masked: str


def invite(
    *,
    opening: Opening,
    actor: Actor,
    now: dt.datetime,
    name: str = "",
    phone: str = "",
) -> Link:
    """Makes the link for ``name`` and ``phone`` (by default the unit's contact) and sends it.

    A new invitation makes the earlier ones worthless.  Raises NotServingYet, PhoneInvalid.
    """
    if not opening.unit.is_serving:
        raise NotServingYet
    contact_name, contact_phone = registration.contact_of(opening)
    with transaction.atomic():
        invited = invitations.invite(
            unit_id=opening.unit_id,
            unit_role=opening.unit.schema_name,
            role="unit_admin",
            name=name or contact_name,
            phone=phone or contact_phone,
            actor=actor,
            now=now,
        )
        Opening.objects.filter(pk=opening.pk).update(invited_at=now)
        timeline.record("administrator.invited", unit_id=opening.unit_id, actor=actor, now=now)
        with unit_context(opening.unit_id):
            record("administrator.invited", actor=actor, now=now)
    number = phone or contact_phone
    return Link(
        url=f"{labels.address_of(opening.unit.label)}/invitation/{invited.token}/",
        expires_at=invited.expires_at,
        phone_masked=masked(number),
    )
