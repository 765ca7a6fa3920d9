"""Opens a workbook handed in by a stranger and streams its rows.

What a file is, is told by its content; its name must only be one of the three we take.
Formulas are never evaluated: the value the office suite last stored is what we read.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import python_calamine

from . import biff, ooxml, text
from .errors import (
    BrokenFile,
    EmptyWorkbook,
    EncryptedWorkbook,
    FileTooLarge,
    TooManyRows,
    UnknownFormat,
)
from .limits import LIMITS, Limits

Cell = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"RIFF", "多媒体文件"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"MZ", "程序文件"),
    (b"\x7fELF", "程序文件"),
)
_NAMES = (".xlsx", ".xls", ".csv")
_CELLS_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, 1-based rows and 0-based columns, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.  ``rows()`` may be called any number of times; blanks are ``""``."""

    name: str
    visible: bool
    height: int
    width: int
    merges: tuple[Merge, ...] = ()
    source: python_calamine.CalamineSheet | text.Text | None = field(default=None, repr=False)

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """``(row number as the office suite shows it, values)``, all of one width."""
        if isinstance(self.source, text.Text):
            for number, row in self.source.rows():
                cells: list[Cell] = [*row[: self.width], *[""] * (self.width - len(row))]
                yield number, cells
        elif self.source is not None and self.source.start is not None:
            left: list[Cell] = [""] * self.source.start[1]
            for number, values in enumerate(self.source.iter_rows(), 1):
                yield number, left + values if left else values


@dataclass(frozen=True, slots=True)
class Book:
    """An opened workbook; ``format`` is xlsx, xls or csv."""

    filename: str
    format: str
    sheets: tuple[Sheet, ...]
    encoding: str = ""

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name; KeyError when there is none."""
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)


def open_book(content: bytes | Path, filename: str, *, limits: Limits = LIMITS) -> Book:
    """Raises one of ``kernel.sheets.errors`` when the file must not or cannot be read."""
    if isinstance(content, Path):
        if content.stat().st_size > limits.file_bytes:
            raise FileTooLarge(limit_mb=limits.file_bytes // 1024 // 1024)
        content = content.read_bytes()
    if len(content) > limits.file_bytes:
        raise FileTooLarge(limit_mb=limits.file_bytes // 1024 // 1024)
    kind = _kind(content, filename)
    if kind == "csv":
        return _text_book(content, filename, limits)
    if kind == "xlsx":
        content = ooxml.guarded(content, limits=limits)
    else:
        biff.check(content, limits=limits)
    return _binary_book(content, filename, kind, limits)


def _kind(content: bytes, filename: str) -> str:
    suffix = Path(filename).suffix.lower()
    if not content.strip(b"\x00\r\n\t \xef\xbb\xbf"):
        raise EmptyWorkbook
    if content.startswith(_CELLS_ZIP):
        kind = "xlsx"
    elif content.startswith(biff.MAGIC):
        kind = "xls"
    else:
        for magic, found in _MAGIC:
            if content.startswith(magic):
                raise UnknownFormat(found=found)
        kind = "csv"
    if kind == "csv" and suffix in (".xlsx", ".xls") and b"\x00" in content[:4096]:
        raise BrokenFile
    if suffix not in _NAMES and kind == "csv":
        raise UnknownFormat(found=f"{suffix or '没有扩展名的'} 文件")
    return kind


def _text_book(content: bytes, filename: str, limits: Limits) -> Book:
    source = text.read(content, limits=limits)
    height = width = 0
    for number, row in source.rows():
        if any(row):
            height, width = number, max(width, len(row))
    if not height:
        raise EmptyWorkbook
    sheet = Sheet(Path(filename).stem, True, height, min(width, limits.columns), source=source)
    return Book(filename, "csv", (sheet,), source.encoding)


def _binary_book(content: bytes, filename: str, kind: str, limits: Limits) -> Book:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = tuple(
            _sheet(
                book, meta.name, meta.visible == python_calamine.SheetVisibleEnum.Visible, limits
            )
            for meta in book.sheets_metadata
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        )
    except python_calamine.PasswordError as locked:
        raise EncryptedWorkbook from locked
    except (python_calamine.CalamineError, OSError) as broken:
        raise BrokenFile from broken
    if not any(sheet.height for sheet in sheets):
        raise EmptyWorkbook
    return Book(filename, kind, sheets)


def _sheet(
    book: python_calamine.CalamineWorkbook, name: str, visible: bool, limits: Limits
) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None or sheet.end is None:
        return Sheet(name, visible, 0, 0)
    height, width = sheet.end[0] + 1, sheet.end[1] + 1
    if height > limits.rows:
        raise TooManyRows(sheet=name, limit=limits.rows)
    merges = tuple(
        Merge(top + 1, left, bottom + 1, right)
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    return Sheet(name, visible, height, width, merges, sheet)
