"""Reading the list of a batch from a workbook, and the list of rows to hand back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from kernel.clock import Month
from kernel.errors import DomainError, Invalid
from kernel.money import parse_yuan
from kernel.sheets.reading import Cell, open_book
from kernel.sheets.writing import Heading, Value
from tenant_apps.dues.selectors.proxy import MOST, Row

COLUMNS: Final = ("姓名", "手机号或身份证号", "月份", "金额")
HEADINGS: Final = (Heading("姓名", 12), Heading("手机号或身份证号", 22), Heading("月份", 12),
                   Heading("金额", 12))  # fmt: skip
FAULTS: Final = (
    Heading("行号", 8), Heading("姓名", 12), Heading("月份", 12), Heading("金额", 12),
    Heading("哪一项", 18), Heading("规则", 36), Heading("怎么办", 36),
)  # fmt: skip
_LOOKED_AT: Final = 10
"""The headings stand in one of the first so many rows."""


class ListUnreadable(Invalid):
    code = "dues_proxy_list"
    sentence = "没有找到表头「姓名、手机号或身份证号、月份、金额」。请下载模板，按模板填写。"


class ListTooLong(Invalid):
    code = "dues_proxy_too_long"
    sentence = "一个批次最多 {most} 行，请分成几个文件。"


class ListEmpty(Invalid):
    code = "dues_proxy_empty"
    sentence = "表里没有数据行。"


def read_list(*, content: bytes, filename: str) -> list[Row]:
    """The rows below the headings; blank ones are left out.

    Raises ListUnreadable, ListTooLong, ListEmpty and what a workbook that cannot be opened raises.
    """
    sheet = next((one for one in open_book(content, filename).sheets if one.visible), None)
    if sheet is None:
        raise ListUnreadable
    places: list[int] = []
    found: list[Row] = []
    for number, cells in sheet.rows():
        if not places:
            places = _places(cells)
            if not places and number >= _LOOKED_AT:
                raise ListUnreadable
            continue
        values = [cells[place] if place < len(cells) else "" for place in places]
        if any(_text(value) for value in values):
            found.append(_row(number, values))
        if len(found) > MOST:
            raise ListTooLong(most=MOST)
    if not places:
        raise ListUnreadable
    if not found:
        raise ListEmpty
    return found


def faults_as_rows(faults: Iterable[dict[str, Any]]) -> Iterable[Sequence[Value]]:
    """Kept faults as lines of a workbook."""
    for one in faults:
        yield (
            one["row"], one["name"], str(Month(one["month"])) if one["month"] else "",
            one["fen"] / 100 if one["fen"] is not None else "", one["field"], one["rule"],
            one["way_out"],
        )  # fmt: skip


def _places(cells: Sequence[Cell]) -> list[int]:
    words = [_text(cell) for cell in cells]
    return [words.index(name) for name in COLUMNS] if set(COLUMNS) <= set(words) else []


def _row(number: int, values: Sequence[Cell]) -> Row:
    name, key, month, amount = values
    return Row(number, _text(name), _text(key), _month(month), _fen(amount))


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _month(cell: Cell) -> int | None:
    if isinstance(cell, dt.date):
        return Month.of(cell).value
    try:
        return Month.parse(_text(cell)).value
    except (DomainError, ValueError):
        return None


def _fen(cell: Cell) -> int | None:
    """Nothing is rounded: an exponent, a third decimal, a negative is no amount."""
    text = repr(cell) if isinstance(cell, float) else _text(cell)
    try:
        fen = parse_yuan(text.removesuffix(".0"))
    except DomainError:
        return None
    return fen if fen > 0 else None
