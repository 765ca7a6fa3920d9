"""Taking a list of members away as a file.  Who took what, how many and why is recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, Literal
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.errors import Conflict, Invalid, NotFound
from kernel.jobs import job
from kernel.permissions import require
from kernel.storage import unit_files
from kernel.unit import Purpose, current_unit_id
from tenant_apps.audit.services import record, record_each
from tenant_apps.members.models import Export
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.listing import Column, Listing, columns_of
from tenant_apps.members.services import sheets
from tenants.services import turns

AT_ONCE: Final = 5_000
"""Rows up to which the file is made while the person waits (ui.md, point 14)."""
KEPT: Final = dt.timedelta(days=7)
SHORTEST_REASON: Final = 4
Form = Literal["xlsx", "csv"]


class NobodyToExport(Conflict):
    code = "members_nobody_to_export"
    sentence = "当前条件下没有党员，无法导出。请调整筛选条件。"


class ExportReasonNeeded(Invalid):
    code = "export_reason_needed"
    sentence = "导出完整身份证号须写明事由（至少 {least} 个字），事由会记入每名党员的档案。"


class OwnExport(Conflict):
    code = "members_own_export"
    sentence = "不能批准自己申请的导出，请由另一名管理员办理。"


class ExportDecided(Conflict):
    code = "members_export_decided"
    sentence = "这次导出当前是「{state}」，不需要批准。"


class ExportGone(NotFound):
    code = "export_gone"
    sentence = "这份导出文件不存在或已过期，请重新导出。"


class ExportNotReady(Conflict):
    code = "export_not_ready"
    sentence = "文件还没有生成好，请稍候。"


def request(
    *,
    listing: Listing,
    columns: Sequence[Column],
    form: Form,
    reason: str,
    is_full: bool,
    actor: Actor,
    now: dt.datetime,
) -> Export:
    """Orders a file.  Up to AT_ONCE rows it is there on return, beyond that a job writes it.

    ``is_full`` writes identity numbers and phones unmasked: it asks for its own permission and
    a reason, waits for a second administrator (``decide``), and leaves a line in each member's
    file.  Raises NobodyToExport, ExportReasonNeeded.
    """
    reason = reason.strip()
    if is_full:
        require(actor, MemberPermission.EXPORT_FULL)
        if len(reason) < SHORTEST_REASON:
            raise ExportReasonNeeded(least=SHORTEST_REASON)
    today = clock.day_of(now)
    total = listing.rows(actor, today=today).count()
    if not total:
        raise NobodyToExport
    with transaction.atomic():
        export = Export.objects.create(
            requested_by=actor.person_id,
            requested_by_name=actor.name,
            requested_at=now,
            roles=[[held.role, held.scope] for held in actor.holdings],
            order={
                "listing": listing.packed(),
                "columns": [column.key for column in columns],
                "form": form,
                "is_full": is_full,
                "reason": reason,
                "today": today.isoformat(),
            },
            state=Export.State.AWAITING if is_full else Export.State.WAITING,
            total=total,
            file_name=f"党员名册-{today:%Y%m%d}-{total}人.{form}",
        )
        record(
            "members.export_asked" if is_full else "members.exported",
            actor=actor, now=now, subject_type="export", subject_id=export.pk,
            count=export.total, is_full=is_full, reason=reason, form=export.order["form"],
            columns=export.order["columns"],
        )  # fmt: skip
        if is_full:
            return export
        _begin(export)
    return _made(export)


def decide(*, export: Export, approve: bool, actor: Actor, now: dt.datetime) -> Export:
    """A second administrator over the same sub-trees lets a file with full numbers be made.

    Each member's file says then who took it, why, and who let it.  Raises OwnExport,
    ExportDecided.
    """
    require(actor, MemberPermission.EXPORT_FULL)
    with transaction.atomic():
        held = Export.objects.select_for_update().get(pk=export.pk)
        if held.state != Export.State.AWAITING:
            raise ExportDecided(state=held.get_state_display())
        if actor.person_id is None or actor.person_id == held.requested_by:
            raise OwnExport
        held.decided_by, held.decided_by_name = actor.person_id, actor.name
        held.decided_at = now
        held.state = Export.State.WAITING if approve else Export.State.REFUSED
        held.save()
        record(
            "members.export_approved" if approve else "members.export_refused",
            actor=actor, now=now, subject_type="export", subject_id=held.pk,
            requested_by=str(held.requested_by), count=held.total,
        )  # fmt: skip
        if not approve:
            return held
        _leave_lines(held, actor, now)
        _begin(held)
    return _made(held)


def _begin(export: Export) -> None:
    """Asks a job for a large file, in the transaction of the order."""
    if export.total > AT_ONCE:
        turns.ask(write, current_unit_id(), export_id=export.pk)


def _made(export: Export) -> Export:
    """Writes a small file at once."""
    if export.total <= AT_ONCE:
        write(export_id=export.pk)
        export.refresh_from_db()
    return export


@job(queue="export", for_=Purpose.KEPT_OPEN)
def write(*, export_id: UUID) -> None:
    """Writes the file of an export.  Run twice it writes twice; the row keeps the last one."""
    export = Export.objects.get(pk=export_id)
    if export.state == Export.State.DONE:
        return
    order = export.order
    actor = _asker(export)
    today = dt.date.fromisoformat(order["today"])
    known = {column.key: column for column in columns_of(actor, today=today)}
    columns = [known[key] for key in order["columns"] if key in known]
    members = Listing.unpacked(order["listing"]).rows(actor, today=today)
    _save(export, state=Export.State.RUNNING, done=0)
    batches = _counted(
        export, sheets.rows_of(members, columns, today=today, is_full=order["is_full"])
    )
    to_bytes = sheets.as_csv if order["form"] == "csv" else sheets.as_workbook
    try:
        content = to_bytes(sheets.headings_of(columns), batches)
        key = unit_files().save(f"members.{order['form']}", content)
    except Exception:
        _save(export, state=Export.State.FAILED)
        raise
    _save(export, state=Export.State.DONE, file_key=key, finished_at=clock.now())


def content_of(*, export: Export, actor: Actor, now: dt.datetime) -> bytes:
    """The finished file, for seven days and only for who ordered it.

    Raises ExportGone and ExportNotReady.
    """
    if export.requested_by != actor.person_id or now - export.requested_at > KEPT:
        raise ExportGone
    if export.state != Export.State.DONE:
        raise ExportNotReady
    return unit_files().read(export.file_key)


def _leave_lines(export: Export, approver: Actor, now: dt.datetime) -> None:
    """One line in the file of everybody whose numbers leave, in the name of who takes them."""
    asker = _asker(export)
    today = dt.date.fromisoformat(export.order["today"])
    rows = Listing.unpacked(export.order["listing"]).rows(asker, today=today)
    record_each(
        "members.exported_in_full",
        actor=asker, now=now, subject_type="member",
        subject_ids=list(rows.values_list("pk", flat=True)),
        reason=export.order["reason"], approved_by=approver.name,
    )  # fmt: skip


def _asker(export: Export) -> Actor:
    """Who ordered the file, with what was held then: the file shows what that person saw."""
    return Actor(
        kind="person",
        person_id=export.requested_by,
        name=export.requested_by_name,
        holdings=tuple(Holding(role, scope) for role, scope in export.roles),
    )


def _counted(export: Export, batches: Iterator[list[list[str]]]) -> Iterator[list[list[str]]]:
    for batch in batches:
        yield batch
        _save(export, done=min(export.total, export.done + len(batch)))


def _save(export: Export, **changes: object) -> None:
    for field, value in changes.items():
        setattr(export, field, value)
    export.save(update_fields=list(changes))
