"""The list of units as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple

from kernel.clock import BEIJING
from kernel.sheets.writing import Heading, Value, Workbook
from shared_apps.fleet.models import SchemaState
from shared_apps.fleet.selectors.units import Figures
from shared_apps.fleet.services.lines import Line
from tenants.cells import registry

_MIB: Final = 1024 * 1024


class Column(NamedTuple):
    """A column of the file; ``number`` is the one of the list that it belongs to, 0 for always."""

    number: int
    heading: Heading
    value: Callable[[Line], Value]


def _figure(take: Callable[[Figures], Value]) -> Callable[[Line], Value]:
    """A value of the unit's line; blank where there is none yet."""
    return lambda line: take(line.standing) if line.standing else None


def _people(count: int | None) -> Value:
    return "少于 5" if count is None else count


def _difference(line: Line) -> Value:
    fen = line.shown_difference_fen
    return "有差额" if fen is None else fen / 100


def _beijing(moment: dt.datetime | None) -> Value:
    return moment.astimezone(BEIJING) if moment else None


COLUMNS: Final = (
    Column(0, Heading("单位", 30), lambda line: line.unit.name),
    Column(0, Heading("单位编号", 38), lambda line: str(line.unit.pk)),
    Column(0, Heading("访问地址", 16), lambda line: line.unit.label),
    Column(15, Heading("所在分区", 12), lambda line: line.cell),
    Column(1, Heading("状态", 8), lambda line: line.state_label),
    Column(
        2, Heading("异常", 40), lambda line: "；".join(f"{r.label}：{r.text}" for r in line.reasons)
    ),
    Column(2, Heading("异常分", 8), _figure(lambda s: s.score)),
    Column(3, Heading("地区", 20), lambda line: line.region),
    Column(3, Heading("经办行", 20), lambda line: line.unit.bank_branch),
    Column(4, Heading("组织", 8), _figure(lambda s: s.organizations)),
    Column(5, Heading("党员", 8), lambda line: _people(line.members)),
    Column(5, Heading("已激活", 8), lambda line: _people(line.activated)),
    Column(6, Heading("最近业务", 17), _figure(lambda s: _beijing(s.active_at))),
    Column(7, Heading("结构", 8), _figure(lambda s: SchemaState(s.schema_state).label)),
    Column(7, Heading("落后步数", 8), _figure(lambda s: s.steps_behind)),
    Column(8, Heading("存储（MB）", 12), _figure(lambda s: round(s.storage_bytes / _MIB, 1))),
    Column(9, Heading("昨天以来出错", 12), _figure(lambda s: s.errors_day)),
    Column(9, Heading("7 天出错", 10), _figure(lambda s: s.errors_week)),
    Column(10, Heading("对账差额（元）", 14), _difference),
    Column(11, Heading("最近备份", 17), _figure(lambda s: _beijing(s.backed_up_at))),
    Column(2, Heading("未完成的定时任务", 14), _figure(lambda s: s.late_works)),
    Column(12, Heading("单位类型", 12), lambda line: line.profile_label),
    Column(13, Heading("统一社会信用代码", 22), lambda line: line.unit.credit_code),
    Column(14, Heading("开通日期", 12), lambda line: _beijing(line.unit.opened_at)),
)


def content(
    lines: Iterable[Line], *, hidden: Collection[str], as_of: dt.datetime | None, now: dt.datetime
) -> bytes:
    """The file; ``hidden`` are numbers of columns of the list.  The sheet is named after the
    moment of its figures.
    """
    left_out = {*hidden} if registry.others() else {*hidden, "15"}
    columns = [column for column in COLUMNS if str(column.number) not in left_out]
    moment = (as_of or now).astimezone(BEIJING)
    rows = ([column.value(line) for column in columns] for line in lines)
    with Workbook() as book:
        headings = [column.heading for column in columns]
        book.add_sheet(f"截至 {moment:%Y-%m-%d %H%M}", rows, headings=headings)
    return book.content()
