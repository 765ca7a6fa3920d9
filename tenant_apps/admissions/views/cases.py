"""A case: open it, look at it, correct who it is about, close it, hand it over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.forms import (
    ApplicationForm,
    CloseForm,
    PersonForm,
    RevealForm,
    kinds_to_add,
)
from tenant_apps.admissions.models import Case, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.history import history_of
from tenant_apps.admissions.services import closing, moving, opening, revealing, texting
from tenant_apps.admissions.views.lists import chosen_branch
from tenant_apps.organizations import selectors as organizations

_MOST_BRANCHES = 30
_OUTSIDE = "本单位以外的上级党委"


class OpenCase(Page):
    """``/admissions/new/``: choose the branch, then who applies."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(self._branch(), ApplicationForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        org, form = self._branch(), ApplicationForm(request.POST)
        case = self._open(org, form) if org is not None and form.is_valid() else None
        if case is None:
            return self._shown(org, form, status=422)
        toast(request, f"已接收「{case.name}」的入党申请。")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))

    def _branch(self) -> Any:
        org = chosen_branch(self)
        found = selectors.branches_visible_to(self.actor)
        if org is not None:
            return found.filter(pk=org.pk).first()
        only = list(found[:2])
        return only[0] if len(only) == 1 else None

    def _open(self, org: Any, form: ApplicationForm) -> Case | None:
        try:
            return opening.open_case(
                org=org,
                applicant=form.applicant(),
                applied_on=form.cleaned_data["applied_on"],
                given=form.given(),
                layout=form.cleaned_data["layout"],
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, error.data.get("field"))
            return None

    def _shown(self, org: Any, form: Form, status: int = 200) -> HttpResponse:
        text = self.request.GET.get("branch", "").strip()[:60]
        branches = selectors.branches_visible_to(self.actor)
        if text:
            branches = branches.filter(pk__in=organizations.search(self.actor, text).values("pk"))
        return self.render(
            **titled("接收入党申请"),
            org=org,
            form=form,
            branch_text=text,
            found=[] if org is not None else list(branches[:_MOST_BRANCHES]),
            status=status,
        )


class CasePage(Page):
    """``/admissions/<id>/``: one person's time line."""

    permission = AdmissionPermission.BROWSE
    template_name = "admissions/case.html"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.BROWSE)
        return self.render(**case_context(self, case))


class RevealCase(Page):
    """``/admissions/<id>/reveal/``: the case with one masked value open; nothing is kept."""

    permission = AdmissionPermission.REVEAL
    template_name = "admissions/case.html"

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.REVEAL)
        form = RevealForm(request.POST)
        if not form.is_valid():
            return self.render(**case_context(self, case) | {"reveal": form}, status=422)
        what = form.cleaned_data["what"]
        value = revealing.reveal(case=case, **form.cleaned_data, actor=self.actor, now=clock.now())
        response = self.render(**case_context(self, case) | {"shown": {what: value}})
        response["Cache-Control"] = "no-store"
        return response


