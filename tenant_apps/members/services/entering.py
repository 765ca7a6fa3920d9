"""Many who enter at once, as a file brings them, in a fixed number of statements for all.

The rules are those of ``changes.enter`` and ``changes.undo``; whoever is not simply new here (an
old file, a number registered this moment) goes through them, one by one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import DomainError
from kernel.unit import current_unit
from shared_apps.people.services import affiliations
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record_many
from tenant_apps.members.models import INCREASES, Change, ChangeKind, Member, Standing
from tenant_apps.members.services import bulk_rows, changes, followers, newcomers, sealing
from tenant_apps.members.services.newcomers import NewMember
from tenant_apps.members.services.noting import Act
from tenant_apps.members.services.sealing import Sealed

_TAKEN_OUT: Final = ("is_active", "standing", "left_on", "left_kind", "version", "updated_at")


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody a file brings; ``key`` is the file's own, ``org`` the branch."""

    key: UUID
    person: NewMember
    org: Any
    category: str


@dataclass(slots=True)
class Entered:
    """The event of each who entered, and why not of each who could not."""

    made: dict[UUID, Change] = field(default_factory=dict)
    refused: dict[UUID, str] = field(default_factory=dict)


@transaction.atomic
def enter_many(
    *, entrants: Sequence[Entrant], kind: ChangeKind, on: dt.date, actor: Actor, now: dt.datetime
) -> Entered:
    """``changes.enter`` for each; one that is refused does not hold up the others."""
    found, act = Entered(), Act(kind, on, "", actor, now)
    sealed = sealing.Sealer().identities([one.person.identity for one in entrants])
    fresh: list[tuple[Entrant, Sealed]] = []
    single: list[Entrant] = []
    known = _known(sealed)
    for one, identity in zip(entrants, sealed, strict=True):
        if identity.mark in known:
            single.append(one)
            continue
        known.add(identity.mark or b"")
        if problem := _problem(one, act):
            found.refused[one.key] = problem
        else:
            fresh.append((one, identity))
    try:
        with transaction.atomic():
            found.made = _make(fresh, act)
    except IntegrityError:  # somebody else registered one of the numbers this moment
        single += [one for one, _ in fresh]
    for one in single:
        _enter_one(one, act, found)
    return found


@transaction.atomic
def take_back_many(
    *, change_ids: Iterable[UUID], reason: str, actor: Actor, now: dt.datetime
) -> dict[UUID, str]:
    """``changes.undo`` for each of the entries; returns of those that stay why, in words."""
    wanted = {
        one.pk: one
        for one in Change.objects.filter(pk__in=list(change_ids)).select_related("member")
    }
    newest = _newest_of([one.member_id for one in wanted.values()])
    plain = [
        one
        for one in wanted.values()
        if newest.get(one.member_id) == one.pk
        and one.kind in INCREASES
        and one.data.get("before") == {}
    ]
    _take_out(plain, reason, actor, now)
    refused: dict[UUID, str] = {}
    done = {one.pk for one in plain}
    for pk, one in wanted.items():
        if pk in done:
            continue
        try:
            with transaction.atomic():
                changes.undo(change=one, actor=actor, now=now, reason=reason)
        except DomainError as kept:
            refused[pk] = kept.message
    return refused


def _known(sealed: Sequence[Sealed]) -> set[bytes]:
    marks = [one.mark for one in sealed]
    found = Member.objects.filter(identity_index__in=marks).values_list("identity_index", flat=True)
    return {bytes(mark) for mark in found}


def _problem(one: Entrant, act: Act) -> str:
    try:
        newcomers.check(
            one.person, org=one.org, category=one.category, kind=act.kind, on=act.on,
            today=day_of(act.now),
        )  # fmt: skip
    except DomainError as refused:
        return refused.message
    return ""


