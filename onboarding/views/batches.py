"""Opening many units from one sheet: handed in, checked, confirmed, watched, taken away."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.sheets.limits import LIMITS
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding import selectors
from onboarding.models import Batch, BatchRow, BatchState, RowState
from onboarding.permissions import OnboardingPermission
from onboarding.services import batch_content, batch_results, batch_sheet, batches, labels
from onboarding.services.reading import UploadCutOff
from onboarding.views import exports, presenting
from tenants import regions
from tenants.models import UnitProfile

ROW_MARKS: Final = {
    RowState.REFUSED: "refused",
    RowState.SKIPPED: "inactive",
    RowState.WAITING: "pending",
    RowState.OPENING: "running",
    RowState.DONE: "done",
    RowState.FAILED: "failed",
    RowState.STOPPED: "suspended",
}
BATCH_MARKS: Final = {
    BatchState.CHECKED: "pending",
    BatchState.OPENING: "running",
    BatchState.DONE: "done",
}
_HOME: Final = {"label": "批量开通", "url": "/batches/"}


class Batches(Page):
    """Every sheet handed in, the newest first."""

    permission = OnboardingPermission.BATCH_HANDLE
    template_name = "onboarding/batches.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = presenting.page_of(request, selectors.batches())
        return self.render(
            title="批量开通",
            crumbs=[{"label": "共建单位", "url": ""}, {"label": "批量开通", "url": ""}],
            page_obj=page,
            lines=[
                {
                    "batch": batch,
                    "filename": batches.filename_of(batch),
                    "mark": BATCH_MARKS[BatchState(batch.state)],
                }
                for batch in page
            ],
        )


class TemplateFile(Page):
    """The sheet to fill in."""

    permission = OnboardingPermission.BATCH_HANDLE

    def get(self, request: HttpRequest) -> HttpResponse:
        return exports.attachment(batch_results.template(), "批量开通单位表模板.xlsx")


class UploadSheet(Page):
    """Hands a sheet of units in."""

    permission = OnboardingPermission.BATCH_HANDLE
    template_name = "onboarding/batch_upload.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        file = request.FILES.get("sheet")
        if file is None:
            return self._page(drop_error="请选择单位表", status=422)
        try:
            if "complete" not in request.POST:
                raise UploadCutOff
            made = batches.receive(
                filename=file.name or "",
                content=file.read(LIMITS.file_bytes + 1),
                actor=self.actor,
                now=clock.now(),
            )
        except batches.SameSheet as same:
            other_url = f"/batches/{same.data['batch_id']}/"
            return self._page(error=same.message, other_url=other_url, status=409)
        except DomainError as refused:
            return self._page(drop_error=refused.message, status=422)
        return HttpResponseRedirect(f"/batches/{made.id}/")

    def _page(self, *, status: int = 200, **context: Any) -> HttpResponse:
        return self.render(
            title="上传单位表",
            crumbs=[_HOME, {"label": "上传单位表", "url": ""}],
            columns=batch_sheet.COLUMNS,
            hint=f".xlsx、.xls、.csv，每行一家单位，最多 {batch_sheet.MOST_ROWS} 家",
            status=status,
            **context,
        )


class BatchPage(Page):
    """One sheet, wherever it is on its way."""

    permission = OnboardingPermission.BATCH_HANDLE
    template_name = "onboarding/batch.html"

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = selectors.batch_for(self.actor, batch_id, to=self.permission)
        counts = batches.counts_of(batch)
        state = request.GET.get("state", "")
        rows = batch.rows.select_related("unit")
        page = presenting.page_of(request, rows.filter(state=state) if state else rows)
        filename = batches.filename_of(batch)
        return self.render(
            title=_TITLES[BatchState(batch.state)],
            crumbs=[_HOME, {"label": filename, "url": ""}],
            batch=batch,
            filename=filename,
            tabs=_tabs(counts, state),
            page_obj=page,
            rows=[_line(row) for row in page],
            to_correct=counts["refused"] + counts["failed"] + counts["stopped"],
            is_own=batch.confirmed_by is not None and batch.confirmed_by == self.actor.person_id,
            toll=[
                ("开通单位", counts["waiting"]),
                ("已开通，跳过", counts["skipped"]),
                ("需修改，不开通", counts["refused"]),
            ],
            stop_toll=[("不再开通", counts["waiting"])],
            stopped_text=_stopped(batch),
            confirm_url=f"/batches/{batch.id}/confirmation/",
            discard_url=f"/batches/{batch.id}/discard/",
            stop_url=f"/batches/{batch.id}/stop/",
            **_progress(batch, counts),
        )


class Progress(Page):
    """Asked every two seconds; when the work is over, the page is loaded anew."""

    permission = OnboardingPermission.BATCH_HANDLE
    template_name = "onboarding/parts/batch_progress.html"

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = selectors.batch_for(self.actor, batch_id, to=self.permission)
        if batch.state == BatchState.OPENING:
            return self.render(batch=batch, **_progress(batch, batches.counts_of(batch)))
        response = HttpResponse(status=204)
        response["HX-Redirect"] = f"/batches/{batch_id}/"
        return response


class BatchAct(Page, abstract=True):
    """A button of the page: one call, then back with a word."""

    def post(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = selectors.batch_for(self.actor, batch_id, to=self.permission)
        try:
            said = self.act(batch)
        except DomainError as refused:
            return _refused(self, refused, self.back(batch))
        toast(request, said)
        return HttpResponseRedirect(self.back(batch))

    @abstractmethod
    def act(self, batch: Batch) -> str:
        """The button's one call; returns what to tell."""

    def back(self, batch: Batch) -> str:
        return f"/batches/{batch.id}/"


