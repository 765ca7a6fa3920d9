"""Deciding about money that no bill took: it pays other bills of its payer (one person), or goes
back (two people: ``refunds``).
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from tenant_apps.dues import selectors
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Receipt,
    ResolutionKind,
    ResolutionState,
)
from tenant_apps.dues.selectors import SUSPENSE, Suspended
from tenant_apps.dues.services import decisions, ledger, receipts, reporting


class NothingToPlace(Conflict):
    code = "dues_suspended_no_bill"
    sentence = "交纳人没有金额恰好相符的未交账单，或账单正在支付，不能记入。请退还，或稍后再试。"


@transaction.atomic
def place(*, suspended: Suspended, reason: str, actor: Actor, now: dt.datetime) -> Receipt:
    """Pays the payer's oldest open bills with it, to the fen, and gives a receipt.

    Raises ReasonNeeded, AlreadyResolved, NothingToPlace.
    """
    made = decisions.decide(
        suspended, ResolutionKind.PLACED, ResolutionState.DONE, reason, actor, now
    )
    wanted = [bill.pk for bill in selectors.placeable(suspended)]
    held = Bill.objects.select_for_update().filter(pk__in=wanted, state=BillState.UNPAID)
    bills = list(held.order_by("id"))
    if not bills or sum(bill.due_fen for bill in bills) != suspended.amount_fen:
        raise NothingToPlace
    for bill in bills:
        bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, suspended.at
        bill.order_id = made.pk
        bill.save(update_fields=["state", "paid_fen", "paid_at", "order_id"])
    ledger.collect(paid=[ledger.Collected(bill, SUSPENSE, now) for bill in bills])
    decisions.note("suspense.placed", made, actor, now, months=sorted(bill.month for bill in bills))
    reporting.payments(bills, now=now)
    (given,) = receipts.give(
        paid=[receipts.Paid(bills=tuple(bills), order_id=made.pk, channel=suspended.channel)],
        actor=actor,
        now=now,
    )
    return given
