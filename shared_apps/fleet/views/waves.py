"""Migration waves: what is being changed in which unit's schema, how far, and the acts on it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.clock import BEIJING
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.sheets.writing import Heading, Workbook
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.forms import ReasonForm
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.views.units import XLSX
from tenants import ledger
from tenants.rollout import Stage, StepState, Wave, WaveState, WaveStep
from tenants.services import runner, waves

LIST: Final = "/fleet/waves/"
SIZES: Final = (20, 50, 100, 200)
MARKS: Final = {
    WaveState.PLANNED: "pending",
    WaveState.REHEARSED: "pending",
    WaveState.RUNNING: "processing",
    WaveState.PAUSED: "warning",
    WaveState.DONE: "done",
    WaveState.FAILED: "inactive",
    StepState.PENDING: "pending",
    StepState.FAILED: "failed",
    StepState.SKIPPED: "inactive",
}
"""State -> the mark that says it in pictures; a schema that is through shares the wave's."""
_SORTS: Final = {
    "place": "position",
    "seconds": "seconds",
    "state": "state",
    "ended": "finished_at",
}
_CRUMBS: Final = [{"label": "平台运营", "url": ""}, {"label": "升级波次", "url": LIST}]


class Line(NamedTuple):
    """A row of the ledger, named."""

    step: WaveStep
    name: str
    label: str
    mark: str
    may_skip: bool


class WaveList(Page):
    """Every wave, the unfinished one above, and what waits to be planned."""

    permission = FleetPermission.WAVES_VIEW
    template_name = "fleet/waves.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        found = Paginator(ledger.waves(), 20).get_page(request.GET.get("page"))
        unfinished = waves.unfinished()
        return self.render(
            title="升级波次",
            crumbs=[*_CRUMBS[:1], {"label": "升级波次", "url": ""}],
            page_obj=found,
            waves=[(wave, MARKS[WaveState(wave.state)]) for wave in found],
            unfinished=unfinished,
            unfinished_url=_address(unfinished.pk) if unfinished else "",
            newest=ledger.newest_step(),
            behind=waves.behind().count(),
            quarantined=waves.quarantined().count(),
            canaries=ledger.canaries().count(),
            may_act=can(self.actor, FleetPermission.WAVES_ACT),
        )


