"""When the pool settles: pure rules of rulebook 10.2, days in Beijing.

Cycle D closes at 24:00 and is sent the next working day; M closes on the last day of the month and
Q on 31 March, 30 June, 30 September and 31 December, both sent on the first working day after.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from typing import NamedTuple

from shared_apps.rules.selectors.working_days import Calendar
from shared_apps.settlement.models import Cycle

_ONE = dt.timedelta(days=1)
_MONTHS = {Cycle.MONTH: 1, Cycle.QUARTER: 3}


class Period(NamedTuple):
    """What one settlement covers, both days included."""

    first: dt.date
    last: dt.date


def period_of(day: dt.date, cycle: Cycle) -> Period:
    """The period of a cycle in which a day lies."""
    if cycle == Cycle.DAY:
        return Period(day, day)
    span = _MONTHS[cycle]
    begins = (day.month - 1) // span * span + 1
    ends = begins + span - 1
    return Period(
        day.replace(month=begins, day=1),
        day.replace(month=ends, day=monthrange(day.year, ends)[1]),
    )


def last_closed(day: dt.date, cycle: Cycle) -> dt.date:
    """The last day of the newest period that has closed before a day."""
    return period_of(day, cycle).first - _ONE


def send_day(period: Period, calendar: Calendar) -> dt.date:
    """The first working day after a period."""
    return calendar.add(period.last, 1).day


def next_start(day: dt.date, cycle: Cycle | None) -> dt.date:
    """From when a change asked for on a day counts: the next period of the cycle in force.

    Without a cycle (the pool does not settle the unit) it is the next day.
    """
    return (day if cycle is None else period_of(day, cycle).last) + _ONE


def cut_off(day: dt.date, cycle: Cycle, effective_on: dt.date) -> dt.date:
    """Up to which business day a batch of a working day settles, under terms in force from
    ``effective_on``.  What closed under the terms before is settled too: those always end with a
    period of theirs, the day before.
    """
    return max(last_closed(day, cycle), effective_on - _ONE)
