"""A file for members that are there: handed in, compared, decided on, applied, taken back."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from kernel import clock
from kernel.errors import DomainError, Invalid
from kernel.permissions import can
from kernel.sheets.limits import LIMITS
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding.exchange import sets
from onboarding.permissions import OnboardingPermission
from onboarding.services import update_report, update_sources, update_subjects
from onboarding.views import exports, presenting
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.services import updates

if TYPE_CHECKING:
    from tenant_apps.members.models import Update

HOME: Final = "/exchange/"
UPDATE_STATES: Final = {
    "WAITING": "running", "READING": "running", "REVIEW": "pending", "APPLYING": "running",
    "DONE": "done", "UNDOING": "running", "UNDONE": "undone", "FAILED": "failed",
    "DISCARDED": "closed",
}  # fmt: skip
_RUNNING: Final = ("WAITING", "READING", "APPLYING", "UNDOING")
_TABS: Final = (
    ("CHANGE", "变更"), ("MOVE", "调整支部"), ("NEW", "新增"), ("SUGGESTED", "疑似同一人"),
    ("MISSING", "文件中没有"),
)  # fmt: skip
_OF_MEMBERS: Final = ("MOVE", "SUGGESTED")
_NOUNS: Final = {
    "member": {
        "one": "党员", "unit": "人", "place": "支部",
        "missing": "在册，文件中没有此人；如已离开，请办理转出或其他减少",
    },
    "organization": {
        "one": "党组织", "unit": "个", "place": "党组织",
        "missing": "组织架构中有，文件中没有；如已撤销或合并，请在组织架构中办理",
    },
    "applicant": {
        "one": "申请人", "unit": "人", "place": "支部",
        "missing": "办理中，文件中没有此人；如已终止，请在发展党员中登记",
    },
}  # fmt: skip
_MOST_FAULTS: Final = 100
_MOST_PICKED: Final = 500


class NotAUpload(Invalid):
    code = "update_no_file"
    sentence = "请选择要导入的文件。"


class TooManyPicked(Invalid):
    code = "update_too_many_picked"
    sentence = "一次最多处理勾选的 {most} 行，更多请用“全部接受”。"


def address_of(update: Update) -> str:
    return f"{HOME}imports/{update.pk}/"


class NewUpdate(Page):
    """``/exchange/imports/new/``: which kind of file, and the file."""

    permission = OnboardingPermission.EXCHANGE_IMPORT
    template_name = "onboarding/exchange_import_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request.GET.get("what", update_sources.ROSTER))

    def post(self, request: HttpRequest) -> HttpResponse:
        what = request.POST.get("what", "")
        file = request.FILES.get("file")
        try:
            if file is None:
                raise NotAUpload
            made = update_sources.hand_in(
                what=what,
                filename=file.name or "",
                content=file.read(LIMITS.file_bytes + 1),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as refused:
            return self._page(what, drop_error=refused.message, status=422)
        if not self.is_htmx:
            return HttpResponseRedirect(address_of(made))
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address_of(made)
        return response

    def _page(self, what: str, *, drop_error: str = "", status: int = 200) -> HttpResponse:
        kinds = [
            (update_sources.ROSTER, "党员名册", "任何样子的名册；更新信息、调整支部、补录新人"),
            *(
                (one.name, one.title, one.source)
                for one in sets.for_subject(*update_subjects.IMPORTED)
            ),
            (
                update_sources.MASTER,
                "主数据（人力资源）",
                "姓名、部门、岗位职务、手机号码等，按身份证号或员工编码对应",
            ),
        ]
        return self.render(
            template="onboarding/parts/exchange_upload.html" if self.is_htmx else None,
            title="导入文件",
            crumbs=_crumbs("导入文件"),
            kinds=kinds,
            what=what,
            hint=f".xlsx、.xls、.csv 或平台导出的 .zip，不超过 {LIMITS.file_bytes // 1024**2} MB",
            drop_error=drop_error,
            status=status,
        )


class UpdatePage(Page):
    """One file, wherever it is on its way: the state decides what is shown."""

    permission = OnboardingPermission.EXCHANGE_VIEW
    template_name = "onboarding/exchange_import.html"

    def get(self, request: HttpRequest, update_id: UUID) -> HttpResponse:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        shared: dict[str, Any] = {
            "title": "核对更新" if update.state == "REVIEW" else "导入文件",
            "crumbs": _crumbs(update.file_name),
            "update": update,
            "status_key": UPDATE_STATES[update.state],
            "base": address_of(update),
        }
        if update.state in _RUNNING:
            return self.render(template="onboarding/exchange_progress.html", **shared)
        return self.render(**shared, **self._compared(update))

    def _compared(self, update: Update) -> dict[str, Any]:
        tallies, words = selectors.tallies_of(update), update_subjects.words_of(update)
        kind = self.request.GET.get("kind", "")
        if kind not in dict(_TABS):
            kind = next((key for key, _ in _TABS if tallies[key]), "CHANGE")
        page = presenting.page_of(self.request, selectors.rows_of(update, kind=kind))
        may = can(self.actor, OnboardingPermission.EXCHANGE_IMPORT)
        return {
            "tallies": tallies,
            "kind": kind,
            "kind_label": dict(_TABS)[kind],
            "tabs": [
                {
                    "label": label,
                    "url": f"?kind={key}",
                    "count": tallies[key],
                    "is_current": key == kind,
                }
                for key, label in _TABS
                if tallies[key] or words is None or key not in _OF_MEMBERS
            ],
            "page_obj": page,
            "rows": selectors.shown(list(page), words=words),
            "nouns": _NOUNS[update_subjects.subject_of(update)],
            "may_decide": may and update.state == "REVIEW" and kind != "MISSING",
            "may_apply": may and update.state == "REVIEW",
            "may_undo": may and update.state == "DONE" and _is_undoable(update),
            "accepted": tallies.get("ACCEPTED", 0),
            "integrity": _percent(update.integrity),
            "confirm_url": f"{address_of(update)}confirmation/",
            "discard_url": f"{address_of(update)}discard/",
            "undo_url": f"{address_of(update)}undo/",
            "bulk_actions": [
                {"label": "接受", "icon": "check", "name": "decision", "value": "accept"},
                {"label": "不接受", "icon": "x", "name": "decision", "value": "refuse"},
            ],
            **_report(update),
        }


class Progress(Page):
    """Asked every two seconds; when the work is over, sends the browser to the file's page."""

    permission = OnboardingPermission.EXCHANGE_VIEW
    template_name = "onboarding/parts/exchange_progress.html"

    def get(self, request: HttpRequest, update_id: UUID) -> HttpResponse:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        if update.state in _RUNNING:
            return self.render(update=update, base=address_of(update))
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address_of(update)
        return response


