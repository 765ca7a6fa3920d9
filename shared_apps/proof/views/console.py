"""账务核验 on the console: each rule over all units, and the units in which one does not hold."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from shared_apps.proof.permissions import ProofPermission
from shared_apps.proof.selectors import findings
from tenants import selectors as units

_CRUMB = {"label": "资金结算", "url": ""}


class Standing(Page):
    """``/proof/``: how every rule stands."""

    permission = ProofPermission.WATCH
    template_name = "proof/standing.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        rules = findings.standings()
        return self.render(
            title="账务核验",
            as_of=now,
            rules=rules,
            broken=[one for one in rules if not one.holds],
            has_run=any(one.units for one in rules),
            late=findings.late_units(now),
            crumbs=[_CRUMB, {"label": "账务核验", "url": ""}],
        )


class Failing(Page):
    """``/proof/<code>/``: the units in which the rule does not hold, the oldest failure first."""

    permission = ProofPermission.WATCH
    template_name = "proof/failing.html"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        rule = findings.rule(code)
        page = Paginator(findings.failing(code), 20).get_page(request.GET.get("page"))
        named = units.all_units().filter(pk__in=[row.unit_id for row in page])
        names = dict(named.values_list("pk", "name"))
        return self.render(
            title=f"{rule.code} {rule.title}",
            as_of=clock.now(),
            rule=rule,
            page_obj=page,
            units=[(names.get(row.unit_id, "已注销的单位"), row) for row in page],
            crumbs=[
                _CRUMB,
                {"label": "账务核验", "url": "/proof/"},
                {"label": rule.title, "url": ""},
            ],
        )
