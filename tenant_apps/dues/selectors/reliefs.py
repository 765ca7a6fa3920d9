"""Hardship: who pays less or later, since when and until when."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.dues.models import Bill, BillState, Relief
from tenant_apps.dues.selectors.scope import scopes_of, within


class ReliefNotFound(NotFound):
    code = "dues_relief_not_found"
    sentence = "没有找到这项登记，可能不在您的管理范围内。"


def reliefs_visible_to(actor: Actor, *, below: str = "") -> QuerySet[Relief]:
    """Reliefs of members in the actor's sub-trees, those in force and the newest first."""
    found: QuerySet[Relief] = Relief.objects.filter(
        within(scopes_of(actor), field="member__org_path", below=below)
    )
    return found.select_related("member", "member__org").order_by(
        "-ended_at", "-first_month", "-id"
    )


def deferred_bills(member_id: UUID) -> QuerySet[Bill]:
    """A member's months that wait by the branch's leave, the oldest first, with the relief."""
    found: QuerySet[Bill] = Bill.objects.filter(member_id=member_id, state=BillState.DEFERRED)
    return found.select_related("relief").order_by("month")


def relief_for(actor: Actor, relief_id: UUID, *, to: StrEnum) -> Relief:
    """Loads and authorises: ReliefNotFound outside the actor's sub-trees, Forbidden inside."""
    found = reliefs_visible_to(actor).filter(pk=relief_id).first()
    if found is None:
        raise ReliefNotFound
    require(actor, to, found.member)
    return found
