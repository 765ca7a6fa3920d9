"""The clock.  Views and jobs read it; services are given what they need of it."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from .errors import Invalid

BEIJING = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """This moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The calendar day in Beijing, by which every date of the domain is meant."""
    return now().astimezone(BEIJING).date()


def day_of(moment: dt.datetime) -> dt.date:
    """The Beijing calendar day on which ``moment`` falls."""
    return moment.astimezone(BEIJING).date()


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many calendar months on (or back), the last one where that month is
    shorter: 31 January + 1 is 28 or 29 February (rulebook 0.2 rule 10).
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class NotAMonth(Invalid):
    code = "not_a_month"
    sentence = "「{text}」不是有效的月份，请按 2026-11 的格式填写。"


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month; ``value`` is YYYYMM, the form in which bills store it."""

    value: int

    def __post_init__(self) -> None:
        if not (190001 <= self.value <= 299912 and 1 <= self.value % 100 <= 12):
            raise NotAMonth(text=self.value)

    @classmethod
    def of(cls, day: dt.date) -> Month:
        return cls(day.year * 100 + day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Reads ``2026-11``, ``2026/11`` or ``202611``; raises NotAMonth."""
        found = re.fullmatch(r"\s*(\d{4})\D?(\d{1,2})\s*", text)
        if not found:
            raise NotAMonth(text=text)
        return cls(int(found[1]) * 100 + int(found[2]))

    @property
    def year(self) -> int:
        return self.value // 100

    @property
    def number(self) -> int:
        return self.value % 100

    @property
    def label(self) -> str:
        return f"{self.year} 年 {self.number} 月"

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.number, 1)

    @property
    def last_day(self) -> dt.date:
        return dt.date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    def __add__(self, months: int) -> Month:
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12 * 100 + index % 12 + 1)

    def __sub__(self, months: int) -> Month:
        return self + -months

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"
