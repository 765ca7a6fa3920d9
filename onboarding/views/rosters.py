"""A roster's way: handed in, read, reviewed, imported, done or taken back."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from kernel import clock
from kernel.errors import DomainError
from kernel.money import yuan
from kernel.permissions import can
from kernel.sheets.limits import LIMITS
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding import selectors
from onboarding.forms import InvitationForm
from onboarding.models import ImportState, RosterImport
from onboarding.permissions import OnboardingPermission
from onboarding.roster.faults import RULES
from onboarding.roster.understanding import Rejection, Role
from onboarding.services import importing, labels, reading, review, undoing
from onboarding.views import correcting, exports, presenting, template

READING: Final = (ImportState.UPLOADED, ImportState.READING)
RUNNING: Final = (ImportState.CONFIRMED, ImportState.IMPORTING)
MOST_SHOWN: Final = 200


class UploadRoster(Page):
    """Hands a roster in for a unit."""

    permission = OnboardingPermission.ROSTER_HANDLE
    template_name = "onboarding/upload.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        return self._page(unit_id)

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        file = request.FILES.get("roster")
        if file is None:
            return self._page(unit_id, drop_error="请选择名册文件", status=422)
        try:
            _refuse_half(request)
            made = reading.upload(
                unit=opening.unit,
                filename=file.name or "",
                content=file.read(LIMITS.file_bytes + 1),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as refused:
            other = refused.data.get("import_id")
            other_url = f"/rosters/{other}/" if other else ""
            if other:
                return self._page(unit_id, error=refused.message, other_url=other_url, status=422)
            return self._page(unit_id, drop_error=refused.message, status=422)
        return self._go(f"/rosters/{made.id}/")

    def _go(self, address: str) -> HttpResponse:
        if not self.is_htmx:
            return HttpResponseRedirect(address)
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response

    def _page(self, unit_id: UUID, *, status: int = 200, **context: Any) -> HttpResponse:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        return self.render(
            template="onboarding/parts/upload_form.html" if self.is_htmx else None,
            title="上传名册",
            crumbs=_crumbs(opening.unit.id, opening.unit.name, "上传名册"),
            opening=opening,
            hint=f".xlsx、.xls、.csv，不超过 {LIMITS.file_bytes // 1024 // 1024} MB、"
            f"{LIMITS.rows // 10_000} 万行",
            status=status,
            **presenting.steps(2),
            **context,
        )


class TemplateFile(Page):
    """Our own workbook to fill in, with an example row and what each column means."""

    permission = OnboardingPermission.ROSTER_HANDLE

    def get(self, request: HttpRequest) -> HttpResponse:
        return exports.attachment(template.workbook(), "党组织和党员名册模板.xlsx")


class RosterPage(Page):
    """One roster, wherever it is on its way: the state decides what is shown."""

    permission = OnboardingPermission.ROSTER_HANDLE

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        row = selectors.roster_for(self.actor, import_id, to=self.permission)
        shared: dict[str, Any] = {
            "row": row,
            "filename": reading.filename_of(row),
            "status_key": presenting.IMPORT_STATES[row.state],
        }
        if row.state in (*READING, *RUNNING):
            return self._show(
                "progress", row, "导入进度" if row.confirmed_at else "识别名册", shared
            )
        if row.state == ImportState.REVIEW:
            return self._show("review", row, "核对识别结果", {**shared, **self._review(row)})
        return self._show("result", row, "导入结果", {**shared, **self._result(row)})

    def _show(
        self, name: str, row: RosterImport, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        stage = {"progress": 4 if row.confirmed_at else 3, "review": 3, "result": 5}[name]
        unit = row.unit
        return self.render(
            template=f"onboarding/{name}.html",
            title=title,
            crumbs=_crumbs(unit.id, unit.name, title),
            **presenting.steps(stage),
            **context,
        )

    def _review(self, row: RosterImport) -> dict[str, Any]:
        shown = review.load(row)
        rule = self.request.GET.get("rule", "")
        chosen = [one for one in shown.rejections if not rule or one.rule == rule]
        page = presenting.page_of(self.request, chosen)
        return {
            "review": shown,
            "tree": presenting.tree(shown.organisations, shown.members_by_org, row.unit.name),
            "sheets": correcting.sheets(shown),
            "roles": [(role.value, correcting.ROLES[role]) for role in Role],
            "member_fields": correcting.MEMBER_FIELDS,
            "org_fields": correcting.ORG_FIELDS,
            "page_obj": page,
            "rejections": [_refused(one) for one in page],
            "rules": _rule_tabs(shown.rejections, rule),
            "skipped": shown.skipped[:MOST_SHOWN],
            "elsewhere": shown.known_elsewhere[:MOST_SHOWN],
            "toll": _toll(row),
            "new_orgs": f"其中新建 {row.new_organization_count} 个",
            "confirm_text": f"确认后写入「{row.unit.name}」自己的空间，7 天内可以撤销。",
            "confirm_url": f"/rosters/{row.id}/confirmation/",
            "discard_url": f"/rosters/{row.id}/discard/",
        }

    def _result(self, row: RosterImport) -> dict[str, Any]:
        return {
            "address": labels.address_of(row.unit.label),
            "form": InvitationForm(),
            "may_undo": can(self.actor, OnboardingPermission.ROSTER_UNDO) and _is_undoable(row),
            "may_resume": row.state == ImportState.FAILED and row.confirmed_at is not None,
            "undo_url": f"/rosters/{row.id}/undo/",
            "upload_url": f"/units/{row.unit_id}/rosters/new/",
            "undo_toll": [
                ("移除党员", row.made_count),
                ("移除新建的党组织", row.new_organization_count),
            ],
        }


class Progress(Page):
    """Asked every two seconds; when the work is over, sends the browser to the roster's page."""

    permission = OnboardingPermission.ROSTER_HANDLE
    template_name = "onboarding/parts/progress.html"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        row = selectors.roster_for(self.actor, import_id, to=self.permission)
        if row.state in (*READING, *RUNNING):
            return self.render(row=row)
        response = HttpResponse(status=204)
        response["HX-Redirect"] = f"/rosters/{row.id}/"
        return response


