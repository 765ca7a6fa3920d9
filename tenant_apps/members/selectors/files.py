"""One member's file: the gate, what is missing in it, whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from tenant_apps.access import selectors as access
from tenant_apps.members.models import Export, Member
from tenant_apps.organizations.selectors import scopes_of

CORRECTING: Final = ("secretary", "unit_admin")
"""Roles that may correct a file."""
_MOST_OFFICERS: Final = 50
_POSTS: Final = ("组织委员", "宣传委员", "纪检委员")


class ExportNotFound(NotFound):
    code = "export_not_found"
    sentence = "没有找到这份导出文件。导出文件只有本人可以下载，并保留 7 天。"


class MemberNotFound(NotFound):
    code = "member_not_found"
    sentence = "没有找到这名党员，可能已转出或不在您的管理范围内。"


def member_for(actor: Actor, member_id: UUID, *, to: StrEnum) -> Member:
    """Loads and authorises, with the organisation.

    Raises MemberNotFound outside the actor's sub-trees (the own file is always inside) and
    Forbidden where the file is seen but ``to`` may not be done.
    """
    member = Member.objects.select_related("org").filter(pk=member_id, is_active=True).first()
    if member is None or not _is_visible(actor, member):
        raise MemberNotFound
    if actor.kind != "job":
        require(actor, to, member)
    return member


def members_for(actor: Actor, member_ids: Sequence[UUID], *, to: StrEnum) -> list[Member]:
    """Those of the members that the actor sees and may do ``to``; the others are left out."""
    found = Member.objects.select_related("org").filter(pk__in=member_ids, is_active=True)
    return [
        member
        for member in found.order_by("org_path", "name_pinyin")
        if _is_visible(actor, member) and (actor.kind == "job" or can(actor, to, member))
    ]


def own_file(actor: Actor) -> Member:
    """The actor's own file; raises MemberNotFound for somebody who is no member here."""
    found = None
    if actor.member_id is not None:
        members = Member.objects.select_related("org").filter(is_active=True)
        found = members.filter(pk=actor.member_id).first()
    if found is None:
        raise MemberNotFound
    return found


def export_for(actor: Actor, export_id: UUID) -> Export:
    """A file of the list that the actor ordered; raises ExportNotFound for anybody else's and for
    an exchange set, which has a door of its own.
    """
    own = Export.objects.filter(pk=export_id, requested_by=actor.person_id)
    found = own.exclude(order__has_key="set").first()
    if found is None or actor.person_id is None:
        raise ExportNotFound
    return found


def exports_awaiting(actor: Actor) -> QuerySet[Export]:
    """Files with full numbers that wait for this actor's word: ordered by somebody else, and
    reaching no further than the actor's own sub-trees.
    """
    found = Export.objects.filter(state=Export.State.AWAITING, order__has_key="listing")
    reached = actor.scopes("unit_admin")
    ids = [
        export.pk
        for export in found.exclude(requested_by=actor.person_id)[:200]
        if all(any(scope.startswith(own) for own in reached) for _, scope in export.roles)
    ]
    rows: QuerySet[Export] = Export.objects.filter(pk__in=ids).order_by("requested_at")
    return rows


def awaiting_export_for(actor: Actor, export_id: UUID) -> Export:
    """One of them; raises ExportNotFound."""
    found = exports_awaiting(actor).filter(pk=export_id).first()
    if found is None:
        raise ExportNotFound
    return found


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to ask, and why."""

    name: str
    role: str


def contacts_for(member: Member) -> list[Contact]:
    """Whom a member asks for corrections: the branch's officers, then who administers it."""
    officers = [Contact(name, posts) for _, name, posts in officers_of(member.org_id)]
    grants = access.grants_visible_to(Actor.system("contacts")).filter(role__in=CORRECTING)
    offices = [
        Contact(grant.person_name, access.ROLE_LABELS[grant.role])
        for grant in grants
        if member.org_path.startswith(grant.scope)
    ]
    known = {contact.name for contact in officers}
    return officers + [contact for contact in offices if contact.name not in known]


def officers_of(org_id: UUID) -> list[tuple[UUID, str, str]]:
    """Members of an organisation who hold a post there, the secretary first (rulebook 1.4)."""
    rows = Member.objects.filter(org_id=org_id, is_active=True).exclude(posts="")
    found = list(rows.values_list("id", "name", "posts")[:_MOST_OFFICERS])
    return sorted(found, key=lambda row: (_rank(row[2]), row[1]))


def _rank(posts: str) -> int:
    if "书记" in posts:
        return 1 if "副书记" in posts else 0
    return next((rank for rank, post in enumerate(_POSTS, 2) if post in posts), 9)


def _is_visible(actor: Actor, member: Member) -> bool:
    if actor.member_id is not None and member.pk == actor.member_id:
        return True
    return any(member.org_path.startswith(scope) for scope in scopes_of(actor))
