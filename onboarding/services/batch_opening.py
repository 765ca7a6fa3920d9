"""Opening the units of a confirmed sheet, one row at a time, each exactly once.

A row is claimed for a while.  Its unit is registered in the transaction that notes the unit on
the row, its schema is all or nothing, and the last transaction lets the unit into service and
ends the row; every write needs the claim.  So whoever takes a row up again after a crash goes
on with what is there, and a worker that was only slow cannot write any more.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import Q, QuerySet

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError, Invalid
from kernel.jobs import job
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.models import (
    TO_OPEN,
    Batch,
    BatchRow,
    BatchState,
    Opening,
    OpeningState,
    RowState,
)
from onboarding.services import batch_content, first_root, labels, registration, timeline
from onboarding.services.claims import ClaimLost
from tenants import selectors
from tenants.models import UnitState
from tenants.services import life_cycle, schemas, units

TURN: Final = dt.timedelta(seconds=25)
"""A worker leaves a batch after this long, so that a large one does not keep others waiting."""
LEASE: Final = dt.timedelta(seconds=60)
"""Far longer than a step of opening a unit takes; renewed with each step."""
PAUSES: Final = (15, 60, 240)
"""Seconds before the second, third and fourth attempt; then the row has failed."""
_LABELS_TRIED: Final = 5
_log = logging.getLogger(__name__)


class RowNoLongerRight(Invalid):
    code = "batch_row_no_longer_right"
    sentence = "这一行按现在的规则有误：{message}请修改后重新上传。"


@job(queue="bulk")
def work(*, batch_id: UUID) -> None:
    """Opens row after row for a while.  Leaves at once when somebody is at work on the batch."""
    now = clock.now()
    until = now + TURN
    if _rows(batch_id).filter(claimed_until__gte=now).exists():
        return
    while (row := take(batch_id=batch_id, now=clock.now())) is not None:
        open_row(row)
        if clock.now() > until:
            work.after_commit(batch_id=batch_id)
            return
    finish_if_over(batch_id, now=clock.now())


@job(queue="bulk")
def sweep() -> None:
    """Sends again the batches that have a row to open on which nobody works."""
    now = clock.now()
    rows = BatchRow.objects.filter(_free(now), state__in=TO_OPEN, batch__state=BatchState.OPENING)
    for batch_id in rows.order_by().values_list("batch_id", flat=True).distinct():
        work.after_commit(batch_id=batch_id)


def take(*, batch_id: UUID, now: dt.datetime) -> BatchRow | None:
    """The next row, claimed for the caller; None when none is to be opened now."""
    with transaction.atomic():
        row = (
            _rows(batch_id)
            .filter(_free(now))
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("number")
            .first()
        )
        if row is None:
            return None
        row.claim, row.claimed_until = uuid7(), now + LEASE
        row.state, row.attempts = RowState.OPENING, row.attempts + 1
        row.save(update_fields=["claim", "claimed_until", "state", "attempts"])
    return row


def open_row(row: BatchRow) -> None:
    """Opens the unit of a claimed row, or writes why not.  Loses nothing, repeats nothing."""
    actor = Actor(kind="job", name=row.batch.confirmed_by_name, person_id=row.batch.confirmed_by)
    if row.attempts > len(PAUSES) + 1:
        _fail(row, "batch_row_gave_up", "开通多次中断，已停止。请重试，仍不成功时联系平台运维。")
        return
    try:
        unit_id = row.unit_id or _register(row, actor)
        _serve(row, unit_id, actor)
    except ClaimLost:
        _log.warning("row %s was taken over by another worker", row.pk)
    except (registration.AlreadyRegistered, units.UnitAlreadyRegistered):
        _skip(row)
    except DomainError as refused:
        _fail(row, refused.code, refused.message)
    except (DatabaseError, InterfaceError):
        _log.exception("row %s could not be opened, attempt %s", row.pk, row.attempts)
        _again_later(row)


def finish_if_over(batch_id: UUID, *, now: dt.datetime) -> None:
    """Ends a batch in which nothing is left to open."""
    left = BatchRow.objects.filter(batch_id=batch_id, state__in=TO_OPEN)
    Batch.objects.filter(pk=batch_id, state=BatchState.OPENING).exclude(
        pk__in=left.order_by().values("batch_id")
    ).update(state=BatchState.DONE, done_at=now)


def _rows(batch_id: UUID) -> QuerySet[BatchRow]:
    return BatchRow.objects.select_related("batch").filter(
        batch_id=batch_id, batch__state=BatchState.OPENING, state__in=TO_OPEN
    )


def _free(now: dt.datetime) -> Q:
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return unclaimed & (Q(not_before=None) | Q(not_before__lte=now))


def _write(row: BatchRow, **values: Any) -> None:
    """Writes to the row only while the claim is still the caller's; raises ClaimLost."""
    if not BatchRow.objects.filter(pk=row.pk, claim=row.claim).update(**values):
        raise ClaimLost
    for name, value in values.items():
        setattr(row, name, value)