class Confirm(BatchAct):
    permission = OnboardingPermission.BATCH_HANDLE

    def act(self, batch: Batch) -> str:
        batches.confirm(batch=batch, actor=self.actor, now=clock.now())
        return "已确认，正在开通；可以离开本页，稍后回来查看"


class Discard(BatchAct):
    permission = OnboardingPermission.BATCH_HANDLE

    def act(self, batch: Batch) -> str:
        batches.discard(batch=batch)
        return "已放弃这张表，没有登记任何单位"

    def back(self, batch: Batch) -> str:
        return "/batches/"


class Stop(BatchAct):
    permission = OnboardingPermission.BATCH_HANDLE

    def act(self, batch: Batch) -> str:
        count = batches.stop(batch=batch, actor=self.actor, now=clock.now())
        return f"已停止还未开始的 {count} 家，正在开通的会完成"


class Retry(BatchAct):
    """Every row that failed or was stopped, or the one named ``row``."""

    permission = OnboardingPermission.BATCH_HANDLE

    def act(self, batch: Batch) -> str:
        row = self.request.POST.get("row", "")
        ids = {str(pk): pk for pk in batch.rows.values_list("id", flat=True)}
        if row and row not in ids:
            raise batches.NothingToRetry
        count = batches.retry(batch=batch, row_id=ids.get(row), now=clock.now())
        return f"{count} 家重新开始开通"


class ResultsWorkbook(Page):
    """Every row with what came of it, without secrets."""

    permission = OnboardingPermission.BATCH_HANDLE

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        return _download(self, batch_id, batch_results.results, "开通结果")


class CorrectionsWorkbook(Page):
    """What was not opened, as it was written, with the reason."""

    permission = OnboardingPermission.BATCH_HANDLE

    def get(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        return _download(self, batch_id, batch_results.to_correct, "需修改的单位")


class LinksWorkbook(Page):
    """New one-time links of the administrators, for whoever confirmed the batch."""

    permission = OnboardingPermission.BATCH_HANDLE

    def post(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        batch = selectors.batch_for(self.actor, batch_id, to=self.permission)
        try:
            invited = batch_results.invite_all(batch=batch, actor=self.actor, now=clock.now())
        except DomainError as refused:
            return _refused(self, refused, f"/batches/{batch_id}/")
        return exports.attachment(batch_results.links_workbook(invited), "管理员邀请链接.xlsx")


_TITLES: Final = {
    BatchState.CHECKED: "核对单位表",
    BatchState.OPENING: "批量开通进度",
    BatchState.DONE: "批量开通结果",
    BatchState.DISCARDED: "已放弃的单位表",
}


def _refused(page: Page, error: DomainError, back: str) -> HttpResponse:
    return page.render(
        template="onboarding/batch_refused.html",
        title="操作没有完成",
        crumbs=[_HOME, {"label": "操作没有完成", "url": ""}],
        error=error,
        back=back,
        status=status_of(error),
    )


def _download(
    page: Page, batch_id: UUID, make: Callable[[Batch], bytes], name: str
) -> HttpResponse:
    batch = selectors.batch_for(page.actor, batch_id, to=OnboardingPermission.BATCH_HANDLE)
    stem = batches.filename_of(batch).rpartition(".")[0]
    return exports.attachment(make(batch), f"{stem}-{name}.xlsx")


def _progress(batch: Batch, counts: dict[str, int]) -> dict[str, Any]:
    going = ("waiting", "opening", "done", "failed", "stopped")
    over = counts["done"] + counts["failed"] + counts["stopped"]
    told = [f"{counts[key]} 家{label}" for key, label in _TOLD if counts[key]]
    return {
        "counts": counts,
        "left": counts["waiting"] + counts["opening"],
        "resumable": counts["failed"] + counts["stopped"],
        "over": over,
        "of": sum(counts[key] for key in going),
        "live_url": f"/batches/{batch.id}/progress/",
        "told": "，".join(told),
    }


_TOLD: Final = (("done", "已开通"), ("failed", "失败"), ("stopped", "已停止"))


def _stopped(batch: Batch) -> str:
    if batch.stopped_at is None:
        return ""
    at = batch.stopped_at.astimezone(clock.BEIJING)
    return f"{batch.stopped_by_name} 于 {at:%Y-%m-%d %H:%M} 停止了还未开始的单位，可以重试继续。"


def _tabs(counts: dict[str, int], current: str) -> list[dict[str, Any]]:
    tabs = [{"label": "全部", "url": "?", "count": sum(counts.values()), "is_current": not current}]
    return tabs + [
        {
            "label": state.label,
            "url": f"?state={state.value}",
            "count": counts[state.value],
            "is_current": current == state.value,
        }
        for state in RowState
        if counts[state.value]
    ]


def _line(row: BatchRow) -> dict[str, Any]:
    """A row for people; a phone is never whole on a page."""
    cells = batch_content.written(row).cells
    today = clock.today()
    found = batch_content.understood(row, today=today).registration if not row.faults else None
    phone = found.contact_phone if found else cells["contact_phone"]
    return {
        "row": row,
        "mark": ROW_MARKS[RowState(row.state)],
        "label": RowState(row.state).label,
        "region": regions.label(found.region_code) if found else cells["region"],
        "contact": f"{cells['contact_name']} {batch_content.starred(phone)}",
        "profile": UnitProfile(found.profile).label if found else cells["profile"],
        "branch": cells["bank_branch"],
        "address": labels.address_of(row.unit.label) if row.unit else "",
        "is_told": bool(row.faults or row.error_message or row.unit_id),
        "may_retry": row.state in (RowState.FAILED, RowState.STOPPED),
    }
