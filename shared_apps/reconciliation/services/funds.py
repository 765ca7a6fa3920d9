"""Fund bills: what the channel holds for a unit, against what its ledger says (invariant I7).

A balance that differs is a case, which the platform looks at again for some days by itself: money
that was booked in the meantime may be all that was missing.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.unit import shared_context
from shared_apps.reconciliation.models import (
    BillKind,
    Case,
    CaseState,
    Difference,
    Run,
    RunState,
    Way,
)
from shared_apps.reconciliation.services.classifying import SETTLE_WITHIN


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
    """Keeps what the ledger says beside what the bill says; closed where both are the same, a case
    where they are not.

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
    _note_case(run, now)
    return run


def _note_case(run: Run, now: dt.datetime) -> None:
    """One case for a bill, however often it is looked at; what a person said of it stays."""
    books, bill = run.books_fen or 0, run.balance_fen or 0
    found = {"ours_fen": books, "theirs_fen": bill, "amount_fen": bill - books}
    case = Case.objects.select_for_update().filter(run=run, kind=Difference.BALANCE).first()
    if case is None and books != bill:
        with shared_context():  # a unit decides about differences and makes none
            Case.objects.create(
                unit_id=run.unit_id,
                unit_role=run.unit_role,
                run=run,
                kind=Difference.BALANCE,
                number=run.mchid,
                suggestion=Way.CHECK,
                opened_at=now,
                due_on=clock.day_of(now) + SETTLE_WITHIN,
                **found,
            )
    elif case is not None and case.state == CaseState.OPEN:
        settled = {"state": CaseState.SETTLED, "way": Way.AGREED, "decided_at": now}
        Case.objects.filter(pk=case.pk).update(**found, **(settled if books == bill else {}))


def _balance_before(run: Run) -> int:
    before = Run.objects.filter(
        config_id=run.config_id, kind=BillKind.FUND, day__lt=run.day, balance_fen__isnull=False
    ).order_by("-day")
    return before.values_list("balance_fen", flat=True).first() or 0
