"""Entrustments: entered at the desk from a form, or given and ended by the member on the phone."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.web import downloads
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues.forms.proxy import EntrustmentForm, ReasonForm
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import proxy as reading
from tenant_apps.dues.services import entrusting
from tenant_apps.dues.views.phone import PhonePage
from tenant_apps.members import selectors as members

_HOME: Final = {"label": "党费", "url": ""}
_LIST: Final = {"label": "代交委托", "url": "/dues/entrustments/"}


class Entrustments(Page):
    """`/dues/entrustments/`: who entrusted the branch; ``?q=`` finds a member to enter one for."""

    permission = DuesPermission.COUNTER
    template_name = "dues/entrustments.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").strip()
        rows = reading.entrustments_visible_to(self.actor)
        found = []
        if words:
            visible = members.members_visible_to(self.actor).filter(members.search(words))
            found = list(members.sorted_by(visible, "name")[:20])
        return self.render(
            page_obj=Paginator(rows, 20).get_page(request.GET.get("page")),
            q=words,
            found=found,
            title="代交委托",
            as_of=clock.now(),
            crumbs=[_HOME, {"label": "代交委托", "url": ""}],
        )


class EnterEntrustment(Page):
    """`/dues/entrustments/<member>/`: what the member signed."""

    permission = DuesPermission.COUNTER
    template_name = "dues/entrustment.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        month = str(Month.of(clock.today()))
        return self._page(member_id, EntrustmentForm(initial={"first": month}))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = members.member_for(self.actor, member_id, to=self.permission)
        form = EntrustmentForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(member_id, form, status=422)
        try:
            entrusting.enter_paper(
                member=member, actor=self.actor, now=clock.now(), **form.verdict()
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(member_id, form, status=status_of(error))
        toast(request, f"已登记 {member.name} 的代交委托")
        return HttpResponseRedirect(reverse("dues:entrustments"))

    def _page(self, member_id: UUID, form: EntrustmentForm, status: int = 200) -> HttpResponse:
        member = members.member_for(self.actor, member_id, to=self.permission)
        return self.render(
            status=status,
            member=member,
            form=form,
            title="登记代交委托",
            scope=f"{member.name}，{member.org.name}",
            crumbs=[_HOME, _LIST, {"label": member.name, "url": ""}],
        )


class EndEntrustment(Page):
    permission = DuesPermission.COUNTER

    def post(self, request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
        held = reading.entrustment_for(self.actor, entrustment_id)
        form = ReasonForm(request.POST)
        form.is_valid()
        why = form.cleaned_data.get("reason", "")
        entrusting.end(entrustment=held, why=why, actor=self.actor, now=clock.now())
        toast(request, f"已解除 {held.member.name} 的代交委托")
        return HttpResponseRedirect(reverse("dues:entrustments"))


class EntrustmentScan(Page):
    permission = DuesPermission.COUNTER

    def get(self, request: HttpRequest, entrustment_id: UUID) -> HttpResponse:
        held = reading.entrustment_for(self.actor, entrustment_id)
        name, content = entrusting.scan_of(entrustment=held)
        return downloads.handed_in(content, name=name)


class MyEntrustment(PhonePage):
    """`/m/dues/entrust/`: the member's own word, and taking it back."""

    template_name = "dues/phone/entrust.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            title="委托党支部代交",
            back_url=reverse("m-dues:dues"),
            held=reading.entrustment_of(self.member_id),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        member = members.own_file(self.actor)
        held = reading.entrustment_of(member.pk)
        try:
            if request.POST.get("act") == "end" and held is not None:
                entrusting.end(entrustment=held, why="本人解除", actor=self.actor, now=clock.now())
                toast(request, "已解除委托")
            else:
                entrusting.give(member=member, actor=self.actor, now=clock.now())
                toast(request, "已委托，随时可以解除")
        except DomainError as error:
            toast(request, error.message, level="error")
        return HttpResponseRedirect(reverse("m-dues:entrust"))
