"""What other apps do once a unit's rows were replaced as a whole.

Told after the exchange has been committed.  A listener that fails is logged and keeps nobody
from the next one: what each does is also found by its own periodic work.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from kernel.actor import Actor

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Replaced:
    """``code`` names what happened: ``unit.restored``, ``unit.restore_undone``, ``unit.imported``;
    ``made_at`` is the moment that the rows are of, as the archive says it.
    """

    unit_id: UUID
    code: str
    made_at: str
    rows: int
    actor: Actor
    now: dt.datetime


class Listener(Protocol):
    def __call__(self, replaced: Replaced) -> None: ...


_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Called from ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(replaced: Replaced) -> None:
    for listener in _listeners:
        try:
            listener(replaced)
        except Exception:  # noqa: BLE001 - a neighbour must not undo what is committed
            _log.exception("after %s of unit %s", replaced.code, replaced.unit_id)
