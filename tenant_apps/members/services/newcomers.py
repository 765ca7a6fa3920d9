"""Somebody who enters: what is asked for, what is checked, how it becomes a file."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Final

from kernel import pinyin
from kernel.clock import months_later
from kernel.errors import Invalid
from tenant_apps.members.models import Category, ChangeKind, Member, Standing, whole_years
from tenant_apps.members.selectors import identity
from tenant_apps.members.selectors.turns import PROBATION_MONTHS
from tenant_apps.members.services import sealing
from tenant_apps.members.services.filing import ADULT
from tenant_apps.members.services.moving import CannotHoldMembers
from tenant_apps.members.services.sealing import Sealed

_TYPED: Final = (ChangeKind.ADMITTED, ChangeKind.SUPPLEMENTED)
"""Ways in on which the number is typed here; another unit's file comes as it was there."""


class NewcomerRefused(Invalid):
    code = "member_newcomer_refused"
    sentence = "{problem}"


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person as admission, a transfer or a form brings them; columns as those of ``Member``.

    ``identity`` and ``phone`` come in the clear and are sealed.  What is empty leaves alone what
    an old file holds.
    """

    name: str
    identity: str
    phone: str = ""
    gender: str = ""
    ethnicity: str = ""
    birth_on: dt.date | None = None
    education: str = ""
    degree: str = ""
    native_place: str = ""
    household_place: str = ""
    work_started_on: dt.date | None = None
    workplace: str = ""
    occupation: str = ""
    front_line: str = ""
    technical_duty: str = ""
    technical_post: str = ""
    duty_level: str = ""
    stratum: str = ""
    is_migrant_worker: bool = False
    is_taiwanese: bool = False
    joined_on: dt.date | None = None
    full_on: dt.date | None = None
    probation_until: dt.date | None = None
    joined_kind: str = ""
    joined_place: str = ""
    conversion: str = ""
    party_age_adjust_months: int = 0
    lost_since: dt.date | None = None


_SEALED: Final = ("identity", "phone")


def check(
    person: NewMember, *, org: Any, category: str, kind: ChangeKind, on: dt.date, today: dt.date
) -> None:
    """Raises CannotHoldMembers, and NewcomerRefused with the first thing that cannot be."""
    if not org.can_hold_members:
        raise CannotHoldMembers(name=org.short_name or org.name, kind=org.get_kind_display())
    for problem, is_wrong in _problems(person, category, on, today):
        if is_wrong:
            raise NewcomerRefused(problem=problem)
    if kind == ChangeKind.ADMITTED and category != Category.PROBATIONARY:
        raise NewcomerRefused(problem="新发展的党员从预备党员开始。")
    if kind in _TYPED:
        refuse_number(person)


def refuse_number(person: NewMember) -> None:
    """Raises NewcomerRefused for a number that cannot be one (GB 11643), or that tells another
    birthday or sex; a personnel file that counts instead is written down after entering.
    """
    number = sealing.normal_identity(person.identity)
    if problem := identity.problem_of(number):
        raise NewcomerRefused(problem=problem)
    told = identity.told_by(number)
    for label, said, is_told in (
        ("出生日期", person.birth_on, told.birth_on),
        ("性别", person.gender, told.gender),
    ):
        if said and said != is_told:
            raise NewcomerRefused(
                problem=f"{label}与身份证号不一致，请核对。"
                "确以干部档案为准的，先按身份证号录入，再在档案中更正并写明依据。"
            )


def written(
    member: Member | None,
    person: NewMember,
    sealed: Sealed,
    *,
    org: Any,
    category: str,
    on: dt.date,
    now: dt.datetime,
) -> Member:
    """The file of the person, new or taken up again, not yet saved."""
    made = member or Member(created_at=now, version=0)
    for field, value in asdict(person).items():
        if field not in _SEALED and (value or member is None):
            setattr(made, field, value)
    full, initials = pinyin.of_name(person.name)
    made.name_pinyin, made.name_initials = full[:120], initials[:30]
    if member is None:
        made.identity_sealed, made.identity_index = sealed.blob or b"", sealed.mark or b""
        made.identity_masked = sealed.masked
    if person.phone:
        phone = sealing.Sealer().phone(person.phone)
        made.phone_sealed, made.phone_index = phone.blob, phone.mark
        made.phone_masked = phone.masked
    made.org_id, made.org_path, made.group_id = org.pk, org.path, None
    made.category, made.branch_since, made.updated_at = category, on, now
    made.standing, made.is_active = Standing.NORMAL, True
    made.left_on, made.left_kind, made.posts = None, "", ""
    if category == Category.PROBATIONARY:
        made.full_on = None
        if made.probation_until is None and made.joined_on:
            made.probation_until = months_later(made.joined_on, PROBATION_MONTHS)
    made.version += 1
    return made


def _problems(
    person: NewMember, category: str, on: dt.date, today: dt.date
) -> list[tuple[str, bool]]:
    born, joined, full = person.birth_on, person.joined_on, person.full_on
    return [
        ("请填写姓名。", not person.name.strip()),
        ("请填写身份证号。", not sealing.normal_identity(person.identity)),
        ("人员类别应为正式党员或预备党员。", category not in Category.values),
        ("日期不能晚于今天。", any(day is not None and day > today for day in (on, joined, full))),
        ("预备党员尚未转正，不能有转正日期。", category == Category.PROBATIONARY and bool(full)),
        ("转正日期不能早于入党日期。", bool(joined and full and full < joined)),
        (
            f"入党日期距出生日期不足 {ADULT} 周岁，请核对两个日期。",
            bool(born and joined and whole_years(born, joined) < ADULT),
        ),
        (
            "进入本组织的日期不能早于入党日期。",
            bool(joined and on < joined),
        ),
    ]
