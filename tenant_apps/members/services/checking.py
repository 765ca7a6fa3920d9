"""What cannot be true of a member's file (rulebook 2.3, 2.4): days, codes, the identity number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from kernel.errors import Invalid
from tenant_apps.members.models import Category, whole_years
from tenant_apps.members.selectors import fields, identity
from tenant_apps.members.selectors.fields import Kind

if TYPE_CHECKING:
    from tenant_apps.members.services.filing import FileSheet

ADULT: Final = 18
"""Years of age at which somebody may apply to join (charter, Art. 1)."""
_MOST_ADJUSTED: Final = 600
"""Months of 党龄校正值 either way."""


class DatesDoNotFit(Invalid):
    code = "member_dates_do_not_fit"
    sentence = "{problem}"


class ValueNotKnown(Invalid):
    """``field`` names the field."""

    code = "member_value_not_known"
    sentence = "{label}「{value}」不在代码表内，请从列表中选择。"


class ValueTooLong(Invalid):
    """``field`` names the field."""

    code = "member_value_too_long"
    sentence = "{label}最多 {longest} 个字。"


class IdentityNotValid(Invalid):
    code = "member_identity_not_valid"
    sentence = "{problem}"


class IdentityDiffers(Invalid):
    code = "member_identity_differs"
    sentence = (
        "{what}与身份证号不一致，请核对。确以干部档案或组织认定为准的，请在更正依据中写明后再保存。"
    )


def refuse_values(sheet: FileSheet, changed: Collection[str]) -> None:
    """Raises ValueNotKnown and ValueTooLong; what was not changed is left as the roster had it."""
    for field in fields.OPEN:
        if field.key not in changed:
            continue
        value = getattr(sheet, field.key)
        if field.kind is Kind.TEXT and len(value) > field.longest:
            raise ValueTooLong(field=field.key, label=field.label, longest=field.longest)
        if value and not fields.allows(field, value):
            raise ValueNotKnown(field=field.key, label=field.label, value=value)


def refuse_days(sheet: FileSheet, today: dt.date) -> None:
    """Raises DatesDoNotFit with the first thing that cannot be."""
    for problem, is_wrong in (*_future(sheet, today), *_order(sheet)):
        if is_wrong:
            raise DatesDoNotFit(problem=problem)


def refuse_identity(number: str) -> None:
    """Raises IdentityNotValid for a number that cannot be one (GB 11643)."""
    if problem := identity.problem_of(number):
        raise IdentityNotValid(problem=problem)


def refuse_difference(sheet: FileSheet, number: str, reason: str) -> None:
    """Raises IdentityDiffers where birthday or sex is not that of the number and nobody says why.

    A personnel file may hold another birthday than the identity card, and then it counts.
    """
    told = identity.told_by(number)
    if reason.strip():
        return
    if told.birth_on and sheet.birth_on and told.birth_on != sheet.birth_on:
        raise IdentityDiffers(what="出生日期")
    if told.gender and sheet.gender and told.gender != sheet.gender:
        raise IdentityDiffers(what="性别")


def _future(sheet: FileSheet, today: dt.date) -> list[tuple[str, bool]]:
    watched = ("birth_on", "joined_on", "full_on", "work_started_on", "branch_since")
    return [
        (f"{fields.BY_KEY[key].label}不能晚于今天。", bool(day and day > today))
        for key in watched
        for day in [getattr(sheet, key)]
    ]


def _order(sheet: FileSheet) -> list[tuple[str, bool]]:
    born, joined, full = sheet.birth_on, sheet.joined_on, sheet.full_on
    started, since, until = sheet.work_started_on, sheet.branch_since, sheet.probation_until
    return [
        (
            f"入党日期距出生日期不足 {ADULT} 周岁，请核对两个日期。",
            bool(born and joined and whole_years(born, joined) < ADULT),
        ),
        ("转正日期不能早于入党日期。", bool(joined and full and full < joined)),
        (
            "预备党员尚未转正，请清空转正日期，或将人员类别改为正式党员。",
            sheet.category == Category.PROBATIONARY and full is not None,
        ),
        (
            "预备党员尚未转正，请清空转正情况。",
            sheet.category == Category.PROBATIONARY and bool(sheet.conversion),
        ),
        ("参加工作日期不能早于出生日期。", bool(born and started and started <= born)),
        ("进入本支部日期不能早于入党日期。", bool(joined and since and since < joined)),
        ("预备期满日期应晚于入党日期。", bool(joined and until and until <= joined)),
        (
            f"党龄校正值应在正负 {_MOST_ADJUSTED} 个月以内。",
            abs(sheet.party_age_adjust_months) > _MOST_ADJUSTED,
        ),
    ]
