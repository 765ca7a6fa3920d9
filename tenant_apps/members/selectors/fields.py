"""The fields of a member's file that people correct (rulebook 8.2), declared once.

The form at the desk, the request on the phone, the comparison of versions, the completeness and
the printed sheet read these declarations.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from shared_apps.rules.selectors import codes
from tenant_apps.members.models import Category, Conversion, JoinedKind, Member


class Group(StrEnum):
    """The parts of the form."""

    BASICS = "基本信息"
    PARTY = "党籍信息"
    WORK = "工作与职业"
    CONTACT = "联系方式"


class Kind(StrEnum):
    """How a value is written and shown.  A LABEL is kept as the label of its code table, a CODE
    as the code; what is SEALED is shown masked.
    """

    TEXT = "text"
    DAY = "day"
    LABEL = "label"
    CODE = "code"
    CHOICE = "choice"
    FLAG = "flag"
    NUMBER = "number"
    SEALED = "sealed"


@dataclass(frozen=True, slots=True)
class FileField:
    """One field.  ``may_ask``: the member may ask for its correction; ``is_needed``: a file
    without it is incomplete (rulebook 8.2); ``who`` fills it in.
    """

    key: str
    label: str
    group: Group
    kind: Kind = Kind.TEXT
    table: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    longest: int = 80
    is_needed: bool = True
    may_ask: bool = True
    who: str = "党支部"
    help_text: str = ""

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Values and their words, where the field takes only these."""
        if self.kind is Kind.LABEL:
            return tuple((label, label) for label in codes.table(self.table).labels)
        if self.kind is Kind.CODE:
            return codes.table(self.table).choices
        return self.choices

    @property
    def grouped_options(self) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
        """The same under the headings of the standard; empty where one looks over them all."""
        if self.kind is not Kind.CODE or not codes.table(self.table).groups:
            return ()
        table = codes.table(self.table)
        return tuple(
            (
                group.label,
                tuple((one.code, one.label) for one in table.entries if one.group == group.code),
            )
            for group in table.groups
        )

    def shown(self, value: Any) -> str:
        """A value in words; nothing is the empty text."""
        if self.kind is Kind.FLAG:
            return "是" if value else "否"
        if value is None or value == "":
            return ""
        if self.kind is Kind.CODE:
            return codes.table(self.table).label_of(str(value)) or str(value)
        if self.kind is Kind.NUMBER:
            return f"{value:+d} 个月" if value else ""
        return dict(self.choices).get(value) or str(value)


_B, _P, _W, _C = Group.BASICS, Group.PARTY, Group.WORK, Group.CONTACT
_GENDERS: Final = (("M", "男"), ("F", "女"))
_SELF: Final = "本人"

