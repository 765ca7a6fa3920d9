"""What the unit's own apps do when an access changed: they stand above this one.

Told in the transaction of the change: a change that cannot be written down does not happen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Told:
    """``code`` is what the unit's record will call it."""

    unit_id: UUID
    access_id: UUID
    code: str
    actor: Actor
    now: dt.datetime
    data: dict[str, Any] = field(default_factory=dict)


class Listener(Protocol):
    def __call__(self, told: Told) -> None: ...


_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Called from ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(told: Told) -> None:
    for listener in _listeners:
        listener(told)
