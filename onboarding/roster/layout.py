"""Where the headings of a sheet are: title and note rows above, one to three heading rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from kernel.sheets.reading import Cell, Merge, Sheet

from . import fields
from .fields import Field, Heading
from .organisations import looks_like_organisation
from .values import compact, text

_LOOK_AT = 40
_DATA = re.compile(r"\d{5,}|^[\d.,/\-年月日:]+$|^1[3-9]\d{9}$")
_NOTE = re.compile(r"[::]|填表|盖章|说明|名册$|名单$|花名册|统计表|一览表")
Recogniser = Callable[[str], Heading | None]


@dataclass(frozen=True, slots=True)
class Header:
    """The heading rows (1-based, possibly none) and one heading text per column."""

    rows: tuple[int, ...]
    headings: tuple[str, ...]
    above: tuple[str, ...] = ()
    score: float = 0.0

    @property
    def first_data_row(self) -> int:
        return self.rows[-1] + 1 if self.rows else 1


def find_header(
    sheet: Sheet, recognise: Recogniser, fixed: tuple[int, ...] | None = None
) -> Header:
    """The best heading rows of a sheet, or those given by hand."""
    last = max([_LOOK_AT, *(fixed or ())])
    top = [row for _, row in islice(sheet.rows(), last)]
    if fixed is not None:
        return _read(top, tuple(fixed), sheet.merges, recognise)
    best = Header((), (), ())
    for start in range(1, len(top) + 1):
        for length in (1, 2, 3):
            span = tuple(range(start, start + length))
            if span[-1] > len(top) or not _may_be_header(top, span, sheet.merges):
                break
            found = _read(top, span, sheet.merges, recognise)
            if found.score > best.score + 0.01:
                best = found
    return best


def _may_be_header(top: list[list[Cell]], span: tuple[int, ...], merges: tuple[Merge, ...]) -> bool:
    last = top[span[-1] - 1]
    filled = [cell for cell in last if compact(cell)]
    if not filled or any(_is_data(cell) for cell in filled):
        return False
    if len(span) == 1:
        return len(filled) >= 2 and not _is_note(filled)
    return _continues(top[span[-2] - 1], last, merges, span[-1])


def _is_data(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return isinstance(cell, int | float | dt.date)
    value = compact(cell)
    named = value.startswith(("中共", "中国共产党")) and looks_like_organisation(value)
    return named or bool(_DATA.search(value)) or len(value) > 40


def _is_note(filled: list[Cell]) -> bool:
    return sum(bool(_NOTE.search(compact(cell))) for cell in filled) * 2 >= len(filled)


def _continues(above: list[Cell], below: list[Cell], merges: tuple[Merge, ...], row: int) -> bool:
    """Whether a row goes on with the headings above it instead of starting the data."""
    if any(merge.top < row <= merge.bottom for merge in merges):
        return True
    both = [(compact(a), compact(b)) for a, b in zip(above, below, strict=False)]
    if sum(1 for a, _ in both if a) < 2:
        return False
    below_filled = sum(1 for _, b in both if b)
    under_gap = any(b and not a for a, b in both)
    left_open = any(a and not b for a, b in both)
    return below_filled >= 2 and (under_gap or left_open)


def _read(
    top: list[list[Cell]], span: tuple[int, ...], merges: tuple[Merge, ...], recognise: Recogniser
) -> Header:
    lines = [_spread(top, row, merges, is_last=row == span[-1]) for row in span]
    width = max((len(line) for line in lines), default=0)
    headings = []
    for index in range(width):
        parts: list[str] = []
        for line in lines:
            part = line[index] if index < len(line) else ""
            if part and part not in parts:
                parts.append(part)
        headings.append(_joined(parts, recognise))
    found = [recognise(heading) for heading in headings if heading]
    by_field: dict[Field, float] = {}
    for one in found:
        if one and one.field:
            by_field[one.field] = max(by_field.get(one.field, 0), one.confidence)
    other = sum(1 for one in found if one and one.field is None) * 0.1
    above = tuple(text(cell) for row in top[: span[0] - 1] if span for cell in row if compact(cell))
    score = sum(by_field.values()) + other if len(by_field) >= 2 else 0.0
    return Header(span, tuple(headings), above, score)


def _spread(
    top: list[list[Cell]], row: int, merges: tuple[Merge, ...], *, is_last: bool
) -> list[str]:
    """The texts of a heading row, with group headings carried over the columns they cover."""
    if row > len(top):
        return []
    line = [_bare(cell) for cell in top[row - 1]]
    merged = False
    for merge in merges:
        if merge.top <= row <= merge.bottom and merge.right > merge.left:
            merged = True
            for index in range(merge.left, min(merge.right + 1, len(line))):
                line[index] = line[merge.left] or line[index]
    if is_last or merged:
        return line
    below = [compact(cell) for cell in top[row]] if row < len(top) else []
    for index in range(1, len(line)):
        previous_is_group = index - 1 < len(below) and below[index - 1]
        if not line[index] and previous_is_group and index < len(below) and below[index]:
            line[index] = line[index - 1]
    return line


def _bare(cell: Cell) -> str:
    return re.sub(r"\s+", "", text(cell))


def _joined(parts: list[str], recognise: Recogniser) -> str:
    """One text for a column: the lowest heading when it says enough alone, else all of them."""
    if len(parts) < 2:
        return parts[0] if parts else ""
    whole, lowest = "".join(parts[-2:]), parts[-1]
    of_whole, of_lowest = recognise(whole), recognise(lowest)
    if of_whole and of_whole.field and of_whole.confidence >= 1.0:
        return whole
    if of_lowest and of_lowest.field and of_lowest.confidence >= 0.85:
        return lowest
    if of_whole and of_whole.field:
        return whole
    return lowest if of_lowest else whole


def member_header(sheet: Sheet, fixed: tuple[int, ...] | None = None) -> Header:
    """Heading rows read as those of a member list."""
    return find_header(sheet, fields.of_member, fixed)


def organisation_header(sheet: Sheet, fixed: tuple[int, ...] | None = None) -> Header:
    """Heading rows read as those of a list of organisations."""
    return find_header(sheet, fields.of_organisation, fixed)
