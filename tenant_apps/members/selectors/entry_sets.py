"""What each extended set of a member's file holds (rulebook 8.1): its fields, field by field.

Forms, checks, pages, prints and the API read these declarations; nothing else knows the fields of
a kind.  ``Entry.data`` holds under a field's key: text and choices as shown (``grade`` 「合格」),
days as ``YYYY-MM-DD``, money in fen, numbers as numbers; of what is sealed the masked form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared_apps.rules.selectors import codes
from tenant_apps.members.models import EntryKind


class Shape(StrEnum):
    """How a value is written, checked and shown."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    DAY = "day"
    NUMBER = "number"
    MONEY = "money"
    IDENTITY = "identity"
    PHONE = "phone"


SEALED: Final = frozenset({Shape.IDENTITY, Shape.PHONE})
"""Shapes whose values are kept sealed and shown masked (rulebook 12.2)."""


@dataclass(frozen=True, slots=True)
class EntryField:
    """One field.  ``table`` names the code table whose labels it takes, else ``choices`` do."""

    key: str
    label: str
    shape: Shape = Shape.TEXT
    is_required: bool = False
    choices: tuple[str, ...] = ()
    table: str = ""
    longest: int = 80
    most: int = 10_000
    help_text: str = ""

    @property
    def is_sealed(self) -> bool:
        return self.shape in SEALED

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values of a choice."""
        return tuple(codes.table(self.table).labels) if self.table else self.choices


@dataclass(frozen=True, slots=True)
class EntrySet:
    """One set.  ``began``, ``ended`` and ``year`` are the words for these columns; empty: none.

    ``heading`` are the fields that name a row.  A close set is kept from the treasurer and from
    whoever else only reads files.  What is made ``by_decision`` comes from another service (a
    state with its clock), never by hand.  ``may_ask``: the member may ask for a row on the phone.
    """

    kind: EntryKind
    fields: tuple[EntryField, ...]
    heading: tuple[str, ...]
    began: str = ""
    ended: str = ""
    year: str = ""
    is_close: bool = False
    by_decision: bool = False
    may_ask: bool = False
    hint: str = ""

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def key(self) -> str:
        """The set's name in addresses."""
        return self.kind.value.lower()

    def label_of(self, key: str) -> tuple[str, EntryField | None]:
        """What a key of a row is called, and its field where it has one."""
        columns = {"began_on": self.began, "ended_on": self.ended, "year": self.year or "年度"}
        if key in columns:
            return columns[key], None
        field = next((one for one in self.fields if one.key == key), None)
        return (field.label if field else key), field


def _choice(key: str, label: str, *choices: str, is_required: bool = True) -> EntryField:
    return EntryField(key, label, Shape.CHOICE, is_required, choices)


def _coded(key: str, label: str, table: str, *, is_required: bool = False) -> EntryField:
    return EntryField(key, label, Shape.CHOICE, is_required, table=table)


def _text(key: str, label: str, *, is_required: bool = False, longest: int = 80) -> EntryField:
    return EntryField(key, label, Shape.TEXT, is_required, longest=longest)


def _long(key: str, label: str, *, is_required: bool = False) -> EntryField:
    return EntryField(key, label, Shape.LONG, is_required, longest=400)


GRADES: Final = ("优秀", "合格", "基本合格", "不合格")
NO_GRADE: Final = "不评定等次"
"""What a probationary member receives: takes part, without a grade (rulebook 5.1 and 14)."""
MEASURES: Final = (
    "警告", "严重警告", "撤销党内职务", "留党察看", "开除党籍",
    "限期改正", "劝其退党", "除名",
)  # fmt: skip

WAYS: Final = ("电话", "微信或短信", "视频", "走访", "信函", "其他")
"""How a branch keeps in contact with a member who is away."""

