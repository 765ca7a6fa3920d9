"""Figures and corrections as workbooks."""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import quote

from django.http import HttpResponse

from kernel.clock import BEIJING
from kernel.sheets.writing import Heading, Value, Workbook
from shared_apps.usage import selectors
from shared_apps.usage.selectors import Day, Span
from shared_apps.usage.selectors.places import LABELS
from shared_apps.usage.views import presenting
from shared_apps.usage.views.presenting import Line

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MIB: Final = 1024 * 1024
_OF_DAYS: Final = (
    Heading("日期", 12),
    Heading("新开通单位", 12),
    Heading("党员增减", 10),
    Heading("新激活党员", 12),
    Heading("名册导入", 10),
    Heading("账单", 10),
    Heading("交费笔数", 10),
    Heading("党员登录", 10),
    Heading("出账金额（元）", 16),
    Heading("交纳金额（元）", 16),
)
_OF_PLACES: Final = (
    Heading("单位", 8),
    Heading("其中已开通", 10),
    Heading("党组织", 10),
    Heading("党员", 10),
    Heading("已激活", 10),
    Heading("应交（元）", 16),
    Heading("已交（元）", 16),
    Heading("业务办理", 10),
    Heading("存储（MB）", 14),
)


def figures(span: Span, *, now: dt.datetime) -> HttpResponse:
    """Key figures, every day, every place in three ways; the suppression is the page's."""
    together = selectors.everything(span)
    as_of = selectors.as_of()
    with Workbook() as book:
        book.add_sheet(
            "合计",
            [
                ["统计区间", f"{span.first} 至 {span.last}"],
                ["数据截至", as_of.astimezone(BEIJING) if as_of else None],
                ["共建单位", together.units],
                ["其中已开通", together.serving],
                ["党组织", together.organizations],
                ["党员", together.members.over_everything],
                ["已激活", together.activated.over_everything],
                ["未计入合计的单位（党员少于 5 人）", together.members.left_out],
                ["应交（元）", together.all_due_fen / 100],
                ["已交（元）", together.all_paid_fen / 100],
                ["存储（MB）", round(together.storage_bytes / _MIB, 1)],
            ],
            headings=[Heading("项目", 34), Heading("数值", 28)],
        )
        days = selectors.by_day(span, few_units=together.members.hidden_units)
        book.add_sheet("按日", [_day(day) for day in days], headings=_OF_DAYS)
        for by, label in LABELS.items():
            lines = presenting.lines(selectors.places(by, span), by=by, sort="")
            book.add_sheet(
                f"按{label}",
                [_place(line) for line in lines],
                headings=[Heading(label, 28), *_OF_PLACES],
            )
    response = HttpResponse(book.content(), content_type=XLSX)
    name = quote(f"用量与汇总-{now.astimezone(BEIJING):%Y%m%d}.xlsx")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Cache-Control"] = "no-store"
    return response


def _day(day: Day) -> list[Value]:
    return [
        day.day, day.opened, day.members, day.activated, day.imports, day.bills, day.payments,
        day.sign_ins, day.due_fen / 100, day.paid_fen / 100,
    ]  # fmt: skip


def _place(line: Line) -> list[Value]:
    together = line.place.together
    return [
        line.label, together.units, together.serving, together.organizations,
        together.members.over_a_place, together.activated.over_a_place,
        together.due_fen / 100, together.paid_fen / 100, line.place.acts.all,
        round(together.storage_bytes / _MIB, 1),
    ]  # fmt: skip
