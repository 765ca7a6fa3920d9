"""Working days by the calendars of the State Council (rulebook 0.2 rule 10).

A year whose calendar is not loaded counts Monday to Friday, and whatever was counted through it
is provisional: its holidays may still move the end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from shared_apps.rules.models import RulePack

_ONE: Final = dt.timedelta(days=1)
_FRIDAY: Final = 4


class Counted(NamedTuple):
    """The day reached, and whether a year on the way has no calendar yet."""

    day: dt.date
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """Holidays and the weekends worked to make up for them, of the years that are known."""

    years: frozenset[int]
    holidays: frozenset[dt.date]
    worked: frozenset[dt.date]

    def is_working(self, day: dt.date) -> bool:
        if day in self.holidays:
            return False
        return day in self.worked or day.weekday() <= _FRIDAY

    def add(self, day: dt.date, count: int) -> Counted:
        """The ``count``-th working day after ``day``, which is not counted itself."""
        is_provisional = False
        while count > 0:
            day += _ONE
            is_provisional = is_provisional or day.year not in self.years
            count -= self.is_working(day)
        return Counted(day, is_provisional)

    def last_of(self, start: dt.date, count: int) -> Counted:
        """The day on which ``count`` working days from ``start`` on are full, ``start`` counted
        where it is one; ``start`` itself for none.
        """
        if count <= 0:
            return Counted(start, is_provisional=False)
        ends, is_provisional = self.add(start - _ONE, count)
        return Counted(ends, is_provisional)


def add(day: dt.date, count: int) -> Counted:
    """``Calendar.add`` by the calendars that are loaded."""
    return calendar().add(day, count)


def last_of(start: dt.date, count: int) -> Counted:
    """``Calendar.last_of`` by the calendars that are loaded: a notice of five working days from
    Thursday 2026-11-12 ends on Wednesday 2026-11-18.
    """
    return calendar().last_of(start, count)


def calendar() -> Calendar:
    """All years that are loaded, as one calendar."""
    loaded = _calendar()
    if not loaded.years:  # asked before the first ``setup``: do not remember that
        forget()
    return loaded


def forget() -> None:
    """Drops what this process remembers; for the service that stores packs."""
    _calendar.cache_clear()


@lru_cache(maxsize=1)
def _calendar() -> Calendar:
    rows = RulePack.objects.filter(code="calendar").values_list("content", flat=True)
    return merged(read_calendar(content) for content in rows)


def merged(calendars: Iterable[Calendar]) -> Calendar:
    """Several years as one."""
    parts = list(calendars)
    return Calendar(
        frozenset().union(*(part.years for part in parts)),
        frozenset().union(*(part.holidays for part in parts)),
        frozenset().union(*(part.worked for part in parts)),
    )


def read_calendar(content: Mapping[str, Any]) -> Calendar:
    """Turns a pack file into the object; a malformed file raises KeyError or ValueError."""
    day = dt.date.fromisoformat
    holidays = [one for entry in content["holidays"] for one in _span(entry)]
    return Calendar(
        frozenset({int(content["version"])}),
        frozenset(holidays),
        frozenset(day(text) for text in content["workdays"]),
    )


def _span(entry: Mapping[str, Any]) -> list[dt.date]:
    first, last = (dt.date.fromisoformat(entry[key]) for key in ("from", "to"))
    return [first + _ONE * number for number in range((last - first).days + 1)]
