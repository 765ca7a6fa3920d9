"""The tables as a workbook, one sheet each, and the list behind a number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.permissions import require
from kernel.sheets.writing import Heading, Value, Workbook, csv_lines, width_of
from kernel.unit import Purpose, current_unit_id, unit_context
from tenant_apps.audit.services import record
from tenant_apps.insight.models import Snapshot
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors import checks
from tenant_apps.insight.selectors.people import CellOf, Person, Place, people_after, people_in
from tenant_apps.insight.selectors.reports import sheets
from tenant_apps.insight.selectors.sheets import Sheet
from tenant_apps.insight.selectors.snapshots import Spot, is_trial
from tenant_apps.insight.selectors.tables import table

MOST_IN_WORKBOOK: Final = 5_000
"""People up to which a list is a workbook; a longer one leaves line by line as CSV, whole."""
_PIECE: Final = 2_000
_MARKS: Final = {"ok": "平", "late": "不平", "open": "待核"}


@transaction.atomic
def tables_as_workbook(
    *, snapshot: Snapshot, spot: Spot, number: int | None, actor: Actor, now: dt.datetime
) -> bytes:
    """One table, or all fifteen with their audit.  What was taken away is recorded.

    Raises UnknownTable.
    """
    require(actor, InsightPermission.EXPORT)
    filled = sheets(snapshot, spot.ground)
    if number is not None:
        filled = {number: filled[table(number).number]}
    with Workbook() as book:
        for one in filled.values():
            _add(book, one, snapshot, spot)
        if number is None:
            _add_checks(book, filled)
    record(
        "statistics.exported",
        actor=actor, now=now, subject_type="statistics", subject_id=snapshot.pk,
        tables=sorted(filled), org=str(spot.id),
    )  # fmt: skip
    return book.content()


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """The list behind a number on its way out: a workbook, or the lines of a CSV."""

    name: str
    content: bytes | Iterator[bytes]


@transaction.atomic
def people_file(
    *, snapshot: Snapshot, spot: Spot, cell: CellOf, actor: Actor, now: dt.datetime
) -> PeopleFile:
    """All people of a cell, masked as on the page.  What was taken away is recorded.

    Beyond MOST_IN_WORKBOOK the file is written while it is sent: the figures are frozen, so that
    its pieces fit together however long that takes.
    """
    require(actor, InsightPermission.EXPORT)
    people, total = people_in(actor, cell, spot.ground, most=MOST_IN_WORKBOOK)
    record(
        "statistics.people_exported",
        actor=actor, now=now, subject_type="statistics", subject_id=snapshot.pk,
        table=cell.table.number, row=cell.row.key, column=cell.column.key, org=str(spot.id),
        count=total,
    )  # fmt: skip
    name = f"{snapshot.label}-表{cell.table.number}-名单".replace(" ", "")
    if total > MOST_IN_WORKBOOK:
        headings = [heading.text for heading in _headings(cell)]
        rows = chain([headings], _rows_of(_all_people(actor, cell, spot, current_unit_id())))
        return PeopleFile(f"{name}.csv", csv_lines(rows))
    with Workbook() as book:
        book.add_sheet(f"表{cell.table.number}", _rows_of(people), headings=_headings(cell))
    return PeopleFile(f"{name}.xlsx", book.content())


def _all_people(actor: Actor, cell: CellOf, spot: Spot, unit_id: UUID) -> Iterator[Person]:
    """Piece by piece; each enters the unit anew, as the request that began is over."""
    last: Place | None = None
    while True:
        with unit_context(unit_id, for_=Purpose.KEPT_OPEN):
            people, last = people_after(actor, cell, spot.ground, last=last, most=_PIECE)
        yield from people
        if last is None:
            return


def _headings(cell: CellOf) -> list[Heading]:
    name = "党组织" if cell.is_of_organizations else "姓名"
    return [
        Heading(name, 12), Heading("身份证号（已脱敏）", 22), Heading("统计时所在组织", 36),
        Heading("类别", 10), Heading("性别", 6), Heading("统计年龄", 10), Heading("入党日期", 12),
        Heading("党龄（年）", 10), Heading("情况", 24),
    ]  # fmt: skip


def file_name(snapshot: Snapshot, spot: Spot, number: int | None) -> str:
    """What the download is called."""
    part = "统计表" if number is None else f"表{number}"
    return f"{spot.name}-{snapshot.label.replace(' ', '')}-{part}.xlsx"


def signatures(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What stands under every table (rulebook 7.2)."""
    filed = snapshot.filed_at.astimezone(BEIJING) if snapshot.filed_at else None
    return [
        ("负责人", snapshot.filed_by_name),
        ("填表人", snapshot.submitted_by_name),
        ("报出时间", f"{filed:%Y-%m-%d %H:%M}" if filed else ""),
    ]


def _add(book: Workbook, sheet: Sheet, snapshot: Snapshot, spot: Spot) -> None:
    one = sheet.table
    headings = [Heading(one.row_heading, width_of([row.label for row in one.rows], most=48))]
    headings += [
        Heading(f"{column.group}：{column.label}" if column.group else column.label, 12)
        for column in one.columns
    ]
    book.add_sheet(f"表{one.number} {one.title}", _rows(sheet, snapshot, spot), headings=headings)


def _rows(sheet: Sheet, snapshot: Snapshot, spot: Spot) -> Iterator[Sequence[Value]]:
    for row, cells in sheet.lines():
        yield ["　" * row.indent + row.label, *(cell.value for _, cell in cells)]
    yield []
    yield ["统计范围", f"{spot.name}（含下级）"]
    yield ["统计年度", snapshot.label]
    yield ["截止日", snapshot.as_of]
    taken = snapshot.taken_at.astimezone(BEIJING) if snapshot.taken_at else None
    yield ["采集时间", f"{taken:%Y-%m-%d %H:%M}{'（试算）' if is_trial(snapshot) else ''}"]
    yield ["计量单位", sheet.table.unit]
    yield ["说明", sheet.table.basis]
    for label, value in signatures(snapshot):
        yield [label, value]


def _add_checks(book: Workbook, filled: dict[int, Sheet]) -> None:
    rows = (
        [f"表 {check.table}", check.title, check.left, check.right, _MARKS[check.mark], check.text]
        for check in checks.all_checks(filled)
    )
    headings = [Heading("表号", 8), Heading("审核", 30), Heading("左方", 10), Heading("右方", 10),
                Heading("结果", 8), Heading("说明", 60)]  # fmt: skip
    book.add_sheet("审核", rows, headings=headings)


def _rows_of(people: Iterable[Person]) -> Iterator[Sequence[Value]]:
    genders = {1: "男", 2: "女"}
    for one in people:
        kind = "预备党员" if one.is_probationary else "正式党员"
        gender = genders.get(one.gender, "未登记")
        yield [
            one.name or "（已不在管理范围内）", one.identity_masked, one.org_name,
            "" if one.is_organization else kind, "" if one.is_organization else gender,
            one.age, one.joined_on, one.party_years, one.what,
        ]  # fmt: skip
