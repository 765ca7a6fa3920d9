"""The desk: rules of sweep and return, runs, what arrived."""

from __future__ import annotations

from abc import abstractmethod
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
from tenant_apps.treasury.forms import OrgRuleForm, PeriodForm, ReasonForm, RuleForm
from tenant_apps.treasury.models import SweepRun
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import sweeps
from tenant_apps.treasury.selectors.places import places_of, scopes_of
from tenant_apps.treasury.services import rules, sweeping
from tenant_apps.treasury.views.books import ROOT

_LIST = {"label": "归集与回拨", "url": "/treasury/sweeps/"}


class Sweeps(Page):
    """`/treasury/sweeps/`: rules in force and the runs; whoever may prepares one by POST."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/sweeps.html"

    def shown(self, form: PeriodForm, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            rules=sweeps.all_rules(self.actor),
            org_rules=sweeps.org_rules(self.actor),
            runs=sweeps.runs_visible_to(self.actor),
            may_plan=can(self.actor, TreasuryPermission.SWEEP, SweepRun()),
            may_rule=can(self.actor, TreasuryPermission.RULES, SweepRun()),
            as_of=clock.now(),
            title="归集与回拨",
            crumbs=[ROOT, {"label": "归集与回拨", "url": ""}],
            status=status,
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        return self.shown(PeriodForm(initial={"first": quarter, "last": today}))


class PlanRun(Sweeps):
    """`/treasury/sweeps/plan/`"""

    permission = TreasuryPermission.SWEEP

    def post(self, request: HttpRequest) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        form = PeriodForm(request.POST)
        if not form.is_valid():
            return self.shown(form, 422)
        try:
            run = sweeping.plan(**form.cleaned_data, actor=self.actor, now=clock.now())
        except DomainError as error:
            self.form_error(form, error)
            return self.shown(form, status_of(error))
        toast(request, "已生成，等待另一人复核")
        return HttpResponseRedirect(reverse("treasury:sweep", args=[run.pk]))


class SetRule(Page):
    """`/treasury/sweeps/rules/`: how a level gives; ``drop`` takes the rule away."""

    permission = TreasuryPermission.RULES
    template_name = "treasury/rule.html"

    def shown(self, form: RuleForm, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            title="归集与回拨规则",
            crumbs=[ROOT, _LIST, {"label": "规则", "url": ""}],
            status=status,
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        return self.shown(RuleForm(initial={"depth": 2}))

    def post(self, request: HttpRequest) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        form = RuleForm(request.POST)
        if not form.is_valid():
            return self.shown(form, 422)
        at: dict[str, Any] = {name: form.cleaned_data[name] for name in ("direction", "depth")}
        try:
            if "drop" in request.POST:
                rules.drop_rule(**at, actor=self.actor, now=clock.now())
            else:
                rules.set_rule(**at, terms=form.terms(), actor=self.actor, now=clock.now())
        except DomainError as error:
            self.form_error(form, error)
            return self.shown(form, status_of(error))
        toast(request, "规则已更新，从下一次办理起执行")
        return HttpResponseRedirect(reverse("treasury:sweeps"))


class SetOrgRule(Page):
    """`/treasury/sweeps/org-rules/`: how one organisation gives, other than its level."""

    permission = TreasuryPermission.RULES
    template_name = "treasury/org_rule.html"

    def shown(self, form: OrgRuleForm, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            title="单独规则",
            crumbs=[ROOT, _LIST, {"label": "单独规则", "url": ""}],
            status=status,
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        usual = {"first": clock.today().replace(day=1), "org": request.GET.get("org", "")}
        return self.shown(OrgRuleForm(initial=usual, places=places_of(self.actor)))

    def post(self, request: HttpRequest) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        form = OrgRuleForm(request.POST, places=places_of(self.actor))
        if not form.is_valid():
            return self.shown(form, 422)
        try:
            rules.set_org_rule(
                **form.target(), terms=form.terms(), actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.shown(form, status_of(error))
        toast(request, "单独规则已生效，从下一次办理起执行")
        return HttpResponseRedirect(reverse("treasury:sweeps"))


class EndOrgRule(Page):
    """`/treasury/sweeps/org-rules/<rule_id>/end/`: the level's rule holds again."""

    permission = TreasuryPermission.RULES

    def post(self, request: HttpRequest, rule_id: UUID) -> HttpResponse:
        rule = sweeps.org_rule_for(self.actor, rule_id, to=self.permission)
        rules.end_org_rule(rule=rule, actor=self.actor, now=clock.now())
        toast(request, "已撤销，恢复按层级规则办理")
        return HttpResponseRedirect(reverse("treasury:sweeps"))


