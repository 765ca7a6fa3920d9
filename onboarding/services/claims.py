"""Who works on an import right now.  A claim runs out when its worker dies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q

from kernel.models import uuid7
from onboarding.models import FOR_JOBS, ImportState, RosterImport

READING_LEASE: Final = dt.timedelta(minutes=4)
"""Longer than reading the largest roster takes; reading has nothing to go on with halfway."""
IMPORT_LEASE: Final = dt.timedelta(seconds=45)
"""Several times what one chunk takes; renewed with every chunk."""
MOST_ATTEMPTS: Final = 6


class ClaimLost(RuntimeError):
    """Another worker has taken over; what this one was about to write is rolled back."""


def take(
    *, import_id: UUID, states: Iterable[ImportState], now: dt.datetime, lease: dt.timedelta
) -> RosterImport | None:
    """The import, claimed for the caller, or None when it is not to be worked on now."""
    token = uuid7()
    taken = (
        RosterImport.objects.filter(pk=import_id, state__in=list(states))
        .filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
        .update(
            claim=token, claimed_until=now + lease, heartbeat_at=now, attempts=F("attempts") + 1
        )
    )
    if not taken:
        return None
    return RosterImport.objects.select_related("unit").get(pk=import_id)


def write(held: RosterImport, **values: Any) -> None:
    """Writes to the row only while the claim is still the caller's; raises ClaimLost."""
    if not RosterImport.objects.filter(pk=held.pk, claim=held.claim).update(**values):
        raise ClaimLost
    for name, value in values.items():
        setattr(held, name, value)


def waiting(*, now: dt.datetime) -> list[RosterImport]:
    """Imports with work to do on which nobody works."""
    return list(
        RosterImport.objects.filter(state__in=FOR_JOBS)
        .filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
        .order_by("id")[:200]
    )
