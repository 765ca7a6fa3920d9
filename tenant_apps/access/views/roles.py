"""Who holds which role: people, invitations, granting, taking back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.unit import current_unit_id
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.people import selectors as people
from tenant_apps.access import selectors
from tenant_apps.access.forms import InviteForm, RoleForm
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.selectors import ROLE_LABELS, neighbours
from tenant_apps.access.services import grants, invitations

_PLACES = 20


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role as the list shows it."""

    id: UUID
    label: str
    place: str


@dataclass(frozen=True, slots=True)
class Administrator:
    """A person with all roles that the actor may see."""

    person_id: UUID
    name: str
    phone: str
    is_me: bool
    roles: tuple[HeldRole, ...]


class Roles(Page):
    """Everybody with a role in the actor's sub-trees, and who is invited."""

    permission = AccessPermission.MANAGE
    template_name = "access/roles.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        held = list(selectors.grants_visible_to(self.actor))
        waiting = [
            row
            for row in people.open_invitations(current_unit_id(), now=clock.now())
            if grants.is_within_scope(self.actor, row.scope)
        ]
        scopes = [grant.scope for grant in held] + [row.scope for row in waiting]
        places = neighbours.names_of_places(scopes)
        phones = people.phones_of({grant.person_id for grant in held})
        administrators = [
            Administrator(
                person_id=person_id,
                name=rows[0].person_name,
                phone=phones.get(person_id, ""),
                is_me=person_id == self.actor.person_id,
                roles=tuple(
                    HeldRole(row.id, row.get_role_display(), places.get(row.scope, row.scope))
                    for row in rows
                ),
            )
            for person_id, rows in (
                (key, list(group)) for key, group in groupby(held, lambda row: row.person_id)
            )
        ]
        return self.render(
            title="管理员与角色",
            administrators=administrators,
            invitations=[
                {
                    "row": row,
                    "role": ROLE_LABELS.get(row.role, row.role),
                    "place": places.get(row.scope, row.scope),
                }
                for row in waiting
            ],
        )


