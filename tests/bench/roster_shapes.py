"""The shapes: each writes an invented unit the way some real unit keeps its roster."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import xlsxwriter

from .rosters import STRANGER, Person, Place, Roster, Unit, truth_of, unit

Row = list[object]
_NO_BIRTH = frozenset({"id_birth_mismatch"})
_NO_ORG = frozenset({"unknown_org"})


@dataclass(slots=True)
class Grid:
    """A sheet being laid out; ``merges`` are (top, left, bottom, right), 0-based."""

    name: str
    rows: list[Row] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, *cells: object) -> int:
        """Appends a row and returns its number as the office suite shows it."""
        self.rows.append(list(cells))
        return len(self.rows)


def workbook(grids: Sequence[Grid]) -> bytes:
    """The grids as .xlsx."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for grid in grids:
        sheet = book.add_worksheet(grid.name)
        for top, left, bottom, right in grid.merges:
            sheet.merge_range(top, left, bottom, right, "")
        covered = {
            (row, column)
            for top, left, bottom, right in grid.merges
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
        for number, row in enumerate(grid.rows):
            for column, cell in enumerate(row):
                if cell in (None, "") or (number, column) in covered:
                    continue
                if isinstance(cell, dt.date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write_number(number, column, float(str(cell)))
    book.close()
    return out.getvalue()


def text(rows: Sequence[Row], *, encoding: str, delimiter: str = ",", mark: bytes = b"") -> bytes:
    """The rows as delimited text."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return mark + out.getvalue().encode(encoding)


def base_of(person: Person) -> object:
    return person.base if person.base is not None else ""


def org_sheet(made: Unit, *, parents: bool = True) -> Grid:
    grid = Grid("党组织信息")
    grid.add(
        *["组织编码", "组织全称", "组织类别", *(["上级组织编码"] if parents else []), "成立日期"]
    )
    for org in made.orgs:
        line: Row = [org.code, org.name, org.kind, *([org.parent] if parents else [])]
        grid.add(*line, dt.date(2019, 7, 1))
    return grid


def official(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """Our own template: organisations with codes, members with codes."""
    grid = Grid("党员信息")
    grid.add(
        *("姓名", "公民身份号码", "性别", "民族", "出生日期", "学历", "人员类别", "所在党组织编码"),
        *("入党日期", "转正日期", "手机号码", "党内职务", "交费类别", "党费计算基数(元)"),
    )
    places = {}
    for at, p in enumerate(made.people):
        row = grid.add(
            *(p.name, p.identity, p.gender, p.nation, p.birth, p.degree, p.kind, p.org.code),
            *(p.joined, p.full, p.phone, p.post, p.category, base_of(p)),
        )
        places[at] = (grid.name, row)
    return "xlsx", workbook([org_sheet(made), grid]), places


def own(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """The unit's own sheet: titles, paths, mixed dates, noise, totals in between and below."""
    grid = Grid("党员花名册")
    grid.add(f"{made.name}党员花名册")
    grid.merges.append((0, 0, 0, 12))
    grid.add("填报单位（盖章）：", made.name, "", "", "填报日期：2026年11月20日")
    grid.add(
        *(
            "序号",
            "党组织（全称路径）",
            "姓  名",
            "公民身份\n号码",
            "手机（必填）",
            "出生\n年月",
            "文化程度",
        ),
        *("民　族", "入党时间", "转正时间", "党员类别", "月工资收入（元）", "离退休", "备注"),
    )
    places = {}
    for at, p in enumerate(made.people):
        known = p.org is not STRANGER
        where = " / ".join(o.name for o in made.line(p.org)) if known else p.org.name
        formats = ("%Y.%m.%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d")
        joined = p.joined.strftime(formats[at % 5])
        identity = (p.identity.lower(), f" {p.identity}", f"'{p.identity}", p.identity)[at % 4]
        name = f"{p.name[0]}　{p.name[1]}" if len(p.name) == 2 and at % 2 else p.name
        phone = (p.phone, f"{p.phone[:3]}-{p.phone[3:7]}-{p.phone[7:]}", f"+86 {p.phone}")[at % 3]
        base: object = base_of(p) or p.category
        if isinstance(base, Decimal) and at % 3 == 0:
            base = f"{base:,}"
        full = p.full.strftime("%Y.%m") if p.full else ""
        row = grid.add(
            *(at + 1, where, name, identity, phone, p.birth.strftime("%Y.%m"), p.degree, p.nation),
            *(joined, full, p.kind, base, "是" if p.category == "离退休" else "", ""),
        )
        places[at] = (grid.name, row)
        if at % 40 == 39:
            grid.add("小计", "", 40)
        if at % 60 == 59:
            grid.add()
    grid.add("合计", "", len(made.people))
    grid.add("填表人：组织科", "", "", "审核人：", "", "联系电话：")
    return "xlsx", workbook([grid]), places


def two_columns(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """GBK text that claims to be UTF-8, semicolons, the organisation in two columns."""
    rows: list[Row] = [
        [
            "所属党总支",
            "所在党支部",
            "姓名",
            "身份证号",
            "手机号",
            "入党时间",
            "是否预备党员",
            "缴费基数",
            "人员身份",
        ]
    ]
    places = {}
    for at, p in enumerate(made.people):
        known = p.org is not STRANGER
        above = made.by_code[p.org.parent].name if known else ""
        rows.append(
            [
                *(above, p.org.name, p.name, f"\t{p.identity}", p.phone, f"{p.joined:%Y/%m/%d}"),
                *("否" if p.full else "是", base_of(p), p.category),
            ]
        )
        places[at] = (made.name, at + 2)
    mark = b"\xef\xbb\xbf"
    return "csv", text(rows, encoding="gb18030", delimiter=";", mark=mark), places


def grouped(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """Two heading rows with merged groups; three columns of organisations merged downwards."""
    grid = Grid("Sheet1")
    grid.add(f"{made.name}党员信息采集表")
    grid.add("序号", "基本信息", "", "", "", "组织关系", "", "", "入党", "", "党费", "", "联系电话")
    grid.add(
        "",
        "姓名",
        "身份证号",
        "性别",
        "出生日期",
        "党委",
        "党总支",
        "党支部",
        "时间",
        "转正时间",
        "缴费类别",
        "基数",
    )
    grid.merges += [(0, 0, 0, 12), (1, 0, 2, 0), (1, 1, 1, 4), (1, 5, 1, 7), (1, 8, 1, 9)]
    grid.merges += [(1, 10, 1, 11), (1, 12, 2, 12)]
    places: dict[int, Place] = {}
    ordered = sorted(range(len(made.people)), key=lambda at: made.people[at].org.code)
    start, last = len(grid.rows), ""
    for at in ordered:
        p = made.people[at]
        if p.org.code != last:
            _merge_down(grid, start, len(grid.rows) - 1)
            start, last = len(grid.rows), p.org.code
        known = p.org is not STRANGER
        line = [o.short for o in made.line(p.org)] if known else ["", "", p.org.name]
        row = grid.add(
            *(at + 1, p.name, p.identity, p.gender, p.birth, *line, p.joined, p.full),
            *(p.category, base_of(p), int(p.phone)),
        )
        places[at] = (grid.name, row)
    _merge_down(grid, start, len(grid.rows) - 1)
    grid.add("总计", f"{len(made.people)}人")
    return "xlsx", workbook([grid]), places


def _merge_down(grid: Grid, first: int, last: int) -> None:
    if last > first:
        grid.merges += [(first, column, last, column) for column in (5, 6, 7)]


def per_branch(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """One sheet per branch, named after it; the tree in a sheet of its own."""
    grids = {org.code: Grid(org.short) for org in made.orgs}
    places = {}
    for at, p in enumerate(made.people):
        grid = grids[p.org.code if p.org is not STRANGER else made.orgs[-1].code]
        if not grid.rows:
            grid.add(f"{grid.name}党员名册")
            grid.add(
                "姓名",
                "身份证号码",
                "民族",
                "出生年月日",
                "入党日期",
                "转正日期",
                "电话",
                "党费基数",
                "类别",
            )
        row = grid.add(
            *(
                p.name,
                p.identity,
                p.nation,
                p.birth,
                p.joined,
                p.full,
                p.phone,
                base_of(p),
                p.category,
            )
        )
        places[at] = (grid.name, row)
    used = [grid for grid in grids.values() if grid.rows]
    return "xlsx", workbook([org_sheet(made), *used]), places


def shuffled(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """Headings over the wrong columns, one heading twice, codes that lost their zeros."""
    grid = Grid("名单")
    grid.add(
        *(
            "姓名",
            "手机号码",
            "身份证号",
            "身份证号",
            "性别",
            "民族",
            "入党日期",
            "转正日期",
            "出生日期",
        ),
        *("组织编码", "人员类别", "缴费类别", "党费基数"),
    )
    places = {}
    for at, p in enumerate(made.people):
        row = grid.add(
            *(p.phone, p.name, "", p.identity, p.nation, p.gender, p.birth, p.full, p.joined),
            *(int(p.org.code), p.kind, p.category, base_of(p)),
        )
        places[at] = (grid.name, row)
    return "xlsx", workbook([org_sheet(made, parents=False), grid]), places


def wide(made: Unit) -> tuple[str, bytes, dict[int, Place]]:
    """Twenty thousand empty columns behind a plain list of short names of branches."""
    rows: list[Row] = [
        ["党支部", "姓名", "身份证号", "电话", "入党时间", "转正时间", "基数", "交费类别"]
    ]
    places = {}
    for at, p in enumerate(made.people):
        rows.append(
            [p.org.name, p.name, p.identity, p.phone, p.joined, p.full, base_of(p), p.category]
        )
        places[at] = (made.name, at + 2)
    padded: list[Row] = [row + [""] * 20_000 for row in rows[:200]] + rows[200:]
    return "csv", text(padded, encoding="utf-8-sig"), places


Shape = tuple[Callable[[Unit], tuple[str, bytes, dict[int, Place]]], frozenset[str]]
SHAPES: dict[str, Shape] = {
    "official": (official, frozenset()),
    "own": (own, frozenset()),
    "two_columns": (two_columns, _NO_BIRTH),
    "grouped": (grouped, frozenset()),
    "per_branch": (per_branch, _NO_ORG),
    "shuffled": (shuffled, frozenset()),
    "wide": (wide, _NO_BIRTH),
}
_WITHOUT_GROUPS = frozenset({"wide"})


def make(shape: str, *, name: str, members: int, seed: int = 1, share: float = 0.012) -> Roster:
    """A roster in one of ``SHAPES`` with its truth."""
    made = unit(name, members=members, seed=seed, share=share)
    if shape in _WITHOUT_GROUPS:
        groups = {org.parent for org in made.orgs} - {"", "01"}
        made.orgs = [org for org in made.orgs if org.code not in groups]
    write, blind = SHAPES[shape]
    suffix, content, places = write(made)
    return Roster(name, shape, f"{name}.{suffix}", content, truth_of(made, places, blind=blind))
