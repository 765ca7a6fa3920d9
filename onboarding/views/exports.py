"""Workbooks that people take away from the console."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import quote

from django.http import HttpResponse

from kernel.clock import BEIJING
from kernel.sheets.writing import Heading, Value, Workbook
from onboarding.services.overview import Line
from tenants.models import UnitState

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEADINGS = (
    Heading("单位", 28), Heading("统一社会信用代码", 22), Heading("单位类型", 12),
    Heading("地区", 20), Heading("状态", 8),
    Heading("卡在", 16), Heading("自", 18), Heading("负责人", 12), Heading("经办行", 20),
    Heading("协议到期", 12), Heading("组织", 8), Heading("党员", 8), Heading("已激活", 8),
    Heading("本月应交（元）", 14), Heading("本月已交（元）", 14), Heading("累计已交（元）", 14),
)  # fmt: skip


def attachment(content: bytes, filename: str, content_type: str = XLSX) -> HttpResponse:
    """A download with a Chinese file name."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response["Cache-Control"] = "no-store"
    return response


def units_workbook(lines: Iterable[Line], *, today: dt.date) -> HttpResponse:
    """The list of units; counts of people under five stay blank."""
    with Workbook() as book:
        book.add_sheet("共建单位", (_row(line) for line in lines), headings=_HEADINGS)
    return attachment(book.content(), f"共建单位-{today:%Y%m%d}.xlsx")


def _row(line: Line) -> list[Value]:
    unit, opening, figures = line.unit, line.opening, line.figures
    words = line.standing.words
    return [
        unit.name, unit.credit_code, unit.get_profile_display(), line.region,
        UnitState(unit.state).label,
        words.label if words else "", line.standing.since.astimezone(BEIJING),
        opening.officer_name, unit.bank_branch, opening.agreement_ends_on,
        figures.organizations, figures.shown_members, figures.shown_activated,
        _yuan(figures.shown_month_due_fen), _yuan(figures.shown_month_paid_fen),
        None if figures.is_few else _yuan(figures.paid_fen),
    ]  # fmt: skip


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100
