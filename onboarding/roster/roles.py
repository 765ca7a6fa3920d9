"""What each sheet of a workbook is for, and which branch a sheet as a whole belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel.sheets.reading import Book, Cell, Sheet

from .columns import Mapped, map_members, map_organisations
from .fields import ORG_LEVELS, Field
from .layout import Header, member_header, organisation_header
from .organisations import looks_like_organisation
from .profile import profiles
from .understanding import Role, SheetCorrection

_SAMPLE = 400
_LABELLED = re.compile(r"(?:支部|党组织|总支|党委|组织)[^:]{0,8}:\s*([^\s:]+)")
_TITLE_TAIL = re.compile(
    r"(?:\d{4}年(?:\d{1,2}月)?)?(?:全体|在册)?(?:正式|预备)?党员?(?:基本|个人)?(?:信息|情况)?"
    r"(?:采集|登记|统计|汇总|一览)?(?:花名册|名册|名单|台账|表)?(?:\(.*\))?$"
)
_NO_COLUMNS = Mapped((), ())


@dataclass(frozen=True, slots=True)
class SheetGuess:
    """One sheet with its role and, unless ignored, where its headings and columns are."""

    sheet: Sheet
    role: Role
    reason: str
    header: Header
    mapped: Mapped
    filled: Mapping[int, float]


def choose_roles(book: Book, corrections: Mapping[str, SheetCorrection]) -> list[SheetGuess]:
    """A guess per sheet, in the order of the workbook."""
    guesses = [_guess(one, corrections.get(one.name, SheetCorrection())) for one in book.sheets]
    lists = [guess for guess in guesses if guess.role == Role.ORGANISATIONS]
    if all(_is_ladder(guess.mapped) for guess in lists):
        return guesses
    reason = "已另有党组织名单"
    return [
        _ignored(guess.sheet, reason)
        if guess in lists and _is_ladder(guess.mapped) and guess.sheet.name not in corrections
        else guess
        for guess in guesses
    ]


def _guess(sheet: Sheet, fixed: SheetCorrection) -> SheetGuess:
    reason = _why_ignore(sheet, fixed)
    if reason:
        return _ignored(sheet, reason)
    members = _as_members(sheet, fixed)
    has_name = members.mapped.index(Field.NAME) is not None
    has_identity = members.mapped.index(Field.IDENTITY) is not None
    if fixed.role == Role.MEMBERS or (fixed.role is None and has_name and has_identity):
        return members
    organisations = _as_organisations(sheet, fixed)
    listed = not has_identity and _lists_organisations(organisations.mapped)
    if fixed.role == Role.ORGANISATIONS or listed:
        return organisations
    if has_identity or has_name:
        missing = "姓名" if has_identity else "身份证号码"
        return _ignored(sheet, f"没有找到{missing}列，不能确认是谁", members)
    return _ignored(sheet, "没有认出党组织或党员的列")


def _why_ignore(sheet: Sheet, fixed: SheetCorrection) -> str:
    if not sheet.height:
        return "空工作表"
    if not sheet.visible and fixed.role is None:
        return "隐藏的工作表"
    return "按您的选择不读取" if fixed.role == Role.IGNORED else ""


def _ignored(sheet: Sheet, reason: str, read: SheetGuess | None = None) -> SheetGuess:
    header = read.header if read else Header((), ())
    mapped = read.mapped if read else _NO_COLUMNS
    return SheetGuess(sheet, Role.IGNORED, reason, header, mapped, {})


def _lists_organisations(mapped: Mapped) -> bool:
    has = {column.field for column in mapped.columns}
    telling = {Field.PARENT_NAME, Field.PARENT_CODE, Field.ORG_KIND, Field.ORG_CODE}
    telling |= {Field.ORG_DEPTH}
    return (Field.ORG_NAME in has and bool(has & telling)) or _is_ladder(mapped)


def _is_ladder(mapped: Mapped) -> bool:
    return sum(column.field in ORG_LEVELS for column in mapped.columns) > 1


def _as_members(sheet: Sheet, fixed: SheetCorrection) -> SheetGuess:
    header = member_header(sheet, fixed.header_rows)
    sample = sample_rows(sheet, header.first_data_row)
    found = profiles(sample, sheet.width)
    mapped = map_members(sheet.name, header.headings, found, sample, fixed.columns)
    filled = {i: one.filled / len(sample) for i, one in enumerate(found)} if sample else {}
    return SheetGuess(sheet, Role.MEMBERS, "党员名册", header, mapped, filled)


def _as_organisations(sheet: Sheet, fixed: SheetCorrection) -> SheetGuess:
    header = organisation_header(sheet, fixed.header_rows)
    sample = sample_rows(sheet, header.first_data_row)
    mapped = map_organisations(header.headings, profiles(sample, sheet.width), fixed.columns)
    return SheetGuess(sheet, Role.ORGANISATIONS, "党组织名单", header, mapped, {})


def sample_rows(sheet: Sheet, first: int) -> list[list[Cell]]:
    """At most 400 rows from all over the sheet, the first hundred always among them."""
    step = max(1, (sheet.height - first) // (_SAMPLE - 100))
    return [
        values
        for number, values in sheet.rows()
        if number >= first and (number < first + 100 or (number - first) % step == 0)
    ]


def place_of_sheet(guess: SheetGuess, *, alone: bool) -> str:
    """The organisation that a sheet without an organisation column is about, or ``""``.

    A line above the headings says it best (党支部：机关党支部), then the sheet's name, then the
    title (机关党支部党员名册).
    """
    for line in guess.header.above:
        found = _LABELLED.search(line)
        if found and looks_like_organisation(found[1]):
            return found[1]
    if looks_like_organisation(guess.sheet.name):
        return guess.sheet.name
    titled = _from_titles(guess.header.above)
    if titled or alone:
        return titled
    return guess.sheet.name


def _from_titles(lines: Sequence[str]) -> str:
    for line in lines:
        for bare in (_TITLE_TAIL.sub("", line), line.partition("党员")[0]):
            if bare and looks_like_organisation(bare):
                return bare
    return ""
