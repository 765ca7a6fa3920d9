"""The copy of the platform's state that everybody may read, kept where the database is not needed.

It is renewed with every change and once a minute.  When the database is away, the status page
shows the last copy and says from when it is.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, replace
from typing import Final

from django.db import Error

from kernel import cache, clock
from kernel.jobs import job
from kernel.unit import shared_context
from shared_apps.status.selectors import health, notices
from shared_apps.status.selectors.health import Snapshot

_log = logging.getLogger(__name__)
__all__ = ["Published", "Snapshot", "latest", "publish", "renew"]
KEY: Final = "status:snapshot"
FRESH: Final = dt.timedelta(minutes=3)
_KEPT_SECONDS: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Published:
    """What is shown; ``snapshot`` is None when neither the database nor a copy is there."""

    snapshot: Snapshot | None
    is_stale: bool


@job()
def renew() -> None:
    """The periodic run (``config.schedule``)."""
    publish(now=clock.now())


def publish(*, now: dt.datetime) -> Snapshot:
    """Looks afresh and keeps what it saw for everybody."""
    with shared_context():
        taken = health.snapshot(now=now)
        try:
            notices.put(taken.notice)
            cache.put(KEY, taken, seconds=_KEPT_SECONDS)
        except Exception as problem:  # noqa: BLE001 - what was written stands without a copy
            _log.warning("no cache to keep the copy in: %s", type(problem).__name__)
    return taken


def latest(*, now: dt.datetime) -> Published:
    """The copy while it is fresh, else a new one, else the old copy."""
    kept = _kept()
    if kept is not None and now - kept.taken_at < FRESH:
        return Published(kept, is_stale=False)
    try:
        return Published(publish(now=now), is_stale=False)
    except Error:
        return Published(replace(kept, is_all_well=False) if kept else None, is_stale=True)


def _kept() -> Snapshot | None:
    try:
        kept = cache.get_shared(KEY)
    except Exception as problem:  # noqa: BLE001 - whatever a cache may raise
        _log.warning("no cache to read the copy from: %s", type(problem).__name__)
        return None
    return kept if isinstance(kept, Snapshot) else None
