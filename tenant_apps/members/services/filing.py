"""Correcting a member's file.  The record keeps the old and the new value and the reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Final

from django.db import transaction

from kernel import pinyin
from kernel.actor import Actor
from kernel.errors import Invalid
from kernel.unit import current_unit
from shared_apps.people.services import affiliations
from tenant_apps.audit.services import record
from tenant_apps.members.models import Category, Member, whole_years
from tenant_apps.members.services import sealing

ADULT: Final = 18
"""Years of age at which somebody may apply to join (charter, Art. 1)."""


class DatesDoNotFit(Invalid):
    code = "member_dates_do_not_fit"
    sentence = "{problem}"


class ReasonNeeded(Invalid):
    code = "member_reason_needed"
    sentence = "更改人员类别须填写依据，例如支部大会决议的日期和上级批复的文号。"


class PhoneNotValid(Invalid):
    code = "member_phone_not_valid"
    sentence = "「{phone}」不是有效的手机号码，应为 1 开头的 11 位数字。"


@dataclass(frozen=True, slots=True)
class FileSheet:
    """What can be corrected by hand.  ``phone`` None leaves it, "" takes it away."""

    name: str
    category: str
    gender: str = ""
    ethnicity: str = ""
    birth_on: dt.date | None = None
    education: str = ""
    joined_on: dt.date | None = None
    full_on: dt.date | None = None
    posts: str = ""
    phone: str | None = None


def sheet_of(member: Member) -> FileSheet:
    """The file as it stands, with the phone left alone."""
    return FileSheet(
        name=member.name,
        category=member.category,
        gender=member.gender,
        ethnicity=member.ethnicity,
        birth_on=member.birth_on,
        education=member.education,
        joined_on=member.joined_on,
        full_on=member.full_on,
        posts=member.posts,
    )


@transaction.atomic
def correct(
    *,
    member: Member,
    sheet: FileSheet,
    reason: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Member:
    """Writes the sheet into the file; nothing changed, nothing recorded.

    A changed category needs a ``reason``: the system never decides membership, it records what
    the branch resolved (rulebook 0.2 rule 5).  A changed phone takes the member's sign-in along.
    Raises ReasonNeeded, DatesDoNotFit and PhoneNotValid.
    """
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    _refuse_dates(sheet, today)
    if sheet.category != member.category and not reason.strip():
        raise ReasonNeeded
    changes = _apply(member, sheet)
    phone = _apply_phone(member, sheet.phone)
    if phone is not None:
        changes["phone"] = phone
    if not changes:
        return member
    member.save()
    record(
        "member.corrected",
        actor=actor, now=now, subject_type="member", subject_id=member.pk,
        changes=changes, reason=reason.strip(),
    )  # fmt: skip
    if phone is not None:
        _tell_sign_in(member)
    return member


def _apply(member: Member, sheet: FileSheet) -> dict[str, list[object]]:
    """Sets what differs; returns old and new values for the record."""
    wanted = asdict(sheet)
    del wanted["phone"]
    changes: dict[str, list[object]] = {}
    for field, new in wanted.items():
        old = getattr(member, field)
        if old != new:
            changes[field] = [_plain(old), _plain(new)]
            setattr(member, field, new)
    if "name" in changes:
        full, initials = pinyin.of_name(member.name)
        member.name_pinyin, member.name_initials = full[:120], initials[:30]
    return changes


def _apply_phone(member: Member, phone: str | None) -> list[object] | None:
    """Seals a changed phone; returns the old and the new mask, or None if nothing changed."""
    if phone is None:
        return None
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


def _tell_sign_in(member: Member) -> None:
    phone = sealing.open_phone(member.phone_sealed) if member.phone_sealed else None
    identity = sealing.open_identity(member.identity_sealed)
    unit = current_unit()
    affiliations.record(
        unit_id=unit.id, unit_role=unit.schema_name, rows=[(member.pk, phone, identity)]
    )


def _refuse_dates(sheet: FileSheet, today: dt.date) -> None:
    for problem, is_wrong in _problems(sheet, today):
        if is_wrong:
            raise DatesDoNotFit(problem=problem)


def _problems(sheet: FileSheet, today: dt.date) -> list[tuple[str, bool]]:
    born, joined, full = sheet.birth_on, sheet.joined_on, sheet.full_on
    return [
        ("出生日期不能晚于今天。", born is not None and born > today),
        ("入党日期不能晚于今天。", joined is not None and joined > today),
        ("转正日期不能晚于今天。", full is not None and full > today),
        (
            f"入党日期距出生日期不足 {ADULT} 周岁，请核对两个日期。",
            born is not None and joined is not None and whole_years(born, joined) < ADULT,
        ),
        (
            "转正日期不能早于入党日期。",
            joined is not None and full is not None and full < joined,
        ),
        (
            "预备党员尚未转正，请清空转正日期，或将人员类别改为正式党员。",
            sheet.category == Category.PROBATIONARY and full is not None,
        ),
    ]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value
