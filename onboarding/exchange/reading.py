"""A file of a set into records: finds the header row, reads columns by heading, checks rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kernel.errors import Invalid
from kernel.sheets.reading import Book, Cell, Sheet
from onboarding.exchange.checking import Checker, Record
from onboarding.exchange.sets import KEY, ExchangeSet
from onboarding.roster.fields import plain_heading

_SEARCHED_ROWS: Final = 12
_LEAST: Final = 2


class HeaderNotFound(Invalid):
    code = "exchange_header_not_found"
    sentence = "没有找到「{title}」的表头，至少要有这些列：{needed}。请下载空白表对照后重新上传。"


@dataclass(frozen=True, slots=True)
class Header:
    """Where the table begins, and which column each heading of the set is."""

    sheet: Sheet
    row: int
    columns: dict[str, int]
    unknown: tuple[str, ...]


def header_of(book: Book, wanted: ExchangeSet) -> Header:
    """The best header row of the book; raises HeaderNotFound without the set's key columns."""
    names = _names(wanted)
    found = [
        header
        for sheet in book.sheets
        for header in _headers(sheet, names)
        if _knows_keys(header, wanted)
    ]
    if not found:
        needed = "、".join(field.heading for field in wanted.fields if field.need == KEY)
        raise HeaderNotFound(title=wanted.title, needed=needed)
    return max(found, key=lambda header: len(header.columns))


def records(header: Header, checker: Checker) -> Iterator[Record]:
    """The rows below the header; blank ones are passed over."""
    for number, row in header.sheet.rows():
        if number <= header.row or not any(cell not in ("", None) for cell in row):
            continue
        given: dict[str, Cell] = {
            heading: row[index] for heading, index in header.columns.items() if index < len(row)
        }
        yield checker.read(number, given)


def checked(
    book: Book, wanted: ExchangeSet, *, today: dt.date, allow_masked: bool
) -> tuple[Header, Iterator[Record]]:
    """The header and the checked rows of a file."""
    header = header_of(book, wanted)
    return header, records(header, Checker(wanted, today=today, allow_masked=allow_masked))


def _names(wanted: ExchangeSet) -> dict[str, str]:
    """Every way of writing a heading -> the heading."""
    names: dict[str, str] = {}
    for field in wanted.fields:
        for heading in field.headings:
            names[plain_heading(heading)] = heading
        for also in field.also:
            names.setdefault(plain_heading(also), field.heading)
    return names


def _headers(sheet: Sheet, names: dict[str, str]) -> Iterator[Header]:
    for number, row in sheet.rows():
        if number > _SEARCHED_ROWS:
            return
        columns: dict[str, int] = {}
        unknown = []
        for index, cell in enumerate(row):
            text = str(cell).strip() if isinstance(cell, str) else ""
            heading = names.get(plain_heading(text)) if text else None
            if heading:
                columns.setdefault(heading, index)
            elif text:
                unknown.append(text)
        if len(columns) >= _LEAST:
            yield Header(sheet, number, columns, tuple(unknown))


def _knows_keys(header: Header, wanted: ExchangeSet) -> bool:
    """The key columns are there; of a person a name and one number to know them by will do."""
    if wanted.subject == "master":
        return bool({"身份证号", "员工编码"} & set(header.columns))
    return all(
        any(heading in header.columns for heading in field.headings)
        for field in wanted.fields
        if field.need == KEY
    )
