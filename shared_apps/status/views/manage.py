"""How the platform fares, for those who run it: parts, incidents, runs of the probe."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can, require
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.status.forms import IncidentForm, ResolveForm, UpdateForm
from shared_apps.status.permissions import StatusPermission
from shared_apps.status.selectors import health, runs
from shared_apps.status.services import incidents
from shared_apps.status.services import runs as probing
from shared_apps.status.services.incidents import Incident
from shared_apps.status.views.presenting import OUTCOME_MARKS, SEVERITY_MARKS, bar, probe_in_hand

_HOME = {"label": "运行状态", "url": "/status/"}
_SHOWN = 10
_PER_PAGE = 20


class Health(Page):
    """``/status/``: what is open, how every part fares, the latest runs."""

    permission = StatusPermission.VIEW
    template_name = "status/health.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        taken = health.snapshot(now=clock.now())
        return self.render(
            title="运行状态",
            crumbs=[{"label": "平台运营", "url": ""}, {**_HOME, "url": ""}],
            bars=[bar(part) for part in taken.parts],
            open_incidents=[_line(one) for one in runs.incidents().filter(resolved_at=None)],
            runs=[_run(one) for one in runs.runs()[:_SHOWN]],
            probe=probe_in_hand(),
            every_minutes=settings.PROBE_SECONDS // 60,
            may_report=can(self.actor, StatusPermission.REPORT),
            public_url=_public_url(request),
        )


class IncidentList(Page):
    """``/status/incidents/``: every incident, those that are open first."""

    permission = StatusPermission.VIEW
    template_name = "status/incidents.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = Paginator(runs.incidents(), _PER_PAGE).get_page(request.GET.get("page"))
        return self.render(
            title="事件记录",
            crumbs=[_HOME, {"label": "事件记录", "url": ""}],
            page_obj=found,
            lines=[_line(one) for one in found],
            may_report=can(self.actor, StatusPermission.REPORT),
        )


class ReportIncident(Page):
    """``/status/incidents/new/``."""

    permission = StatusPermission.REPORT
    template_name = "status/report.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._form(IncidentForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = IncidentForm(request.POST)
        if not form.is_valid():
            return self._form(form, status=422)
        try:
            made = incidents.report(**form.cleaned_data, actor=self.actor, now=clock.now())
        except DomainError as error:
            self.form_error(form, error)
            return self._form(form, status=status_of(error))
        toast(request, "事件已发布，公开状态页同步更新。")
        return HttpResponseRedirect(f"/status/incidents/{made.pk}/")

    def _form(self, form: IncidentForm, *, status: int = 200) -> HttpResponse:
        crumbs = [_HOME, {"label": "发布事件", "url": ""}]
        return self.render(title="发布事件", crumbs=crumbs, form=form, status=status)


class IncidentPage(Page):
    """``/status/incidents/<id>/``: what was said, and room for more."""

    permission = StatusPermission.VIEW
    template_name = "status/incident.html"

    def get(self, request: HttpRequest, incident_id: UUID) -> HttpResponse:
        return self._page(_found(incident_id))

    def post(self, request: HttpRequest, incident_id: UUID) -> HttpResponse:
        require(self.actor, StatusPermission.REPORT)
        form = UpdateForm(request.POST)
        if not form.is_valid():
            return self._page(_found(incident_id), update=form, status=422)
        try:
            incidents.add_update(
                incident_id=incident_id, **form.cleaned_data, actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(_found(incident_id), update=form, status=status_of(error))
        toast(request, "进展已发布。")
        return HttpResponseRedirect(request.path)

    def _page(
        self, found: Incident, *, update: Form | None = None, status: int = 200
    ) -> HttpResponse:
        return _incident_page(self, found, update=update, status=status)


class ResolveIncident(Page):
    """``/status/incidents/<id>/resolve/``."""

    permission = StatusPermission.REPORT
    template_name = "status/incident.html"

    def post(self, request: HttpRequest, incident_id: UUID) -> HttpResponse:
        form = ResolveForm(request.POST)
        if not form.is_valid():
            return _incident_page(self, _found(incident_id), resolve=form, status=422)
        ended = incidents.resolve(
            incident_id=incident_id, **form.cleaned_data, actor=self.actor, now=clock.now()
        )
        toast(request, f"「{ended.title}」已结束。")
        return HttpResponseRedirect(f"/status/incidents/{incident_id}/")


class Probe(Page):
    """``/status/probe/``: ``POST`` has the probe run at once, ``GET`` is how far it is."""

    permission = StatusPermission.VIEW
    template_name = "status/parts/probe.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = probe_in_hand()
        response = self.render(probe=found)
        if found is None:
            response["HX-Refresh"] = "true"
        return response

    def post(self, request: HttpRequest) -> HttpResponse:
        require(self.actor, StatusPermission.REPORT)
        try:
            probing.ask(actor=self.actor, now=clock.now())
        except DomainError as refused:
            toast(request, refused.message, level="error")
        return HttpResponseRedirect("/status/#probe")


class RunList(Page):
    """``/status/runs/``: every run of the probe in 90 days, step by step."""

    permission = StatusPermission.VIEW
    template_name = "status/runs.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = Paginator(runs.runs(), _PER_PAGE).get_page(request.GET.get("page"))
        return self.render(
            title="巡检记录",
            crumbs=[_HOME, {"label": "巡检记录", "url": ""}],
            page_obj=found,
            runs=[_run(one) for one in found],
        )


def _incident_page(page: Page, found: Incident, *, status: int = 200, **forms: Any) -> HttpResponse:
    return page.render(
        status=status,
        title=found.title,
        crumbs=[
            _HOME,
            {"label": "事件记录", "url": "/status/incidents/"},
            {"label": found.title, "url": ""},
        ],
        line=_line(found),
        entries=[
            {"at": said.at, "title": said.text, "text": said.actor_name, "tone": ""}
            for said in found.updates.all()
        ],
        update=forms.get("update") or UpdateForm(),
        resolve=forms.get("resolve") or ResolveForm(),
        may_act=found.is_open and can(page.actor, StatusPermission.REPORT),
    )


def _found(incident_id: UUID) -> Incident:
    found = runs.incident(incident_id)
    if found is None:
        raise incidents.UnknownIncident
    return found


def _line(one: Incident) -> dict[str, Any]:
    updates = list(one.updates.all())
    return {
        "incident": one,
        "mark": SEVERITY_MARKS[one.severity],
        "latest": updates[0] if updates else None,
    }


def _run(one: Any) -> dict[str, Any]:
    steps = list(one.steps.all())
    failed = next((step for step in steps if step.outcome == "failed"), None)
    return {
        "run": one,
        "mark": OUTCOME_MARKS.get(one.outcome, "running"),
        "steps": [{"step": step, "mark": OUTCOME_MARKS[step.outcome]} for step in steps],
        "failed": failed,
    }


def _public_url(request: HttpRequest) -> str:
    port = request.get_host().partition(":")[2]
    return f"{settings.SCHEME}://{settings.STATUS_HOST}" + (f":{port}" if port else "") + "/"
