"""Correcting a member's file.  The record keeps the old and the new value and the reason."""

from __future__ import annotations

import datetime as dt
from copy import copy
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from django.db import IntegrityError, transaction

from kernel import pinyin
from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.unit import current_unit
from shared_apps.people.services import affiliations
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member
from tenant_apps.members.selectors import fields, ranks
from tenant_apps.members.selectors.fields import plain
from tenant_apps.members.services import checking, sealing
from tenant_apps.members.services.checking import ADULT, DatesDoNotFit

__all__ = ["ADULT", "DatesDoNotFit", "FileChanged", "FileSheet", "correct", "sheet_of"]

_SEALED: Final = ("phone", "address", "identity")
_TELL_IDENTITY: Final = ("birth_on", "gender", "identity")


class ReasonNeeded(Invalid):
    code = "member_reason_needed"
    sentence = "更改人员类别须填写依据，例如支部大会决议的日期和上级批复的文号。"


class IdentityReasonNeeded(Invalid):
    code = "member_identity_reason_needed"
    sentence = "更正身份证号须填写依据，例如核对了身份证原件。"


class IdentityTaken(Conflict):
    code = "member_identity_taken"
    sentence = "本单位已有另一份档案登记了这个身份证号，请先核对是否为同一人。"


class PhoneNotValid(Invalid):
    code = "member_phone_not_valid"
    sentence = "「{phone}」不是有效的手机号码，应为 1 开头的 11 位数字。"


class FileChanged(Conflict):
    """Somebody else corrected the same fields meanwhile; ``fields`` are their keys."""

    code = "member_file_changed"
    sentence = "您填写期间，他人已更正了这份档案，请核对后再保存。"


@dataclass(frozen=True, slots=True)
class FileSheet:
    """What can be corrected by hand.  What is sealed (phone, address, identity) is left by None
    and taken away by "".
    """

    name: str
    category: str
    gender: str = ""
    ethnicity: str = ""
    birth_on: dt.date | None = None
    native_place: str = ""
    education: str = ""
    degree: str = ""
    is_taiwanese: bool = False
    joined_on: dt.date | None = None
    full_on: dt.date | None = None
    joined_kind: str = ""
    joined_place: str = ""
    conversion: str = ""
    probation_until: dt.date | None = None
    party_age_adjust_months: int = 0
    branch_since: dt.date | None = None
    posts: str = ""
    work_started_on: dt.date | None = None
    workplace: str = ""
    department: str = ""
    job_title: str = ""
    staff_number: str = ""
    occupation: str = ""
    front_line: str = ""
    technical_duty: str = ""
    technical_post: str = ""
    duty_level: str = ""
    stratum: str = ""
    is_migrant_worker: bool = False
    household_place: str = ""
    phone: str | None = None
    address: str | None = None
    identity: str | None = None


def sheet_of(member: Member, /, **otherwise: Any) -> FileSheet:
    """The file as it stands, but for what is said ``otherwise``; what is sealed is left alone."""
    stands = {field.key: getattr(member, field.key) for field in fields.OPEN}
    return FileSheet(**{**stands, **otherwise})


@transaction.atomic
def correct(
    *,
    member: Member,
    sheet: FileSheet,
    reason: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
    seen: FileSheet | None = None,
    version: int | None = None,
) -> Member:
    """Writes the sheet into the file; nothing changed, nothing recorded.

    A changed category needs a ``reason``: the system never decides membership, it records what
    the branch resolved (rulebook 0.2 rule 5).  A changed phone takes the member's sign-in along.

    ``seen`` is the sheet as the person saw it: only what differs from it is written, so that two
    who correct different fields at once both succeed; the same field raises FileChanged.
    ``version`` refuses any change since that version.  A new professional duty brings its level,
    another level takes the duty away.  Raises besides ReasonNeeded,
    DatesDoNotFit, ValueNotKnown, IdentityDiffers, IdentityTaken and PhoneNotValid.
    """
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if version is not None and member.version != version:
        raise FileChanged(fields=[])
    if seen is not None:
        sheet = _merged(sheet, seen=seen, current=sheet_of(member))
    sheet = _ranked(sheet, member)
    changes = _apply(member, sheet)
    _refuse(member, sheet, changes, reason, today)
    if not changes:
        return member
    member.version += 1
    member.updated_at = now
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError as twice:  # somebody else registered the number this moment
        raise IdentityTaken from twice
    record(
        "member.corrected",
        actor=actor, now=now, subject_type="member", subject_id=member.pk,
        changes=changes, reason=reason.strip(), version=member.version,
    )  # fmt: skip
    if {"phone", "identity"} & set(changes):
        _tell_sign_in(member)
    return member


def would_change(*, member: Member, sheet: FileSheet, reason: str, today: dt.date) -> bool:
    """Whether the sheet differs from the file; raises what ``correct`` would, writes nothing."""
    unsaved, sheet = copy(member), _ranked(sheet, member)
    changes = _apply(unsaved, sheet)
    _refuse(unsaved, sheet, changes, reason, today)
    return bool(changes)


