"""Pages on which an organisation is split, raised or lowered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import RetypeForm, SplitForm, kinds_for_retyping
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import previews, rules
from tenant_apps.organizations.services import retyping, splitting
from tenant_apps.organizations.services.absorbing import children_of
from tenant_apps.organizations.services.refusals import RootStays
from tenant_apps.organizations.views.acts import undo_url
from tenant_apps.organizations.views.presenting import FIELDS, form_context


class SplitOrganization(Page):
    """``/organizations/<id>/split/``: fill in, look, then decide (``step``)."""

    permission = OrganizationPermission.RESTRUCTURE
    template_name = "organizations/split.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = _decided_by(self, org_id)
        return self._shown(organization, self._form(organization))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = _decided_by(self, org_id)
        form = self._form(organization, request.POST, request.FILES)
        if not form.is_valid():
            return self._shown(organization, form, status=422)
        try:
            if request.POST.get("step") != "decide":
                return self._looked_at(organization, form)
            made, act = splitting.split(
                source=organization,
                sheet=form.sheet(),
                members=form.chosen("members"),
                children=form.chosen("children"),
                decision=form.decision(),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, FIELDS.get(error.code))
            return self._shown(organization, form, status=422)
        text = f"已从「{organization.short_name}」分设「{made.short_name}」"
        toast(request, text, undo_url=undo_url(act))
        return HttpResponseRedirect(reverse("organization", args=[made.pk]))

    def _looked_at(self, organization: Organization, form: SplitForm) -> HttpResponse:
        members, chosen = form.chosen("members"), set(form.chosen("children"))
        document = form.cleaned_data["document"]
        splitting.refuse_split(organization, form.sheet(), members, document=document)
        children = [child for child in children_of(organization) if child.pk in chosen]
        if not members and not children:
            raise splitting.NothingChosen
        preview = previews.of_split(organization, form.cleaned_data["kind"], members, children)
        return self._shown(organization, form, preview=preview)

    def _form(self, organization: Organization, data: Any = None, files: Any = None) -> SplitForm:
        parent = organization.parent
        if parent is None:
            raise RootStays(name=organization.name)
        return SplitForm(
            data,
            files,
            today=clock.today(),
            kinds=[kind for kind in rules.BELOW[parent.kind] if kind not in rules.TEMPORARY],
            people=selectors.people(organization.pk),
            children=children_of(organization),
            initial={"kind": organization.kind},
        )

    def _shown(
        self,
        organization: Organization,
        form: SplitForm,
        preview: previews.Preview | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = form_context("分设组织", organization, form)
        return self.render(**context, preview=preview, status=status)


class RetypeOrganization(Page):
    """``/organizations/<id>/retype/``: ``?kind=`` names the type that is looked at."""

    permission = OrganizationPermission.RESTRUCTURE
    template_name = "organizations/retype.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = _decided_by(self, org_id)
        kind = request.GET.get("kind", "")
        if kind not in kinds_for_retyping(organization):
            return self._shown(organization, "", None)
        return self._shown(organization, kind, self._form(organization, kind))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization, kind = _decided_by(self, org_id), request.POST.get("kind", "")
        if kind not in kinds_for_retyping(organization):
            return self._shown(organization, "", None, status=422)
        form = self._form(organization, kind, request.POST, request.FILES)
        try:
            if not form.is_valid():
                return self._shown(organization, kind, form, status=422)
            act = retyping.retype(
                organization=organization,
                kind=kind,
                branch=form.cleaned_data.get("branch", ""),
                decision=form.decision(),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, FIELDS.get(error.code))
            return self._shown(organization, kind, form, status=422)
        text = f"已将「{organization.short_name}」改设为{Kind(kind).label}"
        toast(request, text, undo_url=undo_url(act))
        return HttpResponseRedirect(reverse("organization", args=[organization.pk]))

    def _form(
        self, organization: Organization, kind: str, data: Any = None, files: Any = None
    ) -> RetypeForm:
        count = selectors.headcounts([organization.path])[organization.path]
        needs_branch = bool(count.direct) and not rules.holds_members(kind)
        return RetypeForm(data, files, today=clock.today(), needs_branch=needs_branch)

    def _shown(
        self, organization: Organization, kind: str, form: RetypeForm | None, status: int = 200
    ) -> HttpResponse:
        kinds = kinds_for_retyping(organization)
        return self.render(
            **form_context("改设组织", organization, form),
            kinds=[(one, Kind(one).label) for one in kinds],
            kind=kind,
            kind_label=Kind(kind).label if kind else "",
            preview=previews.of_retyping(organization, kind) if kind else None,
            status=status,
        )


def _decided_by(page: Page, org_id: UUID) -> Organization:
    """Loads and authorises: the superior decides."""
    found = selectors.organization_for(page.actor, org_id, to=OrganizationPermission.RESTRUCTURE)
    selectors.superior_for(page.actor, found, to=OrganizationPermission.RESTRUCTURE)
    return found
