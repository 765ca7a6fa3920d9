"""The one sentence that every page of every unit shows while something concerns everybody.

Pages are many and notices few, so a page asks no database: each process looks into the cache
every few seconds.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass
from typing import Final

from kernel import cache

_log = logging.getLogger(__name__)
_KEY: Final = "status:notice"
_KEPT_SECONDS: Final = 7 * 86_400
_LOOK_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Notice:
    """Of the worst open incident that concerns everybody."""

    title: str
    severity: str
    text: str
    since: dt.datetime


@dataclass(slots=True)
class _Seen:
    notice: Notice | None = None
    until: float = 0.0


_seen = _Seen()


def put(notice: Notice | None) -> None:
    """Lets every process know; within ten seconds they do."""
    cache.put(_KEY, notice, seconds=_KEPT_SECONDS)
    _seen.until = 0.0


def current() -> Notice | None:
    """What to show.  A cache that is away takes no page with it."""
    if time.monotonic() >= _seen.until:
        try:
            _seen.notice = cache.get_shared(_KEY)
        except Exception as problem:  # noqa: BLE001 - whatever a cache may raise
            _seen.notice = None
            _log.warning("no cache to read the notice from: %s", type(problem).__name__)
        _seen.until = time.monotonic() + _LOOK_EVERY
    return _seen.notice


def forget() -> None:
    """Looks again at the next page."""
    _seen.until = 0.0
