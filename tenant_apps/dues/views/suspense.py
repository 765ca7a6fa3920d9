"""The desk: money that no bill took, one sum at a time."""

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
from tenant_apps.dues.forms import DecisionForm
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import Suspended
from tenant_apps.dues.services import refunds, suspense

_BOOKS = {"label": "账目核对", "url": "/dues/checks/"}


class SuspendedSums(Page):
    """`/dues/checks/suspense/`: what waits for a decision, and the last ones decided."""

    permission = DuesPermission.SUSPENSE
    template_name = "dues/suspense.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = selectors.suspended_visible_to(self.actor)
        waiting = [one for one in found if one.is_open or one.is_asked or one.is_sent]
        return self.render(
            waiting=waiting,
            waiting_fen=sum(one.amount_fen for one in waiting),
            settled=[one for one in found if one not in waiting],
            title="待确认款项",
            as_of=clock.now(),
            crumbs=[_BOOKS, {"label": "待确认款项", "url": ""}],
        )


class SuspendedSum(Page):
    """`/dues/checks/suspense/<id>/`: where the sum came from, and what may be done with it."""

    permission = DuesPermission.SUSPENSE
    template_name = "dues/suspended.html"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        return self.page(selectors.suspended_for(self.actor, transfer_id))

    def page(
        self, suspended: Suspended, *, form: DecisionForm | None = None, status: int = 200
    ) -> HttpResponse:
        bills = selectors.placeable(suspended) if suspended.is_open else []
        return self.render(
            status=status,
            suspended=suspended,
            form=form,
            bills=[(Month(bill.month).label, bill.due_fen) for bill in bills],
            title="处理待确认款项",
            scope=suspended.name,
            crumbs=[
                _BOOKS,
                {"label": "待确认款项", "url": reverse("dues:suspense")},
                {"label": suspended.order_number, "url": ""},
            ],
        )


class SuspenseAct(SuspendedSum, abstract=True):
    """A button of the page; refused, the page says why."""

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("dues:suspended", args=[transfer_id]))

    def post(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        suspended = selectors.suspended_for(self.actor, transfer_id)
        form = DecisionForm(request.POST)
        form.is_valid()
        told = {name: form.cleaned_data.get(name, "") for name in form.fields}
        try:
            said = self.act(suspended, told)
        except DomainError as error:
            self.form_error(form, error)
            return self.page(suspended, form=form, status=status_of(error))
        toast(request, said)
        return self.get(request, transfer_id)

    @abstractmethod
    def act(self, suspended: Suspended, told: dict[str, Any]) -> str:
        """Does it and returns what to say."""


class PlaceSum(SuspenseAct):
    permission = DuesPermission.SUSPENSE

    def act(self, suspended: Suspended, told: dict[str, Any]) -> str:
        receipt = suspense.place(
            suspended=suspended, reason=told["reason"], actor=self.actor, now=clock.now()
        )
        return f"已记入账单，收据 {receipt.serial}"


class AskRefund(SuspenseAct):
    permission = DuesPermission.SUSPENSE

    def act(self, suspended: Suspended, told: dict[str, Any]) -> str:
        refunds.ask_suspended(
            suspended=suspended, reason=told["reason"], actor=self.actor, now=clock.now()
        )
        return "已申请退还，等待另一人复核"
