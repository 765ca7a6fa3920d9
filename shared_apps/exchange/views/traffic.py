"""单位间往来: numbers for operators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from shared_apps.exchange.permissions import ExchangePermission
from shared_apps.exchange.selectors import traffic


class TrafficPage(Page):
    """``/exchange/``."""

    permission = ExchangePermission.TRAFFIC_VIEW
    template_name = "exchange/traffic.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        crumbs = [{"label": "平台运营", "url": ""}, {"label": "单位间往来", "url": ""}]
        found = traffic(now=now)
        return self.render(title="单位间往来", crumbs=crumbs, traffic=found, as_of=now)
