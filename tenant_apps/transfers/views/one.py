"""One transfer: what it is, how far it is, what can be done with it now."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.transfers.forms import StepForm
from tenant_apps.transfers.models import TRAVELLING, Handover, Side, State
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors.arrival import hindrance
from tenant_apps.transfers.selectors.lists import handover_for, open_verbs, together
from tenant_apps.transfers.selectors.machine import LETTERED, Verb
from tenant_apps.transfers.selectors.timeline import timeline
from tenant_apps.transfers.selectors.validity import MOST_DAYS
from tenant_apps.transfers.services import approving, batches, drafting, receiving, reminding, whole
from tenant_apps.transfers.services.drafting import PAPERS, PROBATIONARY
from tenant_apps.transfers.views import presenting

MOST_BRANCHES = 200
_LIST = {"label": "组织关系转接", "url": "/transfers/"}


class Transfer(Page):
    """``/transfers/<id>/``."""

    permission = TransferPermission.BROWSE
    template_name = "transfers/one.html"

    def get(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        return self.page(handover_for(self.actor, handover_id, to=TransferPermission.BROWSE))

    def page(self, handover: Handover, *, problem: str = "", status: int = 200) -> HttpResponse:
        today = clock.today()
        found = open_verbs(self.actor, handover)
        verbs = [verb.value for verb in sorted(found, key=_SAYS_NO.__contains__)]
        is_late = presenting.left_tone(handover, today) == "late"
        if not is_late and Verb.EXPIRE in verbs:
            verbs.remove(Verb.EXPIRE)
        return self.render(
            status=status,
            title=f"{handover.name}的组织关系转接",
            crumbs=[_LIST, {"label": handover.name}],
            handover=handover,
            pairs=presenting.pairs(handover),
            preview=presenting.preview_pairs(handover) if handover.side == Side.IN else [],
            state=State(handover.state).label,
            mark=presenting.mark(handover),
            left=presenting.left_text(handover, today),
            left_tone=presenting.left_tone(handover, today),
            hindrance=hindrance(handover),
            timeline=timeline(handover),
            verbs=verbs,
            problem=problem,
            together=together(handover),
            is_own=handover.submitted_by == self.actor.person_id and handover.state == "SUBMITTED",
            has_letter=bool(handover.code) and handover.side == Side.OUT,
            has_slip=handover.side == Side.IN and handover.state in _SLIP,
            is_lettered=handover.kind in LETTERED,
            needs_papers=handover.category == PROBATIONARY,
            may_remind=self._may_remind(handover),
            papers=PAPERS,
            days=MOST_DAYS,
            today=today,
            **self._places(handover, verbs),
        )

    def _places(self, handover: Handover, verbs: list[str]) -> dict[str, Any]:
        """The branches or, for a branch that comes as a whole, the places below which to set up."""
        if handover.side != Side.IN or not {Verb.ACCEPT, Verb.PLACE} & set(verbs):
            return {"branches": [], "parents": []}
        visible = organizations.organizations_visible_to(self.actor)
        parents = visible.filter(kind__in=("COMMITTEE", "ORGAN_COMMITTEE", "GENERAL_BRANCH"))
        return {
            "branches": list(organizations.that_hold_members(visible)[:MOST_BRANCHES]),
            "parents": list(parents[:MOST_BRANCHES]) if handover.is_whole else [],
        }

    def _may_remind(self, handover: Handover) -> bool:
        runs = handover.side == Side.OUT and handover.state in TRAVELLING
        return runs and can(self.actor, TransferPermission.REMIND)


_SAYS_NO = (Verb.REJECT, Verb.REFUSE, Verb.GIVE_BACK, Verb.WITHDRAW)
"""Shown last, folded away."""
_SLIP = (State.PLACED, State.RECEIPT_RETURNED, State.CLOSED)


class Act(Transfer, abstract=True):
    """A button of the page; refused, the page says why and nothing has changed."""

    def get(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("transfers:one", args=[handover_id]))

    def post(self, request: HttpRequest, handover_id: UUID) -> HttpResponse:
        handover = handover_for(self.actor, handover_id, to=TransferPermission.BROWSE)
        form = StepForm(request.POST)
        if not form.is_valid():
            return self.page(handover, problem="填写的内容有误，请检查日期和天数。", status=422)
        try:
            said = self.act(handover, form)
        except DomainError as error:
            return self.page(handover, problem=error.message, status=status_of(error))
        toast(request, said)
        return self.get(request, handover_id)

    @abstractmethod
    def act(self, handover: Handover, form: StepForm) -> str:
        """Does it and returns what to say."""

    def each(self, handover: Handover, form: StepForm, step: Callable[[Handover], Handover]) -> int:
        """Does it to this one, or to all that were begun together where that was asked for."""
        if form.cleaned_data["together"] or handover.is_whole:
            return len(batches.each(handover=handover, act=step))
        step(handover)
        return 1

    def now(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": clock.now()}


class Submit(Act):
    permission = TransferPermission.PREPARE

    def act(self, handover: Handover, form: StepForm) -> str:
        note, papers = form.told("arrears_note", ""), form.told("papers", ())
        count = self.each(
            handover, form,
            lambda one: drafting.submit(
                handover=one, arrears_note=note, papers=papers, **self.now()
            ),
        )  # fmt: skip
        return f"已提交 {count} 人，等待党委审批。"


class Withdraw(Act):
    permission = TransferPermission.PREPARE

    def act(self, handover: Handover, form: StepForm) -> str:
        reason = form.told("reason", "")
        count = self.each(
            handover, form,
            lambda one: drafting.withdraw(handover=one, reason=reason, **self.now()),
        )  # fmt: skip
        return f"已撤回 {count} 人，组织关系仍在原支部。"


class Approve(Act):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, form: StepForm) -> str:
        count = self.each(
            handover, form,
            lambda one: approving.approve(handover=one, days=form.days_told, **self.now()),
        )  # fmt: skip
        return f"已批准 {count} 人。"


class Reject(Act):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, form: StepForm) -> str:
        reason = form.told("reason", "")
        count = self.each(
            handover, form,
            lambda one: approving.reject(handover=one, reason=reason, **self.now()),
        )  # fmt: skip
        return f"未批准 {count} 人，已记录理由。"


class Dispatch(Act):
    permission = TransferPermission.PREPARE

    def act(self, handover: Handover, form: StepForm) -> str:
        self.each(handover, form, lambda one: approving.dispatch(handover=one, **self.now()))
        return "已登记介绍信交出。收到回执前，仍由本支部管理。"


class Accept(Act):
    permission = TransferPermission.RECEIVE

    def act(self, handover: Handover, form: StepForm) -> str:
        branch = None
        if form.branch_id and not handover.is_whole:
            branch = organizations.organization_for(
                self.actor, form.branch_id, to=OrganizationPermission.BROWSE
            )
        count = self.each(
            handover, form,
            lambda one: receiving.accept(handover=one, branch=branch, **self.now()),
        )  # fmt: skip
        return f"已同意接收 {count} 人，请编入支部。"


class Refuse(Act):
    permission = TransferPermission.RECEIVE

    def act(self, handover: Handover, form: StepForm) -> str:
        refuse = approving.note_refusal if handover.side == Side.OUT else receiving.refuse
        reason = form.told("reason", "")
        self.each(handover, form, lambda one: refuse(handover=one, reason=reason, **self.now()))
        return "已登记不予接收，组织关系仍在原党组织。"


class GiveBack(Act):
    permission = TransferPermission.RECEIVE

    def act(self, handover: Handover, form: StepForm) -> str:
        reason = form.told("reason", "")
        self.each(
            handover, form,
            lambda one: receiving.give_back(handover=one, reason=reason, **self.now()),
        )  # fmt: skip
        return "已退回，组织关系仍在原党组织。"


class Place(Act):
    permission = TransferPermission.PLACE

    def act(self, handover: Handover, form: StepForm) -> str:
        if handover.is_whole and handover.side == Side.IN:
            if form.branch_id is None:
                raise receiving.BranchNeeded
            parent = organizations.organization_for(
                self.actor, form.branch_id, to=OrganizationPermission.EDIT
            )
            branch = whole.place(handover=handover, parent=parent, **self.now())
            return f"已设立「{branch.name}」，全体党员已编入。"
        count = self.each(handover, form, lambda one: receiving.place(handover=one, **self.now()))
        return f"已编入支部 {count} 人。"


class Receipt(Act):
    """The return slip: taken by the sender of a paper letter, sent by who received one."""

    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, form: StepForm) -> str:
        if handover.side == Side.IN:
            self.each(
                handover, form, lambda one: receiving.send_receipt(handover=one, **self.now())
            )
            return "已登记回执寄出，办结。"
        on = form.day(clock.today())
        note = form.told("note", "")
        self.each(
            handover, form,
            lambda one: approving.take_receipt(handover=one, on=on, note=note, **self.now()),
        )  # fmt: skip
        return "回执已登记，党员已转出。"


class Close(Act):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, form: StepForm) -> str:
        on = form.day(clock.today())
        self.each(handover, form, lambda one: approving.close(handover=one, on=on, **self.now()))
        return "已办结。"


class Reissue(Act):
    permission = TransferPermission.APPROVE

    def act(self, handover: Handover, form: StepForm) -> str:
        new = approving.reissue(handover=handover, days=form.days_told, **self.now())
        return f"已重新开具介绍信 {new.letter}，原信作废。"


class Remind(Act):
    permission = TransferPermission.REMIND

    def act(self, handover: Handover, form: StepForm) -> str:
        reminding.remind(handover=handover, **self.now())
        return f"已向 {handover.name} 发送提醒短信。"
