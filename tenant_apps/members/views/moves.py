"""Moving members to another branch: choose the branch, see what happens, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms.picking import picked, uuid_or_none
from tenant_apps.members.models import Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import members_for
from tenant_apps.members.services import moving
from tenant_apps.organizations import selectors as organizations

_MOST_BRANCHES = 30


class MoveMembers(Page):
    """``/members/move/``: POST with chosen rows shows the branches, with ``to`` it moves."""

    permission = MemberPermission.MOVE
    template_name = "members/move.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        if "to" not in request.POST:
            return self._shown(request.POST)
        members = chosen(self.actor, request.POST)
        try:
            org = organizations.organization_for(
                self.actor, uuid_of(request.POST["to"]), to=MemberPermission.MOVE
            )
            move_id, count = moving.move(
                members=members, org=org, actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            return self._shown(request.POST, problem=error.message, status=422)
        text = f"已将 {count} 名党员转入「{org.short_name or org.name}」"
        toast(request, text, undo_url=reverse("members-move-back", args=[move_id]))
        return HttpResponseRedirect(_way_back(members))

    def _shown(self, data: QueryDict, problem: str = "", status: int = 200) -> HttpResponse:
        members = chosen(self.actor, data)
        text = data.get("branch", "").strip()[:60]
        return self.render(
            title="转接组织关系",
            crumbs=[{"label": "党员名册", "url": reverse("members")}, {"label": "转接组织关系"}],
            members=members,
            ids=",".join(str(member.pk) for member in members),
            branches=branches_for(self.actor, text),
            branch=text,
            problem=problem,
            status=status,
        )


class MoveBack(Page):
    """``/members/moves/<id>/undo/``."""

    permission = MemberPermission.MOVE

    def post(self, request: HttpRequest, move_id: UUID) -> HttpResponse:
        count = moving.move_back(move_id=move_id, actor=self.actor, now=clock.now())
        toast(request, f"已撤销，{count} 名党员回到原支部。", level="info")
        return HttpResponseRedirect(request.headers.get("Referer") or reverse("members"))


def chosen(actor: Actor, data: QueryDict) -> list[Member]:
    """The members picked on the list, or all of its filter; only those the actor may move."""
    ids = picked(actor, data, most=moving.MOST_AT_ONCE, today=clock.today())
    return members_for(actor, ids, to=MemberPermission.MOVE)


def branches_for(actor: Actor, text: str, *, chosen: str = "") -> list[Any]:
    """Branches to choose from: those found by name, the one chosen before first."""
    found = (
        organizations.search(actor, text) if text else organizations.organizations_visible_to(actor)
    )
    listed = list(organizations.that_hold_members(found)[:_MOST_BRANCHES])
    org_id = uuid_or_none(chosen) if chosen else None
    if org_id is not None and all(branch.pk != org_id for branch in listed):
        visible = organizations.organizations_visible_to(actor).filter(pk=org_id)
        listed[:0] = organizations.that_hold_members(visible)
    return listed


def _way_back(members: Sequence[Member]) -> str:
    if len(members) == 1:
        return reverse("member", args=[members[0].pk])
    return f"{reverse('members')}?org={members[0].org_id}"


def uuid_of(text: str) -> UUID:
    """Raises OrganizationNotFound for what is no id."""
    found = uuid_or_none(text)
    if found is None:
        raise organizations.OrganizationNotFound
    return found
