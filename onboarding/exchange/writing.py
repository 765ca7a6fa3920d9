"""Records into a file of a set: UTF-8 CSV or a workbook, codes as code and label (rulebook 8.4)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final, Literal

from kernel.clock import BEIJING
from kernel.sheets.writing import Heading, Workbook, clean, width_of
from onboarding.exchange.sets import ExchangeSet, Field

Form = Literal["csv", "xlsx"]
Batches = Iterable[list[dict[str, Any]]]
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write(wanted: ExchangeSet, batches: Batches, out: BinaryIO, *, form: Form) -> int:
    """Writes the file row by row; returns how many rows it got."""
    return (_csv if form == "csv" else _workbook)(wanted, batches, out)


def row_of(wanted: ExchangeSet, record: Mapping[str, Any]) -> list[str]:
    """The cells of one record, in the order of the set."""
    return [cell for field in wanted.fields for cell in _cells(field, record.get(field.key))]


def _csv(wanted: ExchangeSet, batches: Batches, out: BinaryIO) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(wanted.headings)
    count = 0
    for batch in batches:
        writer.writerows([_inert(cell) for cell in row_of(wanted, one)] for one in batch)
        count += len(batch)
    text.detach()
    return count


def _workbook(wanted: ExchangeSet, batches: Batches, out: BinaryIO) -> int:
    headings = [Heading(text, width_of([text], least=12)) for text in wanted.headings]
    with Workbook() as book:
        count = book.add_sheet(wanted.title, _rows(wanted, batches), headings=headings)
    out.write(book.content())
    return count


def _rows(wanted: ExchangeSet, batches: Batches) -> Iterator[list[str]]:
    for batch in batches:
        for one in batch:
            yield row_of(wanted, one)


def _cells(field: Field, value: Any) -> list[str]:
    if field.table is not None:
        entry = field.table.entry(str(value)) if value else None
        return [entry.code, entry.standard] if entry else ["", ""]
    if value is None or value == "":
        return [""]
    if isinstance(value, bool):
        return ["是" if value else "否"]
    if isinstance(value, dt.datetime):
        return [f"{value.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"]
    if isinstance(value, dt.date):
        return [value.isoformat()]
    return [clean(str(value))]


def _inert(text: str) -> str:
    """A text that a spreadsheet program would take for a formula is kept a text."""
    return f"'{text}" if text.startswith(_FORMULA) and not text[1:].isdigit() else text
