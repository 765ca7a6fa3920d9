"""Looking at the tree: the page of an organisation, its levels, the list of all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.models import Kind
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.views.presenting import LINKS, page_context

_SIZES = {"20", "50", "100"}


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
        return self.render(nodes=selectors.level_visible_to(self.actor, links=LINKS, below=org.pk))


class OrganizationList(Page):
    """``/organizations/list/``: all organisations in the actor's sub-trees as a list (J22)."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        text, kind, region = (
            request.GET.get(name, "").strip()[:60] for name in ("q", "kind", "region")
        )
        found = selectors.listed(self.actor, text=text, kind=kind, region=region)
        sent = request.GET.get("size", "")
        size = int(sent) if sent in _SIZES else 50
        page = Paginator(found, size).get_page(request.GET.get("page"))
        return self.render(
            title="组织一览",
            crumbs=[{"label": "组织架构", "url": "/organizations/"}, {"label": "组织一览"}],
            as_of=clock.now(),
            page_obj=page,
            rows=selectors.rows_of(list(page)),
            **_filters(text, kind, region),
        )


def _filters(text: str, kind: str, region: str) -> dict[str, Any]:
    return {
        "q": text,
        "kind": kind,
        "region": region,
        "kinds": Kind.choices,
        "is_filtered": bool(text or kind or region),
    }
