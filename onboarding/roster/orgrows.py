"""The rows of a sheet of organisations, in whichever way it says what stands under what.

A column of parents says it outright; else columns of levels (党委, 党总支, 党支部), indented
names, a column of depths (1, 2, 3) or, when nothing does, the order of the rows and their kinds.
"""

from __future__ import annotations

import datetime as dt
import re

from kernel.sheets.reading import Cell

from .fields import ORG_LEVELS, Field
from .nesting import above_by_depth, nested_codes, unfolded
from .organisations import BRANCHES, COMMITTEES, OrgKind, kind_of, name_key
from .orgsheet import OrgRow
from .roles import SheetGuess
from .understanding import Notice, SkippedRow
from .values import compact, day, shown

_TOTALS = ("合计", "总计", "共计", "小计")
_FOOTERS = ("填表", "填报", "审核", "制表", "备注:", "说明:", "注:")
_BY_ORDER = "名单没有写明上级，已按排列次序和组织类别推断上下级，请逐一核对组织树。"
_DEPTHS = {mark: depth for depth, mark in enumerate("一二三四五六", 1)}


class _Sheet:
    """One sheet with its columns at hand."""

    def __init__(self, guess: SheetGuess) -> None:
        self.name = guess.sheet.name
        self.at = {one: guess.mapped.index(one) for one in Field}
        self.headings = guess.header.headings
        code, name = self.at[Field.PARENT_CODE], self.at[Field.PARENT_NAME]
        self.parent = code if code is not None else name

    def heading(self, index: int | None, otherwise: str) -> str:
        return self.headings[index] if index is not None and self.headings[index] else otherwise

    def words(self, cells: list[Cell], wanted: Field) -> str:
        index = self.at[wanted]
        return shown(cells[index]).strip("'`") if index is not None else ""

    def on(self, cells: list[Cell], wanted: Field) -> dt.date | None:
        index = self.at[wanted]
        made = day(cells[index]) if index is not None else None
        return made.on if made else None

    def levels(self) -> list[int]:
        return [index for level in ORG_LEVELS if (index := self.at[level]) is not None]

    def row(self, number: int, cells: list[Cell]) -> OrgRow:
        """A row as written."""
        return OrgRow(
            self.name,
            number,
            self.words(cells, Field.ORG_NAME),
            self.words(cells, Field.ORG_CODE),
            self.words(cells, Field.ORG_KIND),
            self.words(cells, Field.PARENT_CODE) or self.words(cells, Field.PARENT_NAME),
            self.on(cells, Field.FOUNDED),
            self.on(cells, Field.TERM_ENDS),
            self.heading(self.at[Field.ORG_NAME], "组织名称"),
            self.heading(self.parent, "上级组织"),
            has_parent_column=self.parent is not None,
        )


def read(guess: SheetGuess, skipped: list[SkippedRow], notices: list[Notice]) -> list[OrgRow]:
    """The organisations of one sheet; rows that are none go to ``skipped``.

    Where nothing says what stands under what, ``notices`` says that it was guessed.
    """
    sheet = _Sheet(guess)
    levels = sheet.levels()
    kept: list[tuple[int, list[Cell]]] = []
    for number, cells in guess.sheet.rows():
        if number < guess.header.first_data_row:
            continue
        name = "".join(shown(cells[index]) for index in levels)
        reason = _not_an_organisation(
            cells,
            sheet.words(cells, Field.ORG_NAME) or name,
            sheet.words(cells, Field.ORG_CODE),
        )
        if reason:
            skipped.append(SkippedRow(sheet.name, number, reason))
        else:
            kept.append((number, cells))
    if levels:
        return _of_levels(sheet, levels, kept)
    rows = [sheet.row(number, cells) for number, cells in kept]
    if sheet.parent is None and not _coded(rows):
        depths = _depths(sheet, [cells for _, cells in kept])
        if depths is None:
            depths = [_rank(row) for row in rows]
            if len(rows) > 1:
                notices.append(Notice("org_hung_by_order", _BY_ORDER, sheet.name, (), len(rows)))
        _hang_by_depth(rows, depths)
    return rows


def _not_an_organisation(cells: list[Cell], name: str, code: str) -> str:
    filled = [words for cell in cells if (words := compact(cell))]
    if not filled:
        return "空行"
    if filled[0].startswith(_TOTALS) or name.startswith(_TOTALS[:2]):
        return "合计行"
    if filled[0].startswith(_FOOTERS):
        return "表尾"
    if not name and not code and len(filled) == 1:
        return "只有序号等内容，没有组织信息"
    return ""


def _of_levels(
    sheet: _Sheet, levels: list[int], kept: list[tuple[int, list[Cell]]]
) -> list[OrgRow]:
    """One organisation per new name on the way down; the row's own facts go to the last."""
    ways = unfolded([[shown(cells[index]) for index in levels] for _, cells in kept])
    made: dict[str, OrgRow] = {}
    for (number, cells), way in zip(kept, ways, strict=True):
        for depth in range(1, len(way) + 1):
            key = "/".join(map(name_key, way[:depth]))
            if key in made:
                continue
            row = sheet.row(number, cells)
            if depth < len(way):
                row = OrgRow(sheet.name, number, "", "", "", "", None, None)
            row.name, row.way, row.has_parent_column = way[depth - 1], key, True
            row.parent = "/".join(map(name_key, way[: depth - 1]))
            if depth < len(way) and kind_of(row.name) is None:
                row.kind = "党总支" if depth > 1 else "党委"
            made[key] = row
    return list(made.values())


def _coded(rows: list[OrgRow]) -> bool:
    """Whether the codes themselves say what stands under what."""
    codes = [row.code for row in rows if row.code]
    if len(codes) < len(rows):
        return False
    known = set(codes)
    lengthening = sum(any(code[:end] in known for end in range(1, len(code))) for code in known)
    return lengthening >= len(known) - 1 or bool(nested_codes(codes))


def _depths(sheet: _Sheet, kept: list[list[Cell]]) -> list[int] | None:
    """The depths that a column or indented names tell; None when neither does."""
    told = [_depth(sheet.words(cells, Field.ORG_DEPTH)) for cells in kept]
    if all(told):
        return told
    at = sheet.at[Field.ORG_NAME]
    names = [cells[at] if at is not None else "" for cells in kept]
    indents = [len(name) - len(name.lstrip()) if isinstance(name, str) else 0 for name in names]
    return indents if len(set(indents)) > 1 else None


def _depth(words: str) -> int:
    """1 for 1, 一级, 第一级; 0 when it is no depth."""
    found = re.search(r"[1-9一二三四五六]", words)
    if not found:
        return 0
    return int(found[0]) if found[0].isdigit() else _DEPTHS[found[0]]


def _rank(row: OrgRow) -> int:
    kind = kind_of(row.kind) or kind_of(row.name)
    if kind in COMMITTEES:
        return 1
    if kind in BRANCHES:
        return 3
    return 2 if kind == OrgKind.GENERAL_BRANCH else 3


def _hang_by_depth(rows: list[OrgRow], depths: list[int]) -> None:
    above = above_by_depth(depths)
    for row, over in zip(rows, above, strict=True):
        row.has_parent_column = True
        if over is not None:
            row.parent = rows[over].key
        if not row.code:
            row.way = f"{row.parent}/{name_key(row.name)}" if row.parent else name_key(row.name)