FIELDS: Final = (
    FileField("name", "姓名", _B, longest=60),
    FileField("gender", "性别", _B, Kind.CHOICE, choices=_GENDERS),
    FileField("ethnicity", "民族", _B, Kind.LABEL, "ethnicity"),
    FileField("birth_on", "出生日期", _B, Kind.DAY),
    FileField("identity", "身份证号", _B, Kind.SEALED, help_text="不更正请留空。"),
    FileField("native_place", "籍贯", _B, longest=60, who=_SELF),
    FileField("education", "学历", _B, Kind.LABEL, "education"),
    FileField("degree", "学位", _B, Kind.LABEL, "degree", is_needed=False),
    FileField("is_taiwanese", "台湾省籍", _B, Kind.FLAG, is_needed=False),
    FileField(
        "category", "人员类别", _P, Kind.CHOICE, choices=tuple(Category.choices), may_ask=False,
    ),
    FileField("joined_on", "入党日期", _P, Kind.DAY, help_text="支部大会通过为预备党员的日期。"),
    FileField(
        "full_on", "转正日期", _P, Kind.DAY, help_text="党龄从这一天算起；预备党员不填。",
    ),
    FileField("joined_kind", "入党类型", _P, Kind.CHOICE, choices=tuple(JoinedKind.choices)),
    FileField("joined_place", "入党时所在支部", _P, longest=120, who=_SELF),
    FileField("conversion", "转正情况", _P, Kind.CHOICE, choices=tuple(Conversion.choices)),
    FileField(
        "probation_until", "预备期满日期", _P, Kind.DAY, is_needed=False, may_ask=False,
        help_text="延长预备期的，填延长后的日期。",
    ),
    FileField(
        "party_age_adjust_months", "党龄校正值（月）", _P, Kind.NUMBER, is_needed=False,
        may_ask=False, help_text="党龄需增减的月数，减少填负数。",
    ),
    FileField("branch_since", "进入本支部日期", _P, Kind.DAY, is_needed=False, may_ask=False),
    FileField(
        "posts", "党内职务", _P, is_needed=False, may_ask=False,
        help_text="多个职务用顿号分开。",
    ),
    FileField("work_started_on", "参加工作日期", _W, Kind.DAY, is_needed=False, who=_SELF),
    FileField("workplace", "工作单位", _W, longest=120, who=_SELF),
    FileField("department", "部门", _W, is_needed=False),
    FileField("job_title", "行政职务", _W, is_needed=False, who=_SELF),
    FileField("duty_level", "职务级别", _W, Kind.CODE, "duty_level", is_needed=False),
    FileField("staff_number", "工号", _W, longest=40, is_needed=False, may_ask=False),
    FileField("occupation", "工作岗位", _W, Kind.CODE, "occupation"),
    FileField("front_line", "一线情况", _W, Kind.CODE, "front_line", is_needed=False),
    FileField("technical_duty", "专业技术职务", _W, Kind.CODE, "technical_duty", is_needed=False),
    FileField(
        "technical_post", "专业技术职务级别", _W, Kind.LABEL, "technical_post", is_needed=False,
        help_text="选了专业技术职务的，级别随职务确定。",
    ),
    FileField("stratum", "新社会阶层类型", _W, Kind.CODE, "stratum", is_needed=False),
    FileField("is_migrant_worker", "农民工", _W, Kind.FLAG, is_needed=False),
    FileField(
        "phone", "手机号码", _C, Kind.SEALED, longest=20, who=_SELF,
        help_text="不更换请留空。更换后，本人须用新号码登录手机端。",
    ),
    FileField(
        "address", "现居住地", _C, Kind.SEALED, longest=120, who=_SELF,
        help_text="不更换请留空。加密保存。",
    ),
    FileField("household_place", "户籍所在地", _C, longest=120, who=_SELF),
)  # fmt: skip
BY_KEY: Final[Mapping[str, FileField]] = {field.key: field for field in FIELDS}
OPEN: Final = tuple(field for field in FIELDS if field.kind is not Kind.SEALED)
"""Fields that stand in the clear in columns of their own names."""


@cache
def _allowed(key: str) -> frozenset[str]:
    return frozenset(value for value, _ in BY_KEY[key].options)


def allows(field: FileField, value: str) -> bool:
    """Whether a field that takes only certain values takes this one."""
    allowed = _allowed(field.key)
    return not allowed or value in allowed


def value_of(member: Member, field: FileField) -> Any:
    """What the file says: the value itself, or its masked form."""
    return getattr(member, f"{field.key}_masked" if field.kind is Kind.SEALED else field.key)


def shown_of(member: Member, field: FileField) -> str:
    """The same in words."""
    return field.shown(value_of(member, field))


def groups_of(member: Member) -> list[tuple[Group, list[tuple[FileField, str]]]]:
    """The file as groups of fields and values in words."""
    return [
        (group, [(field, shown_of(member, field)) for field in FIELDS if field.group is group])
        for group in Group
    ]


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    return value.isoformat() if isinstance(value, dt.date) else value


def read(field: FileField, value: Any) -> Any:
    """A value as the column takes it, from what JSON holds."""
    if field.kind is Kind.DAY:
        return dt.date.fromisoformat(value) if isinstance(value, str) and value else value or None
    if field.kind is Kind.FLAG:
        return bool(value)
    if field.kind is Kind.NUMBER:
        return int(value or 0)
    return "" if value is None else str(value)
