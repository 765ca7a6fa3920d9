"""Those who left or whose membership rests: their files stay, to be read (rulebook 0.2 rule 6)."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.members.models import Change, Member, Proposal, Standing
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.words import search
from tenant_apps.organizations.selectors import scopes_of

_SEALED = ("identity_sealed", "identity_index", "phone_sealed", "phone_index")


class FormerNotFound(NotFound):
    code = "former_member_not_found"
    sentence = "没有找到这名历史党员，可能不在您的管理范围内。"


class ChangeNotFound(NotFound):
    code = "member_change_not_found"
    sentence = "没有找到这次变动，可能不在您的管理范围内。"


class ProposalNotFound(NotFound):
    code = "member_proposal_not_found"
    sentence = "没有找到这项待审批的变动，可能不在您的管理范围内。"


def former_visible_to(
    actor: Actor, *, q: str = "", kind: str = "", org_path: str = ""
) -> QuerySet[Member]:
    """Files that count no more, the newest departure first.  Sealed values are not loaded."""
    found = Member.objects.filter(_within(actor), search(q), is_active=False)
    if kind:
        found = found.filter(left_kind=kind)
    if org_path:
        found = found.filter(org_path__startswith=org_path)
    rows: QuerySet[Member] = found.select_related("org").defer(*_SEALED)
    return rows.order_by("-left_on", "name_pinyin", "id")


def former_for(actor: Actor, member_id: UUID) -> Member:
    """Loads and authorises; raises FormerNotFound."""
    found = former_visible_to(actor).filter(pk=member_id).first()
    if found is None:
        raise FormerNotFound
    if actor.kind != "job":
        require(actor, MemberPermission.FORMER, found)
    return found


def counting_or_resting_for(actor: Actor, member_id: UUID) -> Member:
    """Somebody whose membership can end: a member, or one whose membership rests.

    Raises FormerNotFound outside the actor's sub-trees and for those who left.
    """
    stays = Q(is_active=True) | Q(standing=Standing.SUSPENDED)
    found = Member.objects.select_related("org").filter(stays, _within(actor), pk=member_id).first()
    if found is None:
        raise FormerNotFound
    if actor.kind != "job":
        require(actor, MemberPermission.LEAVE, found)
    return found


def changes_of(member: Member) -> list[Change]:
    """The increases, decreases and turns of one file, newest first, those undone among them."""
    return list(Change.objects.filter(member=member).order_by("-recorded_at", "-id")[:100])


def undoable(changes: list[Change]) -> Change | None:
    """The one that could be taken back: the newest in force that knows what was before."""
    newest = next((change for change in changes if change.undone_at is None), None)
    return newest if newest and "before" in newest.data else None


def change_for(actor: Actor, change_id: UUID) -> Change:
    """Loads a change and authorises to take it back; raises ChangeNotFound."""
    found = Change.objects.select_related("member").filter(pk=change_id).first()
    if found is None or not _sees(actor, found.member):
        raise ChangeNotFound
    if actor.kind != "job":
        require(actor, MemberPermission.DECIDE, found.member)
    return found


def proposals_visible_to(actor: Actor) -> QuerySet[Proposal]:
    """What was submitted over the members of the actor's sub-trees, newest first."""
    within = _within(actor, "member__org_path")
    found: QuerySet[Proposal] = Proposal.objects.filter(within).select_related("member__org")
    return found.order_by("-submitted_at")


def proposal_for(actor: Actor, proposal_id: UUID) -> Proposal:
    """Loads and authorises to see; raises ProposalNotFound."""
    found = proposals_visible_to(actor).filter(pk=proposal_id).first()
    if found is None:
        raise ProposalNotFound
    if actor.kind != "job":
        require(actor, MemberPermission.LEAVE, found.member)
    return found


def waiting_of(member: Member) -> Proposal | None:
    """What was submitted over this member and waits."""
    return Proposal.objects.filter(member=member, state=Proposal.State.WAITING).first()


def _within(actor: Actor, field: str = "org_path") -> Q:
    wanted = Q(pk__in=())
    for scope in scopes_of(actor):
        if not scope:
            return Q()
        wanted |= Q(**{f"{field}__startswith": scope})
    return wanted


def _sees(actor: Actor, member: Member) -> bool:
    return any(member.org_path.startswith(scope) for scope in scopes_of(actor))
