"""The desk: giving money back, from the asking to what the channel says."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues import selectors
from tenant_apps.dues.forms import DecisionForm, RefundForm
from tenant_apps.dues.models import Receipt, ResolutionState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import refunds as cases
from tenant_apps.dues.selectors.contributions import kind_label
from tenant_apps.dues.selectors.refunds import RefundCase
from tenant_apps.dues.services import refunds


class Refunds(Page):
    """`/dues/refunds/`: what waits, what is under way, and what has ended."""

    permission = DuesPermission.REFUND
    template_name = "dues/refunds.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = cases.refunds_visible_to(self.actor)
        open_ones = [one for one in found if one.is_asked or one.is_sent]
        mine = self.actor.person_id
        return self.render(
            open_ones=open_ones,
            open_fen=sum(one.resolution.amount_fen for one in open_ones),
            ended=[one for one in found if one not in open_ones],
            waits_for_me=sum(one.is_asked and one.resolution.asked_by != mine for one in open_ones),
            stuck=sum(one.is_abnormal for one in open_ones),
            title="退款",
            as_of=clock.now(),
            crumbs=[{"label": "党费", "url": ""}, {"label": "退款", "url": ""}],
        )


class RefundSheet(Page):
    """`/dues/refunds/<id>/`: who asked and why, who approved, how far it is."""

    permission = DuesPermission.REFUND
    template_name = "dues/refund.html"

    def get(self, request: HttpRequest, resolution_id: UUID) -> HttpResponse:
        return self.page(cases.refund_for(self.actor, resolution_id))

    def page(
        self, case: RefundCase, *, form: DecisionForm | None = None, status: int = 200
    ) -> HttpResponse:
        return self.render(
            status=status,
            case=case,
            form=form,
            steps=_steps(case),
            is_own=case.resolution.asked_by == self.actor.person_id,
            arrives=cases.ARRIVES,
            title="退款办理",
            scope=case.name,
            crumbs=[
                {"label": "党费", "url": ""},
                {"label": "退款", "url": reverse("dues:refunds")},
                {"label": case.order_number, "url": ""},
            ],
        )


class RefundAct(RefundSheet, abstract=True):
    """A button of the page; refused, the page says why."""

    def get(self, request: HttpRequest, resolution_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("dues:refund_case", args=[resolution_id]))

    def post(self, request: HttpRequest, resolution_id: UUID) -> HttpResponse:
        case = cases.refund_for(self.actor, resolution_id)
        form = DecisionForm(request.POST)
        form.is_valid()
        told = {name: form.cleaned_data.get(name, "") for name in form.fields}
        try:
            said = self.act(case, told)
        except DomainError as error:
            self.form_error(form, error)
            return self.page(case, form=form, status=status_of(error))
        toast(request, said)
        return self.get(request, resolution_id)

    @abstractmethod
    def act(self, case: RefundCase, told: dict[str, Any]) -> str:
        """Does it and returns what to say."""


class ApproveRefund(RefundAct):
    permission = DuesPermission.REFUND

    def act(self, case: RefundCase, told: dict[str, Any]) -> str:
        held = refunds.approve(held=case.resolution, actor=self.actor, now=clock.now())
        return _SAID.get(held.state, "已复核，退款正在提交渠道")


class WithdrawRefund(RefundAct):
    permission = DuesPermission.REFUND

    def act(self, case: RefundCase, told: dict[str, Any]) -> str:
        refunds.withdraw(
            held=case.resolution, reason=told["reason"], actor=self.actor, now=clock.now()
        )
        return "已撤回退款申请"


class AskChannel(RefundAct):
    permission = DuesPermission.REFUND

    def act(self, case: RefundCase, told: dict[str, Any]) -> str:
        held = refunds.ask_channel(held=case.resolution, now=clock.now())
        return _SAID.get(held.state, "已向渠道查询，退款还在办理")


class MarkReturned(RefundAct):
    permission = DuesPermission.REFUND

    def act(self, case: RefundCase, told: dict[str, Any]) -> str:
        refunds.mark_returned(
            held=case.resolution,
            number=told["refund_number"],
            reason=told["reason"],
            actor=self.actor,
            now=clock.now(),
        )
        return "已登记另行退回"


class AskRefund(Page):
    """`/dues/receipts/<id>/refund/`: which months go back, why, and what becomes of them."""

    permission = DuesPermission.REFUND
    template_name = "dues/refund_ask.html"

    def get(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        receipt = selectors.receipt_for_desk(self.actor, receipt_id, to=self.permission)
        return self._page(receipt, RefundForm(offered=cases.refundable(receipt)))

    def post(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        receipt = selectors.receipt_for_desk(self.actor, receipt_id, to=self.permission)
        form = RefundForm(request.POST, offered=cases.refundable(receipt))
        if not form.is_valid():
            return self._page(receipt, form, status=422)
        try:
            made = refunds.ask_paid(
                receipt=receipt, actor=self.actor, now=clock.now(), **form.verdict()
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(receipt, form, status=status_of(error))
        toast(request, "已申请退款，等待另一人复核")
        return HttpResponseRedirect(reverse("dues:refund_case", args=[made.pk]))

    def _page(self, receipt: Receipt, form: RefundForm, status: int = 200) -> HttpResponse:
        bills = cases.refundable(receipt)
        return self.render(
            status=status,
            receipt=receipt,
            form=form,
            bills=[
                {
                    "id": bill.pk,
                    "label": kind_label(receipt.kind) or Month(bill.month).label,
                    "fen": bill.paid_fen,
                    "is_picked": form.picks(bill.pk),
                }
                for bill in bills
            ],
            earlier=cases.refunds_of_receipt(receipt),
            title="申请退款",
            scope=f"{receipt.member.name}，收据 {receipt.serial}",
            crumbs=[
                {"label": "党费收据", "url": reverse("dues:receipts")},
                {"label": receipt.serial, "url": reverse("dues:receipt", args=[receipt.pk])},
                {"label": "申请退款", "url": ""},
            ],
        )


def _steps(case: RefundCase) -> list[dict[str, Any]]:
    """The way of the refund, newest first: what happened, when and by whom."""
    held, refund = case.resolution, case.refund
    found = [
        {"title": "申请退款", "text": held.asked_by_name, "at": held.asked_at, "tone": "ok"},
    ]
    if held.decided_at:
        title = "撤回申请" if held.state == ResolutionState.WITHDRAWN else "复核同意"
        text = held.decided_by_name
        found.append({"title": title, "text": text, "at": held.decided_at, "tone": "ok"})
    if refund is not None and refund.heard_at:
        is_under_way = case.is_sent and not case.is_abnormal
        tone = "ok" if refund.has_succeeded else "now" if is_under_way else "late"
        found.append(
            {"title": case.label, "text": case.channel, "at": refund.heard_at, "tone": tone}
        )
    return found[::-1]


_SAID: dict[str, str] = {
    ResolutionState.DONE.value: "渠道已退款",
    ResolutionState.FAILED.value: "渠道没有受理，款项和账单已恢复原状",
}
