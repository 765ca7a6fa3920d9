"""渠道对账 on the console: days, units with differences, bills that do not come.  No names."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors import runs
from shared_apps.reconciliation.services import arranging
from tenants import selectors as units


class Standing(Page):
    """``/reconciliation/``: the last fortnight, who has differences, which bills are stuck."""

    permission = ReconciliationPermission.WATCH
    template_name = "reconciliation/standing.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = Paginator(runs.units_with_differences(), 20).get_page(request.GET.get("page"))
        stuck = list(runs.stuck_runs()[:50])
        wanted = {row["unit_id"] for row in page} | {one.unit_id for one in stuck}
        named = units.all_units().filter(pk__in=wanted)
        names = dict(named.values_list("pk", "name"))
        return self.render(
            title="渠道对账",
            as_of=clock.now(),
            today=clock.today(),
            crumbs=[{"label": "资金结算", "url": ""}, {"label": "渠道对账", "url": ""}],
            days=runs.days(since=clock.today() - dt.timedelta(days=runs.SHOWN_DAYS)),
            reconciled_to=runs.reconciled_to(),
            page_obj=page,
            units=[(names.get(row["unit_id"], "已注销的单位"), row) for row in page],
            stuck=[(names.get(one.unit_id, "已注销的单位"), one) for one in stuck],
            may_rerun=can(self.actor, ReconciliationPermission.RERUN),
        )


class FetchAgain(Page):
    """``POST``: the bill is fetched at the next turn."""

    permission = ReconciliationPermission.RERUN

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        run = arranging.fetch_again(run_id=run_id, actor=self.actor, now=clock.now())
        toast(request, f"{run.day} 的{run.get_kind_display()}将在几分钟内重新获取。")
        return HttpResponseRedirect("/reconciliation/")
