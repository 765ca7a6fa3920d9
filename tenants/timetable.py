"""Which work comes again for every unit, how often, and how dear it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from kernel.unit import Purpose
from tenants.models import SERVING


@dataclass(frozen=True)
class Cost:
    """How a class of work is shared out; its name is the name of its queue.

    ``batch`` rows per claim, at most ``per_unit`` of one unit at a time, ``messages`` per tick;
    a claim lasts ``lease`` from the moment at which the row is begun.
    """

    batch: int
    per_unit: int
    messages: int
    lease: dt.timedelta


COSTS: Final = {
    "default": Cost(batch=50, per_unit=2, messages=2, lease=dt.timedelta(minutes=2)),
    "bulk": Cost(batch=50, per_unit=1, messages=1, lease=dt.timedelta(minutes=10)),
    "export": Cost(batch=1, per_unit=1, messages=1, lease=dt.timedelta(hours=1)),
}


class Body(Protocol):
    """What is done for one unit.  It may be done again after a crash, so it must bear that."""

    __module__: str
    __qualname__: str

    def __call__(self, *, unit_id: UUID, now: dt.datetime) -> object: ...


@dataclass(frozen=True)
class Work:
    """A registered work.  ``label`` is what operators read; ``purpose`` None means that the body
    starts on the shared tables and enters the unit itself.
    """

    name: str
    label: str
    body: Body
    seconds: int
    cost: str
    states: tuple[str, ...]
    purpose: Purpose | None
    opens_at: int
    window: int


_works: dict[str, Work] = {}


def every_unit(  # noqa: PLR0913 - one call says all there is to a work
    body: Body,
    *,
    label: str,
    seconds: int,
    cost: str = "bulk",
    states: Iterable[str] = SERVING,
    purpose: Purpose | None = Purpose.WORK,
    opens_at: int = 0,
    window: int | None = None,
    name: str = "",
) -> Work:
    """Has ``body`` done for every unit in one of ``states``, once in each period of ``seconds``.

    Periods are counted from the epoch; ``opens_at`` shifts their beginning and ``window`` is the
    part of the period, from its beginning, over which the units are spread (all of it when not
    given), in seconds.  Call it in ``AppConfig.ready``.
    """
    window = window or seconds
    if cost not in COSTS or not 0 < window <= seconds:
        raise ValueError(f"{cost} is no class of work or {window} s no part of {seconds} s")
    name = name or f"{body.__module__.rpartition('.')[2]}.{body.__qualname__}"
    work = Work(
        name, label, body, seconds, cost, tuple(states), purpose, opens_at % seconds, window
    )
    if _works.setdefault(name, work) != work:
        raise ValueError(f"two works are called {name}")
    return work


def registered() -> dict[str, Work]:
    return dict(_works)
