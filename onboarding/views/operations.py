"""The platform operator's page: fed by rollups, never by a unit's schema."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.clock import Month, NotAMonth
from kernel.web.views import Page
from onboarding.services import overview
from onboarding.services.overview import Overview
from onboarding.views import exports, presenting
from onboarding.views.units import filter_labels, wanted_by
from shared_apps.usage.permissions import UsagePermission
from tenants.models import UnitState


class Operations(Page):
    """How many, how far, how much; each figure with its moment."""

    permission = UsagePermission.OPERATIONS_VIEW
    template_name = "onboarding/operations.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        month = month_asked_for(request)
        found = overview.overview(month=month, now=clock.now())
        wanted = wanted_by(request.GET)
        sort = request.GET.get("sort", "-since")
        page = presenting.page_of(
            request,
            overview.places(wanted, month=month, sort=sort),
            count=overview.matching(wanted),
        )
        return self.render(
            title="运行总览",
            crumbs=[{"label": "平台运营", "url": ""}, {"label": "运行总览", "url": ""}],
            scope=f"{month.label}，全部 {found.units} 个共建单位",
            as_of=found.as_of,
            found=found,
            serving_note=f"其中已开通 {found.totals.serving} 家",
            month=month,
            previous_url=self._with(month=str(month - 1)),
            next_url=self._with(month=str(month + 1)) if month < Month.of(today) else "",
            stages=self._stages(found),
            page_obj=page,
            lines=overview.lines_at(page, month=month),
            wanted=wanted,
            unit_states=UnitState.choices,
            blocker_choices=presenting.blocker_choices(),
            chips=presenting.chips(request.GET, filter_labels(wanted)),
            clear_url="?",
            state_marks=presenting.UNIT_STATES,
        )

    def _with(self, **changes: str) -> str:
        query = self.request.GET.copy()
        for name, value in changes.items():
            query[name] = value
        return f"?{query.urlencode()}"

    def _stages(self, found: Overview) -> list[dict[str, Any]]:
        return [
            {
                "label": stage.label,
                "value": stage.reached,
                "url": self._with(blocker=stage.blocker.value) + "#units" if stage.blocker else "",
                "stuck": stage.stuck,
            }
            for stage in found.stages
        ]


class ExportOperations(Page):
    """The table of units below the figures, filtered as on the page."""

    permission = UsagePermission.OPERATIONS_EXPORT

    def get(self, request: HttpRequest) -> HttpResponse:
        month = month_asked_for(request)
        found = overview.openings(
            wanted_by(request.GET), month=month, sort=request.GET.get("sort", "-since")
        )
        return exports.units_workbook(overview.lines(found, month=month), today=clock.today())


def month_asked_for(request: HttpRequest) -> Month:
    """``?month=2026-11``; anything else is this month."""
    try:
        return Month.parse(request.GET.get("month", ""))
    except NotAMonth:
        return Month.of(clock.today())
