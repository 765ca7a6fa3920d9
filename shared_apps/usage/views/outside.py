"""平台看到了我们什么: for the unit's administrators, everything that left, as it was sent."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict

from kernel import clock
from kernel.clock import BEIJING, Month
from kernel.errors import DomainError
from kernel.unit import current_unit, shared_context
from kernel.web.views import Page
from shared_apps.usage import selectors
from shared_apps.usage.models import Report, UnitTotal
from shared_apps.usage.permissions import UsagePermission
from shared_apps.usage.selectors import outside
from shared_apps.usage.selectors.outside import REPORTS_SHOWN
from shared_apps.usage.selectors.wording import NUMBERS, OPERATORS

KINDS: Final[Mapping[str, str]] = {
    "organizations": "党组织", "members": "党员", "activations": "激活", "imports": "名册导入",
    "sign_ins": "党员登录", "bills": "账单", "payments": "交费", "state": "开通状态",
}  # fmt: skip
_VIEWS: Final = {
    "": "上报的每一项", "reports": "上报原文", "sums": "按月按日合计", "tables": "平台登记表",
}  # fmt: skip
_SIZES: Final = ("10", "20", "50")
_LABELS: Final = {(one.kind, one.name): one for one in NUMBERS}


class WhatThePlatformSees(Page):
    """``/outside/?view=&kind=&month=&page=``: what leaves, one part to a view."""

    permission = UsagePermission.OUTSIDE_VIEW
    template_name = "usage/outside.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = current_unit()
        total = outside.total_of(unit.id)
        asked = request.GET.get("view", "")
        view = asked if asked in _VIEWS else ""
        return self.render(
            title="平台看到了我们什么",
            crumbs=[{"label": "管理", "url": ""}, {"label": "平台看到了我们什么", "url": ""}],
            as_of=as_of(),
            view=view,
            views=[
                {"label": label, "url": f"?view={key}" if key else "?", "is_current": key == view}
                for key, label in _VIEWS.items()
            ],
            is_few=is_few(total),
            print_url=f"/outside/print/?{self._filters().urlencode()}",
            **self._part(view, unit.id, total),
        )

    def _part(self, view: str, unit_id: UUID, total: UnitTotal | None) -> dict[str, Any]:
        if view == "reports":
            return self._reports(unit_id)
        if view == "sums":
            return {"months": outside.months_of(unit_id), "days": outside.days_of(unit_id)}
        if view == "tables":
            return {"held": outside.held_of(unit_id)}
        return {"sent": outside.numbers_of(total), "who": OPERATORS}

    def _reports(self, unit_id: UUID) -> dict[str, Any]:
        kind, month = filters_in(self.request)
        size = self.request.GET.get("size", "")
        found = outside.reports_of(unit_id, kind=kind, month=month)
        page = Paginator(found, int(size) if size in _SIZES else int(_SIZES[0]))
        shown = page.get_page(self.request.GET.get("page"))
        return {
            "page_obj": shown,
            "page_sizes": " ".join(_SIZES),
            "reports": [told(row) for row in shown],
            "kinds": KINDS.items(),
            "kind": kind,
            "months": outside.months_reported(unit_id),
            "month": month,
            "kept": REPORTS_SHOWN,
        }

    def _filters(self) -> QueryDict:
        kept = self.request.GET.copy()
        for name in ("view", "page", "size"):
            kept.pop(name, None)
        return kept


class PrintOutside(Page):
    """``/outside/print/?kind=&month=``: everything on paper."""

    permission = UsagePermission.OUTSIDE_VIEW
    template_name = "usage/outside_print.html"
    is_paper = True

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = current_unit()
        found = outside.outside(unit.id)
        kind, month = filters_in(request)
        return self.render(
            title="平台看到了我们什么",
            back_url="/outside/",
            unit_name=unit.name,
            found=found,
            as_of=as_of(),
            who=OPERATORS,
            is_few=is_few(found.total),
            kind=KINDS.get(kind, ""),
            month=month,
            kept=REPORTS_SHOWN,
            reports=[
                told(row)
                for row in outside.reports_of(unit.id, kind=kind, month=month)[:REPORTS_SHOWN]
            ],
        )


class DownloadOutside(Page):
    """The same as JSON, with the reports exactly as they were sent."""

    permission = UsagePermission.OUTSIDE_VIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = current_unit()
        now = clock.now()
        content = json.dumps(
            outside.as_data(outside.outside(unit.id), now=now), ensure_ascii=False, indent=2
        )
        response = HttpResponse(content, content_type="application/json")
        name = quote(f"平台看到的数据-{unit.name}-{now.astimezone(BEIJING):%Y%m%d}.json")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        response["Cache-Control"] = "no-store"
        return response


def words_of(report: Report) -> str:
    """A report's numbers in words: 账单数 +3，应交党费 +387.00 元."""
    parts = []
    for name, value in sorted(report.numbers.items()):
        number = _LABELS[report.kind, name]
        if name == "month":
            parts.append(f"{value // 100} 年 {value % 100} 月")
        elif report.kind == "state":
            parts.append(f"{number.label} {value}")
        else:
            is_money = number.form == "fen"
            change = f"{value / 100:+,.2f} 元" if is_money else f"{value:+,}"
            parts.append(f"{number.label} {change}")
    return "，".join(parts)


def told(row: Report) -> dict[str, Any]:
    """A report in words, and exactly as it was sent."""
    return {
        "row": row,
        "kind": KINDS[row.kind],
        "words": words_of(row),
        "raw": json.dumps(row.numbers, ensure_ascii=False, sort_keys=True),
    }


def filters_in(request: HttpRequest) -> tuple[str, Month | None]:
    """Kind and month of reports that the address asks for; what cannot be counts as not given."""
    kind, month = request.GET.get("kind", ""), request.GET.get("month", "")
    try:
        asked = Month.parse(month) if month else None
    except DomainError:
        asked = None
    return kind if kind in KINDS else "", asked


def is_few(total: UnitTotal | None) -> bool:
    """Whether the unit's people are too few to be shown to operators."""
    return total is not None and selectors.shown(total.members) is None


@shared_context()
def as_of() -> dt.datetime | None:
    """Up to when reports are folded."""
    return selectors.as_of()
