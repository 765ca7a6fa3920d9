"""The refused rows as a workbook that can be corrected and handed in again.

Every sheet keeps its shape and headings; one column is added, 退回原因, which is not read when
the workbook comes back.  What merged cells said of a row is written into the row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kernel.sheets.reading import Book, Cell, Sheet
from kernel.sheets.writing import Value, Workbook

from .fields import ORG_LEVELS, REASON_HEADING, Field, plain_heading
from .understanding import Rejection, SheetReading, Understanding


def refused_workbook(book: Book, found: Understanding) -> bytes:
    """The refused rows of ``book`` as .xlsx, ready to be corrected and handed in."""
    by_sheet: dict[str, dict[int, Rejection]] = defaultdict(dict)
    for one in found.rejections:
        by_sheet[one.sheet].setdefault(one.row, one)
    with Workbook() as out:
        for reading in found.sheets:
            if by_sheet.get(reading.name):
                _add(out, book.sheet(reading.name), reading, by_sheet[reading.name])
        if not found.rejections:
            out.add_sheet("没有退回的行", [])
    return out.content()


def _add(out: Workbook, sheet: Sheet, reading: SheetReading, refused: dict[int, Rejection]) -> None:
    frozen = reading.header_rows[-1] if reading.header_rows else 0
    reason_at = _reason_column(sheet, reading)
    out.add_sheet(
        sheet.name,
        _rows(sheet, reading, refused, reason_at),
        frozen_rows=frozen,
        marked_columns=frozenset({reason_at}),
    )


def _reason_column(sheet: Sheet, reading: SheetReading) -> int:
    """The column of reasons: the one that is there from last time, else a new last one."""
    for column in reading.columns:
        if plain_heading(column.heading) == REASON_HEADING:
            return column.index
    return sheet.width


def _rows(
    sheet: Sheet, reading: SheetReading, refused: dict[int, Rejection], reason_at: int
) -> Iterator[list[Value]]:
    head = reading.header_rows[-1] if reading.header_rows else 0
    merged = _Merged(sheet, reading)
    for number, cells in sheet.rows():
        merged.see(number, cells)
        if number > head and number not in refused:
            continue
        row: list[Value] = [_kept(cell) for cell in cells]
        row.extend([""] * (reason_at + 1 - len(row)))
        row[reason_at] = ""
        if number == head:
            row[reason_at] = REASON_HEADING
        elif number > head:
            merged.fill(number, row)
            row[reason_at] = f"{refused[number].message}{refused[number].remedy}"
        yield row


def _kept(cell: Cell) -> Value:
    return cell


class _Merged:
    """What the merged cells of the organisation columns say about the rows below them."""

    def __init__(self, sheet: Sheet, reading: SheetReading) -> None:
        wanted = {
            column.index
            for column in reading.columns
            if column.field in (*ORG_LEVELS, Field.MEMBER_ORG_CODE)
        }
        self._merges = {
            (merge.top, merge.left): merge.bottom
            for merge in sheet.merges
            if merge.left in wanted and merge.bottom > merge.top
        }
        self._columns = wanted
        self._open: dict[int, tuple[int, Cell]] = {}

    def see(self, number: int, cells: list[Cell]) -> None:
        """Notes the ranges that begin in this row."""
        for column in self._columns:
            bottom = self._merges.get((number, column))
            if bottom is not None:
                self._open[column] = (bottom, cells[column])

    def fill(self, number: int, row: list[Value]) -> None:
        """Writes the range's value into a row that only shows it."""
        for column, (bottom, value) in self._open.items():
            if number <= bottom and row[column] in ("", None):
                row[column] = value
