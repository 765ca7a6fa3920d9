"""Moving members to another branch of the unit, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import uuid7
from kernel.permissions import can
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record_many
from tenant_apps.members.models import Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.services import bulk_rows
from tenant_apps.organizations.selectors import organizations_by_id
from tenant_apps.organizations.services import open_matters

MOST_AT_ONCE: Final = 500
UNDO_WITHIN: Final = dt.timedelta(minutes=10)
GONE: Final = "已不是在册党员"


class CannotHoldMembers(Conflict):
    code = "organization_cannot_hold_members"
    sentence = "「{name}」是{kind}，不能接收党员的正式组织关系，请选择党支部或联合党支部。"


class TooManyToMove(Invalid):
    code = "members_too_many_to_move"
    sentence = "一次最多转接 {limit} 名党员，请分批进行。"


class NobodyToMove(Conflict):
    code = "members_nobody_to_move"
    sentence = "所选党员都已在「{name}」，无需转接。"


class MoveUnknown(NotFound):
    code = "members_move_unknown"
    sentence = "没有找到这次转接，或已超过可撤销的时间。"


class NothingToUndo(Conflict):
    code = "members_move_not_undoable"
    sentence = "这次转接已不能撤销：党员之后又有变动，请逐个办理。"


@transaction.atomic
def move(
    *,
    members: Sequence[Member],
    org: Any,
    actor: Actor,
    now: dt.datetime,
    since: dt.date | None = None,
) -> tuple[UUID, int]:
    """Moves the formal relation of members to the branch ``org`` within the unit.

    ``since`` is the day on which a transfer took effect; a mere correction has none.

    Returns the id by which the move can be undone, and how many moved.  Bills already issued
    stay where they were issued (rulebook 4.3).  Raises CannotHoldMembers, TooManyToMove and
    NobodyToMove.
    """
    org = open_matters.hold(org)
    if not org.can_hold_members:
        raise CannotHoldMembers(name=org.short_name or org.name, kind=org.get_kind_display())
    if len(members) > MOST_AT_ONCE:
        raise TooManyToMove(limit=MOST_AT_ONCE)
    held = Member.objects.select_for_update(of=("self",)).filter(
        pk__in=[member.pk for member in members]
    )
    going = [member for member in held.order_by("pk") if member.org_id != org.pk]
    if not going:
        raise NobodyToMove(name=org.short_name or org.name)
    move_id = uuid7()
    _rehang(going, {org.pk: org}, {member.pk: org.pk for member in going}, move_id, actor, now)
    if since is not None:
        Member.objects.filter(pk__in=[one.pk for one in going]).update(branch_since=since)
    return move_id, len(going)


@transaction.atomic
def move_each(*, targets: Mapping[UUID, UUID], actor: Actor, now: dt.datetime) -> dict[UUID, str]:
    """Moves each member to a branch of its own, in a fixed number of statements for all.

    Returns of those who could not be moved why not, in words.
    """
    orgs = open_matters.hold_each(targets.values())
    held = Member.objects.select_for_update(of=("self",)).filter(
        pk__in=list(targets), is_active=True
    )
    members = {member.pk: member for member in held.order_by("pk")}
    refused: dict[UUID, str] = {}
    for pk, org_id in targets.items():
        org = orgs.get(org_id)
        if pk not in members:
            refused[pk] = GONE
        elif org is None or org.ended_on is not None:
            refused[pk] = "党组织已不存在"
        elif not org.can_hold_members:
            kind = org.get_kind_display()
            refused[pk] = CannotHoldMembers(name=org.short_name or org.name, kind=kind).message
    going = [
        one for one in members.values() if one.pk not in refused and one.org_id != targets[one.pk]
    ]
    if going:
        _rehang(going, orgs, dict(targets), uuid7(), actor, now)
    return refused


@transaction.atomic
def move_back(*, move_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """Undoes a move within ten minutes; returns how many came back.

    Only by who moved them, and only members that are still where the move put them.  Raises
    MoveUnknown, and NothingToUndo when none is left where the move put them.
    """
    events = audit.all_events().filter(
        code="member.moved",
        at__gte=now - UNDO_WITHIN,
        actor_id=actor.person_id,
        data__move=str(move_id),
    )
    came_from = {
        event.subject_id: (UUID(event.data["old_org"]), UUID(event.data["new_org"]))
        for event in events
        if event.subject_id is not None
    }
    if not came_from:
        raise MoveUnknown
    orgs = open_matters.hold_each(old for old, _ in came_from.values())
    held = Member.objects.select_for_update(of=("self",)).filter(pk__in=list(came_from))
    going = [
        member
        for member in held.order_by("pk")
        if member.org_id == came_from[member.pk][1] and can(actor, MemberPermission.MOVE, member)
    ]
    if not going:
        raise NothingToUndo
    targets = {member.pk: came_from[member.pk][0] for member in going}
    _rehang(going, orgs, targets, uuid7(), actor, now)
    return len(going)


def _rehang(
    going: Sequence[Member],
    orgs: dict[UUID, Any],
    targets: dict[UUID, UUID],
    move_id: UUID,
    actor: Actor,
    now: dt.datetime,
) -> None:
    names = organizations_by_id([member.org_id for member in going])
    told: list[tuple[UUID, dict[str, Any]]] = []
    for member in going:
        old, new = names[member.org_id], orgs[targets[member.pk]]
        member.org_id, member.org_path, member.group_id = new.pk, new.path, None
        said = {
            "move": str(move_id),
            "old_org": str(old.pk),
            "new_org": str(new.pk),
            "old_org_name": old.short_name or old.name,
            "new_org_name": new.short_name or new.name,
        }
        told.append((member.pk, said))
    record_many("member.moved", actor=actor, now=now, subject_type="member", told=told)
    bulk_rows.store(going, ["org_id", "org_path", "group_id"])
