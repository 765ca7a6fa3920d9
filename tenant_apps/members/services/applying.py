"""Writing what was accepted of an update: chunk by chunk, resumable at any point."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.jobs import job
from tenant_apps.audit.services import record
from tenant_apps.members.models import ChangeKind, Member, Update, UpdateRow
from tenant_apps.members.services import (
    bulk_filing,
    bulk_rows,
    changes,
    entering,
    moving,
    proposing,
    update_claims,
)
from tenant_apps.members.services.comparing import dues_of, values_of
from tenant_apps.organizations.selectors import organizations_by_id

CHUNK: Final = 1_000
"""Rows per transaction: half a second of work."""
_FILE_FIELDS: Final = frozenset(changes.NewMember.__dataclass_fields__)
_DONE: Final = UpdateRow.Outcome.APPLIED
_FAILED: Final = UpdateRow.Outcome.FAILED
_OF_ALL: Final = ("outcome", "note")
_OF_NEWCOMERS: Final = (*_OF_ALL, "member_id", "fields")
"""What is written of a row: newcomers have no file before."""
_NOTE: Final = 200
_FIRST: Final = UUID(int=0)


class Newcomer(NamedTuple):
    """Somebody who entered by a file that says what they pay: category, base in fen."""

    member_id: UUID
    category: str
    base_fen: int | None


class Listener(Protocol):
    def __call__(
        self, newcomers: Sequence[Newcomer], *, update_id: UUID, actor: Actor, now: dt.datetime
    ) -> None: ...


_listeners: list[Listener] = []


def on_entered(listener: Listener) -> None:
    """Has dues told of newcomers, in the same transaction; called once, in ``ready``."""
    _listeners.append(listener)


@job(queue="bulk")
def apply(*, update_id: UUID) -> None:
    """Applies what is not applied yet.  Killed at any point, the next one goes on from there."""
    held = update_claims.take(update_id=update_id, states=(Update.State.APPLYING,), now=clock.now())
    if held is None:
        return
    if update_claims.is_worn_out(held, chunks=held.total // CHUNK):
        _end(
            held, Update.State.FAILED, error="更新多次中断，已停止。已更新的部分有效，可整体撤销。"
        )
        return
    actor = Actor(kind="job", name=held.applied_by_name, person_id=held.applied_by)
    last = _FIRST
    while rows := _waiting(held, after=last):
        apply_chunk(held, rows, actor=actor, now=clock.now())
        last = rows[-1].pk
    _end(held, Update.State.DONE)


def apply_chunk(held: Update, rows: Sequence[UpdateRow], *, actor: Actor, now: dt.datetime) -> None:
    """One transaction: files, moves, newcomers, what became of each row, and the progress."""
    with transaction.atomic():
        reason = f"{held.get_kind_display()}更新：{held.file_name}"
        kinds, writer = UpdateRow.Kind, proposing.writer_of(held)
        if writer is not None:
            _write_others(writer, rows, reason, actor, now)
        else:
            corrected = [row for row in rows if row.kind in (kinds.CHANGE, kinds.SUGGESTED)]
            _correct(corrected, reason, actor, now)
            _move([row for row in rows if row.kind == kinds.MOVE], actor, now)
            _enter([row for row in rows if row.kind == kinds.NEW], reason, actor, now)
        bulk_rows.store([row for row in rows if row.kind == kinds.NEW], _OF_NEWCOMERS)
        bulk_rows.store([row for row in rows if row.kind != kinds.NEW], _OF_ALL)
        update_claims.write(
            held,
            done_rows=held.done_rows + len(rows),
            claimed_until=now + update_claims.LEASE,
        )


def _write_others(
    writer: proposing.Writer, rows: Sequence[UpdateRow], reason: str, actor: Actor, now: dt.datetime
) -> None:
    """Rows about others than members: few, each by the verbs of the room they are of."""
    for row in rows:
        try:
            with transaction.atomic():
                kept = writer.apply(
                    row, proposing.pairs_of(row), reason=reason, actor=actor, now=now
                )
        except proposing.Refused as refused:
            row.outcome, row.note = refused.outcome, refused.sentence[:_NOTE]
        except DomainError as refused:
            row.outcome, row.note = _FAILED, refused.message[:_NOTE]
        else:
            row.outcome = _DONE
            row.fields = {**row.fields, **{key: ["", value] for key, value in kept.items()}}
            row.save(update_fields=["outcome", "fields"])  # a later row may ask for it


def _waiting(held: Update, *, after: UUID) -> list[UpdateRow]:
    rows = UpdateRow.objects.filter(
        update_of=held,
        pk__gt=after,
        kind__in=[kind for kind in UpdateRow.Kind if kind != UpdateRow.Kind.MISSING],
        decision=UpdateRow.Decision.ACCEPTED,
        outcome="",
    )
    return list(rows.order_by("id")[:CHUNK])


def _correct(rows: Sequence[UpdateRow], reason: str, actor: Actor, now: dt.datetime) -> None:
    """Files of several rows of one person are written one after the other."""
    rest = list(rows)
    while rest:
        first: dict[UUID, UpdateRow] = {}
        for row in rest:
            if row.member_id is not None:
                first.setdefault(row.member_id, row)
        _correct_once(first, reason, actor, now)
        rest = [
            row for row in rest if row.member_id is not None and first[row.member_id] is not row
        ]


def _correct_once(rows: dict[UUID, UpdateRow], reason: str, actor: Actor, now: dt.datetime) -> None:
    outcome = bulk_filing.correct_many(
        corrections=[
            bulk_filing.Correction(pk, values_of(row), row.version) for pk, row in rows.items()
        ],
        reason=reason,
        actor=actor,
        today=clock.day_of(now),
        now=now,
    )
    for pk, row in rows.items():
        if pk in outcome.done:
            row.outcome = _DONE
        elif pk in outcome.stale:
            row.outcome, row.note = UpdateRow.Outcome.STALE, outcome.stale[pk][:_NOTE]
        else:
            row.outcome, row.note = _FAILED, outcome.refused[pk][:_NOTE]


def _move(rows: Sequence[UpdateRow], actor: Actor, now: dt.datetime) -> None:
    """Somebody who has moved since is left where they are."""
    ids = [row.member_id for row in rows if row.member_id]
    members = {one.pk: one for one in Member.objects.filter(pk__in=ids, is_active=True)}
    going: dict[UUID, UpdateRow] = {}
    for row in rows:
        member = members.get(row.member_id) if row.member_id else None
        if member is None or row.org_id is None:
            row.outcome, row.note = _FAILED, bulk_filing.GONE
        elif str(member.org_id) != row.fields["org"][0] or member.pk in going:
            row.outcome, row.note = UpdateRow.Outcome.STALE, "核对之后已调整过支部"
        else:
            going[member.pk] = row
    targets = {pk: row.org_id for pk, row in going.items() if row.org_id}
    refused = moving.move_each(targets=targets, actor=actor, now=now)
    for pk, row in going.items():
        row.outcome = _FAILED if pk in refused else _DONE
        row.note = refused.get(pk, "")[:_NOTE]


def _enter(rows: Sequence[UpdateRow], reason: str, actor: Actor, now: dt.datetime) -> None:
    """补录: people whom the platform did not know, by the typed event (rulebook 7.1)."""
    orgs = organizations_by_id([row.org_id for row in rows if row.org_id])
    entrants, rest = [], {}
    for row in rows:
        org = orgs.get(row.org_id) if row.org_id else None
        if org is None:
            row.outcome, row.note = _FAILED, "党组织已不存在"
            continue
        values: dict[str, Any] = {key: new for key, (_, new) in values_of(row).items()}
        category = values.pop("category")
        person = changes.NewMember(**{k: v for k, v in values.items() if k in _FILE_FIELDS})
        entrants.append(entering.Entrant(row.pk, person, org, category))
        rest[row.pk] = {k: ("", new) for k, new in values.items() if k not in _FILE_FIELDS}
    entered = entering.enter_many(
        entrants=entrants, kind=ChangeKind.SUPPLEMENTED, on=clock.day_of(now), actor=actor, now=now
    )
    for row in rows:
        change = entered.made.get(row.pk)
        if change is not None:
            row.outcome, row.member_id = _DONE, change.member_id
            row.fields = {**row.fields, "change": ["", str(change.pk)]}
        elif row.pk in entered.refused:
            row.outcome, row.note = _FAILED, entered.refused[row.pk][:_NOTE]
    _add({one.member: rest[key] for key, one in entered.made.items()}, reason, actor, now)
    told = [(row.member_id, dues_of(row)) for row in rows if row.pk in entered.made]
    dues = [Newcomer(pk, *said) for pk, said in told if pk and said]
    for hear in _listeners if dues else ():
        hear(dues, update_id=rows[0].update_of_id, actor=actor, now=now)


def _add(
    rest: Mapping[Member, dict[str, tuple[Any, Any]]], reason: str, actor: Actor, now: dt.datetime
) -> None:
    """What an entry does not ask for and the file has: staff number, department, address."""
    bulk_filing.correct_many(
        corrections=[
            bulk_filing.Correction(member.pk, values, member.version)
            for member, values in rest.items()
            if values
        ],
        reason=reason, actor=actor, today=clock.day_of(now), now=now,
    )  # fmt: skip


def _end(held: Update, state: Update.State, *, error: str = "") -> None:
    now = clock.now()
    with transaction.atomic():
        update_claims.write(held, state=state, applied_at=now, claimed_until=None, error=error)
        outcomes = {
            str(outcome): UpdateRow.objects.filter(update_of=held, outcome=outcome).count()
            for outcome in (_DONE, UpdateRow.Outcome.STALE, _FAILED)
        }
        record(
            "update.applied",
            actor=Actor(kind="job", name=held.applied_by_name, person_id=held.applied_by),
            now=now, subject_type="update", subject_id=held.pk, **outcomes,
        )  # fmt: skip
