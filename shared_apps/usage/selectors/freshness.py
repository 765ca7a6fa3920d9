"""How old the figures are, and what recounts had to correct."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from kernel import cache
from shared_apps.usage.models import Drift, Freshness, Outbox

_A_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Lag:
    """``as_of`` is when reports were last folded; ``waiting`` the reports since then."""

    as_of: dt.datetime | None
    waiting: int
    seconds: int
    """Age of the oldest report that no figure contains yet; 0 when there is none."""

    @property
    def is_late(self) -> bool:
        """Figures promise to follow within a minute."""
        return self.seconds > _A_MINUTE


def as_of(work: str = "drain") -> dt.datetime | None:
    """When the figures were last brought up to date; None before the first time."""
    return Freshness.objects.filter(work=work).values_list("at", flat=True).first()


def as_of_last_drain(name: str, make: Callable[[], Any]) -> Any:
    """What ``make`` returns, made once per drain: sums over all units move with it and are
    printed with its moment.  Before the first drain nothing is kept.
    """
    moment = as_of()
    if moment is None:
        return make()
    key = f"usage:{name}:{moment.isoformat()}"
    found = cache.get(key)
    if found is None:
        found = make()
        cache.put(key, found, seconds=_A_MINUTE)
    return found


def lag(*, now: dt.datetime) -> Lag:
    """How far the figures are behind the units."""
    waiting = Outbox.objects.aggregate(count=Count("id"), oldest=Min("at"))
    oldest = waiting["oldest"]
    seconds = max(int((now - oldest).total_seconds()), 0) if oldest else 0
    return Lag(as_of(), waiting["count"], seconds)


def drifts(*, since: dt.datetime, unit_id: UUID | None = None) -> QuerySet[Drift]:
    """What recounts corrected since then, newest first."""
    found = Drift.objects.filter(at__gte=since)
    return found.filter(unit_id=unit_id) if unit_id else found
