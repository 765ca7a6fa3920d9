"""Fund bills: what the channel holds for a unit, against what its ledger says (invariant I7)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from shared_apps.reconciliation.models import BillKind, Run, RunState


def payouts_until(*, run: Run, prefix: str) -> list[str]:
    """The effects under which the payouts of this account's bills up to this one are booked."""
    rows = Run.objects.filter(
        channel=run.channel, mchid=run.mchid, kind=BillKind.FUND, day__lte=run.day
    )
    return [
        prefix.format(channel=run.channel, mchid=run.mchid, number=one["number"])
        for payouts in rows.values_list("payouts", flat=True)
        for one in payouts
    ]


@transaction.atomic
def note_books(*, run_id: UUID, books_fen: int, now: dt.datetime) -> Run:
    """Keeps what the ledger says beside what the bill says; closed where both are the same.

    A day of no movement has no bill: its balance is the one that the bill before ended with.
    """
    run = Run.objects.select_for_update().get(pk=run_id)
    run.books_fen = books_fen
    if run.balance_fen is None:
        run.balance_fen = _balance_before(run)
    agrees = run.books_fen == run.balance_fen
    run.state = RunState.CLOSED if agrees else RunState.CLASSIFIED
    run.changed_at = now
    run.save()
    return run


def _balance_before(run: Run) -> int:
    before = Run.objects.filter(
        config_id=run.config_id, kind=BillKind.FUND, day__lt=run.day, balance_fen__isnull=False
    ).order_by("-day")
    return before.values_list("balance_fen", flat=True).first() or 0
