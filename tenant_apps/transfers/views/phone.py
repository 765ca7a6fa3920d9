"""On the phone: apply for one's own transfer, and see how far it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.exchange import selectors as exchange
from tenant_apps.members.selectors import own_file
from tenant_apps.organizations import selectors as organizations
from tenant_apps.transfers.forms import WAYS, PlanForm
from tenant_apps.transfers.models import OPEN, State
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import places
from tenant_apps.transfers.selectors.lists import own_handover, own_handovers
from tenant_apps.transfers.selectors.timeline import timeline
from tenant_apps.transfers.services import drafting
from tenant_apps.transfers.views import presenting

_FOUND = 20


class OwnTransfers(Page):
    """``/m/transfer/``."""

    permission = TransferPermission.APPLY
    template_name = "transfers/phone/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = list(own_handovers(self.actor)[:_FOUND])
        return self.render(
            title="组织关系转接",
            back_url="/m/me/",
            rows=presenting.rows(found, today=clock.today()),
            may_apply=not any(one.state in OPEN for one in found),
        )


class Apply(Page):
    """``/m/transfer/new/``: where to and why; the branch submits it to the committee."""

    permission = TransferPermission.APPLY
    template_name = "transfers/phone/new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(request.GET, PlanForm(initial={"way": self._way(request.GET)}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PlanForm(request.POST)
        if form.is_valid():
            to = form.cleaned_data["to"]
            branch = organizations.organizations_by_id([to]).get(to) if to else None
            try:
                made = drafting.apply(
                    member=own_file(self.actor),
                    plan=form.plan(branch),
                    actor=self.actor,
                    now=clock.now(),
                )
            except DomainError as error:
                self.form_error(form, error)
            else:
                toast(request, "已提交申请，由所在支部审核后报党委。")
                return HttpResponseRedirect(reverse("m-transfers:one", args=[made.pk]))
        return self._shown(request.POST, form, status=422)

    def _way(self, data: QueryDict) -> str:
        way = data.get("way", "")
        return way if way in dict(WAYS) else "within"

    def _shown(self, data: QueryDict, form: PlanForm, status: int = 200) -> HttpResponse:
        way, find = self._way(data), data.get("find", "").strip()[:60]
        return self.render(
            status=status,
            title="申请转接",
            back_url=reverse("m-transfers:list"),
            form=form,
            way=way,
            ways=WAYS,
            find=find,
            found=self._found(way, find),
        )

    def _found(self, way: str, find: str) -> list[Any]:
        if len(find) < exchange.SHORTEST:
            return []
        if way == "unit":
            return list(exchange.search(find))
        own = own_file(self.actor).org_id
        return places.branches_named(find, but=[own]) if way == "within" else []


class OwnTransfer(Page):
    """``/m/transfer/<id>/``: how far it is; an application can still be taken back."""

    permission = TransferPermission.APPLY
    template_name = "transfers/phone/one.html"

    def get(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        return self._shown(handover_id)

    def post(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        handover = own_handover(self.actor, handover_id)
        try:
            drafting.withdraw(
                handover=handover, reason="本人撤回申请", actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            return self._shown(handover_id, problem=error.message, status=409)
        toast(request, "申请已撤回。")
        return HttpResponseRedirect(reverse("m-transfers:list"))

    def _shown(self, handover_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
        handover = own_handover(self.actor, handover_id)
        today = clock.today()
        own = handover.applied_by == self.actor.person_id and handover.state == State.DRAFT
        return self.render(
            status=status,
            title="转接进度",
            back_url=reverse("m-transfers:list"),
            handover=handover,
            pairs=presenting.pairs(handover),
            state="已申请，待支部审核" if own else State(handover.state).label,
            left=presenting.left_text(handover, today),
            timeline=timeline(handover),
            may_withdraw=own,
            problem=problem,
        )
