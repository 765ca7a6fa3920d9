"""The desk: a month's overview, who has paid, standards, receipts, checks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.money import capitals
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.reconciliation.selectors.cases import differences
from shared_apps.rules import selectors as rules
from tenant_apps.dues import selectors
from tenant_apps.dues.forms import ExemptForm, StandardForm
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import MonthTotals, contributions, slips
from tenant_apps.dues.selectors.on_behalf import payer_of
from tenant_apps.dues.selectors.overview import overview
from tenant_apps.dues.services import billing, standards
from tenant_apps.dues.views import tables
from tenant_apps.members import selectors as members


def page_of(request: HttpRequest, rows: Any) -> Any:
    """The page of ``rows`` that the address asks for; nonsense is the first page."""
    size = request.GET.get("size", "")
    return Paginator(rows, int(size) if size in {"20", "50", "100"} else 20).get_page(
        request.GET.get("page")
    )


def _unpaid_note(totals: MonthTotals) -> str:
    """How many have not paid, and how many need not yet."""
    deferred = f"，另有 {totals.deferred:,} 人缓交" if totals.deferred else ""
    return f"{totals.unpaid:,} 人未交{deferred}"


class MonthOverview(Page):
    """`/dues/`: what is due and paid by organisation; issue and undo."""

    permission = DuesPermission.BROWSE
    template_name = "dues/overview.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        current = Month.of(clock.day_of(now))
        asked = request.GET.get("month", "")
        month = Month.parse(asked) if asked else current
        found = overview(self.actor, month, request.GET.get("org", ""))
        may_issue = can(self.actor, DuesPermission.ISSUE)
        oldest, latest = billing.issuable_months(now)
        return self.render(
            overview=found,
            month=month,
            as_of=now,
            title="收缴台账",
            scope=found.name,
            crumbs=[{"label": "党费", "url": ""}, {"label": "收缴台账", "url": ""}],
            preview=selectors.issue_preview(self.actor, month, below=found.path)
            if may_issue and oldest <= month <= latest
            else None,
            may_issue=may_issue,
            unpaid_note=_unpaid_note(found.totals),
            is_late=month < current,
            bars=tables.course(found),
            **tables.neighbours(request, month, latest),
        )


class MonthBills(Page):
    """`/dues/2026-11/`: who has paid; the same view as a workbook with ``?export=xlsx``."""

    permission = DuesPermission.BROWSE
    template_name = "dues/bills.html"

    def get(self, request: HttpRequest, month: Month) -> HttpResponse:
        table = tables.BillTable(self.actor, month, request.GET, today=clock.today())
        if request.GET.get("export") == "xlsx":
            return tables.workbook(f"党费收缴-{month}.xlsx", table.export())
        return self.render(
            table=table,
            month=month,
            page_obj=page_of(request, table.rows()),
            title=f"{month.label}收缴明细",
            scope=table.place,
            as_of=clock.now(),
            crumbs=[
                {"label": "党费", "url": ""},
                {"label": "收缴台账", "url": reverse("dues:overview") + f"?month={month}"},
                {"label": "收缴明细", "url": ""},
            ],
            may_exempt=can(self.actor, DuesPermission.EXEMPT),
            may_refund=can(self.actor, DuesPermission.REFUND),
        )


class WithoutStandard(Page):
    """`/dues/2026-11/missing/`: whom an issue leaves out because no standard was fixed."""

    permission = DuesPermission.STANDARD
    template_name = "dues/missing.html"

    def get(self, request: HttpRequest, month: Month) -> HttpResponse:
        ids = selectors.without_standard(self.actor, month, below=request.GET.get("org", ""))
        return self.render(
            people=members.members_for(self.actor, ids, to=self.permission),
            month=month,
            title="未核定标准的党员",
            scope=f"{month.label}，最多列出 500 人",
            as_of=clock.now(),
            crumbs=[
                {"label": "党费", "url": ""},
                {"label": "收缴台账", "url": reverse("dues:overview") + f"?month={month}"},
                {"label": "未核定标准", "url": ""},
            ],
        )


class IssueMonth(Page):
    permission = DuesPermission.ISSUE

    def post(self, request: HttpRequest, month: Month) -> HttpResponse:
        below = request.POST.get("org", "")
        issued = billing.issue_month(month=month, actor=self.actor, now=clock.now(), below=below)
        undo = reverse("dues:withdraw", args=[month]) if not issued.already else None
        toast(request, f"已生成 {month.label} {issued.count} 笔账单", undo_url=undo)
        return HttpResponseRedirect(f"{reverse('dues:overview')}?month={month}&org={below}")


class WithdrawMonth(Page):
    permission = DuesPermission.ISSUE

    def post(self, request: HttpRequest, month: Month) -> HttpResponse:
        below = request.POST.get("org", "")
        count = billing.withdraw_month(month=month, actor=self.actor, now=clock.now(), below=below)
        toast(request, f"已撤销 {month.label} {count} 笔账单")
        return HttpResponseRedirect(f"{reverse('dues:overview')}?month={month}&org={below}")


class ExemptBill(Page):
    """Enters an exemption that the next-higher committee approved."""

    permission = DuesPermission.EXEMPT
    template_name = "dues/exempt.html"

    def get(self, request: HttpRequest, bill_id: UUID) -> HttpResponse:
        return self._page(bill_id, ExemptForm())

    def post(self, request: HttpRequest, bill_id: UUID) -> HttpResponse:
        form = ExemptForm(request.POST)
        if not form.is_valid():
            return self._page(bill_id, form, status=422)
        bill = selectors.bill_for(self.actor, bill_id, to=self.permission)
        try:
            billing.exempt(bill=bill, actor=self.actor, now=clock.now(), **form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self._page(bill_id, form, status=422)
        undo = reverse("dues:reinstate", args=[bill_id])
        toast(request, f"已登记 {bill.member.name} {Month(bill.month).label}免交", undo_url=undo)
        return HttpResponseRedirect(reverse("dues:bills", args=[Month(bill.month)]))

    def _page(self, bill_id: UUID, form: ExemptForm, status: int = 200) -> HttpResponse:
        bill = selectors.bill_for(self.actor, bill_id, to=self.permission)
        month = Month(bill.month)
        pack = rules.dues_pack(month.first_day)
        return self.render(
            bill=bill,
            month=month,
            form=form,
            exemption=pack.exemption,
            title="登记免交",
            scope=f"{bill.member.name}，{month.label}",
            crumbs=[
                {"label": "收缴台账", "url": reverse("dues:overview")},
                {"label": f"{month.label}收缴明细", "url": reverse("dues:bills", args=[month])},
                {"label": "登记免交", "url": ""},
            ],
            status=status,
        )


class ReinstateBill(Page):
    permission = DuesPermission.EXEMPT

    def post(self, request: HttpRequest, bill_id: UUID) -> HttpResponse:
        bill = selectors.bill_for(self.actor, bill_id, to=self.permission)
        billing.reinstate(bill=bill, actor=self.actor, now=clock.now())
        toast(request, f"已恢复 {bill.member.name} {Month(bill.month).label}应交")
        return HttpResponseRedirect(reverse("dues:bills", args=[Month(bill.month)]))


class Standards(Page):
    """`/dues/standards/`: the year's standards and how each came about."""

    permission = DuesPermission.STANDARD
    template_name = "dues/standards.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        table = tables.StandardTable(self.actor, request.GET, today=clock.today())
        if request.GET.get("export") == "xlsx":
            return tables.workbook(f"党费标准-{table.year}.xlsx", table.export())
        return self.render(
            table=table,
            page_obj=page_of(request, table.rows()),
            may_fix_year=can(self.actor, DuesPermission.ISSUE),
            may_set=can(self.actor, DuesPermission.SETTING),
            title=f"{table.year} 年党费标准",
            scope=table.place,
            as_of=clock.now(),
            crumbs=[{"label": "党费", "url": ""}, {"label": "标准核定", "url": ""}],
        )


