"""The desk: income, expenses on their way, reversals."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web import downloads
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.banks import banks
from tenant_apps.treasury.forms import DecisionForm, ExpenseForm, IncomeForm, ReasonForm
from tenant_apps.treasury.models import Voucher, VoucherState
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import vouchers as reading
from tenant_apps.treasury.selectors.places import places_for
from tenant_apps.treasury.services import reversing, vouchers
from tenant_apps.treasury.views.books import ROOT, page_of

_LIST = {"label": "收支单据", "url": "/treasury/vouchers/"}


class Vouchers(Page):
    """`/treasury/vouchers/`: what people entered, by state."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/vouchers.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        state = request.GET.get("state", "")
        state = state if state in VoucherState.values else ""
        rows = reading.vouchers_visible_to(self.actor)
        tabs = [{"label": "全部", "url": "?", "is_current": not state}]
        tabs += [
            {"label": label, "url": f"?state={value}", "is_current": value == state}
            for value, label in VoucherState.choices
        ]
        return self.render(
            page_obj=page_of(request, rows.filter(state=state) if state else rows),
            tabs=tabs,
            state=state,
            may_enter=can(self.actor, TreasuryPermission.ENTER),
            as_of=clock.now(),
            title="收支单据",
            crumbs=[ROOT, {"label": "收支单据", "url": ""}],
        )