class PlanWave(Page):
    """Writes the ledger of the next wave; nothing is changed in any unit yet."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest) -> HttpResponse:
        wave = waves.plan(actor=self.actor, now=clock.now())
        if wave is None:
            toast(request, "所有单位都是最新结构，没有需要升级的。", level="info")
            return HttpResponseRedirect(LIST)
        toast(request, f"波次 {wave.number} 已规划，核对后再开始。")
        return HttpResponseRedirect(_address(wave.pk))


class WavePage(Page):
    """``?q=&state=&stage=&sort=&page=``: stages, acts, SQL and the ledger of one wave."""

    permission = FleetPermission.WAVES_VIEW
    template_name = "fleet/wave.html"

    def get(self, request: HttpRequest, wave_id: UUID) -> HttpResponse:
        wave = ledger.wave(wave_id)
        may_act = can(self.actor, FleetPermission.WAVES_ACT)
        steps = _wanted(request, wave_id)
        found = Paginator(steps, _size(request)).get_page(request.GET.get("page"))
        return self.render(
            title=f"波次 {wave.number}",
            crumbs=[*_CRUMBS, {"label": f"波次 {wave.number}", "url": ""}],
            page_obj=found,
            page_sizes=" ".join(map(str, SIZES)),
            lines=lines_of(found, may_act=may_act and wave.state != WaveState.DONE),
            sort=request.GET.get("sort", "place"),
            q=request.GET.get("q", ""),
            state=request.GET.get("state", ""),
            stage=request.GET.get("stage", ""),
            query=urlencode({k: v for k, v in request.GET.items() if k != "page" and v}),
            views=_tabs(wave, request),
            stage_choices=Stage.choices,
            sql=ledger.template_steps(wave.from_position, wave.to_position),
            events=[
                {"at": e.at, "title": f"{e.what} · {e.actor_name}", "text": e.detail, "tone": ""}
                for e in ledger.events_of(wave_id)[:50]
            ],
            may_act=may_act,
            may_see_unit=can(self.actor, FleetPermission.VIEW),
            **_questions(wave),
            **standing(wave),
        )


class WaveStanding(Page):
    """The part that asks again while the wave runs; the whole page when it has ended."""

    permission = FleetPermission.WAVES_VIEW
    template_name = "fleet/parts/stages.html"

    def get(self, request: HttpRequest, wave_id: UUID) -> HttpResponse:
        wave = ledger.wave(wave_id)
        response = self.render(**standing(wave))
        if wave.state != WaveState.RUNNING:
            response["HX-Refresh"] = "true"  # buttons, ledger and events have changed as well
        return response


class ExportLedger(Page):
    """The ledger as it is filtered, as a workbook."""

    permission = FleetPermission.WAVES_VIEW

    def get(self, request: HttpRequest, wave_id: UUID) -> HttpResponse:
        wave = ledger.wave(wave_id)
        headings = [
            Heading(*column)
            for column in (
                ("单位", 30), ("访问地址", 16), ("结构", 32), ("阶段", 10), ("状态", 10),
                ("尝试次数", 8), ("用时（秒）", 10), ("完成时间", 18), ("错误", 60),
            )
        ]  # fmt: skip
        lines = lines_of(_wanted(request, wave_id), may_act=False)
        with Workbook() as book:
            book.add_sheet(f"波次 {wave.number}", map(_cells, lines), headings=headings)
        response = HttpResponse(book.content(), content_type=XLSX)
        filename = quote(f"升级波次-{wave.number}.xlsx")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{filename}"
        response["Cache-Control"] = "no-store"
        return response


class StartWave(Page):
    """Starts, or goes on; the work itself is a job."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest, wave_id: UUID) -> HttpResponse:
        waves.start(wave_id=wave_id, actor=self.actor, now=clock.now())
        runner.run.after_commit(wave_id=wave_id)
        toast(request, "已开始，按阶段逐个单位升级；遇到第一个失败会自动暂停。")
        return HttpResponseRedirect(_address(wave_id))


class PauseWave(Page):
    """No further unit is taken."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest, wave_id: UUID) -> HttpResponse:
        waves.pause(wave_id=wave_id, reason="由运营人员暂停", actor=self.actor, now=clock.now())
        toast(request, "已暂停。正在处理的单位会做完，其余单位保持不变。")
        return HttpResponseRedirect(_address(wave_id))


class _AskedForReason(Page, abstract=True):
    """A page of its own in front of an act: what it means, and why it is done."""

    permission = FleetPermission.WAVES_ACT
    template_name = "fleet/wave_reason.html"

    def get(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        return self.render(form=ReasonForm(), **self.about(row_id))

    def post(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        form = ReasonForm(request.POST)
        about = self.about(row_id)
        if not form.is_valid():
            return self.render(form=form, status=422, **about)
        try:
            self.act(row_id, form.cleaned_data["reason"])
        except DomainError as error:
            self.form_error(form, error)
            return self.render(form=form, status=status_of(error), **about)
        return HttpResponseRedirect(about["back_url"])

    @abstractmethod
    def about(self, row_id: UUID) -> dict[str, Any]:
        """What the page shows beside the form, with ``back_url``."""

    @abstractmethod
    def act(self, row_id: UUID, reason: str) -> None:
        """The page's one call."""


class GiveUpWave(_AskedForReason):
    """Ends a wave for good; what it did not reach comes with the next one."""

    def about(self, row_id: UUID) -> dict[str, Any]:
        wave = ledger.wave(row_id)
        return {
            "title": f"终止波次 {wave.number}",
            "crumbs": [*_CRUMBS, {"label": f"波次 {wave.number}", "url": _address(row_id)}],
            "back_url": _address(row_id),
            "text": "已升级的单位保持新结构，尚未升级的单位留给下一个波次。终止后不能继续。",
            "error": wave.reason,
            "act_label": "终止波次",
        }

    def act(self, row_id: UUID, reason: str) -> None:
        waves.give_up(wave_id=row_id, reason=reason, actor=self.actor, now=clock.now())
        toast(self.request, "波次已终止。")


