"""Applying single events, as tests about one payment do."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from shared_apps.payments.services import paying


def mark_paid(event_id: UUID, now: dt.datetime) -> paying.Payment | None:
    """The payment that the event brought; None when it brought none."""
    marked = paying.mark_paid(event_ids=[event_id], now=now)
    return marked.payments[0] if marked.payments else None
