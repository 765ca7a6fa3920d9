"""The desk: who has not paid for how many months in a row, and what that calls for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.clock import Month
from kernel.sheets.writing import Heading, Value
from kernel.web.views import Page
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.arrears import (
    WORDS,
    Late,
    Stage,
    late_members,
    suggestion_article,
)
from tenant_apps.dues.views import tables


class Arrears(Page):
    """`/dues/arrears/`: members by stage; the same as a workbook with ``?export=xlsx``."""

    permission = DuesPermission.BROWSE
    template_name = "dues/arrears.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        q, asked = request.GET.get("q", "").strip(), request.GET.get("stage", "")
        stage = int(asked) if asked in {str(one.value) for one in Stage} else 0
        everybody = late_members(self.actor, today=today, below=request.GET.get("org", ""), name=q)
        counts = Counter(one.stage for one in everybody)
        rows = [one for one in everybody if not stage or one.stage == stage]
        if request.GET.get("export") == "xlsx":
            return tables.workbook(f"党费欠交-{today:%Y%m%d}.xlsx", _sheet(rows))
        query = request.GET.copy()
        query["export"] = "xlsx"
        return self.render(
            rows=rows,
            page_obj=Paginator(rows, 20).get_page(request.GET.get("page")),
            words=WORDS,
            stage=stage,
            q=q,
            tabs=[{"label": "全部", "count": len(everybody), "url": "?", "is_current": not stage}]
            + [
                {
                    "label": f"{one.value} 个月" + ("以上" if one is Stage.SUGGESTION else ""),
                    "count": counts[one],
                    "url": f"?stage={one.value}",
                    "is_current": one == stage,
                }
                for one in Stage
            ],
            owed_fen=sum(one.owed_fen for one in rows),
            is_suggested=bool(counts[Stage.SUGGESTION]),
            article=suggestion_article(today),
            export_url=f"?{query.urlencode()}",
            title="党费欠交",
            as_of=clock.now(),
            crumbs=[{"label": "党费", "url": ""}, {"label": "党费欠交", "url": ""}],
        )


def _sheet(rows: Sequence[Late]) -> tuple[Sequence[Heading], Iterable[Sequence[Value]]]:
    headings = (
        Heading("姓名", 12), Heading("所在组织", 32), Heading("连续未交（月）", 14),
        Heading("自", 10), Heading("至", 10), Heading("共欠（月）", 12),
        Heading("共欠（元）", 12), Heading("应做的事", 32),
    )  # fmt: skip
    lines = (
        (
            one.name, one.org_name, one.months, str(Month(one.first_month)),
            str(Month(one.last_month)), one.owed_months, one.owed_fen / 100, WORDS[one.stage],
        )
        for one in rows
    )  # fmt: skip
    return headings, lines