class MemberStandard(Page):
    """`/dues/standards/<member>/`: one member's standard, its history, and a new one."""

    permission = DuesPermission.STANDARD
    template_name = "dues/standard.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        today = clock.today()
        current = selectors.standard_in_force(member_id, Month.of(today))
        initial: dict[str, Any] = {"month": str(Month.of(today))}
        if current:
            base = current.base_fen
            initial["category"] = current.category
            initial["base"] = "" if base is None else f"{base // 100}.{base % 100:02d}"
            for line in slips.lines_of(current.items_sealed, self._pack()):
                given = line.given_fen
                initial[f"item_{line.item.code}"] = f"{given // 100}.{given % 100:02d}"
        return self._page(member_id, StandardForm(initial=initial, pack=self._pack()))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        form = StandardForm(request.POST, pack=self._pack())
        if not form.is_valid():
            return self._page(member_id, form, status=422)
        member = members.member_for(self.actor, member_id, to=self.permission)
        try:
            made = standards.set_one(
                member_id=member.pk, actor=self.actor, now=clock.now(), **form.verdict()
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(member_id, form, status=422)
        toast(request, f"已核定 {member.name} 自 {Month(made.effective_month).label} 起的标准")
        return HttpResponseRedirect(reverse("dues:standard", args=[member_id]))

    def _pack(self) -> rules.DuesPack:
        return rules.dues_pack(clock.today())

    def _page(self, member_id: UUID, form: StandardForm, status: int = 200) -> HttpResponse:
        member = members.member_for(self.actor, member_id, to=self.permission)
        rows = list(selectors.standards_of_member(member_id))
        current = selectors.standard_in_force(member_id, Month.of(clock.today()))
        return self.render(
            member=member,
            form=form,
            has_slip=bool(current and current.items_sealed),
            may_contribute=can(self.actor, DuesPermission.CONTRIBUTION, member),
            may_relieve=can(self.actor, DuesPermission.EXEMPT, member),
            current=current,
            explanation=selectors.explain(current) if current else None,
            rows=[(row, selectors.explain(row)) for row in rows],
            title=f"{member.name}的党费标准",
            scope=member.org.name,
            crumbs=[
                {"label": "党费", "url": ""},
                {"label": "标准核定", "url": reverse("dues:standards")},
                {"label": member.name, "url": ""},
            ],
            status=status,
        )


class Receipts(Page):
    """`/dues/receipts/`: every number given, void ones included."""

    permission = DuesPermission.BROWSE
    template_name = "dues/receipts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        table = tables.ReceiptTable(self.actor, request.GET)
        if request.GET.get("export") == "xlsx":
            return tables.workbook("党费收据.xlsx", table.export())
        return self.render(
            table=table,
            page_obj=page_of(request, table.rows()),
            may_refund=can(self.actor, DuesPermission.REFUND),
            title="党费收据",
            as_of=clock.now(),
            crumbs=[{"label": "党费", "url": ""}, {"label": "党费收据", "url": ""}],
        )


class ReceiptSheet(Page):
    """One receipt on paper."""

    permission = DuesPermission.BROWSE
    template_name = "dues/receipt_print.html"
    is_paper = True

    def get(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        receipt = selectors.receipt_for(self.actor, receipt_id, to=self.permission)
        return self.render(
            receipt=receipt,
            capitals=capitals(receipt.amount_fen),
            article=contributions.large_article(clock.day_of(receipt.issued_at)),
            title=f"党费收据 {receipt.serial}",
            back_url=reverse("dues:receipts"),
            payer=payer_of(receipt),
            verify_url=request.build_absolute_uri(reverse("dues:verify")),
        )


class Checks(Page):
    """`/dues/checks/`: whether the books add up, checked now."""

    permission = DuesPermission.CHECK
    template_name = "dues/checks.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = selectors.invariants()
        return self.render(
            checks=found,
            broken=[check for check in found if not check.holds],
            balances=selectors.balances(),
            suspense_fen=selectors.unresolved().fen,
            standing=differences(),
            may_decide=can(self.actor, DuesPermission.SUSPENSE),
            title="账目核对",
            as_of=clock.now(),
            crumbs=[{"label": "党费", "url": ""}, {"label": "账目核对", "url": ""}],
        )