def _make(fresh: Sequence[tuple[Entrant, Sealed]], act: Act) -> dict[UUID, Change]:
    """Files, events, records, the count and the sign-ins of people new here."""
    if not fresh:
        return {}
    members = [
        newcomers.written(
            None, one.person, identity, org=one.org, category=one.category, on=act.on, now=act.now
        )
        for one, identity in fresh
    ]
    Member.objects.bulk_create(members, batch_size=500)
    made = [_event(member, act) for member in members]
    Change.objects.bulk_create(made, batch_size=500)
    _record("member.entered", ((member.pk, act) for member in members), act)
    unit = current_unit()
    outbox.emit(unit=unit, kind="members", now=act.now, delta=len(members))
    affiliations.record(
        unit_id=unit.id,
        unit_role=unit.schema_name,
        rows=[
            (
                member.pk,
                sealing.normal_phone(one.person.phone) or None,
                sealing.normal_identity(one.person.identity),
            )
            for member, (one, _) in zip(members, fresh, strict=True)
        ],
    )
    followers.entered(made, actor=act.actor, now=act.now)
    return {one.key: change for (one, _), change in zip(fresh, made, strict=True)}


def _event(member: Member, act: Act) -> Change:
    return Change(
        member=member,
        kind=act.kind,
        happened_on=act.on,
        org_id=member.org_id,
        org_path=member.org_path,
        category=member.category,
        data={"before": {}},
        recorded_at=act.now,
        recorded_by=act.actor.person_id,
    )


def _enter_one(one: Entrant, act: Act, found: Entered) -> None:
    try:
        with transaction.atomic():
            member = changes.enter(
                person=one.person, org=one.org, category=one.category, kind=act.kind, on=act.on,
                document="", actor=act.actor, now=act.now,
            )  # fmt: skip
    except DomainError as refused:
        found.refused[one.key] = refused.message
        return
    found.made[one.key] = Change.objects.get(pk=_newest_of([member.pk])[member.pk])


def _newest_of(member_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """The last event in force of each file."""
    rows = Change.objects.filter(member_id__in=member_ids, undone_at=None)
    rows = rows.order_by("member_id", "-recorded_at", "-id").distinct("member_id")
    return dict(rows.values_list("member_id", "id"))


def _take_out(plain: Sequence[Change], reason: str, actor: Actor, now: dt.datetime) -> None:
    """Files made by mistake stay and count no longer."""
    if not plain:
        return
    held = Member.objects.select_for_update(of=("self",))
    members = list(held.filter(pk__in=[one.member_id for one in plain]).order_by("pk"))
    counted = [member.pk for member in members if member.is_active]
    for member in members:
        member.is_active, member.standing = False, Standing.LEFT
        member.left_on, member.left_kind = None, ""
        member.version += 1
        member.updated_at = now
    bulk_rows.store(members, _TAKEN_OUT)
    Change.objects.filter(pk__in=[one.pk for one in plain]).update(undone_at=now)
    acts = (
        (
            one.member_id,
            Act(ChangeKind(one.kind), one.happened_on, one.document, actor, now, reason),
        )
        for one in plain
    )
    first = Act(ChangeKind(plain[0].kind), plain[0].happened_on, "", actor, now, reason)
    _record("member.change_undone", acts, first)
    if counted:
        outbox.emit(unit=current_unit(), kind="members", now=now, delta=-len(counted))
        affiliations.forget(member_ids=counted)
    followers.undone(plain, actor=actor, now=now)


def _record(code: str, told: Iterable[tuple[UUID, Act]], act: Act) -> None:
    """The lines in the record, as ``noting.tell`` writes one."""
    record_many(
        code, actor=act.actor, now=act.now, subject_type="member",
        told=(
            (
                pk,
                {
                    "kind": str(one.kind), "on": one.on.isoformat(),
                    "document": one.document.strip(), "reason": one.reason.strip(),
                },
            )
            for pk, one in told
        ),
    )  # fmt: skip
