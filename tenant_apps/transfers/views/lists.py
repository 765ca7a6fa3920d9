"""``/transfers/``: what is under way, what waits, letters that ran out, what is done."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from kernel import clock
from kernel.permissions import can
from kernel.sheets.writing import Heading, Workbook
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.exchange import selectors as exchange
from tenant_apps.transfers.models import Handover, Kind
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors.lists import TABS, Filters, Tab, counts, listed
from tenant_apps.transfers.services import publishing
from tenant_apps.transfers.views import presenting

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST = 5_000
_COLUMNS = (
    "姓名", "类别", "转出党组织", "接收党组织", "介绍信编号", "开具日期", "有效期至", "党费交至",
    "状态", "办理结果",
)  # fmt: skip


def asked(data: QueryDict) -> tuple[Tab, Filters]:
    """The list and the filters of an address; what is unknown there is left out."""
    tab = data.get("tab", "")
    filters = Filters(data.get("q", "").strip()[:60], data.get("kind", ""), data.get("state", ""))
    return Tab(tab) if tab in TABS else Tab.OPEN, filters


class Transfers(Page):
    """The first page of transfers."""

    permission = TransferPermission.BROWSE
    template_name = "transfers/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        tab, filters = asked(request.GET)
        found = counts(self.actor, today=today)
        page = Paginator(listed(self.actor, tab, filters, today=today), 20).get_page(
            request.GET.get("page")
        )
        may_publish = can(self.actor, TransferPermission.PUBLISH) and "" in self.actor.scopes(
            "unit_admin"
        )
        return self.render(
            title="组织关系转接",
            crumbs=[{"label": "组织关系转接"}],
            tabs=[
                {
                    "label": label,
                    "url": f"?tab={key}",
                    "count": found[key],
                    "is_current": key == tab,
                }
                for key, label in TABS.items()
            ],
            tab=tab,
            filters=filters,
            kinds=Kind.choices,
            chips=self._chips(tab, filters),
            page_obj=page,
            rows=presenting.rows(list(page.object_list), today=today),
            export_url=f"export/?{request.GET.urlencode()}",
            may_publish=may_publish,
            is_published=may_publish and exchange.is_published(),
            may_remind=can(self.actor, TransferPermission.REMIND),
            as_of=clock.now(),
        )

    def _chips(self, tab: Tab, filters: Filters) -> list[dict[str, str]]:
        chips = []
        if filters.q:
            chips.append({"label": f"含「{filters.q}」", "url": f"?tab={tab}"})
        if filters.kind in Kind.values:
            chips.append({"label": Kind(filters.kind).label, "url": f"?tab={tab}"})
        return chips


class ExportTransfers(Page):
    """``/transfers/export/?…``: the list as a workbook, with the filters of the page."""

    permission = TransferPermission.BROWSE
    is_kept_open = True

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        tab, filters = asked(request.GET)
        found = list(listed(self.actor, tab, filters, today=today)[:_MOST])
        response = HttpResponse(_workbook(found, today), content_type=_XLSX)
        name = quote(f"组织关系转接-{TABS[tab]}-{today:%Y%m%d}.xlsx")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        response["Cache-Control"] = "no-store"
        return response


class Publish(Page):
    """``/transfers/publish/``: whether other units find this one."""

    permission = TransferPermission.PUBLISH

    def post(self, request: HttpRequest) -> HttpResponse:
        is_open = request.POST.get("is_open") == "1"
        publishing.publish(is_open=is_open, actor=self.actor, now=clock.now())
        toast(request, "其他单位现在可以找到本单位。" if is_open else "其他单位不再能找到本单位。")
        return HttpResponseRedirect("/transfers/")


def _workbook(found: list[Handover], today: dt.date) -> bytes:
    lines = (_line(row) for row in presenting.rows(found, today=today))
    with Workbook() as book:
        book.add_sheet("组织关系转接", lines, headings=[Heading(text, 16) for text in _COLUMNS])
    return book.content()


def _line(row: dict[str, Any]) -> list[Any]:
    one = row["handover"]
    return [
        one.name, one.get_kind_display(), row["source"], row["target"], one.letter, one.issued_on,
        one.valid_until, presenting.month_label(one.paid_to), row["state"], one.outcome,
    ]  # fmt: skip
