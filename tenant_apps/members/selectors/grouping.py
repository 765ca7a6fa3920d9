"""Party groups (党小组) of a branch: who is in which, and who leads it (rulebook 1.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.members.models import Category, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.organizations import selectors as organizations


class Leading(Protocol):
    """Who leads groups is a post, and posts are an app's above this one: it fills this."""

    def leaders(self, group_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
        """The members that lead, by group; groups without a leader are left out."""

    def lead(self, *, group: Any, member: Member | None, actor: Actor, now: dt.datetime) -> None:
        """Ends the post of whoever leads the group, and gives it to ``member``."""


_leading: list[Leading] = []


def register_leading(leading: Leading) -> None:
    """Called once, in ``AppConfig.ready``."""
    _leading.append(leading)


def leading() -> Iterable[Leading]:
    return tuple(_leading)


def leaders_of(group_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The member that leads each group, as the posts on record say."""
    found: dict[UUID, UUID] = {}
    for one in _leading if group_ids else ():
        found.update(one.leaders(group_ids))
    return found


@dataclass(frozen=True, slots=True)
class Grouped:
    """One member of the branch as the groups show one: no numbers, nothing of the file; ``group``
    is the name of the group, "" in none.
    """

    id: UUID
    name: str
    is_full: bool
    posts: str
    group_id: UUID | None
    group: str = ""
    is_leader: bool = False


@dataclass(slots=True)
class PartyGroup:
    """A group with its members; ``leader`` is one of them, or there is none."""

    id: UUID
    label: str
    members: list[Grouped] = field(default_factory=list)

    @property
    def leader(self) -> Grouped | None:
        return next((one for one in self.members if one.is_leader), None)


@dataclass(frozen=True, slots=True)
class Grouping:
    """A branch: its groups in tree order, everybody by name, and who is in none."""

    groups: list[PartyGroup]
    members: list[Grouped]

    @property
    def loose(self) -> list[Grouped]:
        return [one for one in self.members if not one.group]

    def group_of(self, member_id: UUID) -> PartyGroup | None:
        """The group that somebody is in."""
        return next(
            (group for group in self.groups if any(m.id == member_id for m in group.members)), None
        )


def grouping_of(branch_id: UUID) -> Grouping:
    """In three statements, however many groups and members there are."""
    rows = organizations.groups_of(branch_id)
    groups = {row.pk: PartyGroup(row.pk, row.short_name or row.name) for row in rows}
    leaders = leaders_of(list(groups))
    found = Member.objects.filter(org_id=branch_id, is_active=True).order_by("name_pinyin", "id")
    members = [
        Grouped(
            pk, name, category == Category.FULL, posts, group_id,
            group=groups[group_id].label if group_id in groups else "",
            is_leader=group_id is not None and leaders.get(group_id) == pk,
        )
        for pk, name, category, posts, group_id in found.values_list(
            "id", "name", "category", "posts", "group_id"
        )
    ]  # fmt: skip
    for one in members:
        if one.group_id in groups:
            groups[one.group_id].members.append(one)
    return Grouping(list(groups.values()), members)


class GroupsSection:
    """The part 「党小组」 on the page of a branch: fills ``organizations…SectionProvider``."""

    heading = "党小组"
    template_name = "members/parts/groups.html"

    def context(
        self, organization: Any, *, actor: Actor, today: dt.date
    ) -> Mapping[str, Any] | None:
        del today
        if not organization.can_hold_members:
            return None
        if not can(actor, MemberPermission.BROWSE, organization):
            return None
        grouping = grouping_of(organization.pk)
        may_group = can(actor, MemberPermission.MOVE, organization)
        return {"org": organization, "grouping": grouping, "may_group": may_group}