class _Enter(Page, abstract=True):
    """A form that enters one voucher."""

    permission = TreasuryPermission.ENTER
    template_name = "treasury/enter.html"
    heading = ""
    advice = ""

    @abstractmethod
    def form(self, data: Any = None) -> Any: ...

    @abstractmethod
    def enter(self, form: Any) -> Voucher: ...

    def common(self) -> dict[str, Any]:
        return {
            "places": places_for(self.actor, to=self.permission),
            "banks": banks(),
            "today": clock.today(),
        }

    def shown(self, form: Any, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            advice=self.advice,
            title=self.heading,
            crumbs=[ROOT, _LIST, {"label": self.heading, "url": ""}],
            status=status,
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown(self.form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                made = self.enter(form)
            except DomainError as error:
                self.form_error(form, error)
                return self.shown(form, status_of(error))
            toast(request, f"{made.get_kind_display()}{made.get_state_display()}")
            return HttpResponseRedirect(reverse("treasury:voucher", args=[made.pk]))
        return self.shown(form, 422)


class EnterIncome(_Enter):
    """`/treasury/vouchers/income/`"""

    heading = "录入收入"
    advice = "保存后立即入账。利息是党费收入；上级下拨须注明是否专项。录错只能由两人红字冲销。"

    def form(self, data: Any = None) -> IncomeForm:
        return IncomeForm(data, **self.common())

    def enter(self, form: Any) -> Voucher:
        return vouchers.enter_income(
            kind=form.cleaned_data["kind"],
            entry=form.entry(),
            actor=self.actor,
            now=clock.now(),
        )


class EnterExpense(_Enter):
    """`/treasury/vouchers/expense/`"""

    heading = "录入支出"
    advice = "党费只能用于五项用途，并须集体研究决定。登记决议、负责人批准后，由出纳付款入账。"

    def form(self, data: Any = None) -> ExpenseForm:
        return ExpenseForm(data, earmarks=reading.earmarked(self.actor), **self.common())

    def enter(self, form: Any) -> Voucher:
        return vouchers.enter_expense(entry=form.entry(), actor=self.actor, now=clock.now())


def voucher_page(
    page: Page, voucher: Voucher, *, form: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    """One voucher with what the actor may do to it now."""
    actor, is_own = page.actor, voucher.entered_by == page.actor.person_id
    stages = ["DRAFT", "DECIDED", "APPROVED", "PAID"]
    return page.render(
        template="treasury/voucher.html",
        voucher=voucher,
        use_label=chart.USES.get(voucher.use, ""),
        reversal=reading.reversal_of(voucher),
        form=form or DecisionForm(initial={"decided_on": clock.today()}),
        steps=[{"label": label} for label in ("录入", "集体决议", "负责人批准", "出纳付款")],
        stage=stages.index(voucher.state) + 2 if voucher.state in stages else 5,
        is_own=is_own,
        may_enter=can(actor, TreasuryPermission.ENTER, voucher),
        may_approve=can(actor, TreasuryPermission.APPROVE, voucher) and not is_own,
        may_pay=can(actor, TreasuryPermission.PAY, voucher) and not is_own,
        title=voucher.get_kind_display(),
        scope=voucher.summary,
        crumbs=[ROOT, _LIST, {"label": voucher.summary, "url": ""}],
        status=status,
    )


class VoucherPage(Page):
    """`/treasury/vouchers/<voucher_id>/`"""

    permission = TreasuryPermission.BROWSE

    def get(self, request: HttpRequest, voucher_id: UUID) -> HttpResponse:
        return voucher_page(self, reading.voucher_for(self.actor, voucher_id, to=self.permission))


class ScanFile(Page):
    """`/treasury/vouchers/<voucher_id>/scan/`: the minute as it was handed in."""

    permission = TreasuryPermission.BROWSE

    def get(self, request: HttpRequest, voucher_id: UUID) -> HttpResponseBase:
        found = reading.voucher_for(self.actor, voucher_id, to=self.permission)
        name, content = vouchers.scan_of(voucher=found)
        return downloads.handed_in(content, name=name)


class DecideExpense(Page):
    permission = TreasuryPermission.ENTER

    def post(self, request: HttpRequest, voucher_id: UUID) -> HttpResponse:
        found = reading.voucher_for(self.actor, voucher_id, to=self.permission)
        form = DecisionForm(request.POST, request.FILES)
        if not form.is_valid():
            return voucher_page(self, found, form=form, status=422)
        try:
            vouchers.decide(
                voucher=found,
                decided=form.decided(),
                scan=form.upload(),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return voucher_page(self, found, form=form, status=status_of(error))
        toast(request, "已登记决议，等待负责人批准")
        return HttpResponseRedirect(reverse("treasury:voucher", args=[voucher_id]))


class _Act(Page, abstract=True):
    """One step of a voucher by a button."""

    done = ""

    @abstractmethod
    def act(self, voucher: Voucher) -> Voucher: ...

    def post(self, request: HttpRequest, voucher_id: UUID) -> HttpResponse:
        found = reading.voucher_for(self.actor, voucher_id, to=self.permission)
        made = self.act(found)
        toast(request, self.done)
        return HttpResponseRedirect(reverse("treasury:voucher", args=[made.pk]))


class ApproveExpense(_Act):
    permission = TreasuryPermission.APPROVE
    done = "已批准，等待出纳付款"

    def act(self, voucher: Voucher) -> Voucher:
        return vouchers.approve(voucher=voucher, actor=self.actor, now=clock.now())


class PayExpense(_Act):
    permission = TreasuryPermission.PAY
    done = "已付款并入账"

    def act(self, voucher: Voucher) -> Voucher:
        return vouchers.pay(voucher=voucher, actor=self.actor, now=clock.now())


class WithdrawVoucher(_Act):
    permission = TreasuryPermission.ENTER
    done = "已作废"

    def act(self, voucher: Voucher) -> Voucher:
        return vouchers.withdraw(voucher=voucher, actor=self.actor, now=clock.now())


class AskReversal(_Act):
    permission = TreasuryPermission.ENTER
    done = "已申请冲销，等待出纳复核"

    def act(self, voucher: Voucher) -> Voucher:
        form = ReasonForm(self.request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        return reversing.ask(voucher=voucher, reason=reason, actor=self.actor, now=clock.now())


class ConfirmReversal(_Act):
    permission = TreasuryPermission.PAY
    done = "已冲销并入账"

    def act(self, voucher: Voucher) -> Voucher:
        return reversing.confirm(voucher=voucher, actor=self.actor, now=clock.now())
