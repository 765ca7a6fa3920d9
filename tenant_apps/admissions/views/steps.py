"""The steps of a case: record or submit, end a notice, decide, take back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules.selectors.admission import Handling
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions import selectors
from tenant_apps.admissions.forms import ActForm, DecisionForm, NoticeEndForm
from tenant_apps.admissions.models import Case, Step, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import acting, deciding, going
from tenant_apps.admissions.views.cases import titled

_WORDS = {
    Handling.BRANCH: "保存并进入下一步",
    Handling.COMMITTEE: "保存并进入下一步",
    Handling.DECISION: "提交上级党委",
    Handling.NOTICE: "开始公示",
}


class DoAct(Page):
    """``/admissions/<id>/steps/<act>/``: the form that the rules ask for."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/act.html"

    def get(self, request: HttpRequest, case_id: UUID, act: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        going.current_act(case, act)
        return self._shown(case, self._form(case))

    def post(self, request: HttpRequest, case_id: UUID, act: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        going.current_act(case, act)
        form = self._form(case, request.POST)
        step = self._record(case, act, form) if form.is_valid() else None
        if step is None:
            return self._shown(case, form, status=422)
        toast(request, _told(case, step), level="warning" if _failed(step) else "success")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))

    def _record(self, case: Case, act: str, form: ActForm) -> Step | None:
        try:
            return acting.record(
                case=case,
                act=act,
                on=form.cleaned_data["day"],
                given=form.given(),
                late_reason=form.late,
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, _field_of(error))
            return None

    def _form(self, case: Case, data: Any = None) -> ActForm:
        act = going.pack_of(case).acts[case.act]
        has_term = any(clock.is_due for clock in going.clocks_of(case, act))
        return ActForm(data, case=case, act=act, today=clock.today(), has_term=has_term)

    def _shown(self, case: Case, form: Form, status: int = 200) -> HttpResponse:
        view = selectors.view_of(case, today=clock.today())
        assert view.current is not None  # noqa: S101 - a closed case has no current act
        act = view.current.act
        return self.render(
            **titled(act.name, case),
            view=view,
            current=view.current,
            form=form,
            submit=_WORDS[act.handling],
            groups=_groups(form, act),
            status=status,
        )


class EndNotice(Page):
    """``/admissions/<id>/notice/``: ends the notice with its result."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/act.html"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        return self._shown(case, self._form(case))

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        form = self._form(case, request.POST)
        step = self._end(case, form) if form.is_valid() else None
        if step is None:
            return self._shown(case, form, status=422)
        toast(request, _told(case, step), level="warning" if _failed(step) else "success")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))

    def _end(self, case: Case, form: NoticeEndForm) -> Step | None:
        try:
            return acting.end_notice(
                case=case,
                on=form.cleaned_data["day"],
                given=form.given(),
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, _field_of(error))
            return None

    def _form(self, case: Case, data: Any = None) -> NoticeEndForm:
        pending = going.pending_step(case)
        if pending is None or pending.state != StepState.BEGUN:
            raise acting.NoNotice
        act = going.pack_of(case).acts[case.act]
        return NoticeEndForm(data, case=case, act=act, today=clock.today())

    def _shown(self, case: Case, form: Form, status: int = 200) -> HttpResponse:
        view = selectors.view_of(case, today=clock.today())
        return self.render(
            **titled("办结公示", case),
            view=view,
            current=view.current,
            form=form,
            submit="办结公示",
            status=status,
        )


class Decide(Page):
    """``/admissions/<id>/decision/``: matter, papers, history and decision on one page."""

    permission = AdmissionPermission.DECIDE
    template_name = "admissions/decision.html"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.DECIDE)
        return self._shown(case, self._form(case))

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.DECIDE)
        form = self._form(case, request.POST)
        step = self._decide(case, form) if form.is_valid() else None
        if step is None:
            return self._shown(case, form, status=422)
        act = admission_pack_named(step.version).acts[step.act]
        toast(request, f"「{case.name}」{act.name}：{act.verdicts[step.verdict]}。")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))

    def _decide(self, case: Case, form: DecisionForm) -> Step | None:
        try:
            return deciding.decide(
                case=case,
                verdict=form.cleaned_data["verdict"],
                on=form.cleaned_data["day"],
                given=form.given(),
                opinion=form.cleaned_data["opinion"],
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, _field_of(error))
            return None

    def _form(self, case: Case, data: Any = None) -> DecisionForm:
        pending = going.pending_step(case)
        if pending is None or pending.state != StepState.SUBMITTED:
            raise deciding.NothingSubmitted
        act = going.pack_of(case).acts[case.act]
        return DecisionForm(data, case=case, act=act, today=clock.today())

    def _shown(self, case: Case, form: Form, status: int = 200) -> HttpResponse:
        view = selectors.view_of(case, today=clock.today())
        pending = view.current.pending if view.current else None
        return self.render(
            **titled("审批", case),
            view=view,
            current=view.current,
            pending=pending,
            is_submitter=pending is not None and pending.given_by == self.actor.person_id,
            form=form,
            status=status,
        )


class TakeBack(Page):
    """``/admissions/<id>/take-back/``."""

    permission = AdmissionPermission.RECORD

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        step = acting.take_back(
            case=case,
            reason=request.POST.get("reason", ""),
            actor=self.actor,
            now=clock.now(),
        )
        act = admission_pack_named(step.version).acts[step.act]
        toast(request, f"已撤回「{act.name}」，原记录保留。", level="info")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))


def _told(case: Case, step: Step) -> str:
    words = {
        StepState.SUBMITTED: "已提交，等待上级党委审批",
        StepState.BEGUN: "公示已开始",
        StepState.FAILED: "已记录，本次未通过，不进入下一步",
    }
    act = admission_pack_named(step.version).acts[step.act]
    return f"「{case.name}」{act.name}：{words.get(StepState(step.state), '已完成')}。"


def _failed(step: Step) -> bool:
    return step.state == StepState.FAILED


def _field_of(error: DomainError) -> str | None:
    fields = {
        "admission_day_refused": "day", "admission_too_early": "day",
        "admission_late_reason_needed": "late_reason", "admission_extension_refused":
        "extend_months", "admission_opinion_needed": "opinion",
        "admission_votes_do_not_add": "for", "admission_training_too_short": "days",
    }  # fmt: skip
    return error.data.get("field") or fields.get(error.code)


def _groups(form: Form, act: Any) -> list[tuple[str, list[Any]]]:
    """Fields under headings: the counts of a vote stand together."""
    votes = ("expected", "present", "written", "for", "against", "abstain")
    fields = {bound.name: bound for bound in form}
    if not act.vote:
        return [("", list(fields.values()))]
    others = [bound for name, bound in fields.items() if name not in votes]
    secret = "无记名投票，只记录票数" if act.is_secret else "只记录票数"
    return [("", others[:-2]), (f"表决（{secret}）", [fields[n] for n in votes]), ("", others[-2:])]
