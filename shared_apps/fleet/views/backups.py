"""Backups of all units, drills, and bringing a unit back: one person asks, another confirms."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.downloads import attachment
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.forms import BackUpForm, RestoreForm
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import backups as found
from shared_apps.fleet.services import archives
from tenants.archive.models import BackupState, Restore, RestoreKind, RestoreState
from tenants.services import restores, undoing

LIST: Final = "/fleet/backups/"
MARKS: Final = {
    BackupState.WAITING: "pending",
    BackupState.RUNNING: "processing",
    BackupState.DONE: "done",
    BackupState.FAILED: "failed",
    BackupState.EXPIRED: "inactive",
}
RESTORE_MARKS: Final = {
    RestoreState.ASKED: "warning",
    RestoreState.CONFIRMED: "pending",
    RestoreState.RUNNING: "processing",
    RestoreState.DONE: "done",
    RestoreState.FAILED: "failed",
    RestoreState.UNDONE: "undone",
    RestoreState.CALLED_OFF: "inactive",
}
_CRUMBS: Final = [{"label": "平台运营", "url": ""}, {"label": "备份与恢复", "url": LIST}]


class BackupList(Page):
    """``?q=&view=&page=``: every backup, failed ones first; restores and drills beside."""

    permission = FleetPermission.BACKUPS_VIEW
    template_name = "fleet/backups.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(BackUpForm())

    def page(self, form: BackUpForm, status: int = 200) -> HttpResponse:
        view, text = self.request.GET.get("view", ""), self.request.GET.get("q", "").strip()
        page = Paginator(found.listed(view=view, text=text), 50).get_page(
            self.request.GET.get("page")
        )
        return self.render(
            title="备份与恢复",
            crumbs=[_CRUMBS[0], {"label": "备份与恢复", "url": ""}],
            form=form,
            status=status,
            q=text,
            view=view,
            page_obj=page,
            lines=[(backup, MARKS[BackupState(backup.state)]) for backup in page],
            views=[
                {
                    "label": label,
                    "url": "?" + urlencode({"view": key, "q": text}),
                    "is_current": view == key,
                }
                for key, label in found.VIEWS.items()
            ],
            standing=found.standing(clock.now()),
            restores=[
                (row, RESTORE_MARKS[RestoreState(row.state)])
                for row in found.restores(kind=RestoreKind.RESTORE)[:10]
            ],
            drills=[
                (row, RESTORE_MARKS[RestoreState(row.state)])
                for row in found.restores(kind=RestoreKind.DRILL)[:10]
            ],
            may_act=can(self.actor, FleetPermission.BACKUPS_ACT),
        )


class BackUpNow(BackupList):
    """Has a unit backed up at once."""

    permission = FleetPermission.BACKUPS_ACT

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(LIST)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BackUpForm(request.POST)
        if not form.is_valid():
            return self.page(form, 422)
        try:
            made = archives.back_up(
                name=form.cleaned_data["unit"],
                reason=form.cleaned_data["reason"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as refused:
            self.form_error(form, refused, "unit")
            return self.page(form, status_of(refused))
        toast(request, f"「{made.unit.name}」的备份已排队，通常一分钟内完成。")
        return HttpResponseRedirect(f"{LIST}{made.id}/")


class BackupPage(Page):
    """One backup: what it holds, its file, and the request to bring the unit back to it."""

    permission = FleetPermission.BACKUPS_VIEW
    template_name = "fleet/backup.html"

    def get(self, request: HttpRequest, backup_id: UUID) -> HttpResponse:
        return self.page(backup_id, RestoreForm())

    def page(self, backup_id: UUID, form: RestoreForm, status: int = 200) -> HttpResponse:
        backup = found.backup(backup_id)
        return self.render(
            title=f"{backup.unit.name}的备份",
            crumbs=[*_CRUMBS, {"label": backup.unit.name, "url": ""}],
            backup=backup,
            may_see_unit=can(self.actor, FleetPermission.VIEW),
            mark=MARKS[BackupState(backup.state)],
            form=form,
            status=status,
            can_restore=backup.state == BackupState.DONE
            and can(self.actor, FleetPermission.RESTORE),
            can_download=backup.state == BackupState.DONE
            and can(self.actor, FleetPermission.BACKUPS_ACT),
            is_under_way=backup.state in {BackupState.WAITING, BackupState.RUNNING},
        )


class AskRestore(BackupPage):
    """Asks for the restore; nothing happens until somebody else confirms."""

    permission = FleetPermission.RESTORE

    def get(self, request: HttpRequest, backup_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"{LIST}{found.backup(backup_id).id}/")

    def post(self, request: HttpRequest, backup_id: UUID) -> HttpResponse:
        form = RestoreForm(request.POST)
        if not form.is_valid():
            return self.page(backup_id, form, 422)
        try:
            asked = restores.ask(
                backup=found.backup(backup_id),
                typed_name=form.cleaned_data["typed"],
                reason=form.cleaned_data["reason"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as refused:
            field = "typed" if isinstance(refused, restores.NameNotTyped) else "reason"
            self.form_error(form, refused, field)
            return self.page(backup_id, form, status_of(refused))
        toast(request, "已提交，等待另一人复核。复核前单位数据没有任何变化。")
        return HttpResponseRedirect(f"/fleet/restores/{asked.id}/")


class Download(Page):
    """The encrypted file; only this platform can open it.  Recorded."""

    permission = FleetPermission.BACKUPS_ACT

    def get(self, request: HttpRequest, backup_id: UUID) -> HttpResponseBase:
        backup = found.backup(backup_id)
        chunks = archives.download(backup=backup, actor=self.actor, now=clock.now())
        return attachment(chunks, name=f"{backup.unit.label}-{backup.id}.gjunit", size=backup.bytes)


class RestorePage(Page):
    """One restore or drill: who asked, who confirmed, what became of it."""

    permission = FleetPermission.BACKUPS_VIEW
    template_name = "fleet/restore.html"

    def get(self, request: HttpRequest, restore_id: UUID) -> HttpResponse:
        row = found.restore(restore_id)
        may = can(self.actor, FleetPermission.RESTORE)
        is_asked = row.state == RestoreState.ASKED
        return self.render(
            title=f"{row.unit.name}的{row.get_kind_display()}",
            crumbs=[*_CRUMBS, {"label": row.unit.name, "url": ""}],
            row=row,
            may_see_unit=can(self.actor, FleetPermission.VIEW),
            mark=RESTORE_MARKS[RestoreState(row.state)],
            is_mine=is_asked and row.asked_by == self.actor.person_id,
            can_confirm=may and is_asked and row.asked_by != self.actor.person_id,
            can_call_off=may and is_asked,
            can_ask_undo=may and _can_be_undone(row) and row.undo_asked_at is None,
            can_undo=may and self._may_undo(row),
            is_undo_mine=row.undo_asked_by == self.actor.person_id and _can_be_undone(row),
            is_under_way=row.state in {RestoreState.CONFIRMED, RestoreState.RUNNING},
        )

    def _may_undo(self, row: Restore) -> bool:
        is_anothers = row.undo_asked_by is not None and row.undo_asked_by != self.actor.person_id
        return is_anothers and _can_be_undone(row)


class RestoreAct(Page, abstract=True):
    """A button of the page above."""

    said = ""

    def post(self, request: HttpRequest, restore_id: UUID) -> HttpResponse:
        row = found.restore(restore_id)
        try:
            self.act(row)
        except DomainError as refused:
            toast(request, refused.message, level="error")
        else:
            toast(request, self.said)
        return HttpResponseRedirect(f"/fleet/restores/{row.id}/")

    @abstractmethod
    def act(self, row: Restore) -> None:
        """The button's one call."""


