"""The desk: the reconciliation list, differences, one difference (rulebook 10.5)."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.sheets.writing import Heading, Workbook
from kernel.statuses import status_of
from kernel.web import downloads
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors.cases import differences, open_of_day
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.strays import candidates
from tenant_apps.treasury.selectors import recon as reading
from tenant_apps.treasury.selectors.places import is_over_all
from tenant_apps.treasury.selectors.strays import is_strangers, stray_about
from tenant_apps.treasury.services import recon
from tenant_apps.treasury.views.books import page_of

HOME = {"label": "对账清单", "url": "/treasury/reconciliation/"}
CASES = {"label": "对账差异", "url": "/treasury/reconciliation/differences/"}
_FLAGS = {"matched": "相符", "open": "有差异", "settled": "差异已处理", "": "待对账"}
_HEADINGS = (
    Heading("支付时间", 18), Heading("订单号", 20), Heading("渠道", 12), Heading("渠道单号", 30),
    Heading("党员", 12), Heading("所在组织", 30), Heading("所属月份", 20), Heading("类别", 10),
    Heading("金额（元）", 12), Heading("手续费（元）", 12), Heading("结算批次", 16),
    Heading("银行到账日", 12), Heading("银行流水号", 24), Heading("对账结果", 14),
)  # fmt: skip


class ReconciliationList(Page):
    """`/treasury/reconciliation/`: a month; as a workbook with ``?export=xlsx``."""

    permission = ReconciliationPermission.BROWSE
    template_name = "treasury/recon.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        now = clock.now()
        latest = Month.of(clock.day_of(now))
        asked = request.GET.get("month", "")
        month = Month.parse(asked) if asked else latest
        orders = reading.paid_orders(self.actor, month.first_day, month.last_day)
        if request.GET.get("export") == "xlsx":
            return downloads.sheet(f"对账清单-{month}.xlsx", _workbook(month, orders))
        page = page_of(request, orders)
        return self.render(
            page_obj=page,
            rows=reading.told(page.object_list),
            standing=differences(),
            month=month,
            previous_url=f"?month={month - 1}",
            next_url=f"?month={month + 1}" if month < latest else "",
            title="对账清单",
            as_of=now,
            crumbs=[{"label": "党费账务", "url": ""}, {**HOME, "url": ""}],
        )


class DifferenceList(Page):
    """`/treasury/reconciliation/differences/`: what waits, and what was settled."""

    permission = ReconciliationPermission.BROWSE
    template_name = "treasury/differences.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        state = "settled" if request.GET.get("state") == "settled" else "open"
        found = reading.cases_visible_to(self.actor)
        tabs = [
            {"label": "待处理", "url": "?", "is_current": state == "open"},
            {"label": "已处理", "url": "?state=settled", "is_current": state == "settled"},
        ]
        return self.render(
            page_obj=page_of(request, found.filter(state=state)),
            tabs=tabs,
            state=state,
            today=clock.today(),
            standing=differences(),
            title="对账差异",
            as_of=clock.now(),
            crumbs=[HOME, {**CASES, "url": ""}],
        )


class Difference(Page):
    """`/treasury/reconciliation/differences/<id>/`: what both sides say, and what to do."""

    permission = ReconciliationPermission.BROWSE
    template_name = "treasury/difference.html"

    def get(self, request: HttpRequest, difference_id: UUID) -> HttpResponse:
        return self.page(difference_id)

    def page(self, difference_id: UUID, *, refused: str = "", status: int = 200) -> HttpResponse:
        case = reading.case_for(self.actor, difference_id, to=ReconciliationPermission.BROWSE)
        return self.render(
            status=status,
            case=case,
            payment=reading.about(case),
            **self.stray(case),
            standing=open_of_day(case) if case.kind == "balance" else None,
            refused=refused,
            reason=self.request.POST.get("reason", ""),
            may_decide=can(self.actor, ReconciliationPermission.DECIDE),
            title=case.get_kind_display(),
            scope=case.number,
            as_of=clock.now(),
            crumbs=[HOME, CASES, {"label": case.number, "url": ""}],
        )

    def stray(self, case: Any) -> dict[str, Any]:
        """What may be done with a stranger's money."""
        if not is_strangers(case) or not is_over_all(self.actor):
            return {}
        found, may = stray_about(case), can(self.actor, DuesPermission.SUSPENSE)
        asked = self.request.GET.get("q", "")
        return {
            "stray": found,
            "is_strangers": True,
            "may_stray": may,
            "q": asked,
            "candidates": candidates(self.actor, text=asked, amount_fen=found.amount_fen)
            if found and found.is_open and may
            else [],
            "is_second": found is not None and found.is_asked_by_another(self.actor),
        }


class DifferenceAct(Difference, abstract=True):
    """One act on a difference; the page again with what stood in the way."""

    permission = ReconciliationPermission.DECIDE

    @abstractmethod
    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str: ...

    def post(self, request: HttpRequest, difference_id: UUID) -> HttpResponse:
        try:
            said = self.act(request, difference_id, clock.now())
        except DomainError as error:
            if status_of(error) in {403, 404}:
                raise
            return self.page(difference_id, refused=error.message, status=status_of(error))
        toast(request, said)
        return HttpResponseRedirect(reverse("treasury:difference", args=[difference_id]))


class ExplainDifference(DifferenceAct):
    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        reason = request.POST.get("reason", "")
        recon.explain(case_id=difference_id, reason=reason, actor=self.actor, now=now)
        return "已登记处理结果"


class AskAboutDifference(DifferenceAct):
    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        recon.ask_again(case_id=difference_id, actor=self.actor, now=now)
        return "渠道确认已支付，款项已入账"


class CheckDifference(DifferenceAct):
    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        recon.check_again(case_id=difference_id, actor=self.actor, now=now)
        return "渠道结余与账面相符"


class TakeBackDifference(DifferenceAct):
    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        recon.take_back(case_id=difference_id, actor=self.actor, now=now)
        return "已撤销处理结果，差异恢复为待处理"


def _workbook(month: Month, orders: Any) -> bytes:
    with Workbook() as book:
        book.add_sheet(
            f"对账清单-{month}", map(_cells, reading.all_told(orders)), headings=_HEADINGS
        )
    return book.content()


def _cells(row: reading.Reconciled) -> tuple[Any, ...]:
    return (
        f"{row.paid_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M:%S}", row.number, row.channel,
        row.channel_number, row.member, row.org, "、".join(row.months), row.kind,
        row.amount_fen / 100, None if row.fee_fen is None else row.fee_fen / 100, row.settlement,
        row.credited_on, row.bank_reference,
        row.case.get_kind_display() if row.case and row.flag == "open" else _FLAGS[row.flag],
    )  # fmt: skip
