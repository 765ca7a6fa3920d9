"""The desk: who pays less or later for hardship."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules import selectors as rules
from tenant_apps.dues import selectors
from tenant_apps.dues.forms import ReliefForm
from tenant_apps.dues.models import ReliefKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.reliefs import relief_for, reliefs_visible_to
from tenant_apps.dues.services import reliefs
from tenant_apps.members import selectors as members

_HOME: dict[str, str] = {"label": "党费", "url": ""}


class Reliefs(Page):
    """`/dues/reliefs/`: every reduction and deferral, those in force first."""

    permission = DuesPermission.EXEMPT
    template_name = "dues/reliefs.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = reliefs_visible_to(self.actor)
        return self.render(
            page_obj=Paginator(rows, 20).get_page(request.GET.get("page")),
            month=Month.of(clock.today()).value,
            title="少交与缓交",
            as_of=clock.now(),
            crumbs=[_HOME, {"label": "少交与缓交", "url": ""}],
        )


class EnterRelief(Page):
    """`/dues/standards/<member>/relief/`: enters what the committee or the branch decided."""

    permission = DuesPermission.EXEMPT
    template_name = "dues/relief.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        month = str(Month.of(clock.today()))
        return self._page(member_id, ReliefForm(initial={"first": month, "last": month}))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        form = ReliefForm(request.POST)
        if not form.is_valid():
            return self._page(member_id, form, status=422)
        try:
            relief = self._enter(member_id, form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self._page(member_id, form, status=422)
        toast(request, f"已登记 {relief.member.name} {relief.get_kind_display()}")
        return HttpResponseRedirect(reverse("dues:reliefs"))

    def _enter(self, member_id: UUID, given: dict[str, Any]) -> Any:
        common = {
            "member": members.member_for(self.actor, member_id, to=self.permission),
            "actor": self.actor,
            "now": clock.now(),
            **{name: given[name] for name in ("first", "last", "reason", "approved_by")},
        }
        if given["kind"] == ReliefKind.REDUCED:
            return reliefs.reduce(amount_fen=given["amount"], **common)
        return reliefs.defer(pay_by=given["pay_by"], **common)

    def _page(self, member_id: UUID, form: ReliefForm, status: int = 200) -> HttpResponse:
        member = members.member_for(self.actor, member_id, to=self.permission)
        today = clock.today()
        return self.render(
            member=member,
            form=form,
            exemption=rules.dues_pack(today).exemption,
            standard=selectors.standard_in_force(member.pk, Month.of(today)),
            title="登记少交或缓交",
            scope=f"{member.name}，{member.org.name}",
            crumbs=[
                _HOME,
                {"label": "少交与缓交", "url": reverse("dues:reliefs")},
                {"label": member.name, "url": ""},
            ],
            status=status,
        )


class EndRelief(Page):
    permission = DuesPermission.EXEMPT

    def post(self, request: HttpRequest, relief_id: UUID) -> HttpResponse:
        relief = relief_for(self.actor, relief_id, to=self.permission)
        reliefs.end(relief=relief, actor=self.actor, now=clock.now())
        toast(request, f"已结束 {relief.member.name} 的{relief.get_kind_display()}")
        return HttpResponseRedirect(reverse("dues:reliefs"))
