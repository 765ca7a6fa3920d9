"""The page of an organisation's commendations."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import HonourForm, StrikeHonourForm
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.services import honours
from tenant_apps.organizations.views.presenting import form_context


class Honours(Page):
    """``/organizations/<id>/honours/``: what the organisation was commended for."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/honours.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(self.actor, org_id, to=self.permission)
        return self._shown(organization, HonourForm())

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.EDIT
        )
        form = HonourForm(request.POST)
        if form.is_valid() and self._give(organization, form):
            toast(request, f"已登记表彰「{form.cleaned_data['name']}」。")
            return HttpResponseRedirect(reverse("organization-honours", args=[organization.pk]))
        return self._shown(organization, form, status=422)

    def _give(self, organization: Organization, form: HonourForm) -> bool:
        try:
            honours.give(
                organization=organization, **form.cleaned_data, actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error, "given_on")
        return form.is_valid()

    def _shown(
        self, organization: Organization, form: HonourForm, status: int = 200
    ) -> HttpResponse:
        return self.render(
            **form_context("所受表彰", organization, form),
            honours=list(organization.honours.filter(struck_at=None)),
            may_edit=can(self.actor, OrganizationPermission.EDIT, organization),
            status=status,
        )


class StrikeHonour(Page):
    """``/organizations/<id>/honours/<id>/strike/``."""

    permission = OrganizationPermission.EDIT

    def post(self, request: HttpRequest, org_id: UUID, honour_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(self.actor, org_id, to=self.permission)
        form = StrikeHonourForm(request.POST)
        form.is_valid()
        honours.strike(
            organization=organization,
            honour_id=honour_id,
            reason=form.cleaned_data.get("reason", ""),
            actor=self.actor,
            now=clock.now(),
        )
        toast(request, "已划去这条表彰记录。", level="info")
        return HttpResponseRedirect(reverse("organization-honours", args=[organization.pk]))