def _register(row: BatchRow, actor: Actor) -> UUID:
    """The unit and the note of it on the row, together; another address when one is taken."""
    now = clock.now()
    confirmed_at = row.batch.confirmed_at or now
    found = batch_content.understood(row, today=clock.day_of(confirmed_at))
    if found.registration is None:
        raise RowNoLongerRight(message=found.faults[0]["message"])
    tries_left = _LABELS_TRIED
    while True:
        wanted = replace(found.registration, label=labels.proposed(found.registration.name))
        try:
            with transaction.atomic():
                made = registration.register(registration=wanted, actor=actor, now=now)
                _write(row, unit_id=made.unit_id, claimed_until=now + LEASE)
        except units.LabelTaken:
            tries_left -= 1
            if not tries_left:
                raise
        else:
            return made.unit_id


def _serve(row: BatchRow, unit_id: UUID, actor: Actor) -> None:
    """Schema, first organisation, and into service (试用)."""
    openings = Opening.objects.select_related("unit")
    unit = openings.get(unit_id=unit_id).unit
    if not unit.schema_version:
        schemas.provision(unit=unit)
    now = clock.now()
    with transaction.atomic():
        _write(row, state=RowState.DONE, done_at=now, claimed_until=None)
        opening = openings.select_for_update(of=("self",)).get(unit_id=unit_id)
        with unit_context(unit.id):
            first_root.plant(row=row, actor=actor, now=now)
        if opening.unit.state == UnitState.DRAFT:
            life_cycle.move(unit=opening.unit, to=UnitState.OPENING, actor=actor, now=now)
        if opening.unit.state == UnitState.OPENING:
            life_cycle.move(unit=opening.unit, to=UnitState.TRIAL, actor=actor, now=now)
        opening.state, opening.opened_at = OpeningState.OPENED, opening.opened_at or now
        opening.save(update_fields=["state", "opened_at"])
        timeline.record(
            "unit.opened_in_batch", unit_id=unit.id, actor=actor, now=now,
            batch_id=str(row.batch_id), row=row.number,
        )  # fmt: skip


def _skip(row: BatchRow) -> None:
    """Somebody else has opened the unit: the row leads there."""
    unit = selectors.unit_by_credit_code(row.credit_code)
    _end(row, state=RowState.SKIPPED, unit_id=unit.id if unit else None)


def _fail(row: BatchRow, code: str, message: str) -> None:
    _end(row, state=RowState.FAILED, error_code=code, error_message=message[:300])


def _again_later(row: BatchRow) -> None:
    """Back to waiting, with a pause that grows; failed for now after the last attempt."""
    if row.attempts > len(PAUSES):
        _fail(row, "batch_row_database", "数据库多次没有应答，单位没有开通。请稍后重试。")
        return
    pause = dt.timedelta(seconds=PAUSES[row.attempts - 1])
    _end(
        row, state=RowState.WAITING, not_before=clock.now() + pause,
        error_code="batch_row_database", error_message="数据库暂时没有应答，稍后自动重试。",
    )  # fmt: skip


def _end(row: BatchRow, **values: Any) -> None:
    """Ends the attempt; when the row went to another worker, that one will."""
    BatchRow.objects.filter(pk=row.pk, claim=row.claim).update(claimed_until=None, **values)
