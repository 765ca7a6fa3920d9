"""What is done with a parcel where it arrives: the apps of the units say it, by topic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Arrival:
    """A parcel as the receiving unit reads it."""

    id: UUID
    topic: str
    thread_id: UUID
    from_unit_id: UUID
    content: Mapping[str, Any]


Handler = Callable[[Arrival, dt.datetime], None]
"""Runs in the receiving unit, in the transaction that marks the parcel as delivered."""

_handlers: dict[str, Handler] = {}


def register(topic: str, handler: Handler) -> None:
    """Has ``handler`` take parcels of the topic; called once, in ``AppConfig.ready``."""
    if _handlers.setdefault(topic, handler) is not handler:
        raise RuntimeError(f"two handlers take {topic}")


def handler_of(topic: str) -> Handler:
    """Raises KeyError for a topic that nobody takes."""
    return _handlers[topic]
