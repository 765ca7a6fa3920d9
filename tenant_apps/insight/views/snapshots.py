"""Pages of the snapshots: which there are, one of them with its audit, taking and signing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.insight.forms import NoteForm, PlaceForm, TakeForm
from tenant_apps.insight.models import Snapshot, State
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors import reports, snapshots
from tenant_apps.insight.selectors.checks import Check
from tenant_apps.insight.selectors.sheets import Sheet
from tenant_apps.insight.selectors.tables import all_tables
from tenant_apps.insight.services import filing, taking

TITLE = "党内统计"
HOME = {"label": TITLE, "url": "/statistics/"}


class Statistics(Page):
    """``/statistics/``: the periods, their snapshots, and a new one."""

    permission = InsightPermission.BROWSE
    template_name = "insight/home.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.shown(TakeForm(today=clock.today()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Freezes a period; the service asks for the whole unit."""
        form = TakeForm(request.POST, today=clock.today())
        snapshot = self._take(form) if form.is_valid() else None
        if snapshot is None:
            return self.shown(form, status=422)
        if snapshot.is_ready:
            toast(request, f"已采集{snapshot.label}，共 {snapshot.people} 名党员。")
        return HttpResponseRedirect(reverse("insight:snapshot", args=[snapshot.pk]))

    def _take(self, form: TakeForm) -> Snapshot | None:
        try:
            return taking.take(**form.cleaned_data, actor=self.actor, now=clock.now())
        except (taking.AlreadyTaking, taking.YearOutOfReach) as error:
            self.form_error(form, error)
            return None

    def shown(self, form: TakeForm, status: int = 200) -> HttpResponse:
        found = list(snapshots.all_snapshots()[:100])
        return self.render(
            title=TITLE,
            crumbs=[{"label": "组织与党员"}, {"label": TITLE}],
            form=form,
            rows=[(one, snapshots.is_trial(one)) for one in found],
            latest=next((one for one in found if one.is_ready), None),
            tables=all_tables(),
            may_take=can(self.actor, InsightPermission.TAKE, Snapshot()),
            status=status,
        )


class SnapshotPage(Page):
    """``/statistics/<id>/?org=``: the fifteen tables of an organisation and their audit."""

    permission = InsightPermission.BROWSE
    template_name = "insight/snapshot.html"

    def get(self, request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
        snapshot = snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission)
        if not snapshot.is_ready:
            template = "insight/parts/taking.html" if self.is_htmx else "insight/taking.html"
            crumbs = [HOME, {"label": snapshot.label}]
            return self.render(
                template=template, title=snapshot.label, snapshot=snapshot, crumbs=crumbs
            )
        if self.is_htmx:
            response = HttpResponse(status=204)
            response["HX-Refresh"] = "true"
            return response
        return self.render(**self.context(snapshot, PlaceForm(request.GET).org_id))

    def context(self, snapshot: Snapshot, org_id: UUID | None) -> dict[str, Any]:
        spot = snapshots.spot_of(self.actor, snapshot, org_id)
        sheets = reports.sheets(snapshot, spot.ground)
        checks = reports.checks_of(snapshot, spot.ground)
        return {
            "title": f"{spot.name} · {snapshot.label}",
            "crumbs": [HOME, {"label": snapshot.label}],
            "snapshot": snapshot,
            "spot": spot,
            "is_trial": snapshots.is_trial(snapshot),
            "tables": [_line(sheet, marks_of(checks)) for sheet in sheets.values()],
            "shown_checks": [one for one in checks if one.is_between or one.mark != "ok"],
            "even_checks": [one for one in checks if not one.is_between and one.mark == "ok"],
            "uneven": sum(1 for check in checks if check.mark == "late"),
            "summary": _summary(sheets),
            "may": _may(self, snapshot),
        }


class _Act(Page, abstract=True):
    """One signature; afterwards the snapshot's page is shown again."""

    @abstractmethod
    def act(self, snapshot: Snapshot, note: str) -> str:
        """Does it and says so in words."""

    def post(self, request: HttpRequest, snapshot_id: UUID) -> HttpResponse:
        snapshot = snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission)
        form = NoteForm(request.POST)
        note = form.cleaned_data["note"] if form.is_valid() else ""
        try:
            toast(request, self.act(snapshot, note))
        except filing.NoteNeeded as error:
            toast(request, error.message, level="warning")
        return HttpResponseRedirect(reverse("insight:snapshot", args=[snapshot.pk]))


class Submit(_Act):
    """``POST /statistics/<id>/submit/``."""

    permission = InsightPermission.SUBMIT

    def act(self, snapshot: Snapshot, note: str) -> str:
        filing.submit(snapshot=snapshot, note=note, actor=self.actor, now=clock.now())
        return f"已填报{snapshot.label}，等待负责人报出。"


class File(_Act):
    """``POST /statistics/<id>/file/``."""

    permission = InsightPermission.FILE

    def act(self, snapshot: Snapshot, note: str) -> str:
        filing.file(snapshot=snapshot, actor=self.actor, now=clock.now())
        return f"{snapshot.label}已报出，数字已锁定。"


class GiveBack(_Act):
    """``POST /statistics/<id>/return/``."""

    permission = InsightPermission.FILE

    def act(self, snapshot: Snapshot, note: str) -> str:
        filing.give_back(snapshot=snapshot, note=note, actor=self.actor, now=clock.now())
        return f"已退回{snapshot.label}，由填表人重新核对。"


def marks_of(checks: list[Check]) -> dict[int, str]:
    """The worst mark of the checks of each table."""
    found: dict[int, str] = {}
    for check in checks:
        if check.mark == "late" or check.table not in found:
            found[check.table] = check.mark
    return found


def _line(sheet: Sheet, marks: Mapping[int, str]) -> dict[str, Any]:
    table = sheet.table
    row = table.total_row
    return {
        "number": table.number,
        "title": table.title,
        "unit": table.unit,
        "total": sheet.value(row.key, table.columns[0].key),
        "total_label": row.label,
        "mark": marks.get(table.number, ""),
    }


def _summary(sheets: Mapping[int, Sheet]) -> dict[str, Any]:
    """The figures above the tables."""
    basics, education = sheets[2], sheets[4]
    return {
        "total": basics.value("all", "all"),
        "probationary": basics.value("all", "probationary"),
        "women": basics.value("all", "women"),
        "minority": basics.value("all", "minority"),
        "college": education.value("college", "all"),
        "change": sheets[1].value("change", "all"),
    }


def _may(page: Page, snapshot: Snapshot) -> dict[str, bool]:
    actor = page.actor
    is_submitted = snapshot.state == State.SUBMITTED
    may_file = can(actor, InsightPermission.FILE, snapshot)
    return {
        "submit": snapshot.state == State.TAKEN
        and not snapshots.is_trial(snapshot)
        and can(actor, InsightPermission.SUBMIT, snapshot),
        "file": is_submitted and may_file and actor.person_id != snapshot.submitted_by,
        "give_back": is_submitted and may_file,
        "export": can(actor, InsightPermission.EXPORT),
    }