class RosterAct(Page, abstract=True):
    """A button of the roster's page: one call, then back to the page with a word."""

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        row = selectors.roster_for(self.actor, import_id, to=self.permission)
        try:
            said = self.act(row)
        except DomainError as refused:
            return self.refused(row, refused)
        toast(request, said)
        return HttpResponseRedirect(f"/rosters/{row.id}/")

    @abstractmethod
    def act(self, row: RosterImport) -> str:
        """The button's one call; returns what to tell."""

    def refused(self, row: RosterImport, error: DomainError) -> HttpResponse:
        """Says why, and where the other one is when somebody was first."""
        return self.render(
            template="onboarding/refused.html",
            title="操作没有完成",
            crumbs=_crumbs(row.unit_id, row.unit.name, "操作没有完成"),
            error=error,
            row=row,
            status=status_of(error),
        )


class Correct(RosterAct):
    permission = OnboardingPermission.ROSTER_HANDLE

    def act(self, row: RosterImport) -> str:
        corrections = correcting.from_form(self.request.POST, review.load(row))
        reading.correct(held=row, corrections=corrections, actor=self.actor, now=clock.now())
        return "已按您的更正重新识别"


class Confirm(RosterAct):
    permission = OnboardingPermission.ROSTER_HANDLE

    def act(self, row: RosterImport) -> str:
        importing.confirm(held=row, actor=self.actor, now=clock.now())
        return "已确认，正在导入；可以离开本页，稍后回来查看"


class Discard(RosterAct):
    permission = OnboardingPermission.ROSTER_HANDLE

    def act(self, row: RosterImport) -> str:
        reading.discard(held=row, actor=self.actor, now=clock.now())
        return "已放弃这份名册，可以重新上传"

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        response = super().post(request, import_id)
        if isinstance(response, HttpResponseRedirect):
            row = selectors.roster_for(self.actor, import_id, to=self.permission)
            return HttpResponseRedirect(f"/units/{row.unit_id}/")
        return response


class Resume(RosterAct):
    permission = OnboardingPermission.ROSTER_HANDLE

    def act(self, row: RosterImport) -> str:
        importing.resume(held=row, actor=self.actor, now=clock.now())
        return "已从中断处继续导入"


class Undo(RosterAct):
    permission = OnboardingPermission.ROSTER_UNDO

    def act(self, row: RosterImport) -> str:
        typed = self.request.POST.get("typed", "")
        undoing.undo(held=row, typed_name=typed, actor=self.actor, now=clock.now())
        return "已撤销这次导入"


class RefusedWorkbook(Page):
    """The refused rows as they were handed in, with the reason in an added column."""

    permission = OnboardingPermission.ROSTER_HANDLE

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponseBase:
        row = selectors.roster_for(self.actor, import_id, to=self.permission)
        content = review.refused_workbook(row, actor=self.actor, now=clock.now())
        return exports.attachment(content, f"{row.unit.name}-退回的行.xlsx")


def _refuse_half(request: HttpRequest) -> None:
    """The form's last field stands behind the file: when it is missing, so is an end of the file
    (a connection that broke off looks like a shorter file to the parser).
    """
    if "complete" not in request.POST:
        raise reading.UploadCutOff


def _crumbs(unit_id: UUID, name: str, title: str) -> list[dict[str, str]]:
    return [
        {"label": "单位开通", "url": "/"},
        {"label": name, "url": f"/units/{unit_id}/"},
        {"label": title, "url": ""},
    ]


def _refused(one: Rejection) -> dict[str, Any]:
    return {
        "sheet": one.sheet,
        "row": one.row,
        "column": one.column,
        "value": review.masked(one.value),
        "message": review.masked(one.message),
        "remedy": one.remedy,
        "also": [RULES[rule][0].format_map(_Blank()) for rule in one.also],
    }


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _rule_tabs(rejections: tuple[Rejection, ...], current: str) -> list[dict[str, Any]]:
    counts = Counter(one.rule for one in rejections)
    tabs = [
        {"label": "全部", "url": "?#refused", "count": len(rejections), "is_current": not current}
    ]
    return tabs + [
        {
            "label": correcting.rule_label(rule),
            "url": f"?rule={rule}#refused",
            "count": count,
            "is_current": rule == current,
        }
        for rule, count in counts.most_common()
    ]


def _toll(row: RosterImport) -> list[tuple[str, Any]]:
    return [
        ("新建党组织", row.new_organization_count),
        ("导入党员", row.accepted_count),
        ("退回、暂不导入的行", row.rejected_count),
        ("每月应交党费", f"¥{yuan(row.monthly_dues_fen)}"),
    ]


def _is_undoable(row: RosterImport) -> bool:
    if row.state == ImportState.DONE:
        return row.undo_until is not None and clock.now() <= row.undo_until
    return row.state == ImportState.FAILED and row.confirmed_at is not None
