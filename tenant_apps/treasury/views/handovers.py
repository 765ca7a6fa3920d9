"""The desk: handing an office over, from the list to the third signature."""

from __future__ import annotations

from abc import abstractmethod
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.treasury.forms import HandoverForm
from tenant_apps.treasury.models import HandoverList
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import handovers as reading
from tenant_apps.treasury.selectors.places import places_for
from tenant_apps.treasury.services import handing
from tenant_apps.treasury.views.books import ROOT, page_of

_LIST = {"label": "移交清单", "url": "/treasury/handovers/"}


class Handovers(Page):
    """`/treasury/handovers/`: the lists by number."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/handovers.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            page_obj=page_of(request, reading.handovers_visible_to(self.actor)),
            may_draw=can(self.actor, TreasuryPermission.HAND_OVER),
            as_of=clock.now(),
            title="移交清单",
            crumbs=[ROOT, {**_LIST, "url": ""}],
        )


class DrawHandover(Page):
    """`/treasury/handovers/draw/`: freezes what there is to hand over."""

    permission = TreasuryPermission.HAND_OVER
    template_name = "treasury/handover_draw.html"

    def shown(self, form: HandoverForm, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            title="编制移交清单",
            crumbs=[ROOT, _LIST, {"label": "编制", "url": ""}],
            status=status,
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown(HandoverForm(places=places_for(self.actor, to=self.permission)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = HandoverForm(request.POST, places=places_for(self.actor, to=self.permission))
        if not form.is_valid():
            return self.shown(form, 422)
        try:
            made = handing.draw(
                role=form.cleaned_data["role"],
                place=form.place(),
                note=form.cleaned_data["note"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.shown(form, status_of(error))
        toast(request, "移交清单已生成，等待接交人签收")
        return HttpResponseRedirect(reverse("treasury:handover", args=[made.pk]))


class HandoverPage(Page):
    """`/treasury/handovers/<list_id>/`: what is handed over, and who signed."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/handover.html"

    def get(self, request: HttpRequest, list_id: UUID) -> HttpResponse:
        held = reading.handover_for(self.actor, list_id, to=self.permission)
        signed = {held.handed_by, held.received_by}
        is_new = self.actor.person_id not in signed
        may_take = can(self.actor, TreasuryPermission.HAND_OVER, held) and is_new
        return self.render(
            held=held,
            figures=held.figures,
            may_receive=held.state == "DRAWN" and may_take and self.actor.holds(held.role),
            may_watch=held.state == "RECEIVED"
            and is_new
            and can(self.actor, TreasuryPermission.WATCH, held),
            may_withdraw=held.state in {"DRAWN", "RECEIVED"}
            and self.actor.person_id == held.handed_by,
            may_manage_roles=can(self.actor, "access:manage"),
            booked_since=reading.booked_since(self.actor, held),
            as_of=clock.now(),
            title=f"{held.get_role_display()}移交清单",
            scope=held.title,
            crumbs=[ROOT, _LIST, {"label": held.title, "url": ""}],
        )


class HandoverPaper(Page):
    """`/treasury/handovers/<list_id>/print/`: the list to print and to sign."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/handover_paper.html"

    def get(self, request: HttpRequest, list_id: UUID) -> HttpResponse:
        held = reading.handover_for(self.actor, list_id, to=self.permission)
        return self.render(
            held=held,
            figures=held.figures,
            title=held.title,
            back_url=reverse("treasury:handover", args=[held.pk]),
        )


class _Act(Page, abstract=True):
    """One signature by a button."""

    done = ""

    @abstractmethod
    def act(self, handover: HandoverList) -> HandoverList: ...

    def post(self, request: HttpRequest, list_id: UUID) -> HttpResponse:
        held = self.act(reading.handover_for(self.actor, list_id, to=self.permission))
        toast(request, self.done)
        return HttpResponseRedirect(reverse("treasury:handover", args=[held.pk]))


class ReceiveHandover(_Act):
    permission = TreasuryPermission.HAND_OVER
    done = "已接交，等待监交人签字"

    def act(self, handover: HandoverList) -> HandoverList:
        return handing.receive(handover=handover, actor=self.actor, now=clock.now())


class WatchHandover(_Act):
    permission = TreasuryPermission.WATCH
    done = "移交办理完毕"

    def act(self, handover: HandoverList) -> HandoverList:
        return handing.watch(handover=handover, actor=self.actor, now=clock.now())


class WithdrawHandover(_Act):
    permission = TreasuryPermission.HAND_OVER
    done = "清单已作废"

    def act(self, handover: HandoverList) -> HandoverList:
        return handing.withdraw(handover=handover, actor=self.actor, now=clock.now())
