"""The page of the charts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from tenant_apps.insight.forms import PlaceForm
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors.distribution import distribution
from tenant_apps.insight.views.snapshots import HOME


class DistributionPage(Page):
    """``/statistics/distribution/?org=``: how the members are spread today."""

    permission = InsightPermission.BROWSE
    template_name = "insight/distribution.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = distribution(self.actor, PlaceForm(request.GET).org_id, today=clock.today())
        return self.render(
            title=f"{found.name} · 党员分布",
            crumbs=[HOME, {"label": "党员分布"}],
            as_of=clock.now(),
            found=found,
            members_url=f"/members/?org={found.org_id}",
        )
