"""``/m/admission/``: the own way into the Party, thought reports, papers that are asked for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.papers import ACCEPTED, HINT, MOST_BYTES, Upload
from kernel.web.downloads import handed_in
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.forms import ReportForm
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import notes, papers
from tenant_apps.admissions.views.kept import gone_to

_HOME = "/m/admission/"


class OwnPage(Page, abstract=True):
    """A page about the own case, whether its person is a member by now or not."""

    permission = AdmissionPermission.OWN

    def case(self) -> Case:
        return selectors.own_case(self.actor)

    def back(self, url: str = _HOME) -> dict[str, Any]:
        """Who only applied comes from the own way, a member from the own file."""
        if url == "/m/me/" and self.actor.applicant_id is not None:
            return {}
        return {"back_url": url}

    def uploaded(self) -> Upload | None:
        file = self.request.FILES.get("file")
        return Upload(file.name or "", file.read(MOST_BYTES + 1)) if file else None


class OwnCase(OwnPage):
    """Where the own case stands, what is asked for, what happened."""

    template_name = "admissions/own.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        own = selectors.own_view(self.case(), today=clock.today())
        return self.render(title="我的入党历程", own=own, view=own.view, **self.back("/m/me/"))


class OwnReports(OwnPage):
    """``/m/admission/reports/``: the thought reports, and when the next one is due."""

    template_name = "admissions/own_reports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        own = selectors.own_view(self.case(), today=clock.today())
        return self.render(title="思想汇报", own=own, **self.back())


class OwnReport(OwnPage):
    """``/m/admission/reports/new/``: hands a thought report in, written here or by hand."""

    template_name = "admissions/own_report.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        self.case()
        return self._shown(ReportForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        case, form = self.case(), ReportForm(request.POST)
        if not form.is_valid():
            return self._shown(form, status=422)
        try:
            notes.report_own(
                case=case,
                text=form.cleaned_data["text"],
                file=self.uploaded(),
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except papers.PaperRefused as refused:
            return self._shown(form, drop_error=refused.message, status=422)
        except DomainError as error:
            self.form_error(form, error, "text")
            return self._shown(form, status=422)
        toast(request, "思想汇报已提交给党支部。")
        return HttpResponseRedirect(reverse("m-admissions:reports"))

    def _shown(self, form: Form, *, drop_error: str = "", status: int = 200) -> HttpResponse:
        return self.render(
            title="写思想汇报", form=form, status=status, **self.back("/m/admission/reports/"),
            **_dropping(drop_error),
        )  # fmt: skip


class OwnHandIn(OwnPage):
    """``/m/admission/papers/<act>/?kind=``: hands in a document that the person brings."""

    template_name = "admissions/own_hand_in.html"

    def get(self, request: HttpRequest, act: str) -> HttpResponse:
        return self._shown(self.case(), act)

    def post(self, request: HttpRequest, act: str) -> HttpResponse:
        case, file = self.case(), self.uploaded()
        if file is None:
            return self._shown(case, act, drop_error="请选择文件", status=422)
        try:
            papers.hand_in_own(
                case=case, act=act, kind=self._kind(), file=file, actor=self.actor,
                now=clock.now(),
            )  # fmt: skip
        except DomainError as error:
            return self._shown(case, act, drop_error=error.message, status=422)
        toast(request, "材料已提交给党支部。")
        return gone_to(self, _HOME)

    def _kind(self) -> str:
        return self.request.GET.get("kind", "")

    def _shown(
        self, case: Case, act: str, *, drop_error: str = "", status: int = 200
    ) -> HttpResponse:
        label = papers.own_label(case=case, act=act, kind=self._kind())
        template = "admissions/parts/own_hand_in_form.html" if self.is_htmx else None
        return self.render(
            template=template, title=f"上传{label}", status=status, **self.back(),
            **_dropping(drop_error),
        )  # fmt: skip


class OwnFile(OwnPage):
    """``/m/admission/files/<id>/``: a file that the person handed in."""

    def get(self, request: HttpRequest, paper_id: UUID) -> HttpResponse:
        paper = selectors.own_paper_for(self.actor, paper_id)
        return handed_in(papers.read(paper), name=paper.file_name, is_shown=True)


def _dropping(problem: str) -> dict[str, Any]:
    return {"drop_error": problem, "accept": ",".join(ACCEPTED), "hint": HINT}
