"""One member's file: the gate, what is missing in it, whom to ask."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Q

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from tenant_apps.members.models import Category, Member
from tenant_apps.organizations.selectors import scopes_of

INCOMPLETE: Final = (
    Q(phone_index__isnull=True)
    | Q(birth_on__isnull=True)
    | Q(joined_on__isnull=True)
    | Q(gender="")
    | Q(ethnicity="")
    | Q(education="")
    | Q(category=Category.FULL, full_on__isnull=True)
)
"""A file in which something of the basic set (rulebook 8.2) is missing."""


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


def _is_visible(actor: Actor, member: Member) -> bool:
    if actor.member_id is not None and member.pk == actor.member_id:
        return True
    return any(member.org_path.startswith(scope) for scope in scopes_of(actor))
