"""Correcting many files at once, in a fixed number of statements for all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel import pinyin
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.unit import current_unit
from shared_apps.people.services import affiliations
from tenant_apps.audit.services import record_many
from tenant_apps.members.models import Member
from tenant_apps.members.selectors import fields
from tenant_apps.members.services import bulk_rows, checking, sealing
from tenant_apps.members.services.filing import sheet_of

SEALED: Final = ("phone", "address", "identity")
GONE: Final = "已不是在册党员"
CHANGED_SINCE: Final = "核对之后，这份档案的同一项又有更正"
_TAKEN: Final = "本单位已有另一份档案登记了这个身份证号"


@dataclass(frozen=True, slots=True)
class Correction:
    """What to change in one file: field -> (value that was compared with, new value).

    ``version`` is that of the file when it was compared; a file changed since is corrected only
    while the fields in question still say what they said.
    """

    member_id: UUID
    values: Mapping[str, tuple[Any, Any]]
    version: int


@dataclass(slots=True)
class Corrected:
    """What became of a set of corrections: done, overtaken by another change, refused and why."""

    done: set[UUID] = field(default_factory=set)
    stale: dict[UUID, str] = field(default_factory=dict)
    refused: dict[UUID, str] = field(default_factory=dict)


@transaction.atomic
def correct_many(
    *,
    corrections: Sequence[Correction],
    reason: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Corrected:
    """Writes what can be written and says of the rest why not; each file by the rules of
    ``filing.correct``, except that category and posts are never touched.
    """
    outcome = Corrected()
    wanted = {one.member_id: one for one in corrections}
    held = Member.objects.select_for_update(of=("self",)).filter(pk__in=list(wanted))
    members = {member.pk: member for member in held.order_by("pk")}
    taken = _taken(corrections)
    sealer = sealing.Sealer()
    told: list[tuple[UUID, dict[str, Any]]] = []
    columns: set[str] = set()
    for pk, one in wanted.items():
        member = members.get(pk)
        if member is None or not member.is_active:
            outcome.refused[pk] = GONE
        elif member.version != one.version and not _still_holds(member, one.values):
            outcome.stale[pk] = CHANGED_SINCE
        elif problem := _problem(member, one.values, taken, today):
            outcome.refused[pk] = problem
        else:
            changes = {
                key: _write(member, key, new, sealer) for key, (_, new) in one.values.items()
            }
            member.version += 1
            member.updated_at = now
            columns |= {column for key in changes for column in _columns_of(key)}
            told.append((pk, {"changes": changes, "reason": reason, "version": member.version}))
            outcome.done.add(pk)
    if outcome.done:
        going = [members[pk] for pk in outcome.done]
        bulk_rows.store(going, sorted({*columns, "version", "updated_at"}))
        record_many("member.corrected", actor=actor, now=now, subject_type="member", told=told)
        _tell_sign_in([m for m in going if {"phone", "identity"} & set(wanted[m.pk].values)])
    return outcome


def current(member: Member, key: str) -> Any:
    """What a file says of a field now, numbers and address in the clear."""
    if key not in SEALED:
        return getattr(member, key)
    blob = getattr(member, f"{key}_sealed")
    opened = {
        "phone": sealing.open_phone,
        "address": sealing.open_address,
        "identity": sealing.open_identity,
    }
    return opened[key](blob) if blob else ""


def _still_holds(member: Member, values: Mapping[str, tuple[Any, Any]]) -> bool:
    return all(current(member, key) == old for key, (old, _) in values.items())


def _problem(
    member: Member, values: Mapping[str, tuple[Any, Any]], taken: set[bytes], today: dt.date
) -> str:
    """Why a file cannot be so, in words; empty where it can."""
    new = {key: value for key, (_, value) in values.items() if key not in SEALED}
    sheet = sheet_of(member, **new)
    try:
        checking.refuse_values(sheet, new)
        checking.refuse_days(sheet, today)
        if "identity" in values:
            checking.refuse_identity(values["identity"][1])
    except DomainError as refused:
        return refused.message
    if "identity" in values and _mark(values["identity"][1]) in taken:
        return _TAKEN
    return ""


def _taken(corrections: Sequence[Correction]) -> set[bytes]:
    """The marks of new identity numbers that another file has already."""
    numbers = [one.values["identity"][1] for one in corrections if "identity" in one.values]
    if not numbers:
        return set()
    marks = [_mark(number) for number in numbers]
    found = Member.objects.filter(identity_index__in=marks).values_list("identity_index", flat=True)
    return {bytes(mark) for mark in found}


def _mark(number: str) -> bytes:
    return sealing.Sealer().identity(number).mark or b""


def _write(member: Member, key: str, value: Any, sealer: sealing.Sealer) -> list[object]:
    """Sets the field; returns old and new for the record, masked where sealed."""
    if key not in SEALED:
        old = getattr(member, key)
        setattr(member, key, value)
        if key == "name":
            full, initials = pinyin.of_name(member.name)
            member.name_pinyin, member.name_initials = full[:120], initials[:30]
        return [fields.plain(old), fields.plain(value)]
    old_masked = getattr(member, f"{key}_masked")
    sealed = {"phone": sealer.phone, "address": sealer.address, "identity": sealer.identity}[key](
        value
    )
    setattr(member, f"{key}_sealed", sealed.blob)
    setattr(member, f"{key}_masked", sealed.masked)
    if key != "address":
        setattr(member, f"{key}_index", sealed.mark)
    return [old_masked, sealed.masked]


def _columns_of(key: str) -> tuple[str, ...]:
    if key == "name":
        return ("name", "name_pinyin", "name_initials")
    if key == "address":
        return ("address_sealed", "address_masked")
    return (f"{key}_sealed", f"{key}_masked", f"{key}_index") if key in SEALED else (key,)


def _tell_sign_in(members: Sequence[Member]) -> None:
    if not members:
        return
    unit = current_unit()
    affiliations.record(
        unit_id=unit.id,
        unit_role=unit.schema_name,
        rows=[
            (
                member.pk,
                sealing.open_phone(member.phone_sealed) if member.phone_sealed else None,
                sealing.open_identity(member.identity_sealed),
            )
            for member in members
        ],
    )
