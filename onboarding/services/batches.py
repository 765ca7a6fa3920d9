"""Opening many units at once: a sheet is checked as a whole, confirmed, stopped, taken up again.

Nothing is registered before an officer has confirmed the check.  What is opened is decided by
the credit code: handing the same sheet in again opens nothing again, and of two officers with
the same unit one opens it and the other's row is skipped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Conflict
from kernel.models import uuid7
from kernel.sheets.limits import LIMITS
from kernel.sheets.reading import open_book
from onboarding.models import Batch, BatchRow, BatchState, RowState
from onboarding.services import batch_content, batch_opening, batch_sheet, reading
from onboarding.services.batch_sheet import Understood
from tenants import selectors as units

_RESUMABLE = (RowState.FAILED, RowState.STOPPED)


class SameSheet(Conflict):
    code = "batch_same_file"
    sentence = "这张表已由 {officer} 于 {when} 上传（{state}），请到那一批继续，没有重复处理。"


class NotChecked(Conflict):
    code = "batch_not_checked"
    sentence = "这一批当前是「{state}」，不能再确认或放弃。请刷新页面查看最新状态。"


class NothingToOpen(Conflict):
    code = "batch_nothing_to_open"
    sentence = "表里没有可以开通的单位，请修改退回的行后重新上传。"


class NothingToStop(Conflict):
    code = "batch_nothing_to_stop"
    sentence = "没有还未开始的单位，不需要停止。"


class NothingToRetry(Conflict):
    code = "batch_nothing_to_retry"
    sentence = "没有失败或停止的单位，不需要重试。"


def receive(*, filename: str, content: bytes, actor: Actor, now: dt.datetime) -> Batch:
    """Checks the sheet and keeps what every row says; opens nothing.

    Raises RosterTooLarge, RosterKind, RosterEmpty and the errors of ``kernel.sheets``;
    SheetWithoutColumns, SheetWithoutUnits, TooManyUnits; SameSheet, which carries ``batch_id``.
    """
    reading.check_file(filename, content)
    digest = hashlib.sha256(content).digest()
    _refuse_same(digest)
    rows = batch_sheet.rows_of(open_book(content, filename, limits=LIMITS))
    found = batch_sheet.understand(rows, today=clock.day_of(now))
    known = _registered(found)
    with transaction.atomic():
        batch = Batch.objects.create(
            digest=digest,
            filename_sealed=platform_cipher().seal(filename[-120:], column="batch.filename"),
            uploaded_by=actor.person_id,
            uploaded_by_name=actor.name,
            uploaded_at=now,
        )
        BatchRow.objects.bulk_create([_row(batch, one, known) for one in found])
    return batch


def confirm(*, batch: Batch, actor: Actor, now: dt.datetime) -> Batch:
    """Has the right rows opened in the background.  Raises NotChecked, NothingToOpen."""
    with transaction.atomic():
        held = _locked(batch, BatchState.CHECKED)
        if not held.rows.filter(state=RowState.WAITING).exists():
            raise NothingToOpen
        held.state, held.confirmed_at = BatchState.OPENING, now
        held.confirmed_by, held.confirmed_by_name = actor.person_id, actor.name
        held.save()
        batch_opening.work.after_commit(batch_id=held.id)
    return held


def discard(*, batch: Batch) -> None:
    """Gives a checked sheet up; what it said of people goes.  Raises NotChecked."""
    with transaction.atomic():
        held = _locked(batch, BatchState.CHECKED)
        held.rows.all().delete()
        held.state = BatchState.DISCARDED
        held.save(update_fields=["state"])


def stop(*, batch: Batch, actor: Actor, now: dt.datetime) -> int:
    """Keeps what has not begun from being opened; what has begun is finished.

    Returns how many rows were stopped; raises NothingToStop.
    """
    with transaction.atomic():
        held = _locked(batch, None)
        stopped = held.rows.filter(state=RowState.WAITING, batch__state=BatchState.OPENING)
        count = stopped.update(state=RowState.STOPPED)
        if not count:
            raise NothingToStop
        held.stopped_at, held.stopped_by_name = now, actor.name
        held.save(update_fields=["stopped_at", "stopped_by_name"])
        batch_opening.finish_if_over(held.id, now=now)
    return count


def retry(*, batch: Batch, row_id: UUID | None, now: dt.datetime) -> int:
    """Lets one row, or every row, that failed or was stopped go on; raises NothingToRetry."""
    with transaction.atomic():
        held = _locked(batch, None)
        again = held.rows.filter(state__in=_RESUMABLE)
        if row_id is not None:
            again = again.filter(pk=row_id)
        count = again.update(
            state=RowState.WAITING, attempts=0, claimed_until=None, not_before=now,
            error_code="", error_message="",
        )  # fmt: skip
        if not count:
            raise NothingToRetry
        held.state, held.done_at = BatchState.OPENING, None
        held.save(update_fields=["state", "done_at"])
        batch_opening.work.after_commit(batch_id=held.id)
    return count


def filename_of(batch: Batch) -> str:
    return platform_cipher().open(batch.filename_sealed, column="batch.filename")


def counts_of(batch: Batch) -> dict[str, int]:
    """How many rows are in which state; every state is there."""
    found = Counter(batch.rows.order_by().values_list("state", flat=True))
    return {state.value: found[state.value] for state in RowState}


def _refuse_same(digest: bytes) -> None:
    unfinished = (BatchState.CHECKED, BatchState.OPENING)
    same = Batch.objects.filter(digest=digest, state__in=unfinished).first()
    if same is not None:
        raise SameSheet(
            officer=same.uploaded_by_name,
            when=f"{same.uploaded_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}",
            state=BatchState(same.state).label,
            batch_id=str(same.id),
        )


def _registered(found: Iterable[Understood]) -> dict[str, UUID]:
    codes = [one.registration.credit_code for one in found if one.registration]
    return units.ids_by_credit_code(codes)


def _row(batch: Batch, one: Understood, known: dict[str, UUID]) -> BatchRow:
    cells = one.written.cells
    code = one.registration.credit_code if one.registration else cells["credit_code"][:24]
    unit_id = known.get(code) if one.registration else None
    state = RowState.REFUSED if one.faults else RowState.SKIPPED if unit_id else RowState.WAITING
    return BatchRow(
        id=uuid7(),
        batch=batch,
        number=one.written.number,
        name=(one.registration.name if one.registration else cells["name"])[:120],
        credit_code=code,
        content_sealed=batch_content.seal(cells),
        faults=[batch_content.told(fault) for fault in one.faults],
        state=state,
        unit_id=unit_id,
    )


def _locked(batch: Batch, state: BatchState | None) -> Batch:
    held = Batch.objects.select_for_update().get(pk=batch.pk)
    if state is not None and held.state != state:
        raise NotChecked(state=BatchState(held.state).label)
    return held
