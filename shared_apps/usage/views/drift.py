"""核对更正: where the nightly recount found another figure than the one that was kept."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from shared_apps.usage import selectors
from shared_apps.usage.permissions import UsagePermission
from shared_apps.usage.selectors import corrections

WINDOWS: Final = {"7": 7, "30": 30, "90": 90, "400": 400}


class Corrections(Page):
    """What was kept, what was found, in which unit, when, and how often."""

    permission = UsagePermission.OPERATIONS_VIEW
    template_name = "usage/corrections.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        days = request.GET.get("range", "")
        days = days if days in WINDOWS else "30"
        since = clock.now() - dt.timedelta(days=WINDOWS[days])
        unit_id = _unit_id(request.GET.get("unit", ""))
        found = selectors.drifts(since=since, unit_id=unit_id)
        page = Paginator(found, 50).get_page(request.GET.get("page"))
        return self.render(
            title="核对更正",
            crumbs=[
                {"label": "用量与汇总", "url": "/usage/"},
                {"label": "核对更正", "url": ""},
            ],
            page_obj=page,
            lines=corrections.lines(page),
            often=corrections.often(since=since) if unit_id is None else [],
            unit=corrections.unit_named(unit_id) if unit_id else "",
            spans=[
                {"label": label, "url": f"?range={key}" + (f"&unit={unit_id}" if unit_id else ""),
                 "is_current": key == days}
                for key, label in (("7", "近 7 天"), ("30", "近 30 天"), ("90", "近 90 天"),
                                   ("400", "全部"))
            ],
        )  # fmt: skip


def _unit_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
