"""Taking an update back as a whole: old values where the file still says what the update wrote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.jobs import job
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member, Update, UpdateRow
from tenant_apps.members.services import (
    bulk_filing,
    bulk_rows,
    entering,
    moving,
    proposing,
    update_claims,
)
from tenant_apps.members.services.comparing import values_of

CHUNK: Final = 1_000
_REASON: Final = "撤销更新：{name}"
_CHANGED_SINCE: Final = "更新之后又有变动，没有撤销"
_NOTE: Final = 200
_LAST: Final = UUID(int=(1 << 128) - 1)


@job(queue="bulk")
def restore(*, update_id: UUID) -> None:
    """Puts back what is not put back yet.  Killed at any point, the next one goes on from there."""
    held = update_claims.take(update_id=update_id, states=(Update.State.UNDOING,), now=clock.now())
    if held is None:
        return
    actor = Actor(kind="job", name=held.applied_by_name, person_id=held.applied_by)
    last = _LAST
    while rows := _applied(held, before=last):
        _restore_chunk(held, rows, actor, clock.now())
        last = rows[-1].pk
    now = clock.now()
    with transaction.atomic():
        update_claims.write(held, state=Update.State.UNDONE, undone_at=now, claimed_until=None)
        outcomes = UpdateRow.Outcome
        record(
            "update.undone",
            actor=actor, now=now, subject_type="update", subject_id=held.pk,
            undone=UpdateRow.objects.filter(update_of=held, outcome=outcomes.UNDONE).count(),
            kept=UpdateRow.objects.filter(update_of=held, outcome=outcomes.KEPT).count(),
        )  # fmt: skip


def _applied(held: Update, *, before: UUID) -> list[UpdateRow]:
    """The last ones first, so that what was built on one another comes down in order."""
    rows = UpdateRow.objects.filter(update_of=held, pk__lt=before)
    rows = rows.filter(outcome=UpdateRow.Outcome.APPLIED)
    return list(rows.order_by("-id")[:CHUNK])


def _restore_chunk(held: Update, rows: Sequence[UpdateRow], actor: Actor, now: dt.datetime) -> None:
    reason = _REASON.format(name=held.file_name)
    with transaction.atomic():
        for row in rows:
            row.outcome, row.note = UpdateRow.Outcome.KEPT, _CHANGED_SINCE
        kinds, writer = UpdateRow.Kind, proposing.writer_of(held)
        if writer is not None:
            _restore_others(writer, rows, reason, actor, now)
        else:
            corrected = [row for row in rows if row.kind in (kinds.CHANGE, kinds.SUGGESTED)]
            _put_back(corrected, reason, actor, now)
            _move_back([row for row in rows if row.kind == kinds.MOVE], actor, now)
            _take_out([row for row in rows if row.kind == kinds.NEW], reason, actor, now)
        bulk_rows.store(rows, ["outcome", "note"])
        update_claims.write(
            held,
            done_rows=held.done_rows + len(rows),
            claimed_until=now + update_claims.LEASE,
        )


def _restore_others(
    writer: proposing.Writer, rows: Sequence[UpdateRow], reason: str, actor: Actor, now: dt.datetime
) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                writer.restore(row, proposing.pairs_of(row), reason=reason, actor=actor, now=now)
        except proposing.Refused as refused:
            row.note = refused.sentence[:_NOTE]
        except DomainError as refused:
            row.note = refused.message[:_NOTE]
        else:
            row.outcome, row.note = UpdateRow.Outcome.UNDONE, ""


def _put_back(rows: Sequence[UpdateRow], reason: str, actor: Actor, now: dt.datetime) -> None:
    """Only fields that still say what the update wrote; a row is undone when one of them was."""
    members = {one.pk: one for one in Member.objects.filter(pk__in=[row.member_id for row in rows])}
    wanted: dict[UUID, tuple[UpdateRow, dict[str, tuple[Any, Any]]]] = {}
    for row in rows:
        member = members.get(row.member_id) if row.member_id else None
        if member is None:
            continue
        back = {
            key: (new, old)
            for key, (old, new) in values_of(row).items()
            if bulk_filing.current(member, key) == new
        }
        if back:
            wanted[member.pk] = (row, back)
    outcome = bulk_filing.correct_many(
        corrections=[
            bulk_filing.Correction(pk, back, members[pk].version)
            for pk, (_, back) in wanted.items()
        ],
        reason=reason, actor=actor, today=clock.day_of(now), now=now,
    )  # fmt: skip
    for pk, (row, back) in wanted.items():
        if pk in outcome.done:
            is_whole = len(back) == len(row.fields)
            row.outcome = UpdateRow.Outcome.UNDONE
            row.note = "" if is_whole else "部分项目更新后又有更正，保留现值"
        elif pk in outcome.refused:
            row.note = outcome.refused[pk][:_NOTE]


def _move_back(rows: Sequence[UpdateRow], actor: Actor, now: dt.datetime) -> None:
    """Only who is still where the update put them."""
    ids = [row.member_id for row in rows if row.member_id]
    members = {one.pk: one for one in Member.objects.filter(pk__in=ids, is_active=True)}
    going: dict[UUID, UpdateRow] = {}
    for row in rows:
        member = members.get(row.member_id) if row.member_id else None
        if member is not None and member.org_id == row.org_id:
            going[member.pk] = row
    targets = {pk: UUID(row.fields["org"][0]) for pk, row in going.items()}
    refused = moving.move_each(targets=targets, actor=actor, now=now)
    for pk, row in going.items():
        if pk not in refused:
            row.outcome, row.note = UpdateRow.Outcome.UNDONE, ""


def _take_out(rows: Sequence[UpdateRow], reason: str, actor: Actor, now: dt.datetime) -> None:
    by_change = {UUID(row.fields["change"][1]): row for row in rows if "change" in row.fields}
    refused = entering.take_back_many(change_ids=by_change, reason=reason, actor=actor, now=now)
    for pk, row in by_change.items():
        if pk in refused:
            row.note = refused[pk][:_NOTE]
        else:
            row.outcome, row.note = UpdateRow.Outcome.UNDONE, ""
