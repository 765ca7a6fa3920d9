"""Putting the members of a branch into its Party groups, and naming who leads one.

A group is a subset of the members of a branch, no organisation of its own for statistics; its
leader is named by the branch or proposed by the group (rulebook 1.1, 支部工作条例第十三条).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import uuid7
from kernel.permissions import can
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record, record_many
from tenant_apps.members.models import Category, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.grouping import leaders_of, leading
from tenant_apps.organizations.selectors import groups_of, organizations_by_id

UNDO_WITHIN: Final = dt.timedelta(minutes=10)
_NONE: Final = "未编组"


class NotAGroupHere(Conflict):
    code = "members_not_a_group_here"
    sentence = "所选的党小组不在「{branch}」，可能已撤销，请刷新后重新选择。"


class NotOfBranch(Conflict):
    code = "members_not_of_branch"
    sentence = "所选党员已不在「{branch}」，请刷新后重新选择。"


class NobodyToGroup(Conflict):
    code = "members_nobody_to_group"
    sentence = "所选党员都已在「{group}」，没有变动。"


class LeaderDoesNotFit(Invalid):
    code = "members_leader_does_not_fit"
    sentence = "党小组组长应为本小组的正式党员，请先把 {name} 编入「{group}」。"


class GroupingUnknown(NotFound):
    code = "members_grouping_unknown"
    sentence = "没有找到这次编组，或已超过可撤销的 10 分钟。"


class NothingToUngroup(Conflict):
    code = "members_grouping_not_undoable"
    sentence = "这次编组已不能撤销：党员之后又有变动，请重新编组。"


@transaction.atomic
def assign(
    *, branch: Any, group_id: UUID | None, members: Sequence[UUID], actor: Actor, now: dt.datetime
) -> tuple[UUID, int]:
    """Puts members of ``branch`` into one of its groups, or None into none.

    Whoever led the group that is left leads it no more.  Returns the id by which it can be undone,
    and how many changed.  Raises NotAGroupHere, NotOfBranch, NobodyToGroup.
    """
    groups = {group.pk: group for group in groups_of(branch.pk)}
    if group_id is not None and group_id not in groups:
        raise NotAGroupHere(branch=_label(branch))
    held = Member.objects.select_for_update(of=("self",)).filter(
        pk__in=members, org_id=branch.pk, is_active=True
    )
    here = list(held.order_by("pk"))
    if not here or len(here) != len(set(members)):
        raise NotOfBranch(branch=_label(branch))
    going = [member for member in here if member.group_id != group_id]
    if not going:
        raise NobodyToGroup(group=_name(groups, group_id))
    act = uuid7()
    _put(going, dict.fromkeys((one.pk for one in going), group_id), groups, act, actor, now)
    return act, len(going)


@transaction.atomic
def assign_back(*, act_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """Undoes an assignment within ten minutes; returns how many went back.

    Only by who made it, and only members that are still where it put them.  A leader leads again
    where nobody else does.  Raises GroupingUnknown, NothingToUngroup.
    """
    events = audit.all_events().filter(
        code="member.grouped", at__gte=now - UNDO_WITHIN, actor_id=actor.person_id,
        data__act=str(act_id),
    )  # fmt: skip
    told = {event.subject_id: event.data for event in events if event.subject_id is not None}
    if not told:
        raise GroupingUnknown
    branch_id = UUID(next(iter(told.values()))["branch"])
    groups = {group.pk: group for group in groups_of(branch_id)}
    held = Member.objects.select_for_update(of=("self",)).filter(pk__in=list(told), is_active=True)
    going = [
        member
        for member in held.order_by("pk")
        if str(member.group_id or "") == told[member.pk]["new_group"]
        and member.org_id == branch_id
        and can(actor, MemberPermission.MOVE, member)
    ]
    back = {one.pk: _uuid(told[one.pk]["old_group"]) for one in going}
    going = [one for one in going if back[one.pk] is None or back[one.pk] in groups]
    if not going:
        raise NothingToUngroup
    _put(going, back, groups, uuid7(), actor, now)
    _lead_again([one for one in going if told[one.pk]["led"]], groups, actor, now)
    return len(going)


@transaction.atomic
def name_leader(
    *, group: Any, member_id: UUID | None, actor: Actor, now: dt.datetime
) -> Member | None:
    """Names who leads a group, or None for nobody.  The branch decides, without a document.

    Raises NotAGroupHere, LeaderDoesNotFit for somebody of another group or on probation.
    """
    branch = organizations_by_id([group.parent_id]).get(group.parent_id)
    if branch is None or group.pk not in {one.pk for one in groups_of(branch.pk)}:
        raise NotAGroupHere(branch=_label(branch or group))
    chosen: Member | None = None
    if member_id is not None:
        held = Member.objects.select_for_update(of=("self",)).filter(pk=member_id, is_active=True)
        chosen = held.filter(org_id=branch.pk).first()
        if chosen is None:
            raise NotOfBranch(branch=_label(branch))
        if chosen.group_id != group.pk or chosen.category != Category.FULL:
            raise LeaderDoesNotFit(name=chosen.name, group=_label(group))
    if leaders_of([group.pk]).get(group.pk) == member_id:
        return chosen
    _lead(group, chosen, actor, now)
    record(
        "organization.leader_named",
        actor=actor, now=now, subject_type="organization", subject_id=group.pk,
        member=str(member_id) if member_id else None, name=chosen.name if chosen else "",
    )  # fmt: skip
    return chosen


def _put(
    going: Sequence[Member],
    targets: dict[UUID, UUID | None],
    groups: dict[UUID, Any],
    act: UUID,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """One statement for the members, one for the record, few for leaders who go."""
    leaders = leaders_of([one.group_id for one in going if one.group_id in groups])
    led = {one.pk for one in going if one.group_id and leaders.get(one.group_id) == one.pk}
    told = []
    for member in going:
        old, new = member.group_id, targets[member.pk]
        data = {
            "act": str(act),
            "branch": str(member.org_id),
            "old_group": str(old or ""),
            "new_group": str(new or ""),
            "old_org_name": _name(groups, old),
            "new_org_name": _name(groups, new),
            "led": member.pk in led,
        }
        told.append((member.pk, data))
        if member.pk in led and old is not None:
            _lead(groups[old], None, actor, now)
        member.group_id = new
    Member.objects.bulk_update(going, ["group_id"])
    record_many("member.grouped", actor=actor, now=now, subject_type="member", told=told)


def _lead_again(
    leaders: Sequence[Member], groups: dict[UUID, Any], actor: Actor, now: dt.datetime
) -> None:
    taken = leaders_of([one.group_id for one in leaders if one.group_id])
    for member in leaders:
        if member.group_id and member.group_id not in taken:
            _lead(groups[member.group_id], member, actor, now)


def _lead(group: Any, member: Member | None, actor: Actor, now: dt.datetime) -> None:
    for one in leading():
        one.lead(group=group, member=member, actor=actor, now=now)


def _label(organization: Any) -> str:
    return str(organization.short_name or organization.name)


def _name(groups: dict[UUID, Any], group_id: UUID | None) -> str:
    if group_id is None:
        return _NONE
    return _label(groups[group_id]) if group_id in groups else "已撤销的党小组"


def _uuid(text: str) -> UUID | None:
    return UUID(text) if text else None
