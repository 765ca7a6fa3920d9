"""Reading a file of standards: which column is which, and what each row says.

Pure but for the file itself: nothing here asks the database.  A row that cannot be taken gets a
``Fault`` that names row, field, rule and the way out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from kernel.errors import DomainError, Invalid
from kernel.money import parse_yuan, yuan
from kernel.sheets.reading import Book, Cell
from shared_apps.rules.selectors import Assessment, DuesPack
from tenant_apps.members.services.sealing import normal_identity

IDENTITY, NAME, CATEGORY, BASE, FIXED = "身份证号", "姓名", "类别", "计算基数（元）", "月标准（元）"
HEADINGS: Final = (NAME, IDENTITY, CATEGORY, BASE, FIXED)
_STARTS: Final = {
    "身份证": IDENTITY, "公民身份": IDENTITY, "姓名": NAME, "类别": CATEGORY, "交纳类别": CATEGORY,
    "计算基数": BASE, "基数": BASE, "月标准": FIXED,
}  # fmt: skip
_LOOKED_AT: Final = 10
"""So many rows may stand above the headings."""
_LONGEST: Final = 18


class NoHeadings(Invalid):
    code = "dues_import_headings"
    sentence = "文件里没有找到「身份证号」「类别」两列表头，请下载模板，按模板填写。"


class Row(NamedTuple):
    """What stands in one line, as text."""

    number: int
    identity: str
    name: str
    category: str
    base: str
    fixed: str


class Fault(NamedTuple):
    """Why a row is not taken and what to do; ``given`` is what stands there."""

    row: int
    name: str
    field: str
    given: str
    rule: str
    way: str


class Asked(NamedTuple):
    """A row that makes sense by itself: what the rules make of it, and the amount chosen."""

    row: Row
    found: Assessment


def rows_of(book: Book) -> Iterator[Row]:
    """The filled rows of the first visible sheet.  Raises NoHeadings."""
    sheet = next((one for one in book.sheets if one.visible), book.sheets[0])
    columns: dict[str, int] = {}
    for number, cells in sheet.rows():
        if not columns:
            columns = _columns(cells)
            if not columns and number > _LOOKED_AT:
                break
            continue
        texts = {name: as_text(cells[place]) for name, place in columns.items()}
        if any(texts.values()):
            yield Row(
                number,
                normal_identity(texts[IDENTITY]),
                texts.get(NAME, ""),
                texts[CATEGORY],
                texts.get(BASE, ""),
                texts.get(FIXED, ""),
            )
    if not columns:
        raise NoHeadings


def judged(row: Row, *, pack: DuesPack, labels: Mapping[str, str], rounding: str) -> Asked | Fault:
    """What the rules make of a row, or why they make nothing of it.

    ``labels`` leads from the words and codes of categories to their codes.
    """
    if len(row.identity) != _LONGEST or not row.identity.isascii():
        return _fault(row, IDENTITY, row.identity, "身份证号应为 18 位", "核对后补全")
    code = labels.get(row.category)
    if code is None:
        known = "、".join(dict.fromkeys(pack.label_of(one) for one in labels.values()))
        return _fault(row, CATEGORY, row.category, "没有这种交纳类别", f"填写：{known}")
    is_rated = pack.needs_base(code)
    if fault := _misfit(row, is_rated=is_rated):
        return fault
    field, text = (BASE, row.base) if is_rated else (FIXED, row.fixed)
    try:
        fen = parse_yuan(text) if text else None
        found = pack.assess(
            code,
            fen if is_rated else None,
            rounding=rounding,
            fixed_fen=None if is_rated else fen,
        )
    except DomainError as refused:
        return _fault(row, field, text, refused.message, "改为阿拉伯数字，单位元，最多两位小数")
    return Asked(row, found)


def _misfit(row: Row, *, is_rated: bool) -> Fault | None:
    """The columns filled must be those of the category's kind."""
    if is_rated and row.fixed:
        rule, way = "按比例交纳的类别由基数算出月标准", "清空本列，填写计算基数"
        return _fault(row, FIXED, row.fixed, rule, way)
    if not is_rated and row.base:
        return _fault(row, BASE, row.base, "定额交纳的类别没有计算基数", "清空本列")
    if is_rated and not row.base:
        return _fault(row, BASE, "", "这个类别按计算基数核定", "填写每月计算基数（元）")
    return None


def category_labels(pack: DuesPack) -> dict[str, str]:
    """Words and codes of the categories to their codes."""
    codes = [*pack.rated, *pack.fixed]
    return {pack.label_of(code): code for code in codes} | {code: code for code in codes}


def notice_of(found: Assessment) -> str:
    """What people should know of a row that is taken."""
    return f"按比例为 {yuan(found.raw_fen)} 元，按上限核定" if found.is_capped else ""


def as_text(cell: Cell) -> str:
    """A cell as people read it; a number of the sheet without a needless fraction, never as an
    exponent.
    """
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() else f"{cell:.10f}".rstrip("0")
    return str(cell).strip()


def _columns(cells: list[Cell]) -> dict[str, int]:
    """Where each known heading stands; empty while the two needed ones are not there."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        text = "".join(as_text(cell).split())
        for start, name in _STARTS.items():
            if text.startswith(start):
                found.setdefault(name, place)
    return found if {IDENTITY, CATEGORY} <= found.keys() else {}


def _fault(row: Row, field: str, given: str, rule: str, way: str) -> Fault:
    return Fault(row.number, row.name, field, given[:40], rule, way)
