"""Correcting by hand what was understood of sheets and columns."""

from __future__ import annotations

from typing import Any, Final

from django.http import QueryDict

from onboarding.roster.fields import LABELS, Field
from onboarding.roster.understanding import Corrections, Role, SheetCorrection, SheetReading
from onboarding.services.review import Review, masked

ROLES: Final[dict[Role, str]] = {
    Role.MEMBERS: "党员名册",
    Role.ORGANISATIONS: "党组织名单",
    Role.IGNORED: "不读取",
}
_ORG: Final = (
    Field.ORG_NAME,
    Field.ORG_CODE,
    Field.ORG_KIND,
    Field.PARENT_NAME,
    Field.PARENT_CODE,
    Field.FOUNDED,
    Field.TERM_ENDS,
)
ORG_FIELDS: Final = [(field.value, LABELS[field]) for field in _ORG]
MEMBER_FIELDS: Final = [(field.value, LABELS[field]) for field in Field if field not in _ORG]
_SURE: Final = 0.8
_RULES: Final[dict[str, str]] = {
    "name_missing": "缺姓名", "name_invalid": "姓名有误", "id_missing": "缺身份证号",
    "id_precision_lost": "号码末位丢失", "id_fifteen": "15 位旧号码", "id_length": "号码位数不对",
    "id_format": "号码有非法字符", "id_check_digit": "校验位不对",
    "id_birth_invalid": "号码出生日期不存在", "duplicate_id": "号码重复",
    "id_birth_mismatch": "出生日期不一致", "unknown_org": "没有这个组织",
    "category_unknown": "类别看不懂", "category_not_member": "不是党员",
    "phone_invalid": "手机号不对", "joined_not_a_date": "入党日期看不懂",
    "joined_in_future": "入党日期在未来", "joined_before_birth": "入党早于出生",
    "full_before_joined": "转正早于入党", "base_not_a_number": "基数不是数字",
    "base_negative": "基数为负", "org_name_missing": "缺组织名称", "org_duplicate": "组织重复",
    "org_cycle": "上级成环", "org_parent_missing": "缺上级组织", "org_parent_unknown": "上级不存在",
}  # fmt: skip


def rule_label(rule: str) -> str:
    """A rule in a few characters, for the filter above the refused rows."""
    return _RULES.get(rule, rule)


def sheets(shown: Review) -> list[dict[str, Any]]:
    """Each sheet with its columns: heading, two or three samples, what it was taken for."""
    return [
        {
            "place": place,
            "sheet": sheet,
            "role_label": ROLES[sheet.role],
            "is_org": sheet.role == Role.ORGANISATIONS,
            "columns": [
                {
                    "index": column.index,
                    "heading": column.heading or f"第 {column.index + 1} 列",
                    "samples": [masked(one) for one in column.samples[:3]],
                    "field": column.field.value if column.field else "",
                    "is_unsure": bool(column.field) and column.confidence < _SURE,
                }
                for column in sheet.columns
            ],
        }
        for place, sheet in enumerate(shown.sheets)
    ]


def from_form(posted: QueryDict, shown: Review) -> Corrections:
    """What the select boxes say; a field that lost its column is said to be missing."""
    return Corrections(
        sheets={
            sheet.name: _sheet(posted, place, sheet) for place, sheet in enumerate(shown.sheets)
        }
    )


def _sheet(posted: QueryDict, place: int, sheet: SheetReading) -> SheetCorrection:
    said = posted.get(f"role-{place}", "")
    role = Role(said) if said in set(Role) else sheet.role
    if role != sheet.role:
        return SheetCorrection(role=role)
    chosen: dict[Field, int | None] = {
        column.field: None for column in sheet.columns if column.field is not None
    }
    for column in sheet.columns:
        wanted = posted.get(f"column-{place}-{column.index}", "")
        if wanted in set(Field):
            chosen[Field(wanted)] = column.index
    return SheetCorrection(role=role, header_rows=sheet.header_rows or None, columns=chosen)
