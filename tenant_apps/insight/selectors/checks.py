"""The audit of rulebook 7.2: sums inside a table, and tables against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tenant_apps.insight.selectors.axes import Item, Measure, Sum
from tenant_apps.insight.selectors.sheets import Number, Sheet


@dataclass(frozen=True, slots=True)
class Check:
    """One check: two sides that must be equal (or, ``at_most``, the left no more than the right).

    ``is_open`` is for what cannot be checked because a side is not there; ``text`` explains.
    """

    table: int
    title: str
    left: Number
    right: Number
    text: str
    at_most: bool = False
    is_between: bool = False
    is_open: bool = False

    @property
    def holds(self) -> bool:
        if self.left is None or self.right is None:
            return False
        return self.left <= self.right if self.at_most else self.left == self.right

    @property
    def mark(self) -> str:
        if self.is_open:
            return "open"
        return "ok" if self.holds else "late"


_PARTS: Final = {
    "occupation": "职业", "education": "学历", "age": "年龄", "joined": "入党时间",
    "grade": "等次", "leaving": "出党方式", "reason": "原因", "award": "表彰类别",
    "level": "表彰级别", "result": "办理结果", "converted": "转正情况", "front_line": "一线情况",
    "stratum": "新社会阶层", "place": "单位性质", "unit_nature": "单位性质",
}  # fmt: skip
"""What the parts of a sum are called in its title."""
_Cell = tuple[int, str, str]
"""A table, a row and a column."""
_BETWEEN: Final[tuple[tuple[str, tuple[_Cell, ...], tuple[_Cell, ...], str], ...]] = (
    ("党员总数：表 1 与表 2", ((1, "now", "all"),), ((2, "all", "all"),), "期末党员数应当一致。"),
    ("党员总数：表 2 与表 3", ((2, "all", "all"),), ((3, "all", "all"),), "同一批党员，两种分法。"),
    ("党员总数：表 2 与表 4", ((2, "all", "all"),), ((4, "all", "all"),), "同一批党员，两种分法。"),
    ("学生党员：表 7 与表 2", ((7, "all", "all"),), ((2, "STUDENT", "all"),),
     "表 7 合计应等于表 2 的学生行。"),
    ("党员数：表 8 与表 2", ((8, "all", "members"),), ((2, "all", "all"),), "同一批党员。"),
    ("党员数：表 9 与表 2", ((9, "all", "members"),), ((2, "all", "all"),), "同一批党员。"),
    ("出党：表 10 与表 1", ((10, "all", "all"),),
     (*((1, kind, "all") for kind in ("REMOVED", "PERSUADED", "WITHDREW", "EXPELLED", "CANCELLED")),
      (10, "all", "rested")),
     "表 10 合计应等于表 1 的五种出党方式，加上停止党籍后出党的人数（停止时已减少）。"),
    ("出党：表 10 与表 11", ((10, "all", "all"),), ((11, "all", "all"),), "两种分法应当一致。"),
    ("取消预备党员资格：表 13 与表 10", ((13, "cancelled", "all"),), ((10, "CANCELLED", "all"),),
     "同一批办理结果。"),
    ("发展党员：表 14 与表 1", ((14, "all", "all"),), ((1, "ADMITTED", "all"),),
     "表 14 合计应等于表 1 的新发展。"),
    ("发展党员：表 14 与表 15", ((14, "all", "all"),), ((15, "all", "all"),), "两种分法应当一致。"),
)  # fmt: skip


def inside(sheet: Sheet) -> list[Check]:
    """The sums of one table; the worst line of each is shown."""
    return [_worst(sheet, one) for one in sheet.table.sums]


def between(sheets: Mapping[int, Sheet]) -> list[Check]:
    """The formula of rulebook 7.1 and the equal totals, for the tables that are there."""
    found = [_balance(sheets[1])] if 1 in sheets else []
    for title, left, right, text in _BETWEEN:
        if {number for number, _, _ in (*left, *right)} <= set(sheets):
            found.append(
                Check(
                    left[0][0], title, _added(sheets, left), _added(sheets, right), text,
                    is_between=True,
                )
            )  # fmt: skip
    if 8 in sheets:
        found.append(_graded(sheets[8]))
    if 5 in sheets:
        found.append(_told(sheets[5]))
    return found


def all_checks(sheets: Mapping[int, Sheet]) -> list[Check]:
    """Inside every table, then between them."""
    return [*(check for sheet in sheets.values() for check in inside(sheet)), *between(sheets)]


def _balance(sheet: Sheet) -> Check:
    """Last year + increases − decreases = this year (rulebook 7.1)."""
    before, grown, shrunk, now = (
        sheet.value(key, "all") for key in ("before", "grown", "shrunk", "now")
    )
    is_derived = "before" in sheet.derived
    text = "上年年末党员数 + 本期增加 − 本期减少 = 本期期末党员数。"
    if is_derived:
        text += "没有上年的年报快照，上年数由本期增减倒推，不能用来核对。"
    else:
        text += "不相等时，请查本期补登的变动和更正过的日期。"
    left = (before or 0) + (grown or 0) - (shrunk or 0)
    return Check(1, "两年党员数相衔接", left, now, text, is_between=True, is_open=is_derived)


def _graded(sheet: Sheet) -> Check:
    took, members = sheet.value("all", "took_part"), sheet.value("all", "members")
    text = "参加评议的人数一般不超过期末党员数；期中转出的党员参加过评议时可以超过。"
    return Check(8, "参加评议不超过党员数", took, members, text, at_most=True)


def _told(sheet: Sheet) -> Check:
    """Tables 5 and 6 rest on what organisations say of their unit: who is missing is told."""
    missing = sheet.value("unit_unknown", "all")
    text = (
        "单位性质未登记或不止一种的，没有计入表 5、表 6。请在组织页的「所在单位」中登记单位性质。"
    )
    return Check(5, "单位性质登记齐全", missing, 0, text, is_between=True, is_open=bool(missing))


def _added(sheets: Mapping[int, Sheet], cells: tuple[_Cell, ...]) -> Number:
    total: int | Decimal = 0
    for number, row, column in cells:
        total += sheets[number].value(row, column) or 0
    return total


def _worst(sheet: Sheet, one: Sum) -> Check:
    """The line of a sum that is farthest off; where all hold, the line of the total."""
    lines = list(_lines(sheet, one))
    off = [line for line in lines if line[1] != line[2]]
    label, left, right = max(off, key=_distance, default=lines[0])
    axis = "各行" if one.axis == "rows" else "各列"
    total = _item(sheet, one).label
    title = f"{_PARTS.get(one.part, '')}{axis}相加等于{total}"
    text = f"「{label}」：分项相加 {left}，{total} {right}。"
    return Check(sheet.table.number, title, left, right, text)


def _distance(line: tuple[str, Number, Number]) -> Decimal:
    return abs(Decimal(line[1] or 0) - Decimal(line[2] or 0))


def _lines(sheet: Sheet, one: Sum) -> Iterator[tuple[str, Number, Number]]:
    table = sheet.table
    across = table.columns if one.axis == "rows" else table.rows
    parts = table.rows if one.axis == "rows" else table.columns
    for other in across:
        if other.measure is Measure.AMOUNT:
            continue
        cells = [_value(sheet, one.axis, part.key, other.key) for part in parts
                 if part.part == one.part]  # fmt: skip
        left: int | Decimal = sum((cell or 0 for cell in cells), 0)
        yield other.label, left, _value(sheet, one.axis, one.total, other.key)


def _value(sheet: Sheet, axis: str, part: str, other: str) -> Number:
    return sheet.value(part, other) if axis == "rows" else sheet.value(other, part)


def _item(sheet: Sheet, one: Sum) -> Item:
    found = sheet.table.row(one.total) if one.axis == "rows" else sheet.table.column(one.total)
    if found is None:
        raise ValueError(f"table {sheet.table.number} has no {one.total}")
    return found
