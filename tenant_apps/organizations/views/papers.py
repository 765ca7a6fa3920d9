"""What is kept beside the tree and opened by right: approval documents, the contact's number."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.downloads import handed_in
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import RevealForm
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors.papers import paper_for
from tenant_apps.organizations.services import papers, revealing
from tenant_apps.organizations.views.presenting import page_context


class ApprovalDocument(Page):
    """``/organizations/<id>/acts/<id>/paper/``: the file as it was handed in."""

    permission = OrganizationPermission.BROWSE
    is_paper = True

    def get(self, request: HttpRequest, org_id: UUID, act_id: UUID) -> HttpResponse:
        paper = paper_for(self.actor, org_id, act_id)
        content = papers.read(paper=paper, actor=self.actor, now=clock.now())
        return handed_in(content, name=paper.name, is_shown=True)


class RevealContact(Page):
    """``/organizations/<id>/reveal/``: the page with the contact's number open; nothing is kept."""

    permission = OrganizationPermission.REVEAL
    template_name = "organizations/organization.html"

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.REVEAL
        )
        form = RevealForm(request.POST)
        if not form.is_valid():
            return self.render(**page_context(self, organization) | {"reveal": form}, status=422)
        phone = revealing.reveal_phone(
            organization=organization, actor=self.actor, now=clock.now(), **form.cleaned_data
        )
        response = self.render(**page_context(self, organization) | {"phone": phone})
        response["Cache-Control"] = "no-store"
        return response
