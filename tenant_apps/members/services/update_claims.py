"""Who works on an update right now.  A claim runs out when its worker dies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q

from kernel.models import uuid7
from tenant_apps.members.models import Update

LEASE: Final = dt.timedelta(minutes=2)
"""Longer than reading the largest file or applying one chunk takes."""
MOST_ATTEMPTS: Final = 6


class ClaimLost(RuntimeError):
    """Another worker has taken over; what this one was about to write is rolled back."""


def take(*, update_id: UUID, states: Iterable[str], now: dt.datetime) -> Update | None:
    """The update, claimed for the caller, or None when it is not to be worked on now."""
    taken = (
        Update.objects.filter(pk=update_id, state__in=list(states))
        .filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
        .update(claim=uuid7(), claimed_until=now + LEASE, attempts=F("attempts") + 1)
    )
    return Update.objects.get(pk=update_id) if taken else None


def write(held: Update, **values: Any) -> None:
    """Writes to the row only while the claim is still the caller's; raises ClaimLost."""
    if not Update.objects.filter(pk=held.pk, claim=held.claim).update(**values):
        raise ClaimLost
    for name, value in values.items():
        setattr(held, name, value)


def is_worn_out(held: Update, *, chunks: int) -> bool:
    """Whether so many workers died over it that it will not come to an end."""
    return held.attempts > MOST_ATTEMPTS + chunks
