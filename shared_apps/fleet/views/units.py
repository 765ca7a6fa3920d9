"""All units on one page, for whoever runs the platform."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from kernel.web.views import Page
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import units


class Fleet(Page):
    """Every unit with its state."""

    permission = FleetPermission.VIEW
    template_name = "fleet/units.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            title="单位总览",
            crumbs=[{"label": "平台运营", "url": ""}, {"label": "单位总览", "url": ""}],
            page_obj=Paginator(units.listed(), 50).get_page(request.GET.get("page")),
        )