class Invite(Page):
    """Invites somebody; the link is shown once."""

    permission = AccessPermission.MANAGE
    template_name = "access/invite.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(InviteForm(places=places_for(self, request)))

    def post(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self, request)
        if "find" in request.POST:
            return self._page(InviteForm(initial=request.POST.dict(), places=places))
        form = InviteForm(request.POST, places=places)
        if not form.is_valid():
            return self._page(form, 422)
        typed = form.cleaned_data
        try:
            invited = invitations.invite(
                role=typed["role"],
                scope=typed["scope"],
                name=typed["name"],
                phone=typed["phone"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, "phone" if error.code == "phone_invalid" else None)
            return self._page(form, status_of(error))
        return self.render(
            template="access/invited.html",
            title="邀请已生成",
            name=typed["name"],
            role=ROLE_LABELS[typed["role"]],
            link=request.build_absolute_uri(f"/invitation/{invited.token}/"),
            expires_at=invited.expires_at,
            crumbs=_crumbs("邀请已生成"),
        )

    def _page(self, form: InviteForm, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            status=status,
            title="邀请管理员",
            place_q=_asked(self.request),
            crumbs=_crumbs("邀请管理员"),
        )


class AddRole(Page):
    """Another role for somebody who has one here."""

    permission = AccessPermission.MANAGE
    template_name = "access/add_role.html"

    def get(self, request: HttpRequest, person_id: UUID) -> HttpResponse:
        return self._page(person_id, RoleForm(places=places_for(self, request)))

    def post(self, request: HttpRequest, person_id: UUID) -> HttpResponse:
        places = places_for(self, request)
        if "find" in request.POST:
            return self._page(person_id, RoleForm(initial=request.POST.dict(), places=places))
        form = RoleForm(request.POST, places=places)
        if not form.is_valid():
            return self._page(person_id, form, 422)
        colleague = selectors.colleague_for(self.actor, person_id)
        try:
            grants.grant(
                person_id=person_id,
                person_name=colleague.person_name,
                role=form.cleaned_data["role"],
                scope=form.cleaned_data["scope"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(person_id, form, status_of(error))
        toast(request, f"已为{colleague.person_name}增加角色，重新登录后生效。")
        return HttpResponseRedirect("/access/")

    def _page(self, person_id: UUID, form: RoleForm, status: int = 200) -> HttpResponse:
        name = selectors.colleague_for(self.actor, person_id).person_name
        return self.render(
            form=form,
            status=status,
            title=f"为{name}增加角色",
            place_q=_asked(self.request),
            crumbs=_crumbs("增加角色"),
        )


class RevokeRole(Page):
    """Takes a role away; the toast takes that back."""

    permission = AccessPermission.MANAGE

    def post(self, request: HttpRequest, grant_id: UUID) -> HttpResponse:
        held = selectors.grant_for(self.actor, grant_id)
        try:
            grants.revoke(grant=held, actor=self.actor, now=clock.now())
        except grants.LastAdministrator as error:
            toast(request, error.message, level="error")
            return HttpResponseRedirect("/access/")
        toast(
            request,
            f"已收回{held.person_name}的「{held.get_role_display()}」角色。",
            undo_url=f"/access/roles/{grant_id}/restore/",
        )
        return HttpResponseRedirect("/access/" if self.keeps_access(held) else "/")

    def keeps_access(self, held: object) -> bool:
        """Whether the actor may still see the list after giving up a role of their own."""
        if getattr(held, "person_id", None) != self.actor.person_id:
            return True
        left = selectors.holdings_of(self.actor.person_id) if self.actor.person_id else ()
        return any(holding.role == "unit_admin" for holding in left)


class RestoreRole(Page):
    """Undoes a revocation."""

    permission = AccessPermission.MANAGE

    def post(self, request: HttpRequest, grant_id: UUID) -> HttpResponse:
        restored = grants.restore(grant_id=grant_id, actor=self.actor, now=clock.now())
        toast(request, f"已恢复{restored.person_name}的角色。")
        return HttpResponseRedirect("/access/")


class RevokeInvitation(Page):
    """The link is worth nothing from then on."""

    permission = AccessPermission.MANAGE

    def post(self, request: HttpRequest, invitation_id: UUID) -> HttpResponse:
        invitations.revoke(invitation_id=invitation_id, actor=self.actor, now=clock.now())
        toast(request, "邀请已撤回，链接不能再使用。")
        return HttpResponseRedirect("/access/")


class Places(Page):
    """The choices of the scope picker while a name is typed."""

    permission = AccessPermission.MANAGE
    template_name = "access/parts/places.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = RoleForm(places=places_for(self, request))
        return self.render(form=form, place_q=_asked(request))


def places_for(page: Page, request: HttpRequest) -> list[tuple[str, str]]:
    """What the picker offers: the whole unit to whoever administers it, what the typed name
    finds, and what is chosen already.
    """
    actor = page.actor
    found = neighbours.search_places(actor, _asked(request), limit=_PLACES)
    offered = [(place.path, place.name) for place in found]
    if "" in actor.scopes("unit_admin"):
        offered.insert(0, ("", "全单位"))
    chosen = request.POST.get("scope") or request.GET.get("scope") or ""
    if chosen not in {"", "*"} and chosen not in dict(offered):
        offered += [(chosen, name) for name in neighbours.names_of_places([chosen]).values()][1:]
    return [place for place in offered if grants.is_within_scope(actor, place[0])]


def _asked(request: HttpRequest) -> str:
    return (request.POST.get("place_q") or request.GET.get("place_q") or "").strip()


def _crumbs(label: str) -> list[dict[str, str]]:
    return [{"label": "管理员与角色", "url": "/access/"}, {"label": label, "url": ""}]