class UpdateAct(Page, abstract=True):
    """A button of the file's page: one call, then back to the page with a word."""

    def post(self, request: HttpRequest, update_id: UUID) -> HttpResponseBase:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        try:
            toast(request, self.act(update))
        except DomainError as refused:
            toast(request, refused.message, level="error")
        kind = request.POST.get("kind", "")
        return HttpResponseRedirect(
            address_of(update) + (f"?kind={kind}" if kind.isalpha() else "")
        )

    @abstractmethod
    def act(self, update: Update) -> str:
        """The button's one call; returns what to tell."""


class Decide(UpdateAct):
    """Accepts or refuses the ticked rows, all of a kind, or all."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    def act(self, update: Update) -> str:
        data = self.request.POST
        is_all = data.get("all") == "1"
        ids = [] if is_all else picked(data.getlist("id"))
        if not ids and not is_all:
            raise updates.NothingDecided
        accept = data.get("decision") == "accept"
        count = updates.decide(
            update=update, accept=accept, row_ids=ids, kind=data.get("kind", ""), actor=self.actor
        )
        return f"{'已接受' if accept else '已标记不接受'} {count} 行"


class Confirm(UpdateAct):
    """Applies what was accepted."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    def act(self, update: Update) -> str:
        updates.confirm(update=update, actor=self.actor, now=clock.now())
        return "已开始更新"


class Discard(UpdateAct):
    """Gives the file up; nothing was written."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    def act(self, update: Update) -> str:
        update_sources.discard(update=update, actor=self.actor, now=clock.now())
        return "已放弃这份文件，没有更新任何档案"


class Undo(UpdateAct):
    """Takes everything back that the update changed."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    def act(self, update: Update) -> str:
        updates.undo(update=update, actor=self.actor, now=clock.now())
        return "已开始撤销"


class RefusedRows(Page):
    """The refused rows as a workbook to correct and hand in again."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    def get(self, request: HttpRequest, update_id: UUID) -> HttpResponse:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        content = update_report.taken(update, actor=self.actor, now=clock.now())
        return exports.attachment(content, f"退回的行-{update.file_name}.xlsx")


class ReportFile(Page):
    """The report as a workbook: row, column, rule, value."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    def get(self, request: HttpRequest, update_id: UUID) -> HttpResponse:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        content = update_report.report_workbook(update_report.load(update))
        return exports.attachment(content, f"核对报告-{update.file_name}.xlsx")


def picked(values: list[str]) -> list[UUID]:
    """The ids of ticked rows; what is none is passed over.  Raises TooManyPicked."""
    if len(values) > _MOST_PICKED:
        raise TooManyPicked(most=_MOST_PICKED)
    found = []
    for value in values:
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return found


def _report(update: Update) -> dict[str, Any]:
    try:
        report = update_report.load(update)
    except update_report.ReportGone:
        return {"faults": [], "fault_count": 0, "unknown": ()}
    return {
        "faults": [
            (one, update_report.message_of(one.rule)) for one in report.faults[:_MOST_FAULTS]
        ],
        "fault_count": len(report.faults),
        "unknown": report.unknown,
    }


def _percent(integrity: int | None) -> str:
    return "" if integrity is None else f"{integrity / 100:.2f}"


def _is_undoable(update: Update) -> bool:
    until = update.applied_at + updates.UNDO_WITHIN if update.applied_at else None
    return until is not None and clock.now() <= until


def _crumbs(label: str) -> list[dict[str, str]]:
    return [
        {"label": "组织与党员", "url": ""},
        {"label": "导入与导出", "url": HOME},
        {"label": label, "url": ""},
    ]