_SETS: Final = (
    EntrySet(
        EntryKind.EDUCATION,
        (
            _coded("level", "学历", "education", is_required=True),
            _coded("degree", "学位", "degree"),
            _text("school", "毕业院校", is_required=True),
            _text("major", "专业"),
            _choice("mode", "学习形式", "全日制", "在职"),
        ),
        heading=("level", "school"), began="入学日期", ended="毕业日期", may_ask=True,
    ),
    EntrySet(
        EntryKind.WORK,
        (
            _text("workplace", "单位", is_required=True, longest=120),
            _text("post", "岗位或职务", is_required=True),
            _text("place", "所在地"),
        ),
        heading=("workplace", "post"), began="开始日期", ended="结束日期", may_ask=True,
    ),
    EntrySet(
        EntryKind.FAMILY,
        (
            _choice("relation", "关系", "配偶", "子女", "父亲", "母亲", "兄弟姐妹", "其他亲属"),
            _text("name", "姓名", is_required=True, longest=60),
            EntryField("birth_on", "出生日期", Shape.DAY),
            _coded("political", "政治面貌", "political_status"),
            _text("workplace", "工作单位及职务", longest=120),
            EntryField("identity", "身份证号", Shape.IDENTITY, help_text="加密保存。"),
            EntryField("phone", "联系电话", Shape.PHONE, help_text="加密保存。"),
        ),
        heading=("relation", "name"), is_close=True, may_ask=True,
    ),
    EntrySet(
        EntryKind.REWARD,
        (
            _text("name", "表彰名称", is_required=True),
            _coded("level", "表彰级别", "award_level", is_required=True),
            _text("organ", "表彰机关", is_required=True),
            _text("document", "文号"),
        ),
        heading=("name",), began="表彰日期", may_ask=True,
    ),
    EntrySet(
        EntryKind.DISCIPLINE,
        (
            _choice("measure", "处分或处置", *MEASURES),
            _text("organ", "决定机关", is_required=True),
            _text("document", "决定文号", is_required=True),
            _long("cause", "事由"),
        ),
        heading=("measure",), began="决定日期", ended="期满日期", is_close=True,
        hint="按党组织的决定登记。处分不会自动改变党籍，党籍变动须另行办理。",
    ),
    EntrySet(
        EntryKind.TRAINING,
        (
            _text("name", "培训内容", is_required=True),
            _choice("form", "培训方式", "集中培训", "网络学习", "支部学习", "脱产培训", "其他"),
            _text("organiser", "举办单位"),
            EntryField("hours", "学时", Shape.NUMBER, is_required=True, most=2_000),
        ),
        heading=("name",), began="开始日期", ended="结束日期", year="计入年度", may_ask=True,
    ),
    EntrySet(
        EntryKind.APPRAISAL,
        (
            _choice("grade", "评议等次", *GRADES, NO_GRADE),
            _text("opinion", "组织评定意见", longest=200),
            _text("measure", "处置情况"),
        ),
        heading=("grade",), began="评议日期", year="评议年度",
        hint="预备党员参加评议，不评定等次。",
    ),
    EntrySet(
        EntryKind.ABROAD,
        (
            _text("country", "国家或地区", is_required=True),
            _choice("purpose", "事由", "因公", "留学", "探亲", "旅游", "务工经商", "定居", "其他"),
            _text("document", "批准文号"),
            _text("contact", "境外联系人"),
        ),
        heading=("country", "purpose"), began="出境日期", ended="回国日期", may_ask=True,
    ),
    EntrySet(
        EntryKind.AWAY,
        (
            _text("destination", "流入地", is_required=True),
            _text("reason", "外出原因"),
            _text("host", "流入地党组织", longest=120),
            _text("contact", "联系方式或联系人"),
            EntryField("contacted_on", "最近联系日期", Shape.DAY),
        ),
        heading=("destination",), began="外出日期", ended="返回日期", by_decision=True,
    ),
    EntrySet(
        EntryKind.LOST,
        (
            _coded("reason", "失联原因", "lost_reason", is_required=True),
            _text("measure", "查找情况", longest=200),
        ),
        heading=("reason",), began="失去联系日期", ended="恢复联系日期", by_decision=True,
    ),
    EntrySet(
        EntryKind.HARDSHIP,
        (
            _choice("sort", "困难类型", "生活困难", "重大疾病", "残疾", "因灾", "年老体弱", "其他"),
            _long("cause", "困难情况", is_required=True),
            _text("relief", "享受补助"),
        ),
        heading=("sort",), began="认定日期", ended="解除日期", is_close=True, may_ask=True,
    ),
    EntrySet(
        EntryKind.CONDOLENCE,
        (
            _choice("occasion", "慰问时机", "元旦春节", "七一", "生病住院", "困难帮扶", "其他"),
            _text("visitors", "走访人", is_required=True),
            EntryField("amount_fen", "慰问金", Shape.MONEY, most=100_000_00),
            _text("goods", "慰问品"),
            _text("source", "资金来源"),
        ),
        heading=("occasion",), began="走访日期", is_close=True,
    ),
    EntrySet(
        EntryKind.AMENDS,
        (
            _long("reason", "事由", is_required=True),
            _text("document", "决定文号", is_required=True),
            EntryField("until", "期满日期", Shape.DAY, is_required=True),
        ),
        heading=("reason",), began="起始日期", ended="结束日期", is_close=True, by_decision=True,
    ),
    EntrySet(
        EntryKind.CONTACT,
        (
            _choice("way", "联系方式", *WAYS),
            _long("note", "联系情况"),
        ),
        heading=("way",), began="联系日期", by_decision=True,
    ),
    EntrySet(
        EntryKind.NOTE,
        (_long("text", "内容", is_required=True),),
        heading=("text",), began="日期",
    ),
)  # fmt: skip
SETS: Final[Mapping[EntryKind, EntrySet]] = {one.kind: one for one in _SETS}
"""Every set, in the order of the file."""
BY_HAND: Final = tuple(one for one in _SETS if not one.by_decision)
"""Sets whose rows people write themselves."""


def set_named(key: str) -> EntrySet | None:
    """The set by its name in addresses."""
    return next((one for one in _SETS if one.key == key), None)
