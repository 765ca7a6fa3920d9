"""How old the figures are, and what recounts had to correct."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from shared_apps.usage.models import Drift, Freshness, Outbox


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
        return self.seconds > 60


def as_of(work: str = "drain") -> dt.datetime | None:
    """When the figures were last brought up to date; None before the first time."""
    return Freshness.objects.filter(work=work).values_list("at", flat=True).first()


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