def conflicts(sheet: FileSheet, *, seen: FileSheet, current: FileSheet) -> list[str]:
    """The fields that both the person and somebody else meanwhile changed, differently."""
    return [
        field.key
        for field in fields.OPEN
        if getattr(sheet, field.key) != getattr(seen, field.key)
        and getattr(current, field.key) not in (getattr(seen, field.key), getattr(sheet, field.key))
    ]


def _merged(sheet: FileSheet, *, seen: FileSheet, current: FileSheet) -> FileSheet:
    """What the person changed, on top of what the file says now.  Raises FileChanged."""
    if clashing := conflicts(sheet, seen=seen, current=current):
        raise FileChanged(fields=clashing)
    untouched = {
        field.key: getattr(current, field.key)
        for field in fields.OPEN
        if getattr(sheet, field.key) == getattr(seen, field.key)
    }
    return replace(sheet, **untouched)


def _ranked(sheet: FileSheet, member: Member) -> FileSheet:
    """The sheet with a duty and a level that say the same."""
    told = {key: getattr(sheet, key) for key in (ranks.DUTY, ranks.LEVEL)}
    changed = {key: value for key, value in told.items() if value != getattr(member, key)}
    rank = told | changed | ranks.following(member.technical_duty, changed)
    return replace(sheet, technical_duty=rank[ranks.DUTY], technical_post=rank[ranks.LEVEL])


def _refuse(
    member: Member, sheet: FileSheet, changes: dict[str, list[object]], reason: str, today: dt.date
) -> None:
    if "category" in changes and not reason.strip():
        raise ReasonNeeded
    if "identity" in changes and not reason.strip():
        raise IdentityReasonNeeded
    checking.refuse_values(sheet, changes)
    checking.refuse_days(sheet, today)
    if any(field in changes for field in _TELL_IDENTITY):
        number = sealing.open_identity(member.identity_sealed)
        checking.refuse_difference(sheet, number, reason)


def _apply(member: Member, sheet: FileSheet) -> dict[str, list[object]]:
    """Sets what differs; returns old and new values for the record, masked where sealed."""
    wanted: dict[str, Any] = asdict(sheet)
    changes: dict[str, list[object]] = {}
    for field in fields.OPEN:
        old, new = getattr(member, field.key), wanted[field.key]
        if old != new:
            changes[field.key] = [plain(old), plain(new)]
            setattr(member, field.key, new)
    if "name" in changes:
        full, initials = pinyin.of_name(member.name)
        member.name_pinyin, member.name_initials = full[:120], initials[:30]
    write = {"phone": _write_phone, "address": _write_address, "identity": _write_identity}
    for key in _SEALED:
        if wanted[key] is not None and (change := write[key](member, wanted[key])):
            changes[key] = change
    return changes


def _write_phone(member: Member, phone: str) -> list[object] | None:
    """Seals a changed phone; returns the old and the new mask, or None if nothing changed."""
    number = sealing.normal_phone(phone)
    if phone.strip() and not (len(number) == sealing.PHONE_LENGTH and number.startswith("1")):
        raise PhoneNotValid(phone=phone)
    sealed = sealing.Sealer().phone(number)
    if sealed.mark == (bytes(member.phone_index) if member.phone_index else None):
        return None
    old = member.phone_masked
    member.phone_sealed, member.phone_index = sealed.blob, sealed.mark
    member.phone_masked = sealed.masked
    return [old, sealed.masked]


def _write_address(member: Member, address: str) -> list[object] | None:
    """The same for the address."""
    address = " ".join(address.split())
    longest = fields.BY_KEY["address"].longest
    if len(address) > longest:
        raise checking.ValueTooLong(field="address", label="现居住地", longest=longest)
    if address == (sealing.open_address(member.address_sealed) if member.address_sealed else ""):
        return None
    old, sealed = member.address_masked, sealing.Sealer().address(address)
    member.address_sealed, member.address_masked = sealed.blob, sealed.masked
    return [old, sealed.masked]


def _write_identity(member: Member, number: str) -> list[object] | None:
    """The same for the identity number, which cannot be taken away."""
    if not number.strip():
        return None
    number = sealing.normal_identity(number)
    checking.refuse_identity(number)
    sealed = sealing.Sealer().identity(number)
    if sealed.mark == bytes(member.identity_index) or not sealed.blob or not sealed.mark:
        return None
    if Member.objects.filter(identity_index=sealed.mark).exclude(pk=member.pk).exists():
        raise IdentityTaken
    old = member.identity_masked
    member.identity_sealed, member.identity_index = sealed.blob, sealed.mark
    member.identity_masked = sealed.masked
    return [old, sealed.masked]


def _tell_sign_in(member: Member) -> None:
    phone = sealing.open_phone(member.phone_sealed) if member.phone_sealed else None
    identity = sealing.open_identity(member.identity_sealed)
    unit = current_unit()
    affiliations.record(
        unit_id=unit.id, unit_role=unit.schema_name, rows=[(member.pk, phone, identity)]
    )
