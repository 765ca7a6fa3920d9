"""The rows of a member sheet: who is a person, what is a total, a footer, a heading again.

Merged cells are filled only where it matters: in the columns of organisations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kernel.sheets.reading import Cell, Sheet

from . import fields
from .columns import Mapped
from .fields import ORG_LEVELS, Field
from .layout import Header
from .organisations import looks_like_organisation
from .values import compact, lined, shown

_TOTAL = re.compile(
    r"^(合计|总计|小计|共计|累计|总人数|本页合计|本页小计|汇总|总数|平均|人均|均值)"
)
_COLUMN_NUMBER = re.compile(r"\(?[\d甲乙丙丁]{1,2}\)?")
_FOOTER = re.compile(
    r"^(填表人|填报人|制表|审核|复核|负责人|经办人|联系人|填表单位|填报单位|填表日期|填报日期|制表日期|备注[::]|注[::]"
    r"|说明[::]|填表说明|单位盖章|盖章|党组织书记|日期[::]|以下空白|.{0,12}\(盖章\)|.{0,12}签字|.{0,12}签名)"
)
_SIGNED = re.compile(r"(负责人|填表人|填报人|制表人|审核人|复核人|经办人|联系人)(\(.*\))?[::]")
_EXAMPLE = re.compile(r"^\(?(示例|样例|范例|例如|例[::])")
_PERSONAL = (
    Field.NAME,
    Field.IDENTITY,
    Field.PHONE,
    Field.JOINED,
    Field.DUES_BASE,
    Field.PENSION,
    Field.BIRTH,
)


@dataclass(frozen=True, slots=True)
class MemberSheet:
    """A member sheet with everything needed to walk its rows."""

    index: int
    sheet: Sheet
    header: Header
    mapped: Mapped
    place: str = ""
    filled_down: frozenset[int] = frozenset()
    levels: tuple[int, ...] = field(default=())
    above: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.sheet.name

    def heading(self, wanted: Field) -> str:
        """The heading under which a field stands, or the field's own name."""
        at = self.mapped.index(wanted)
        headings = self.header.headings
        if at is not None and at < len(headings) and headings[at]:
            return headings[at]
        return fields.LABELS[wanted]


def org_levels(mapped: Mapped) -> tuple[int, ...]:
    """The columns of organisations, top level first."""
    found = (mapped.index(level) for level in ORG_LEVELS)
    return tuple(index for index in found if index is not None)


class Walk:
    """One pass over the people of a sheet; ``on_skip`` hears of every row that is nobody."""

    def __init__(
        self, source: MemberSheet, on_skip: Callable[[int, str], None] | None = None
    ) -> None:
        self._source = source
        self._on_skip = on_skip
        mapped = source.mapped
        self._name = mapped.index(Field.NAME)
        self._id = mapped.index(Field.IDENTITY)
        self._personal = [i for f in _PERSONAL if (i := mapped.index(f)) is not None]
        self._code = mapped.index(Field.MEMBER_ORG_CODE)
        self._section = ""
        self._last: dict[int, str] = {}
        self._merged = self._merges()
        self._open: dict[int, tuple[int, str]] = {}

    def __iter__(self) -> Iterator[tuple[int, list[Cell], tuple[str, ...]]]:
        """``(row number, values, (code, level, level, …))`` of each person."""
        first = self._source.header.first_data_row
        for number, values in self._source.sheet.rows():
            if number < first:
                continue
            if number in self._merged:
                self._start_merges(number, values)
            reason = self._why_skip(values)
            if reason is None:
                yield number, values, self._organisation(number, values)
            elif self._on_skip:
                self._on_skip(number, reason)

    def _merges(self) -> dict[int, list[tuple[int, int]]]:
        starts: dict[int, list[tuple[int, int]]] = {}
        wanted = {*self._source.levels, self._code}
        for merge in self._source.sheet.merges:
            if merge.bottom > merge.top and merge.left in wanted:
                starts.setdefault(merge.top, []).append((merge.left, merge.bottom))
        return starts

    def _start_merges(self, number: int, values: list[Cell]) -> None:
        for column, bottom in self._merged[number]:
            self._open[column] = (bottom, lined(values[column]))

    def _organisation(self, number: int, values: list[Cell]) -> tuple[str, ...]:
        code = self._at(number, values, self._code) if self._code is not None else ""
        if not self._source.levels:
            return (code.strip("'`"), self._section or self._source.place)
        levels = [self._at(number, values, index) for index in self._source.levels]
        return (code.strip("'`"), *self._source.above, *levels)

    def _at(self, number: int, values: list[Cell], index: int) -> str:
        cell = values[index]
        found = lined(cell) if cell != "" else ""
        if found:
            if index in self._source.filled_down:
                self._last[index] = found
            return found
        bottom, merged = self._open.get(index, (0, ""))
        if number <= bottom:
            return merged
        return self._last.get(index, "")

    def _why_skip(self, values: list[Cell]) -> str | None:
        name = values[self._name] if self._name is not None else ""
        number = values[self._id] if self._id is not None else ""
        if isinstance(number, str) and isinstance(name, str):
            plain = number.strip("\t '`")[:15].isdigit() and len(number) > 15
            return None if plain and name.strip() else self._look_closer(values)
        return self._look_closer(values)

    def _look_closer(self, values: list[Cell]) -> str | None:
        filled = [compact(cell) for cell in values if cell != "" and compact(cell)]
        if not filled:
            return "空行"
        if self._id is not None and sum(c.isdigit() for c in compact(values[self._id])) >= 12:
            return None
        name = compact(values[self._name]) if self._name is not None else ""
        if reason := _told(filled, name):
            return reason
        if sum(fields.of_member(words) is not None for words in filled) * 2 > len(filled) > 2:
            return "重复的表头"
        return self._nobody(values, filled, name)

    def _nobody(self, values: list[Cell], filled: list[str], name: str) -> str | None:
        if len(filled) == 1 and looks_like_organisation(filled[0]):
            self._section = filled[0]
            return "分组标题"
        personal = [words for index in self._personal if (words := compact(values[index]))]
        if not personal:
            return "只有序号等内容，没有人员信息"
        if len(personal) == 1 and any(_TOTAL.search(words) for words in filled):
            return "合计行"
        alone = len(filled) == 1 and (len(filled[0]) > 8 or not name)
        if alone or (len(filled) <= 2 and len(max(filled, key=len)) > 15 and not name):
            return "说明文字"
        if all(_COLUMN_NUMBER.fullmatch(words) for words in filled):
            return "栏号行"
        return None


def _told(filled: list[str], name: str) -> str:
    """What a row says of itself: a total, a footer, an example; else an empty string."""
    for pattern, reason in ((_TOTAL, "合计行"), (_FOOTER, "表尾"), (_EXAMPLE, "填写示例")):
        if pattern.search(filled[0]):
            return reason
    if any(_SIGNED.search(words) for words in filled):
        return "表尾"
    return "合计行" if _TOTAL.search(name) else ""


def sparse_levels(source: MemberSheet, candidates: list[int]) -> frozenset[int]:
    """Organisation columns written only on the first row of each group (an unmerged table)."""
    chosen = set()
    for index in candidates:
        seen: list[str] = []
        first = None
        for _, values, _ in Walk(source):
            words = shown(values[index])
            first = bool(words) if first is None else first
            if words:
                seen.append(words)
        if first and seen and len(set(seen)) == len(seen):
            chosen.add(index)
    return frozenset(chosen)
