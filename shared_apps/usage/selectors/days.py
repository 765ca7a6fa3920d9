"""Figures by day: spans of days to ask for, and what happened on each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Count
from django.db.models.functions import TruncDate

from kernel.clock import BEIJING, Month, NotAMonth
from shared_apps.usage.models import PlaceDay, PlaceKind
from shared_apps.usage.selectors.freshness import as_of_last_drain
from shared_apps.usage.selectors.suppression import money_over_everything, shown
from tenants import selectors as directory

DAYS: Final[Mapping[str, int]] = {"7": 7, "30": 30, "90": 90}
USUAL: Final = "30"
YEAR: Final = "12m"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``.  Dues belong to months: to ``month``, the last one, or to
    every month of the span when it was asked for in months.
    """

    key: str
    first: dt.date
    last: dt.date

    @property
    def is_months(self) -> bool:
        return self.key not in DAYS

    @property
    def month(self) -> Month:
        return Month.of(self.last)

    @property
    def first_month(self) -> Month:
        """The first month whose dues are meant."""
        return Month.of(self.first) if self.is_months else self.month

    @property
    def begins_at(self) -> dt.datetime:
        return dt.datetime.combine(self.first, dt.time(), BEIJING)

    @property
    def ends_at(self) -> dt.datetime:
        return dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time(), BEIJING)

    @property
    def days(self) -> list[dt.date]:
        return [
            self.first + dt.timedelta(days=number)
            for number in range((self.last - self.first).days + 1)
        ]


def span_of(key: str, *, today: dt.date, month: Month | None = None) -> Span:
    """``7``, ``30``, ``90`` days until today, ``12m``, or one ``month``; 30 days otherwise."""
    if month is not None:
        return Span(str(month), month.first_day, min(month.last_day, max(today, month.first_day)))
    if key == YEAR:
        return Span(YEAR, (Month.of(today) - 11).first_day, today)
    key = key if key in DAYS else USUAL
    return Span(key, today - dt.timedelta(days=DAYS[key] - 1), today)


def span_asked_for(given: Mapping[str, str], *, today: dt.date) -> Span:
    """``month=2026-10`` or ``range=90`` of an address; anything else is thirty days."""
    try:
        month = Month.parse(given.get("month", ""))
    except NotAMonth:
        return span_of(given.get("range", ""), today=today)
    return span_of("", today=today, month=min(month, Month.of(today)))


@dataclass(frozen=True, slots=True)
class Day:
    """All units on one day; ``members`` is None where fewer than five people came or went."""

    day: dt.date
    opened: int = 0
    members: int | None = 0
    activated: int | None = 0
    imports: int = 0
    bills: int = 0
    payments: int = 0
    sign_ins: int = 0
    due_fen: int = 0
    paid_fen: int = 0


def by_day(span: Span, *, few_units: int) -> list[Day]:
    """Every day of ``span``, also those on which nothing happened; ``few_units`` have so few
    members that their money counts only in a crowd.  As of the last drain.
    """
    name = f"days:{span.key}:{span.last}:{few_units}"
    found: list[Day] = as_of_last_drain(name, lambda: _days(span, few_units))
    return found


def _days(span: Span, few_units: int) -> list[Day]:
    rows = {
        row.day: row
        for row in PlaceDay.objects.filter(
            kind=PlaceKind.EVERYWHERE, day__range=(span.first, span.last)
        )
    }
    opened = _opened(span)
    return [_day(day, rows.get(day), opened.get(day, 0), few_units) for day in span.days]


def _opened(span: Span) -> dict[dt.date, int]:
    """Units by the day on which they began to answer, whatever became of them."""
    began = directory.all_units().filter(opened_at__gte=span.begins_at, opened_at__lt=span.ends_at)
    days = began.order_by().annotate(day=TruncDate("opened_at", tzinfo=BEIJING)).values("day")
    return {row["day"]: row["n"] for row in days.annotate(n=Count("id"))}


def _day(day: dt.date, row: PlaceDay | None, opened: int, few_units: int) -> Day:
    if row is None:
        return Day(day, opened)
    return Day(
        day=day,
        opened=opened,
        members=None if shown(abs(row.members)) is None else row.members,
        activated=shown(row.activated),
        imports=row.imports,
        bills=row.bills,
        payments=row.payments,
        sign_ins=row.sign_ins,
        due_fen=money_over_everything(
            shown_fen=row.due_fen, hidden_fen=row.few_due_fen, hidden_units=few_units
        ),
        paid_fen=money_over_everything(
            shown_fen=row.paid_fen, hidden_fen=row.few_paid_fen, hidden_units=few_units
        ),
    )
