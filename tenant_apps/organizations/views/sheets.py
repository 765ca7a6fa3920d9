"""Pages that write an organisation's sheet: a new one, corrections, the units behind it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import OrganizationForm, WorkplaceForm
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import rules
from tenant_apps.organizations.services import founding, revising
from tenant_apps.organizations.views.presenting import FIELDS, form_context


class CreateOrganization(Page):
    """``/organizations/<id>/children/new/``."""

    permission = OrganizationPermission.EDIT
    template_name = "organizations/form.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        parent = self._parent(org_id)
        return self._shown(parent, OrganizationForm(kinds=rules.BELOW.get(parent.kind, ())))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        parent = self._parent(org_id)
        form = OrganizationForm(request.POST, request.FILES)
        made = self._create(parent, form) if form.is_valid() else None
        if made is None:
            return self._shown(parent, form, status=422)
        toast(request, f"已在「{parent.short_name}」下新建「{made.short_name}」。")
        return HttpResponseRedirect(reverse("organization", args=[made.pk]))

    def _parent(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=OrganizationPermission.EDIT)

    def _create(self, parent: Organization, form: OrganizationForm) -> Organization | None:
        try:
            return founding.create(
                parent=parent,
                sheet=form.sheet(),
                document=form.cleaned_data["document"],
                paper=form.upload(),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, FIELDS.get(error.code))
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
            revising.revise(
                organization=organization,
                sheet=form.sheet(),
                document=form.cleaned_data["document"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, FIELDS.get(error.code))
        return form.is_valid()

    def _shown(
        self, organization: Organization, form: OrganizationForm, status: int = 200
    ) -> HttpResponse:
        return self.render(**form_context("修改组织信息", organization, form), status=status)


class Workplaces(Page):
    """``/organizations/<id>/workplaces/``: the units behind an organisation."""

    permission = OrganizationPermission.EDIT
    template_name = "organizations/workplaces.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        return self._shown(self._organization(org_id), WorkplaceForm())

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization, form = self._organization(org_id), WorkplaceForm(request.POST)
        try:
            if form.is_valid():
                revising.add_workplace(
                    organization=organization,
                    **form.cleaned_data,
                    actor=self.actor,
                    now=clock.now(),
                )
        except DomainError as error:
            field = "credit_code" if error.code == "credit_code_wrong" else "name"
            self.form_error(form, error, field)
        if not form.is_valid():
            return self._shown(organization, form, status=422)
        toast(request, f"已添加所在单位「{form.cleaned_data['name']}」。")
        return HttpResponseRedirect(reverse("organization-workplaces", args=[organization.pk]))

    def _organization(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=OrganizationPermission.EDIT)

    def _shown(
        self, organization: Organization, form: WorkplaceForm, status: int = 200
    ) -> HttpResponse:
        return self.render(
            **form_context("所在单位", organization, form),
            workplaces=list(organization.workplaces.order_by("name")),
            status=status,
        )


class RemoveWorkplace(Page):
    """``/organizations/<id>/workplaces/<id>/remove/``."""

    permission = OrganizationPermission.EDIT

    def post(self, request: HttpRequest, org_id: UUID, workplace_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.EDIT
        )
        revising.remove_workplace(
            organization=organization,
            workplace_id=workplace_id,
            actor=self.actor,
            now=clock.now(),
        )
        toast(request, "已移除这个所在单位。", level="info")
        return HttpResponseRedirect(reverse("organization-workplaces", args=[organization.pk]))
