"""The unit's own first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.permissions import can
from kernel.web.views import Page
from onboarding.permissions import OnboardingPermission
from onboarding.services import workbench


class UnitHome(Page):
    """Whoever works at the desk gets the workbench, a member the phone pages."""

    permission = OnboardingPermission.HOME_ENTER
    template_name = "onboarding/workbench.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not can(self.actor, OnboardingPermission.WORKBENCH_VIEW):
            return HttpResponseRedirect("/support/visit/" if self.actor.support_id else "/m/")
        now = clock.now()
        unit = request.unit  # type: ignore[attr-defined]  # set by the host routing
        bench = workbench.workbench(unit_id=unit.id, actor=self.actor, today=clock.day_of(now))
        peak = max((totals.due_fen for _, totals in bench.course), default=0)
        return self.render(
            title="工作台",
            scope=unit.name,
            as_of=now,
            bench=bench,
            probationary_note=f"其中预备党员 {bench.counts.probationary} 人",
            is_manager=self.actor.holds("unit_admin"),
            peak=peak or 1,
            bars=[
                {
                    "label": f"{month.number} 月",
                    "value": totals.paid_fen,
                    "text": f"{totals.rate}%" if totals.due_fen else "—",
                }
                for month, totals in bench.course
            ],
        )
