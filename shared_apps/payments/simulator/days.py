"""Virtual days: the simulated channels and their bank live through days in a moment.

    days = Days(core, front)        # in one process; over HTTP: POST /_sim/day {"days": 1}
    days.advance(1)                 # or days.advance_to(date(2026, 11, 25))

On the way every callback that comes due is delivered at its own virtual time and repeated by its
channel's schedule, so that a day and a night of retries pass in the call; refunds end; afterwards
the bills of the days gone by are there, and the bank shows what it returned three days later.
Days only go forward, and are not forgotten over a restart.

Merchants whose clock stays behind hear of no moment that is still to come for them: their payments
are dated by their clock, and what the bank did meanwhile stands under their today.  Where both
sides run in one process, a clock that `leads` takes the merchant along:

    clock = ScaledClock(leads=True); kernel.clock.now is then to be clock.now
"""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Final

from shared_apps.payments.simulator.clock import BEIJING, stamp
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.front import FrontMachine

MOST_AT_ONCE: Final = 400
_KEPT: Final = "ahead_seconds"


class Days:
    """Moves the days of one simulator; `turn` is held while it does, and by its courier."""

    def __init__(self, core: GatewayCore, front: FrontMachine | None = None) -> None:
        self._core = core
        self._front = front
        self.turn = threading.RLock()
        core.clock.ahead = timedelta(seconds=core.books.kept_number(_KEPT))

    @property
    def today(self) -> date:
        """The channel's day."""
        return self._core.clock.today()

    def advance(self, days: int) -> int:
        """Lets so many days go by, to the same hour; returns how many deliveries there were.

        Raises ValueError for less than none and for more than MOST_AT_ONCE.
        """
        if not 0 <= days <= MOST_AT_ONCE:
            raise ValueError("days go forward, and not so many at once")
        with self.turn:
            clock = self._core.clock
            target = clock.ahead + timedelta(days=days)
            delivered = self._deliver_until(clock.virtual() + timedelta(days=days))
            self._stand_at(max(target, clock.ahead))
            if self._front is not None and not clock.leads:
                self._front.books.move_ahead(days)
            self._core.books.note(stamp(clock.now()), "day", today=str(self.today), days=days)
        return delivered

    def advance_to(self, day: date) -> int:
        """As `advance`, until it is `day`; nothing happens when it is that day or later."""
        with self.turn:
            return self.advance(max((day - self.today).days, 0))

    def deliver_due(self) -> int:
        """What the courier does: never while the days are being moved."""
        with self.turn:
            return self._core.callbacks.deliver_due()

    def _deliver_until(self, end: datetime) -> int:
        delivered = 0
        while (due := self._next_due(end)) is not None:
            clock = self._core.clock
            self._stand_at(max(clock.ahead, clock.ahead + (due - clock.virtual())))
            delivered += self._core.callbacks.deliver_due()
        return delivered

    def _next_due(self, end: datetime) -> datetime | None:
        (row,) = self._core.books.rows(
            "SELECT min(due_at) AS at FROM callbacks WHERE due_at <= ?", end.timestamp()
        )
        return None if row["at"] is None else datetime.fromtimestamp(row["at"], tz=BEIJING)

    def _stand_at(self, ahead: timedelta) -> None:
        """Keeps whole seconds, rounded up: what has come due stays due."""
        seconds = -(-ahead // timedelta(seconds=1))
        self._core.clock.ahead = timedelta(seconds=seconds)
        self._core.books.keep_number(_KEPT, seconds)
