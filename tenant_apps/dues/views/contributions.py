"""The desk: what members gave above their dues, and its way up."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.money import yuan
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules import selectors as rules
from tenant_apps.dues.forms.voluntary import CentralReceiptForm, HandUpForm, TransferredForm
from tenant_apps.dues.models import ContributionKind, HandUpState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import contributions
from tenant_apps.dues.selectors.banks import banks
from tenant_apps.dues.services import handing_up, voluntary
from tenant_apps.dues.views.contribution_tables import ContributionTable, hand_up_sheet
from tenant_apps.dues.views.desk import page_of
from tenant_apps.dues.views.tables import workbook
from tenant_apps.members import selectors as members

_HOME = {"label": "党费", "url": ""}


class Contributions(Page):
    """`/dues/contributions/`: voluntary, large and special dues, and what waits to go up."""

    permission = DuesPermission.CONTRIBUTION
    template_name = "dues/contributions.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        table = ContributionTable(self.actor, request.GET)
        if request.GET.get("export") == "xlsx":
            return workbook("多交党费.xlsx", table.export())
        pack = rules.dues_pack(clock.today())
        return self.render(
            table=table,
            page_obj=page_of(request, table.rows()),
            totals=contributions.totals_by_kind(self.actor, below=table.org),
            limit_fen=pack.large_extra_fen,
            article=pack.parameters["large_extra_fen"].article,
            may_hand_up=contributions.may_hand_up(self.actor),
            title="多交与大额党费",
            as_of=clock.now(),
            crumbs=[_HOME, {"label": "多交与大额党费", "url": ""}],
        )


class EnterTransferred(Page):
    """`/dues/members/<id>/contribution/`: what a member paid into the account himself."""

    permission = DuesPermission.CONTRIBUTION
    template_name = "dues/contribution_enter.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        first = {"received_on": clock.today()}
        return self.page(member_id, TransferredForm(banks=banks(), initial=first))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        form = TransferredForm(request.POST, banks=banks())
        if not form.is_valid():
            return self.page(member_id, form, status=422)
        typed = form.cleaned_data
        try:
            receipt = voluntary.enter(
                member=members.member_for(self.actor, member_id, to=self.permission),
                amount_fen=typed["amount"],
                bank=typed["bank"],
                number=typed["number"],
                received_on=typed["received_on"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.page(member_id, form, status=status_of(error))
        toast(request, f"已入账，收据 {receipt.serial}")
        return HttpResponseRedirect(reverse("dues:receipt", args=[receipt.pk]))

    def page(self, member_id: UUID, form: TransferredForm, *, status: int = 200) -> HttpResponse:
        member = members.member_for(self.actor, member_id, to=self.permission)
        pack = rules.dues_pack(clock.today())
        return self.render(
            status=status,
            form=form,
            member=member,
            limit_fen=pack.large_extra_fen,
            article=pack.parameters["large_extra_fen"].article,
            title="登记多交党费",
            scope=f"{member.name}，{member.org.name}",
            crumbs=[
                _HOME,
                {"label": "多交与大额党费", "url": reverse("dues:contributions")},
                {"label": member.name, "url": ""},
            ],
        )


class CentralReceipt(Page):
    """`/dues/contributions/<id>/receipt/`: the Central Organisation Department's receipt."""

    permission = DuesPermission.CONTRIBUTION
    template_name = "dues/central_receipt.html"

    def get(self, request: HttpRequest, contribution_id: UUID) -> HttpResponse:
        return self.page(contribution_id, CentralReceiptForm())

    def post(self, request: HttpRequest, contribution_id: UUID) -> HttpResponse:
        form = CentralReceiptForm(request.POST)
        if not form.is_valid():
            return self.page(contribution_id, form, status=422)
        one = contributions.contribution_for(self.actor, contribution_id, to=self.permission)
        try:
            handing_up.enter_central_receipt(
                one=one, actor=self.actor, now=clock.now(), **form.cleaned_data
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.page(contribution_id, form, status=status_of(error))
        toast(request, "已登记中央组织部收据，本人可在手机上看到")
        return HttpResponseRedirect(reverse("dues:contributions"))

    def page(
        self, contribution_id: UUID, form: CentralReceiptForm, *, status: int = 200
    ) -> HttpResponse:
        one = contributions.contribution_for(self.actor, contribution_id, to=self.permission)
        return self.render(
            status=status,
            form=form,
            one=one,
            title="中央组织部收据",
            scope=f"{one.member.name}，{yuan(one.amount_fen)} 元",
            crumbs=[
                _HOME,
                {"label": "多交与大额党费", "url": reverse("dues:contributions")},
                {"label": "中央组织部收据", "url": ""},
            ],
        )


class HandUps(Page):
    """`/dues/hand-ups/`: the lists that went up or wait for the second person."""

    permission = DuesPermission.HAND_UP
    template_name = "dues/hand_ups.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        whole = contributions.may_hand_up(self.actor)
        return self.render(
            page_obj=page_of(request, contributions.hand_ups_visible_to(self.actor)),
            may_hand_up=whole,
            large=contributions.waiting(self.actor) if whole else None,
            title="大额与特殊党费上缴",
            crumbs=[_HOME, {"label": "大额与特殊党费上缴", "url": ""}],
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            made = handing_up.draw_up(
                kind=ContributionKind.LARGE, actor=self.actor, now=clock.now()
            )
        except handing_up.NothingToHandUp as refused:
            toast(request, refused.message, level="error")
            return HttpResponseRedirect(reverse("dues:hand_ups"))
        return HttpResponseRedirect(reverse("dues:hand_up", args=[made.pk]))


class HandUpPage(Page):
    """`/dues/hand-ups/<id>/`: whose money it is, and the word of the second person."""

    permission = DuesPermission.HAND_UP
    template_name = "dues/hand_up.html"

    def get(self, request: HttpRequest, hand_up_id: UUID) -> HttpResponse:
        if request.GET.get("export") == "xlsx":
            held = contributions.hand_up_for(self.actor, hand_up_id)
            return workbook("上缴清单.xlsx", hand_up_sheet(held))
        return self.page(hand_up_id, HandUpForm(banks=banks(), initial={"paid_on": clock.today()}))

    def page(self, hand_up_id: UUID, form: forms.Form, *, status: int = 200) -> HttpResponse:
        held = contributions.hand_up_for(self.actor, hand_up_id)
        rows = held.contributions.select_related("member", "org").order_by("paid_at", "id")
        return self.render(
            status=status,
            held=held,
            form=form,
            rows=rows,
            is_asked=held.state == HandUpState.ASKED,
            is_own=held.asked_by == self.actor.person_id,
            may_enter_receipt=can(self.actor, DuesPermission.CONTRIBUTION),
            title="上缴清单",
            scope=f"{held.get_kind_display()} {held.count} 笔",
            crumbs=[
                _HOME,
                {"label": "大额与特殊党费上缴", "url": reverse("dues:hand_ups")},
                {"label": "上缴清单", "url": ""},
            ],
        )


class HandUpAct(HandUpPage, abstract=True):
    """A button of the page; refused, the page says why."""

    def get(self, request: HttpRequest, hand_up_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("dues:hand_up", args=[hand_up_id]))

    def post(self, request: HttpRequest, hand_up_id: UUID) -> HttpResponse:
        form = HandUpForm(request.POST, banks=banks())
        is_complete = form.is_valid()
        if self.needs_facts and not is_complete:
            return self.page(hand_up_id, form, status=422)
        try:
            said = self.act(hand_up_id, form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self.page(hand_up_id, form, status=status_of(error))
        toast(request, said)
        return self.get(request, hand_up_id)

    needs_facts = False

    @abstractmethod
    def act(self, hand_up_id: UUID, typed: dict[str, Any]) -> str:
        """Does it and returns what to say."""


class ConfirmHandUp(HandUpAct):
    permission = DuesPermission.HAND_UP
    needs_facts = True

    def act(self, hand_up_id: UUID, typed: dict[str, Any]) -> str:
        held = contributions.hand_up_for(self.actor, hand_up_id)
        handing_up.confirm(held=held, actor=self.actor, now=clock.now(), **typed)
        return "已确认上缴并入账"


class WithdrawHandUp(HandUpAct):
    permission = DuesPermission.HAND_UP

    def act(self, hand_up_id: UUID, typed: dict[str, Any]) -> str:
        held = contributions.hand_up_for(self.actor, hand_up_id)
        handing_up.withdraw(held=held, actor=self.actor, now=clock.now())
        return "已撤回，这些款项重新等待上缴"
