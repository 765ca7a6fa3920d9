"""Time inside the simulated channel: the merchant's clock, and days that run ahead of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def wall_clock() -> datetime:
    return datetime.now(tz=UTC)


class ScaledClock:
    """Two times: `now`, which merchants share, and `virtual`, by which the channel waits.

    Waiting times are divided by a scale: with scale 1440 the retry schedule of a day passes in a
    minute.  `ahead` is by how much the channel's days have been moved on (`days.Days`): callbacks
    come due, refunds end and bills are made by `virtual`.  Signatures, payments and time limits
    must carry moments that the merchant knows, so `now` is the wall's, unless the channel `leads`:
    then the merchant goes by this very clock, and every moment is virtual.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = wall_clock,
        scale: float = 1.0,
        *,
        leads: bool = False,
    ) -> None:
        self._wall = wall
        self.scale = scale
        self.leads = leads
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self.virtual() if self.leads else self._wall()

    def virtual(self) -> datetime:
        return self._wall() + self.ahead

    def today(self) -> date:
        """The channel's day."""
        return self.virtual().astimezone(BEIJING).date()

    def lasting(self, seconds: float) -> timedelta:
        """How long so many seconds of a schedule last."""
        return timedelta(seconds=seconds / self.scale)

    def after(self, seconds: float) -> datetime:
        """When so many seconds of a schedule will have passed, in virtual time."""
        return self.virtual() + self.lasting(seconds)


def stamp(moment: datetime) -> str:
    """RFC 3339 in Beijing time, whole seconds, as the channel prints moments."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")