class RunPage(Page):
    """`/treasury/sweeps/<run_id>/`: the lines with their proofs."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/run.html"

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        run = sweeps.run_for(self.actor, run_id, to=self.permission)
        proofs = sweeps.proofs(self.actor, run)
        is_own = run.made_by == self.actor.person_id
        scopes = scopes_of(self.actor)
        may_take = run.state == "POSTED" and can(self.actor, TreasuryPermission.TAKE)
        return self.render(
            run=run,
            rows=[
                {
                    "proof": proof,
                    "may_take": may_take
                    and proof.line.taken_at is None
                    and proof.line.taker_path.startswith(scopes),
                }
                for proof in proofs
            ],
            due_fen=sum(proof.line.due_fen for proof in proofs),
            amount_fen=sum(proof.line.amount_fen for proof in proofs),
            taken_fen=sum(p.line.amount_fen for p in proofs if p.line.taken_at),
            is_own=is_own,
            may_confirm=can(self.actor, TreasuryPermission.CONFIRM, run) and not is_own,
            may_sweep=can(self.actor, TreasuryPermission.SWEEP, run),
            as_of=clock.now(),
            title=run.get_direction_display() + ("冲回" if run.reverses_id else ""),
            scope=f"{run.first_on} 至 {run.last_on}",
            crumbs=[ROOT, _LIST, {"label": f"{run.first_on} 至 {run.last_on}", "url": ""}],
        )


class _Act(Page, abstract=True):
    """One step of a run by a button."""

    done = ""

    @abstractmethod
    def act(self, run: SweepRun) -> SweepRun: ...

    def post(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        run = self.act(sweeps.run_for(self.actor, run_id, to=self.permission))
        toast(request, self.done)
        return HttpResponseRedirect(reverse("treasury:sweep", args=[run.pk]))


class ConfirmRun(_Act):
    permission = TreasuryPermission.CONFIRM
    done = "已复核并入账"

    def act(self, run: SweepRun) -> SweepRun:
        return sweeping.confirm(run=run, actor=self.actor, now=clock.now())


class CancelRun(_Act):
    permission = TreasuryPermission.SWEEP
    done = "已取消，没有入账"

    def act(self, run: SweepRun) -> SweepRun:
        return sweeping.cancel(run=run, actor=self.actor, now=clock.now())


class UndoRun(_Act):
    permission = TreasuryPermission.SWEEP
    done = "已生成冲回，等待另一人复核"

    def act(self, run: SweepRun) -> SweepRun:
        form = ReasonForm(self.request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        return sweeping.undo(run=run, reason=reason, actor=self.actor, now=clock.now())


class TakeLine(Page):
    """`/treasury/sweeps/lines/<line_id>/take/`: it arrived."""

    permission = TreasuryPermission.TAKE

    def post(self, request: HttpRequest, line_id: UUID) -> HttpResponse:
        line = sweeps.line_for(self.actor, line_id, to=self.permission)
        sweeping.take(line=line, actor=self.actor, now=clock.now())
        toast(request, "已确认到账")
        return HttpResponseRedirect(reverse("treasury:sweep", args=[line.run_id]))
