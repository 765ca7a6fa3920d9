"""Time inside the simulated channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def wall_clock() -> datetime:
    return datetime.now(tz=UTC)


class ScaledClock:
    """The wall clock, with waiting times divided by a scale.

    Signatures must carry real moments, so `now` is never distorted; only `after` is: with scale
    1440 the retry schedule of a day passes in a minute.
    """

    def __init__(self, wall: Callable[[], datetime] = wall_clock, scale: float = 1.0) -> None:
        self._wall = wall
        self.scale = scale

    def now(self) -> datetime:
        return self._wall()

    def after(self, seconds: float) -> datetime:
        return self.now() + timedelta(seconds=seconds / self.scale)


def stamp(moment: datetime) -> str:
    """RFC 3339 in Beijing time, whole seconds, as the channel prints moments."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")
