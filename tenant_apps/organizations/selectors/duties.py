"""What waits for somebody: the work lists that every app adds to the first page of the desk.

A duty is computed when it is asked for, from dates and states: nothing is stored, so that it is
gone the moment the work is done, and never there twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from kernel.actor import Actor


class Urgency(IntEnum):
    """How much it presses: overdue, soon due, to be done."""

    OVERDUE = 0
    SOON = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Duty:
    """So many things of one sort wait; ``url`` opens their list, ``due_on`` is the first day."""

    text: str
    count: int
    url: str
    urgency: Urgency = Urgency.OPEN
    due_on: dt.date | None = None


class DutyProvider(Protocol):
    """An app's part of the work list, within the sub-trees of ``actor``."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]: ...


_providers: list[DutyProvider] = []


def register_duties(provider: DutyProvider) -> None:
    """Adds an app's work to the first page; called once, in ``AppConfig.ready``."""
    _providers.append(provider)


def duties_for(actor: Actor, *, today: dt.date) -> list[Duty]:
    """Everything that waits for ``actor``, the most pressing first, then by day."""
    found = [duty for one in _providers for duty in one.duties(actor, today=today) if duty.count]
    return sorted(found, key=lambda duty: (duty.urgency, duty.due_on or dt.date.max))
