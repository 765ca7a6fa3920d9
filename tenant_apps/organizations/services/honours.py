"""Commendations of an organisation: entered with their document, struck out with a reason."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid, NotFound
from shared_apps.rules.selectors import codes
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Honour, Organization
from tenant_apps.organizations.services.rehanging import locked

SHORTEST_REASON: Final = 4


class HonourTaken(Conflict):
    code = "honour_taken"
    sentence = "{given_on} 的「{name}」已经登记过。"


class HonourWrong(Invalid):
    code = "honour_wrong"
    sentence = "{problem}"


class HonourNotFound(NotFound):
    code = "honour_not_found"
    sentence = "没有找到这条表彰记录。"


@transaction.atomic
def give(
    *,
    organization: Organization,
    name: str,
    level: str,
    organ: str,
    given_on: dt.date,
    document: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Honour:
    """Enters a commendation of the organisation, which table 12 of rulebook 7.2 counts.

    ``level`` is a label of the code table ``award_level``.  Raises HonourWrong, and HonourTaken
    where the same was entered before.
    """
    (organization,) = locked(organization)
    if level not in codes.table("award_level").labels:
        raise HonourWrong(problem="请从代码表中选择表彰级别。")
    if given_on > day_of(now):
        raise HonourWrong(problem="表彰日期不能晚于今天。")
    if organization.founded_on and given_on < organization.founded_on:
        raise HonourWrong(problem=f"表彰日期不能早于组织成立日期 {organization.founded_on}。")
    made = Honour(
        org=organization, name=name.strip(), level=level, organ=organ.strip(), given_on=given_on,
        document=document.strip(), recorded_at=now, recorded_by_name=actor.name,
    )  # fmt: skip
    known = Honour.objects.filter(org=organization, given_on=given_on, struck_at=None)
    if known.filter(name=made.name, level=level).exists():
        raise HonourTaken(given_on=given_on, name=made.name)
    made.save(force_insert=True)
    _tell("organization.honoured", made, actor, now, organ=made.organ, document=made.document)
    return made


@transaction.atomic
def strike(
    *, organization: Organization, honour_id: UUID, reason: str, actor: Actor, now: dt.datetime
) -> Honour:
    """Strikes out a commendation entered by mistake; the row stays and counts no longer.

    Raises HonourNotFound, also where it was struck out before, and HonourWrong without a reason.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise HonourWrong(problem=f"请写明划去的原因（至少 {SHORTEST_REASON} 个字）。")
    held = Honour.objects.select_for_update(of=("self",))
    found = held.filter(org=organization, pk=honour_id, struck_at=None).first()
    if found is None:
        raise HonourNotFound
    found.struck_at = now
    found.save(update_fields=["struck_at"])
    _tell("organization.honour_struck", found, actor, now, reason=reason.strip()[:200])
    return found


def _tell(code: str, honour: Honour, actor: Actor, now: dt.datetime, **more: str) -> None:
    record(
        code,
        actor=actor, now=now, subject_type="organization", subject_id=honour.org_id,
        honour=str(honour.pk), name=honour.name, level=honour.level,
        given_on=honour.given_on.isoformat(), **more,
    )  # fmt: skip
