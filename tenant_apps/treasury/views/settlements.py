"""结算记录, 党费专户 and 结算方式 on the unit's desk."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.money import yuan
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.settlement.forms import AccountForm, TermsForm
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import AccountState, Instruction, InstructionState
from shared_apps.settlement.selectors.terms import EXPLAINED
from shared_apps.settlement.views import marks
from shared_apps.settlement.views.paging import page_of
from tenant_apps.treasury.selectors import settlements as reading
from tenant_apps.treasury.services import accounts

LIST: Final = {"label": "结算记录", "url": "/treasury/settlements/"}
ACCOUNT: Final = {"label": "专户与结算方式", "url": "/treasury/account/"}
_FIELDS: Final = {
    "settlement_bank_not_allowed": "bank",
    "settlement_cnaps_invalid": "cnaps",
    "settlement_cnaps_of_another_bank": "cnaps",
    "settlement_account_name_invalid": "name",
    "settlement_account_number_invalid": "number",
    "settlement_account_in_use": "number",
    "settlement_cycle_missing": "cycle",
    "settlement_cycle_only_pooled": "cycle",
    "settlement_other_bank_only_pooled": "mode",
    "settlement_minimum_invalid": "minimum",
}


class Settlements(Page):
    """``/treasury/settlements/``: what was sent to the account, and what still lies in the pool."""

    permission = SettlementPermission.OWN_VIEW
    template_name = "treasury/settlements.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = page_of(request, reading.settlements())
        return self.render(
            title="结算记录",
            crumbs=[{"label": "结算记录", "url": ""}],
            as_of=clock.now(),
            standing=reading.standing(clock.today()),
            page_obj=shown,
            lines=[(row, _mark(row)) for row in shown],
        )


class OneSettlement(Page):
    """One settlement: which payouts it holds, what became of it, why it came back."""

    permission = SettlementPermission.OWN_VIEW
    template_name = "treasury/settlement.html"

    def get(self, request: HttpRequest, instruction_id: UUID) -> HttpResponse:
        row = reading.settlement_for(self.actor, instruction_id, to=self.permission)
        return self.render(
            title=f"结算 {row.insid}",
            crumbs=[LIST, {"label": row.insid, "url": ""}],
            settlement=row,
            mark=_mark(row),
            payouts=[line.payout for line in row.lines.all()],
            has_failed=row.state in {InstructionState.REJECTED, InstructionState.RETURNED},
        )


class AccountPage(Page):
    """``/treasury/account/``: the account, and how the unit is settled."""

    permission = SettlementPermission.OWN_VIEW
    template_name = "treasury/account.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = reading.accounts(clock.today())
        return self.render(
            title="专户与结算方式",
            crumbs=[{"label": "专户与结算方式", "url": ""}],
            found=found,
            lines=[(row, marks.ACCOUNT[AccountState(row.state)]) for row in found.every],
            standing=reading.standing(clock.today()),
            explained=EXPLAINED,
            may_change=can(self.actor, SettlementPermission.OWN_CHANGE),
        )


class RegisterAccount(Page):
    permission = SettlementPermission.OWN_CHANGE
    template_name = "treasury/settlement_form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(AccountForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AccountForm(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        try:
            accounts.register(
                given=accounts.Particulars(**form.cleaned_data),
                actor=self.actor,
                now=clock.now(),
                today=clock.today(),
            )
        except DomainError as refused:
            self.form_error(form, refused, _FIELDS.get(refused.code))
            return self._page(form, status_of(refused))
        toast(request, "账户已登记，银行核对后启用。")
        return HttpResponseRedirect("/treasury/account/")

    def _page(self, form: AccountForm, status: int = 200) -> HttpResponse:
        return self.render(
            status=status,
            title="登记党费专户",
            crumbs=[ACCOUNT, {"label": "登记党费专户", "url": ""}],
            form=form,
            note="党费专户须以党委或党委组织部名义开立，只能开在工、农、中、建、交、邮储六家银行。"
            "更换账户从下一个结算周期起生效。",
            action="提交核对",
        )


class WithdrawAccount(Page):
    permission = SettlementPermission.OWN_CHANGE

    def post(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        accounts.withdraw(account_id=account_id, actor=self.actor, now=clock.now())
        toast(request, "登记已撤回。")
        return HttpResponseRedirect("/treasury/account/")


class CloseAccount(Page):
    permission = SettlementPermission.OWN_CHANGE

    def post(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        accounts.close(account_id=account_id, actor=self.actor, now=clock.now())
        toast(request, "账户已停用，登记并确认新账户之前不再结算。")
        return HttpResponseRedirect("/treasury/account/")


class ChooseTerms(Page):
    permission = SettlementPermission.OWN_CHANGE
    template_name = "treasury/settlement_form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        terms = reading.standing(clock.today()).terms
        return self._page(
            TermsForm(
                initial={
                    "mode": terms.mode.value,
                    "cycle": terms.cycle.value if terms.cycle else "",
                    "minimum": yuan(terms.minimum_fen),
                }
            )
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TermsForm(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        try:
            chosen = accounts.choose_terms(
                actor=self.actor, now=clock.now(), today=clock.today(), **form.cleaned_data
            )
        except DomainError as refused:
            self.form_error(form, refused, _FIELDS.get(refused.code))
            return self._page(form, status_of(refused))
        toast(request, f"已保存，自 {chosen.effective_on} 起按新的方式结算。")
        return HttpResponseRedirect("/treasury/account/")

    def _page(self, form: TermsForm, status: int = 200) -> HttpResponse:
        return self.render(
            status=status,
            title="选择结算方式",
            crumbs=[ACCOUNT, {"label": "选择结算方式", "url": ""}],
            form=form,
            explained=EXPLAINED,
            note="从下一个周期起生效；已经结束的周期仍按原来的方式结算。",
            action="保存",
        )


def _mark(row: Instruction) -> Any:
    return marks.INSTRUCTION[InstructionState(row.state)]