class ConfirmRestore(RestoreAct):
    """The second person lets it begin."""

    permission = FleetPermission.RESTORE
    said = "已复核，恢复将在后台进行；完成后 7 天内可以撤回。"

    def act(self, row: Restore) -> None:
        restores.confirm(restore=row, actor=self.actor, now=clock.now())


class CallOffRestore(RestoreAct):
    """Takes the request back."""

    permission = FleetPermission.RESTORE
    said = "已取消这次恢复申请。"

    def act(self, row: Restore) -> None:
        restores.call_off(restore=row, actor=self.actor, now=clock.now())


class AskUndo(RestoreAct):
    """Asks for what was in force before to be put back."""

    permission = FleetPermission.RESTORE
    said = "已申请撤回，等待另一人复核。复核前单位数据没有任何变化。"

    def act(self, row: Restore) -> None:
        undoing.ask_undo(restore=row, actor=self.actor, now=clock.now())


class UndoRestore(RestoreAct):
    """The second person puts back what was in force before."""

    permission = FleetPermission.RESTORE
    said = "已撤回，单位数据回到恢复之前。"

    def act(self, row: Restore) -> None:
        undoing.undo(restore=row, actor=self.actor, now=clock.now())


def _can_be_undone(row: Restore) -> bool:
    is_done = row.state == RestoreState.DONE and row.kind == RestoreKind.RESTORE
    return bool(is_done and row.undo_until and row.undo_until > clock.now())
