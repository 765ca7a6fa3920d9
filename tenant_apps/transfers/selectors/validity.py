"""How long a letter is good for (rulebook 3.1 item 6, 3.3).  Pure functions."""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel.errors import Invalid

MOST_DAYS: Final = 90
REMIND_DAYS: Final = (30, 15, 7)
"""Days before the last one on which a letter turns amber, and more so (rulebook 13A)."""


class ValidityNotAllowed(Invalid):
    code = "transfer_validity_not_allowed"
    sentence = "介绍信有效期应为 1 至 {most} 天。"


def last_day(issued_on: dt.date, days: int) -> dt.date:
    """The last day of a letter: issued on 15 August for 90 days, 13 November.

    Raises ValidityNotAllowed.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValidityNotAllowed(most=MOST_DAYS)
    return issued_on + dt.timedelta(days=days)


def days_left(valid_until: dt.date, today: dt.date) -> int:
    """Nought on the last day, negative after it."""
    return (valid_until - today).days


def warning(valid_until: dt.date | None, today: dt.date) -> int | None:
    """The step of REMIND_DAYS that is reached, 0 when the letter has run out, None before."""
    if valid_until is None:
        return None
    left = days_left(valid_until, today)
    if left < 0:
        return 0
    return min((step for step in REMIND_DAYS if left <= step), default=None)
