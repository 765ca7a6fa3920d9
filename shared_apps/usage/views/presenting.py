"""How figures are put into lines, bars and months for the pages and the workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from kernel.clock import Month
from shared_apps.usage.selectors import By, Day, Place, named

SIZES: Final = (20, 50, 100)
_PREFIX: Final = {By.PROVINCE: 2, By.CITY: 4}
SORTS: Final[Mapping[str, Callable[[Place], Any]]] = {
    "place": lambda place: place.key,
    "units": lambda place: place.together.units,
    "organizations": lambda place: place.together.organizations,
    "members": lambda place: place.together.members.over_a_place,
    "activated": lambda place: place.together.activated.over_a_place,
    "due": lambda place: place.together.due_fen,
    "paid": lambda place: place.together.paid_fen,
    "acts": lambda place: place.acts.all,
    "storage": lambda place: place.together.storage_bytes,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a drawing: the words a reader hears and the height to draw."""

    label: str
    text: str
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure over time; ``is_money`` values are fen."""

    key: str
    label: str
    unit: str
    bars: list[Bar]
    sum: int
    is_money: bool = False

    @property
    def peak(self) -> int:
        return max([bar.value for bar in self.bars], default=0)

    @property
    def width(self) -> int:
        return len(self.bars) * 10


@dataclass(frozen=True, slots=True)
class Line:
    """A place as a row of the table."""

    place: Place
    label: str
    fleet_url: str


def lines(found: Sequence[Place], *, by: By, sort: str) -> list[Line]:
    """By a key of SORTS, ``-`` in front for descending; the most units first otherwise."""
    key = SORTS.get(sort.removeprefix("-"))
    ordered = sorted(found, key=key, reverse=sort.startswith("-")) if key else found
    return [Line(one, named(one, by), _fleet_url(one, by)) for one in ordered]


def by_month(days: Sequence[Day]) -> list[Day]:
    """Days added up to months; days whose people are not shown are in no month."""
    months = groupby(days, key=lambda day: Month.of(day.day))
    return [_added(month, list(group)) for month, group in months]


def charts(series: Sequence[Day], *, monthly: bool) -> list[Chart]:
    """Four figures, each a drawing of its own: they share the days, not the scale."""
    return [
        _chart("acts", "业务办理", "次", series, monthly, acts_of),
        _chart("paid", "党费交纳", "元", series, monthly, lambda day: day.paid_fen, is_money=True),
        _chart("activated", "新激活党员", "人", series, monthly, lambda day: day.activated),
        _chart("opened", "新开通单位", "家", series, monthly, lambda day: day.opened),
    ]


def acts_of(day: Day) -> int:
    """Acts of business on a day; activations are counted where they may be shown."""
    return day.imports + day.payments + day.sign_ins + (day.activated or 0)


def period(day: dt.date, *, monthly: bool) -> str:
    return f"{day:%Y-%m}" if monthly else f"{day:%m-%d}"


def _chart(
    key: str,
    label: str,
    unit: str,
    series: Sequence[Day],
    monthly: bool,
    value_of: Callable[[Day], int | None],
    *,
    is_money: bool = False,
) -> Chart:
    bars = [
        Bar(period(day.day, monthly=monthly), _text(value_of(day), is_money), value_of(day) or 0)
        for day in series
    ]
    return Chart(key, label, unit, bars, sum(bar.value for bar in bars), is_money)


def _text(value: int | None, is_money: bool) -> str:
    if value is None:
        return "不足 5 人"
    return f"{value / 100:,.2f}" if is_money else f"{value:,}"


def _added(month: Month, days: Sequence[Day]) -> Day:
    return Day(
        month.first_day,
        opened=sum(day.opened for day in days),
        members=sum(day.members or 0 for day in days),
        activated=sum(day.activated or 0 for day in days),
        imports=sum(day.imports for day in days),
        bills=sum(day.bills for day in days),
        payments=sum(day.payments for day in days),
        sign_ins=sum(day.sign_ins for day in days),
        due_fen=sum(day.due_fen for day in days),
        paid_fen=sum(day.paid_fen for day in days),
    )


def _fleet_url(place: Place, by: By) -> str:
    """The units themselves, in the fleet page."""
    if by is By.BRANCH:
        return f"/fleet/?{urlencode({'branch': place.key})}" if place.key else ""
    return f"/fleet/?{urlencode({'region': place.key[: _PREFIX[by]]})}"
