"""Makes workbooks and CSV row by row; whatever a cell holds, it stays a value.

Text is written as text, so identity numbers keep their digits and nothing that begins with
``=`` can run.  CSV has no cell types: there a leading formula sign is put behind an apostrophe.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Self

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Value = str | int | float | Decimal | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None

_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BAD_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_LONGEST = 32_767
_EXACT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its heading and its width in characters."""

    text: str
    width: float = 14


class Workbook:
    """A workbook being written; rows go straight to disk, memory stays flat.

    Use as a context manager, then take ``content()``.
    """

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._book = xlsxwriter.Workbook(
            self._file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": True,
            },
        )
        self._head = self._book.add_format(
            {
                "bold": True,
                "bg_color": "#F3E9E7",
                "bottom": 1,
                "text_wrap": True,
                "valign": "vcenter",
            }
        )
        self._marked = self._book.add_format({"bg_color": "#FFF4CE", "text_wrap": True})
        self._text = self._book.add_format({"num_format": "@"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._book.close()

    def add_sheet(
        self,
        name: str,
        rows: Iterable[Sequence[Value]],
        *,
        headings: Sequence[Heading] = (),
        frozen_rows: int | None = None,
        marked_columns: frozenset[int] = frozenset(),
    ) -> int:
        """Writes a sheet and returns how many rows it got; headings stay in view."""
        sheet = self._book.add_worksheet(self._sheet_name(name))
        for index, heading in enumerate(headings):
            sheet.set_column(index, index, heading.width)
            sheet.write_string(0, index, heading.text[:_LONGEST], self._head)
        first = 1 if headings else 0
        frozen = first if frozen_rows is None else frozen_rows
        if frozen:
            sheet.freeze_panes(frozen, 0)
        number = first
        for number, row in enumerate(rows, first + 1):
            for index, value in enumerate(row):
                style = self._head if number <= frozen else None
                style = style or (self._marked if index in marked_columns else None)
                self._write(sheet, number - 1, index, value, style)
        return number - first

    def content(self) -> bytes:
        """The finished file; only after the ``with`` block."""
        return self._file.getvalue()

    def _sheet_name(self, wanted: str) -> str:
        base = _BAD_IN_NAMES.sub(" ", wanted).strip("' ")[:31] or "Sheet"
        name, number = base, 2
        while name.lower() in self._names:
            name, number = f"{base[:27]}({number})", number + 1
        self._names.add(name.lower())
        return name

    def _write(
        self, sheet: Worksheet, row: int, column: int, value: Value, style: Format | None
    ) -> None:
        if value is None or value == "":
            if style is not None:
                sheet.write_blank(row, column, None, style)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, style)
        elif isinstance(value, dt.datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), style or self._moment)
        elif isinstance(value, dt.date):
            sheet.write_datetime(row, column, value, style or self._day)
        elif isinstance(value, int | float | Decimal) and _fits(value):
            sheet.write_number(row, column, value, style)
        else:
            sheet.write_string(row, column, clean(str(value)), style or self._text)


def _fits(value: float | Decimal) -> bool:
    """Whether a spreadsheet keeps every digit of the number."""
    return not isinstance(value, int) or len(str(abs(value))) <= _EXACT_DIGITS


def clean(text: str) -> str:
    """Text without the characters that no workbook may hold."""
    return _FORBIDDEN.sub("", text)[:_LONGEST]


def width_of(texts: Iterable[str], *, least: float = 8, most: float = 40) -> float:
    """A column width that shows these texts; Chinese characters count twice."""
    widest = max(
        (sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in t) for t in texts),
        default=0,
    )
    return min(most, max(least, widest + 2))


def csv_lines(rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """A CSV, piece by piece, in UTF-8 with the mark by which office suites know it."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([csv_cell(value) for value in row])
        yield buffer.getvalue().encode("utf-8")
        buffer.seek(0)
        buffer.truncate()


def csv_cell(value: Value) -> str:
    """One CSV cell that no office suite runs and none shortens to 1.23E+17."""
    if value is None:
        return ""
    text = clean(str(value))
    if isinstance(value, str):
        if text.startswith(_FORMULA_START) and not _NUMBER.fullmatch(text):
            return f"'{text}"
        if text.isdigit() and (len(text) > 11 or (len(text) > 1 and text[0] == "0")):
            return f"\t{text}"
    return text
