"""党费结算 on the console: the day's batch, its approval and progress, accounts, the statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web import downloads
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.settlement.forms import CompareForm, RefuseForm
from shared_apps.settlement.models import (
    AccountState,
    BatchState,
    InstructionState,
)
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import accounts as account_selectors
from shared_apps.settlement.selectors import due, sheets
from shared_apps.settlement.selectors import instructions as reading
from shared_apps.settlement.services import accounts, batches
from shared_apps.settlement.views import marks
from shared_apps.settlement.views.paging import page_of
from tenants import selectors as units

ROOT: Final = {"label": "党费结算", "url": "/settlement/"}
HINDRANCES: Final = {
    "no_account": "没有经确认的专户",
    "below_minimum": "不足起付金额，留到下一期",
}


class Batches(Page):
    """``/settlement/``: what today would settle, and all batches."""

    permission = SettlementPermission.VIEW
    template_name = "settlement/batches.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        plan = due.plan(clock.today())
        shown = page_of(request, reading.batches())
        return self.render(
            title="党费结算",
            as_of=clock.now(),
            plan=plan,
            lines=[(one, HINDRANCES.get(one.hindrance, "")) for one in plan.lines],
            page_obj=shown,
            batches=[(row, marks.BATCH[BatchState(row.state)]) for row in shown],
            may_prepare=can(self.actor, SettlementPermission.PREPARE),
        )


class Prepare(Page):
    """``POST``: takes the snapshot."""

    permission = SettlementPermission.PREPARE

    def post(self, request: HttpRequest) -> HttpResponse:
        batch = batches.prepare(actor=self.actor, now=clock.now(), today=clock.today())
        toast(request, f"批次 {batch.number} 已生成，请交另一人复核。")
        return HttpResponseRedirect(f"/settlement/{batch.pk}/")


class OneBatch(Page):
    """A batch: who prepared and approved it, how far it is, every instruction."""

    permission = SettlementPermission.VIEW
    template_name = "settlement/batch.html"

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = reading.batch_for(batch_id)
        view = request.GET.get("view", "")
        view = view if view in {"failed", "open"} else ""
        rows = reading.of_batch(batch, view=view)
        shown = page_of(request, rows, usual=50)
        names = _names(row.unit_id for row in shown)
        is_locked = batch.state == BatchState.LOCKED
        return self.render(
            title=f"批次 {batch.number}",
            crumbs=[ROOT, {"label": batch.number, "url": ""}],
            as_of=clock.now(),
            batch=batch,
            mark=marks.BATCH[BatchState(batch.state)],
            progress=reading.progress(batch),
            page_obj=shown,
            lines=[(row, names.get(row.unit_id, "—"), _mark(row)) for row in shown],
            view=view,
            views=[
                {"label": label, "url": f"?view={key}", "is_current": view == key}
                for key, label in (("", "全部"), ("open", "未办结"), ("failed", "未成功"))
            ],
            may_approve=is_locked and can(self.actor, SettlementPermission.APPROVE),
            may_withdraw=is_locked and can(self.actor, SettlementPermission.WITHDRAW),
            is_own=batch.made_by == self.actor.person_id,
            approve_url=f"/settlement/{batch.pk}/approve/",
            withdraw_url=f"/settlement/{batch.pk}/withdraw/",
        )


class Approve(Page):
    permission = SettlementPermission.APPROVE

    def post(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = batches.approve(batch_id=batch_id, actor=self.actor, now=clock.now())
        toast(request, f"批次 {batch.number} 已复核，正在发送银行。")
        return HttpResponseRedirect(f"/settlement/{batch_id}/")


class Withdraw(Page):
    permission = SettlementPermission.WITHDRAW

    def post(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batches.withdraw(batch_id=batch_id, actor=self.actor, now=clock.now())
        toast(request, "批次已撤回，款项可以重新结算。")
        return HttpResponseRedirect("/settlement/")


class BatchFile(Page):
    """The instructions as a workbook."""

    permission = SettlementPermission.VIEW

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
        batch = reading.batch_for(batch_id)
        return downloads.sheet(f"{batch.number}.xlsx", sheets.batch_workbook(batch))


class Accounts(Page):
    """What units registered and the bank has to compare."""

    permission = SettlementPermission.CONFIRM
    template_name = "settlement/accounts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = page_of(request, account_selectors.waiting())
        names = _names(row.unit_id for row in shown)
        return self.render(
            title="专户核对",
            page_obj=shown,
            lines=[(row, names.get(row.unit_id, "—")) for row in shown],
        )


class OneAccount(Page):
    """Comparing one account with its papers: the number is typed, never shown."""

    permission = SettlementPermission.CONFIRM
    template_name = "settlement/account.html"

    def get(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        return self.page(account_id, CompareForm(), RefuseForm())

    def post(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        form = CompareForm(request.POST)
        if not form.is_valid():
            return self.page(account_id, form, RefuseForm(), 422)
        try:
            accounts.confirm(
                account_id=account_id,
                number=form.cleaned_data["number"],
                actor=self.actor,
                now=clock.now(),
                today=clock.today(),
            )
        except DomainError as refused:
            self.form_error(form, refused, "number")
            return self.page(account_id, form, RefuseForm(), status_of(refused))
        toast(request, "账户已确认。")
        return HttpResponseRedirect("/settlement/accounts/")

    def page(
        self, account_id: UUID, form: CompareForm, refusal: RefuseForm, status: int = 200
    ) -> HttpResponse:
        account = account_selectors.account_for(account_id)
        unit = _names([account.unit_id]).get(account.unit_id, "—")
        return self.render(
            status=status,
            title="核对党费专户",
            crumbs=[
                ROOT,
                {"label": "专户核对", "url": "/settlement/accounts/"},
                {"label": unit, "url": ""},
            ],
            account=account,
            mark=marks.ACCOUNT[AccountState(account.state)],
            pairs=[
                ("单位", unit),
                ("户名", account.name),
                ("开户银行", account.get_bank_display()),
                ("开户行", account.branch),
                ("联行号", account.cnaps),
                ("账号", f"尾号 {account.last_four}"),
                ("登记人", account.registered_by_name),
            ],
            form=form,
            refusal=refusal,
        )


class RefuseAccount(OneAccount):
    """``POST``: back to the unit, with a reason."""

    def post(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        form = RefuseForm(request.POST)
        if not form.is_valid():
            return self.page(account_id, CompareForm(), form, 422)
        accounts.refuse(
            account_id=account_id,
            reason=form.cleaned_data["reason"],
            actor=self.actor,
            now=clock.now(),
        )
        toast(request, "已退回单位。")
        return HttpResponseRedirect("/settlement/accounts/")


def _names(unit_ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(units.all_units().filter(pk__in=[*unit_ids]).values_list("pk", "name"))


def _mark(row: Any) -> str:
    return marks.INSTRUCTION[InstructionState(row.state)]
