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
    a reason, and leaves a line in each member's file.  Raises NobodyToExport, ExportReasonNeeded.
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
                "today": today.isoformat(),
            },
            total=total,
            file_name=f"党员名册-{today:%Y%m%d}-{total}人.{form}",
        )
        _record(export, listing, actor, now, reason=reason, is_full=is_full)
        if total > AT_ONCE:
            turns.ask(write, current_unit_id(), export_id=export.pk)
    if total <= AT_ONCE:
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
    actor = Actor(
        kind="person",
        person_id=export.requested_by,
        name=export.requested_by_name,
        holdings=tuple(Holding(role, scope) for role, scope in export.roles),
    )
    today = dt.date.fromisoformat(order["today"])
    columns = [
        column for column in columns_of(actor, today=today) if column.key in order["columns"]
    ]
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


def _record(
    export: Export, listing: Listing, actor: Actor, now: dt.datetime, *, reason: str, is_full: bool
) -> None:
    record(
        "members.exported",
        actor=actor, now=now, subject_type="export", subject_id=export.pk,
        count=export.total, is_full=is_full, reason=reason, form=export.order["form"],
        columns=export.order["columns"],
    )  # fmt: skip
    if is_full:
        ids = listing.rows(actor, today=clock.day_of(now)).values_list("pk", flat=True)
        record_each(
            "members.exported_in_full",
            actor=actor, now=now, subject_type="member", subject_ids=list(ids), reason=reason,
        )  # fmt: skip


def _counted(export: Export, batches: Iterator[list[list[str]]]) -> Iterator[list[list[str]]]:
    for batch in batches:
        yield batch
        _save(export, done=min(export.total, export.done + len(batch)))


def _save(export: Export, **changes: object) -> None:
    for field, value in changes.items():
        setattr(export, field, value)
    export.save(update_fields=list(changes))
