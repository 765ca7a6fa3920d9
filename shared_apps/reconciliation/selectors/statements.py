"""Bank statements of the unit in force, and the entries of them."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet, Sum

from shared_apps.reconciliation.models import Entry, EntryState, Statement
from shared_apps.settlement.selectors import Account

__all__ = ["Entry", "EntryState", "Statement"]


def statements_of(account: Account) -> QuerySet[Statement]:
    """The newest first."""
    return Statement.objects.filter(account=account).order_by("-last_on", "-id")


def entries_of(account: Account) -> QuerySet[Entry]:
    """In the order of the bank."""
    return Entry.objects.filter(account=account).order_by("booked_on", "key")


def entry_of(entry_id: UUID) -> Entry | None:
    return Entry.objects.select_related("account", "statement").filter(pk=entry_id).first()


def balance_at(account: Account, day: dt.date) -> int | None:
    """What the bank held at the end of a day, by all statements together; None before the first."""
    earliest = statements_of(account).order_by("first_on", "id").first()
    if earliest is None or day < earliest.first_on - dt.timedelta(days=1):
        return None
    moved = entries_of(account).filter(booked_on__lte=day).aggregate(fen=Sum("amount_fen"))
    return int(earliest.opening_fen + (moved["fen"] or 0))


def entries_in(state: str) -> QuerySet[Entry]:
    """Entries of all accounts in a state, the oldest first."""
    return Entry.objects.filter(state=state).order_by("booked_on", "key")