class CorrectCase(Page):
    """``/admissions/<id>/edit/``."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/form.html"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        return self.render(**titled("更正个人信息", case), form=PersonForm(case=case))

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        form = PersonForm(request.POST, case=case)
        if form.is_valid() and self._correct(case, form):
            toast(request, "已更正。")
            return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))
        return self.render(**titled("更正个人信息", case), form=form, status=422)

    def _correct(self, case: Case, form: PersonForm) -> bool:
        try:
            opening.correct(
                case=case,
                applicant=form.applicant(),
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, error.data.get("field"))
        return form.is_valid()


class CloseCase(Page):
    """``/admissions/<id>/close/``."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/form.html"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        form = CloseForm(initial={"on": clock.today()})
        return self._shown(case, form)

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        form = CloseForm(request.POST)
        if form.is_valid() and self._close(case, form):
            toast(request, f"「{case.name}」的发展党员工作已结束，材料保留。")
            return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))
        return self._shown(case, form, status=422)

    def _close(self, case: Case, form: CloseForm) -> bool:
        try:
            closing.close(
                case=case,
                **form.cleaned_data,
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
        return form.is_valid()

    def _shown(self, case: Case, form: CloseForm, status: int = 200) -> HttpResponse:
        lead = "结束后不再办理，全部记录和材料保留在「已结束」中。本人以后可以重新申请。"
        return self.render(**titled("结束发展党员工作", case), form=form, lead=lead, status=status)


class MoveCase(Page):
    """``/admissions/<id>/move/``: hands the file over to another branch of the unit."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/move.html"

    def get(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        return self._shown(case_id)

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        try:
            org = organizations.organization_for(
                self.actor, _uuid(request.POST.get("to", "")), to=AdmissionPermission.RECORD
            )
            moving.move(case=case, org=org, actor=self.actor, now=clock.now())
        except DomainError as error:
            return self._shown(case_id, problem=error.message, status=422)
        toast(request, f"已将「{case.name}」的材料移交「{org.short_name or org.name}」。")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))

    def _shown(self, case_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        text = self.request.GET.get("branch", "").strip()[:60]
        branches = selectors.branches_visible_to(self.actor).exclude(pk=case.org_id)
        if text:
            branches = branches.filter(pk__in=organizations.search(self.actor, text).values("pk"))
        return self.render(
            **titled("移交其他支部", case),
            branches=list(branches[:_MOST_BRANCHES]),
            branch_text=text,
            problem=problem,
            status=status,
        )


def case_context(page: Page, case: Case) -> dict[str, Any]:
    """Everything on the page of a case."""
    view = selectors.view_of(case, today=clock.today())
    pending = view.current.pending if view.current else None
    committee = selectors.committee_of(case.org)
    return {
        **titled(case.name, case),
        "view": view,
        "pending": pending,
        "committee": committee.short_name or committee.name
        if committee
        else "本单位以外的上级党委",
        "may_record": can(page.actor, AdmissionPermission.RECORD, case) and case.is_open,
        "may_invite": case.member_id is None
        and case.phone_masked
        and texting.INVITED not in case.texted,
        "may_decide": case.is_open and selectors.may_decide(page.actor, case),
        "is_submitter": pending is not None and pending.given_by == page.actor.person_id,
        "kinds": kinds_to_add(
            page.actor, case, has_notice=bool(pending and pending.state == StepState.BEGUN)
        ),
        "pairs": _pairs(case),
        "masked": [
            ("identity", "身份证号", case.identity_masked),
            ("phone", "手机号码", case.phone_masked),
        ],
        "may_reveal": can(page.actor, AdmissionPermission.REVEAL, case),
        "reveal": RevealForm(),
        "shown": {},
        "history": history_of(case),
        "as_of": clock.now(),
    }


def titled(heading: str, case: Case | None = None) -> dict[str, Any]:
    """Title and crumbs of a page about a case."""
    crumbs: list[dict[str, str]] = [{"label": "发展党员", "url": reverse("admissions:board")}]
    title = heading
    if case is not None and heading != case.name:
        crumbs.append({"label": case.name, "url": reverse("admissions:case", args=[case.pk])})
        title = f"{heading} · {case.name}"
    return {
        "title": title,
        "heading": heading,
        "case": case,
        "crumbs": [*crumbs, {"label": heading}],
    }


def _pairs(case: Case) -> list[tuple[str, object]]:
    labels = opening.labels_of(case)
    return [
        ("性别", case.gender_label),
        ("出生日期", f"{case.birth_on:%Y-%m-%d}"),
        ("民族", case.ethnicity),
        ("学历", case.education),
        ("工作岗位", labels["occupation"]),
        ("工作单位及职务", case.workplace),
    ]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise organizations.OrganizationNotFound from wrong
