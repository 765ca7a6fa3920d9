"""The own branch as every member sees it: who leads, who belongs, which group, until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from tenant_apps.members.models import Member
from tenant_apps.members.selectors.files import officers_of
from tenant_apps.members.selectors.grouping import Grouping, PartyGroup, grouping_of
from tenant_apps.members.selectors.sections import OwnLink
from tenant_apps.organizations import selectors as organizations


@dataclass(frozen=True, slots=True)
class OwnBranch:
    """``officers`` are (name, posts) with the secretary first; of the others only names are shown:
    numbers and files are for the desk (rulebook 12.2).
    """

    name: str
    kind: str
    superior: str
    secretary: str
    officers: list[tuple[str, str]]
    term_ends_on: dt.date | None
    grouping: Grouping
    own_group: PartyGroup | None


def own_branch_of(member: Member) -> OwnBranch:
    """What a member may know of the branch that holds the own relation."""
    org = member.org
    above = organizations.organizations_by_id([org.parent_id] if org.parent_id else [])
    superior = above.get(org.parent_id) if org.parent_id else None
    found = grouping_of(org.pk)
    named = organizations.secretaries([org.pk]).get(org.pk, "")
    return OwnBranch(
        name=org.name,
        kind=org.get_kind_display(),
        superior=(superior.short_name or superior.name) if superior else "",
        secretary=org.appointed_secretary or named,
        officers=_board(org.pk),
        term_ends_on=org.term_ends_on,
        grouping=found,
        own_group=found.group_of(member.pk),
    )


def own_links(member: Member) -> Iterable[OwnLink]:
    """The way to it, from 「我的」."""
    yield OwnLink("我的支部", member.org.short_name or member.org.name, "/m/me/branch/")


def _board(branch_id: UUID) -> list[tuple[str, str]]:
    """Names and posts; who leads a group is told with the group and is not of the board."""
    told = (
        (name, [post for post in posts.split("、") if not post.endswith("组长")])
        for _, name, posts in officers_of(branch_id)
    )
    return [(name, "、".join(posts)) for name, posts in told if posts]