class SkipStep(_AskedForReason):
    """Leaves one unit out and puts it into quarantine."""

    def about(self, row_id: UUID) -> dict[str, Any]:
        step = ledger.step(row_id)
        named = ledger.names_of([step.unit_id]).get(step.unit_id)
        wave = step.wave
        return {
            "title": f"跳过{named.name if named else '备用结构'}",
            "crumbs": [*_CRUMBS, {"label": f"波次 {wave.number}", "url": _address(wave.pk)}],
            "back_url": _address(wave.pk),
            "text": "这个单位会进入隔离：照常使用，但不再参加升级，直到有人解除隔离。",
            "error": step.error,
            "act_label": "跳过并隔离",
        }

    def act(self, row_id: UUID, reason: str) -> None:
        waves.skip(step_id=row_id, reason=reason, actor=self.actor, now=clock.now())
        toast(self.request, "已跳过，单位已进入隔离。继续波次即可升级其余单位。")


def standing(wave: Wave) -> dict[str, Any]:
    """What the part with the stages shows."""
    stages = ledger.stages_of(wave.pk)
    return {
        "wave": wave,
        "mark": MARKS[WaveState(wave.state)],
        "stages": stages,
        "through": sum(stage.through for stage in stages),
        "total": sum(stage.total for stage in stages),
        "failed": sum(stage.failed for stage in stages),
        "is_running": wave.state == WaveState.RUNNING,
        "may_start": wave.state in (WaveState.PLANNED, WaveState.REHEARSED, WaveState.PAUSED),
        "is_paused": wave.state == WaveState.PAUSED,
    }


def _questions(wave: Any) -> dict[str, Any]:
    """What is asked before a wave starts or pauses."""
    is_paused = wave.state == WaveState.PAUSED
    address = _address(wave.pk)
    return {
        "start_title": "继续波次" if is_paused else "开始波次",
        "start_label": "继续" if is_paused else "开始",
        "toll": [("待升级", wave.total - wave.done - wave.skipped), ("已跳过", wave.skipped)],
        "start_url": f"{address}start/",
        "pause_url": f"{address}pause/",
    }


def lines_of(steps: Any, *, may_act: bool) -> list[Line]:
    """Rows of the ledger with the names of their units, in two queries."""
    rows = list(steps)
    names = ledger.names_of(row.unit_id for row in rows)
    return [
        Line(
            row,
            names[row.unit_id].name if row.unit_id in names else "备用结构",
            names[row.unit_id].label if row.unit_id in names else "",
            MARKS.get(StepState(row.state), "done"),
            may_act and row.state in (StepState.PENDING, StepState.FAILED),
        )
        for row in rows
    ]


def _wanted(request: HttpRequest, wave_id: UUID) -> Any:
    given = request.GET
    stage = given.get("stage", "")
    state = given.get("state", "")
    steps = ledger.steps_of(
        wave_id,
        q=given.get("q", "").strip(),
        state=state if state in StepState.values else "",
        stage=int(stage) if stage.isdigit() else None,
    )
    sort = given.get("sort", "place")
    column = _SORTS.get(sort.lstrip("-"), "position")
    return steps.order_by(("-" if sort.startswith("-") else "") + column, "position")


def _tabs(wave: Any, request: HttpRequest) -> list[dict[str, Any]]:
    state = request.GET.get("state", "")
    waiting = wave.total - wave.done - wave.failed - wave.skipped
    counted = [("", "全部", wave.total), ("failed", "失败", wave.failed)]
    counted += [("pending", "待升级", waiting), ("done", "已升级", wave.done)]
    counted += [("skipped", "已跳过", wave.skipped)]
    return [
        {
            "label": label,
            "count": count,
            "url": f"?state={key}" if key else "?",
            "is_current": state == key,
        }
        for key, label, count in counted
    ]


def _size(request: HttpRequest) -> int:
    size = request.GET.get("size", "")
    return int(size) if size.isdigit() and int(size) in SIZES else 50


def _cells(line: Line) -> list[Any]:
    step = line.step
    return [
        line.name,
        line.label,
        step.schema_name,
        step.get_stage_display(),
        step.get_state_display(),
        step.attempts,
        round(step.seconds, 4) if step.seconds is not None else None,
        step.finished_at.astimezone(BEIJING) if step.finished_at else None,
        step.error,
    ]


def _address(wave_id: UUID) -> str:
    return f"{LIST}{wave_id}/"
