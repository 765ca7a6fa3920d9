"""用量与汇总: what all units add up to, by day, by region, by branch; from rollups only."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.clock import Month
from kernel.web.views import Page
from shared_apps.usage import selectors
from shared_apps.usage.permissions import UsagePermission
from shared_apps.usage.selectors import Acts, By, Span, Together
from shared_apps.usage.selectors.places import LABELS
from shared_apps.usage.views import presenting, workbook

_SPANS: Final = (("7", "近 7 天"), ("30", "近 30 天"), ("90", "近 90 天"), ("12m", "近 12 个月"))


class Figures(Page):
    """Key figures, four drawings with their table, and the places below."""

    permission = UsagePermission.OPERATIONS_VIEW
    template_name = "usage/figures.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        span = selectors.span_asked_for(request.GET.dict(), today=clock.today())
        by = selectors.by_asked_for(request.GET.dict())
        together = selectors.everything(span, by=by)
        days = selectors.by_day(span, few_units=together.members.hidden_units)
        acts = selectors.acts_everywhere(span)
        monthly = span.key == "12m"
        series = presenting.by_month(days) if monthly else days
        found = selectors.places(by, span)
        lines = presenting.lines(found, by=by, sort=request.GET.get("sort", ""))
        size = request.GET.get("size", "")
        per_page = int(size) if size.isdigit() and int(size) in presenting.SIZES else 20
        return self.render(
            title="用量与汇总",
            crumbs=[{"label": "平台运营", "url": ""}, {"label": "用量与汇总", "url": ""}],
            span=span,
            by=by,
            place_label=LABELS[by],
            together=together,
            acts=acts,
            charts=presenting.charts(series, monthly=monthly),
            rows=[
                {
                    "label": presenting.period(day.day, monthly=monthly),
                    "day": day,
                    "acts": presenting.acts_of(day),
                }
                for day in reversed(series)
            ],
            page_obj=Paginator(lines, per_page).get_page(request.GET.get("page")),
            lag=selectors.lag(now=clock.now()),
            notes=_notes(span, together, acts),
            **self._choices(span, by),
        )

    def _choices(self, span: Span, by: By) -> dict[str, Any]:
        this_month = Month.of(clock.today())
        return {
            "spans": [
                {
                    "label": label,
                    "url": self._with(range=key, month=""),
                    "is_current": key == span.key,
                }
                for key, label in _SPANS
            ],
            "tabs": [
                {
                    "label": f"按{label}",
                    "url": self._with(by=key.value, sort="", page="") + "#places",
                    "is_current": key == by,
                }
                for key, label in LABELS.items()
            ],
            "month": span.month,
            "previous_url": self._with(month=str(span.month - 1), range=""),
            "next_url": self._with(month=str(span.month + 1), range="")
            if span.month < this_month
            else "",
        }

    def _with(self, **changes: str) -> str:
        query = self.request.GET.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"


class ExportFigures(Page):
    """The same as a workbook: key figures, days, places."""

    permission = UsagePermission.OPERATIONS_EXPORT

    def get(self, request: HttpRequest) -> HttpResponse:
        span = selectors.span_asked_for(request.GET.dict(), today=clock.today())
        return workbook.figures(span, now=clock.now())


def _notes(span: Span, together: Together, acts: Acts) -> dict[str, str]:
    """The small print of the key figures."""
    months = span.month.label
    if span.key == "12m":
        months = f"{Month.of(span.first).label}至 {span.month.number} 月"
    left = together.members.left_out
    return {
        "units": f"已开通 {together.serving:,} 家，本期新开 {together.opened:,} 家",
        "members": f"另有 {left:,} 家不足 5 人，未计入" if left else "",
        "activated": f"另有 {together.activated.left_out:,} 家不足 5 人，未计入"
        if together.activated.left_out
        else "",
        "due": "应交" if span.key == "12m" else f"{span.month.number} 月应交",
        "paid": "已交" if span.key == "12m" else f"{span.month.number} 月已交",
        "acts": f"交费 {acts.payments:,}，登录 {acts.sign_ins:,}，导入 {acts.imports:,}",
        "months": months,
    }
