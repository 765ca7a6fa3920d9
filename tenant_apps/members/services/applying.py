"""Writing what was accepted of an update: chunk by chunk, resumable at any point."""

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
from tenant_apps.members.models import Change, ChangeKind, Member, Update, UpdateRow
from tenant_apps.members.services import bulk_filing, changes, moving, update_claims
from tenant_apps.members.services.comparing import values_of
from tenant_apps.organizations.selectors import organizations_by_id

CHUNK: Final = 400
"""Rows per transaction: half a second of work."""
_FILE_FIELDS: Final = frozenset(changes.NewMember.__dataclass_fields__)
_DONE: Final = UpdateRow.Outcome.APPLIED
_FAILED: Final = UpdateRow.Outcome.FAILED
_NOTE: Final = 200


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
    while rows := _waiting(held):
        apply_chunk(held, rows, actor=actor, now=clock.now())
    _end(held, Update.State.DONE)


def apply_chunk(held: Update, rows: Sequence[UpdateRow], *, actor: Actor, now: dt.datetime) -> None:
    """One transaction: files, moves, newcomers, what became of each row, and the progress."""
    with transaction.atomic():
        reason = f"{held.get_kind_display()}更新：{held.file_name}"
        kinds = UpdateRow.Kind
        _correct([r for r in rows if r.kind in (kinds.CHANGE, kinds.SUGGESTED)], reason, actor, now)
        _move([row for row in rows if row.kind == kinds.MOVE], actor, now)
        for row in rows:
            if row.kind == kinds.NEW:
                _enter(row, reason, actor, now)
        UpdateRow.objects.bulk_update(rows, ["outcome", "note", "member_id", "fields"])
        update_claims.write(
            held,
            done_rows=held.done_rows + len(rows),
            claimed_until=now + update_claims.LEASE,
        )


def _waiting(held: Update) -> list[UpdateRow]:
    rows = UpdateRow.objects.filter(
        update_of=held,
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
    """Branch by branch; somebody who has moved since is left where they are."""
    members = {
        one.pk: one
        for one in Member.objects.filter(pk__in=[r.member_id for r in rows], is_active=True)
    }
    by_org: dict[UUID, list[UpdateRow]] = {}
    for row in rows:
        member = members.get(row.member_id) if row.member_id else None
        if member is None or row.org_id is None:
            row.outcome, row.note = _FAILED, bulk_filing.GONE
        elif str(member.org_id) != row.fields["org"][0]:
            row.outcome, row.note = UpdateRow.Outcome.STALE, "核对之后已调整过支部"
        else:
            by_org.setdefault(row.org_id, []).append(row)
    orgs = organizations_by_id(list(by_org))
    for org_id, going in by_org.items():
        try:
            with transaction.atomic():
                org = orgs[org_id]
                people = [members[row.member_id] for row in going if row.member_id]
                moving.move(members=people, org=org, actor=actor, now=now)
        except (DomainError, KeyError) as refused:
            note = refused.message if isinstance(refused, DomainError) else "党组织已不存在"
            for row in going:
                row.outcome, row.note = _FAILED, note[:_NOTE]
        else:
            for row in going:
                row.outcome = _DONE


def _enter(row: UpdateRow, reason: str, actor: Actor, now: dt.datetime) -> None:
    """补录: a person whom the platform did not know, by the typed event (rulebook 7.1)."""
    values: dict[str, Any] = {key: new for key, (_, new) in values_of(row).items()}
    category = values.pop("category")
    org = organizations_by_id([row.org_id]).get(row.org_id) if row.org_id else None
    person = changes.NewMember(**{k: v for k, v in values.items() if k in _FILE_FIELDS})
    rest = {key: ("", value) for key, value in values.items() if key not in _FILE_FIELDS}
    try:
        with transaction.atomic():
            member = changes.enter(
                person=person, org=org, category=category, kind=ChangeKind.SUPPLEMENTED,
                on=clock.day_of(now), document="", actor=actor, now=now,
            )  # fmt: skip
            if rest:
                _add(member, rest, reason, actor, now)
    except (DomainError, AttributeError) as refused:
        note = refused.message if isinstance(refused, DomainError) else "党组织已不存在"
        row.outcome, row.note = _FAILED, note[:_NOTE]
        return
    change = Change.objects.filter(member=member, undone_at=None).order_by("-recorded_at", "-id")
    entered = change.values_list("pk", flat=True).first()
    row.outcome, row.member_id = _DONE, member.pk
    row.fields = {**row.fields, "change": ["", str(entered)]}


def _add(
    member: Member, rest: dict[str, tuple[Any, Any]], reason: str, actor: Actor, now: dt.datetime
) -> None:
    """What an entry does not ask for and the file has: staff number, department, address."""
    bulk_filing.correct_many(
        corrections=[bulk_filing.Correction(member.pk, rest, member.version)],
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
