"""Pages of the tree: look at an organisation, add one, correct one, hang one elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock, crypto
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import OrganizationForm
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.services import shaping

_LINKS = selectors.Links(node="/organizations/{id}/", children="/organizations/tree/{id}/")
_UNDO = "organization.move"
_MOST_PARENTS = 30


class Organizations(Page):
    """``/organizations/``: the outermost organisation that the actor sees."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/organization.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        root = selectors.roots_visible_to(self.actor).first()
        return self.render(**page_context(self, root))


class OrganizationPage(Page):
    """``/organizations/<id>/``."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/organization.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.BROWSE
        )
        return self.render(**page_context(self, organization))


class TreeLevel(Page):
    """``/organizations/tree/<id>/``: one level, when it is opened."""

    permission = OrganizationPermission.BROWSE
    template_name = "web/parts/tree_nodes.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = selectors.organization_for(self.actor, org_id, to=OrganizationPermission.BROWSE)
        return self.render(nodes=selectors.level_visible_to(self.actor, links=_LINKS, below=org.pk))


class CreateOrganization(Page):
    """``/organizations/<id>/children/new/``."""

    permission = OrganizationPermission.EDIT
    template_name = "organizations/form.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        return self._shown(self._parent(org_id), OrganizationForm())

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        parent, form = self._parent(org_id), OrganizationForm(request.POST)
        made = self._create(parent, form) if form.is_valid() else None
        if made is None:
            return self._shown(parent, form, status=422)
        toast(request, f"已在「{parent.short_name}」下新建「{made.short_name}」。")
        return HttpResponseRedirect(reverse("organization", args=[made.pk]))

    def _parent(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=OrganizationPermission.EDIT)

    def _create(self, parent: Organization, form: OrganizationForm) -> Organization | None:
        try:
            return shaping.create(
                parent=parent, sheet=form.sheet(), actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error, _FIELDS.get(error.code))
            return None

    def _shown(
        self, parent: Organization, form: OrganizationForm, status: int = 200
    ) -> HttpResponse:
        context = form_context("新建下级组织", parent, form)
        return self.render(**context, is_new=True, status=status)


class ReviseOrganization(Page):
    """``/organizations/<id>/edit/``."""

    permission = OrganizationPermission.EDIT
    template_name = "organizations/form.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = self._organization(org_id)
        return self._shown(organization, OrganizationForm(organization=organization))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = self._organization(org_id)
        form = OrganizationForm(request.POST, organization=organization)
        if form.is_valid() and self._revise(organization, form):
            toast(request, f"已保存「{form.cleaned_data['short_name']}」。")
            return HttpResponseRedirect(reverse("organization", args=[organization.pk]))
        return self._shown(organization, form, status=422)

    def _organization(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=OrganizationPermission.EDIT)

    def _revise(self, organization: Organization, form: OrganizationForm) -> bool:
        try:
            shaping.revise(
                organization=organization, sheet=form.sheet(), actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error, _FIELDS.get(error.code))
        return form.is_valid()

    def _shown(
        self, organization: Organization, form: OrganizationForm, status: int = 200
    ) -> HttpResponse:
        return self.render(**form_context("修改组织信息", organization, form), status=status)


class MoveOrganization(Page):
    """``/organizations/<id>/move/``: choose the new parent, read what goes along, move."""

    permission = OrganizationPermission.MOVE
    template_name = "organizations/move.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        return self._shown(self._organization(org_id))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = self._organization(org_id)
        try:
            parent = self._organization(_uuid(request.POST.get("to", "")))
            came_from = shaping.move(
                organization=organization, parent=parent, actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            return self._shown(organization, problem=error.message, status=422)
        token = crypto.sign(
            {"org": str(organization.pk), "to": str(came_from)}, purpose=_UNDO, now=clock.now()
        )
        text = f"已将「{organization.short_name}」移到「{parent.short_name}」之下"
        toast(request, text, undo_url=reverse("organization-move-back", args=[token]))
        return HttpResponseRedirect(reverse("organization", args=[organization.pk]))

    def _organization(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=OrganizationPermission.MOVE)

    def _shown(
        self, organization: Organization, problem: str = "", status: int = 200
    ) -> HttpResponse:
        text = self.request.GET.get("parent", "").strip()[:60]
        found = selectors.that_can_be_parents(self.actor, organization)
        if text:
            found = found.filter(pk__in=selectors.search(self.actor, text).values("pk"))
        return self.render(
            **form_context("移动组织", organization, None),
            parents=list(found[:_MOST_PARENTS]),
            parent_text=text,
            preview=shaping.preview_move(organization=organization),
            problem=problem,
            status=status,
        )


class MoveBack(Page):
    """``/organizations/moves/<token>/undo/``: hangs it back where it came from."""

    permission = OrganizationPermission.MOVE

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        kept = crypto.unsign(token, purpose=_UNDO, now=clock.now(), max_age=shaping.UNDO_WITHIN)
        organization, parent = (
            selectors.organization_for(self.actor, UUID(kept[key]), to=OrganizationPermission.MOVE)
            for key in ("org", "to")
        )
        shaping.move(organization=organization, parent=parent, actor=self.actor, now=clock.now())
        toast(request, f"已撤销移动，「{organization.short_name}」回到原来的位置。", level="info")
        return HttpResponseRedirect(reverse("organization", args=[organization.pk]))


_FIELDS = {"organization_name_taken": "name", "organization_code_taken": "code",
           "organization_kind_does_not_fit": "kind"}  # fmt: skip


def page_context(page: Page, organization: Organization | None) -> dict[str, Any]:
    """Everything on an organisation's page; without one, an empty tree."""
    actor, text = page.actor, page.request.GET.get("org_q", "").strip()[:60]
    selected = organization.pk if organization else None
    tree = (
        selectors.found_in_tree(actor, links=_LINKS, text=text, selected=selected)
        if text
        else selectors.tree_visible_to(actor, links=_LINKS, selected=selected)
    )
    context: dict[str, Any] = {
        "title": "组织架构",
        "tree": tree,
        "org_q": text,
        "as_of": clock.now(),
    }
    if organization is None:
        return context
    count = selectors.headcounts([organization.path])[organization.path]
    today = clock.today()
    return context | {
        "org": organization,
        "title": organization.short_name or organization.name,
        "crumbs": crumbs_of(actor, organization),
        "count": count,
        "members_url": f"/members/?org={organization.pk}",
        "warnings": selectors.warnings_of(organization, count, today=today),
        "pairs": _pairs(organization),
        "children": selectors.level_visible_to(actor, links=_LINKS, below=organization.pk),
        "sections": selectors.sections_for(actor, organization, today=today),
        "history": selectors.history_of(organization),
        "may_edit": can(actor, OrganizationPermission.EDIT, organization),
        "may_move": organization.parent_id is not None
        and can(actor, OrganizationPermission.MOVE, organization),
    }


