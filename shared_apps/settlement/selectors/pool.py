"""The pool's statement: one line, and what it may be."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from kernel.errors import NotFound
from shared_apps.settlement.models import EntryState, Payout, StatementEntry

AROUND: Final = dt.timedelta(days=10)


class UnknownEntry(NotFound):
    code = "settlement_entry_unknown"
    sentence = "没有找到这笔归集户流水。"


def entry_for(entry_id: UUID) -> StatementEntry:
    """For the console.  Raises UnknownEntry."""
    rows = StatementEntry.objects.select_related("instruction", "payout")
    row = rows.filter(pk=entry_id).first()
    if row is None:
        raise UnknownEntry
    return row


def payouts_like(entry: StatementEntry) -> list[Payout]:
    """Payouts of the same amount and about that day that no line is matched with."""
    if entry.amount_fen <= 0:
        return []
    days = (entry.booked_on - AROUND, entry.booked_on + AROUND)
    rows = Payout.objects.filter(amount_fen=entry.amount_fen, business_on__range=days)
    return list(rows.filter(entries__isnull=True).order_by("business_on", "pk")[:20])


def waiting() -> int:
    """How many lines nobody has said anything about."""
    open_states = [EntryState.UNMATCHED, EntryState.DOUBLED]
    return StatementEntry.objects.filter(state__in=open_states).count()
