"""``/m/admission/``: the own way into the Party, and thought reports."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.forms import ReportForm
from tenant_apps.admissions.models import NoteKind
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import notes


class OwnCase(Page):
    """Where the own case stands."""

    permission = AdmissionPermission.OWN
    template_name = "admissions/own.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        case = selectors.own_case(self.actor)
        view = selectors.view_of(case, today=clock.today())
        reports = [note for note in view.notes if note.kind == NoteKind.THOUGHT]
        return self.render(title="我的入党历程", back_url="/m/me/", view=view, reports=reports)


class OwnReport(Page):
    """``/m/admission/report/``: hands a thought report in."""

    permission = AdmissionPermission.OWN
    template_name = "admissions/own_report.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        selectors.own_case(self.actor)
        return self._shown(ReportForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        case, form = selectors.own_case(self.actor), ReportForm(request.POST)
        if form.is_valid():
            try:
                notes.report_own(
                    case=case,
                    text=form.cleaned_data["text"],
                    actor=self.actor,
                    today=clock.today(),
                    now=clock.now(),
                )
            except DomainError as error:
                self.form_error(form, error)
            else:
                toast(request, "思想汇报已提交给党支部。")
                return HttpResponseRedirect(reverse("m-admissions:own"))
        return self._shown(form, status=422)

    def _shown(self, form: ReportForm, status: int = 200) -> HttpResponse:
        return self.render(title="写思想汇报", back_url="/m/admission/", form=form, status=status)