def form_context(
    title: str, organization: Organization, form: OrganizationForm | None
) -> dict[str, Any]:
    name = organization.short_name or organization.name
    return {
        "title": f"{title} · {name}",
        "heading": title,
        "org": organization,
        "form": form,
        "crumbs": [
            {"label": "组织架构", "url": reverse("organizations")},
            {"label": name, "url": reverse("organization", args=[organization.pk])},
            {"label": title},
        ],
    }


def crumbs_of(actor: Any, organization: Organization) -> list[dict[str, str]]:
    """At most three: the tree, the parent that the actor sees, the organisation."""
    above = selectors.ancestors_of(actor, organization)[:-1]
    crumbs = [{"label": "组织架构", "url": reverse("organizations")}]
    crumbs += [
        {"label": one.short_name or one.name, "url": reverse("organization", args=[one.pk])}
        for one in above[-1:]
    ]
    return [*crumbs, {"label": organization.short_name or organization.name}]


def _pairs(organization: Organization) -> list[tuple[str, object]]:
    def day(value: Any) -> str:
        return f"{value:%Y-%m-%d}" if value else ""

    return [
        ("全称", organization.name),
        ("类型", organization.get_kind_display()),
        ("组织编码", organization.code),
        ("成立日期", day(organization.founded_on)),
        ("任期届满", day(organization.term_ends_on)),
    ]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise selectors.OrganizationNotFound from wrong
