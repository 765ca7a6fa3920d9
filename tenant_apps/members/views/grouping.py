"""Party groups of a branch: choose members, put them into a group, name who leads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms.picking import ids_in
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.grouping import PartyGroup, grouping_of
from tenant_apps.members.services import grouping
from tenant_apps.organizations import selectors as organizations

NO_GROUP = "none"


class Groups(Page):
    """``/members/groups/<branch>/``: GET shows, POST puts those chosen into ``to``."""

    permission = MemberPermission.MOVE
    template_name = "members/groups.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        return self._shown(_branch(self, org_id))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        branch, sent = _branch(self, org_id), request.POST.get("to", "")
        try:
            act, count = grouping.assign(
                branch=branch,
                group_id=_group_id(sent, branch),
                members=ids_in(request.POST),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            return self._shown(branch, problem=error.message, status=422)
        text = f"已将 {count} 名党员编入所选党小组" if sent != NO_GROUP else f"{count} 名党员已移出"
        toast(request, text, undo_url=reverse("members-grouping-undo", args=[act]))
        return HttpResponseRedirect(reverse("members-groups", args=[branch.pk]))

    def _shown(self, branch: Any, problem: str = "", status: int = 200) -> HttpResponse:
        found = grouping_of(branch.pk)
        name = branch.short_name or branch.name
        return self.render(
            title=f"党小组 · {name}",
            crumbs=[
                {"label": "组织架构", "url": reverse("organizations")},
                {"label": name, "url": reverse("organization", args=[branch.pk])},
                {"label": "党小组"},
            ],
            org=branch,
            grouping=found,
            actions=_actions(found.groups),
            problem=problem,
            status=status,
        )


class GroupLeader(Page):
    """``/members/groups/<group>/leader/``: names who leads it; an empty choice for nobody."""

    permission = MemberPermission.MOVE

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        group = organizations.organization_for(self.actor, org_id, to=MemberPermission.MOVE)
        sent = ids_in(request.POST)
        chosen = grouping.name_leader(
            group=group, member_id=sent[0] if sent else None, actor=self.actor, now=clock.now()
        )
        name = group.short_name or group.name
        toast(request, f"{chosen.name} 任{name}组长。" if chosen else f"{name}暂无组长。")
        return HttpResponseRedirect(reverse("members-groups", args=[group.parent_id]))


class UndoGrouping(Page):
    """``/members/groupings/<id>/undo/``."""

    permission = MemberPermission.MOVE

    def post(self, request: HttpRequest, move_id: UUID) -> HttpResponse:
        count = grouping.assign_back(act_id=move_id, actor=self.actor, now=clock.now())
        toast(request, f"已撤销，{count} 名党员回到原来的党小组。", level="info")
        return HttpResponseRedirect(request.headers.get("Referer") or reverse("organizations"))


def _branch(page: Page, org_id: UUID) -> Any:
    """Loads and authorises; raises OrganizationNotFound for what holds no members."""
    found = organizations.organization_for(page.actor, org_id, to=MemberPermission.MOVE)
    if not found.can_hold_members:
        raise organizations.OrganizationNotFound
    return found


def _group_id(text: str, branch: Any) -> UUID | None:
    if text == NO_GROUP:
        return None
    try:
        return UUID(text)
    except ValueError as wrong:
        name = branch.short_name or branch.name
        raise grouping.NotAGroupHere(branch=name) from wrong


def _actions(groups: list[PartyGroup]) -> list[dict[str, str]]:
    """One button a group in the bar that rises when rows are chosen."""
    rows = [
        {"label": f"编入{group.label}", "name": "to", "value": str(group.id)} for group in groups
    ]
    return [*rows, {"label": "移出党小组", "name": "to", "value": NO_GROUP}]
