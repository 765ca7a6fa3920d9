"""Booking how refunds end, and following those that have not ended (payments.md 7.3).

Locks are taken in this order: refund, bills by key, receipts, receipt counter.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import job
from kernel.unit import Purpose, shared_context, unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.services import refunds as channel
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Resolution,
    ResolutionKind,
    ResolutionState,
)
from tenant_apps.dues.services import (
    contributions,
    decisions,
    ledger,
    refund_entries,
    reissuing,
    reporting,
)

if TYPE_CHECKING:
    from shared_apps.payments.models import Refund

log = logging.getLogger(__name__)
CHANNEL_ACTOR = Actor.system("支付渠道退款")


@job()
def sweep() -> None:
    """The periodic run over all units (``config.schedule``)."""
    follow_all(now=clock.now())


def follow_all(*, now: dt.datetime) -> int:
    """Books what ended, submits and asks about the rest; returns how many were handled.  One
    that fails does not hold up the others.
    """
    ended = settle_ended(now=now)
    with shared_context():
        asked = payments.refunds_to_ask(now)
    for turn in asked:
        _follow_in_unit(turn.unit_id, turn.refund_id, now)
    return ended + len(asked)


def settle_ended(*, now: dt.datetime) -> int:
    """Books what ended; returns how many were tried."""
    with shared_context():
        ended = payments.refunds_to_settle()
    for turn in ended:
        settle_in_unit(turn.unit_id, turn.refund_id, now)
    return len(ended)


def settle_in_unit(unit_id: UUID, refund_id: UUID, now: dt.datetime) -> bool:
    """Books one refund's end, also while the unit is suspended: the money has moved."""
    with unit_context(unit_id, for_=Purpose.SETTLING):
        try:
            settle(refund_id=refund_id, now=now)
        except Exception:
            log.exception("refund %s of unit %s was not booked", refund_id, unit_id)
            return False
    return True


@transaction.atomic
def settle(*, refund_id: UUID, now: dt.datetime) -> Resolution | None:
    """Books how a refund ended, once; None while it has not, and ever after."""
    refund = channel.settle(refund_id=refund_id, now=now)
    if refund is None:
        return None
    held: Resolution = Resolution.objects.select_for_update().get(pk=refund.cause_id)
    if refund.has_succeeded:
        _succeed(held, refund, now)
    else:
        _fail(held, refund, now)
    return held


def clearing_of(refund: Refund) -> str:
    """The account of the books that holds what the channel holds."""
    config = refund.order.config
    return ledger.clearing_account(channel=config.channel, mchid=config.mchid)


def _succeed(held: Resolution, refund: Refund, now: dt.datetime) -> None:
    held.state = ResolutionState.DONE
    held.refund_number = refund.refund_id or refund.out_refund_no
    held.save(update_fields=["state", "refund_number"])
    refund_entries.pay_out(held=held, clearing=clearing_of(refund), at=refund.refunded_at or now)
    decisions.note("refund.done", held, CHANNEL_ACTOR, now, refund_number=held.refund_number)


def _fail(held: Resolution, refund: Refund, now: dt.datetime) -> None:
    """Nothing went back: everything is as it was before the second person's word."""
    held.state = ResolutionState.FAILED
    held.save(update_fields=["state"])
    if held.kind == ResolutionKind.REFUNDED:
        refund_entries.suspend_again(held=held, step="failed", at=now, memo="未退成")
    else:
        _restore(held, refund, now)
    decisions.note("refund.failed", held, CHANNEL_ACTOR, now, error=refund.error_code)


def _restore(held: Resolution, refund: Refund, now: dt.datetime) -> None:
    """The bills are paid again, unless other money has paid them or they ask for another sum
    since: then theirs is suspended.
    """
    given = {UUID(key): fen for key, fen in held.bills}
    bills = list(Bill.objects.select_for_update().filter(pk__in=given).order_by("id"))
    parts = [(bill, given[bill.pk]) for bill in bills]
    again = [(bill, fen) for bill, fen in parts if _takes(bill, fen)]
    refund_entries.suspend_paid(
        held=held,
        parts=[part for part in parts if part not in again],
        order_id=refund.order_id,
        at=now,
    )
    for bill, _ in again:
        _pay_again(bill, held, refund, now)
    refund_entries.restore_paid(held=held, parts=again, at=now)
    contributions.keep_after_all(ids=given, cause_id=held.pk, at=now)
    reporting.payments([bill for bill, _ in again], now=now)
    if held.order_id is not None:
        reissuing.restate(order_id=held.order_id, reason="退款未退成", actor=CHANNEL_ACTOR, now=now)


def _takes(bill: Bill, fen: int) -> bool:
    return bill.state != BillState.PAID and bill.due_fen == fen


def _pay_again(bill: Bill, held: Resolution, refund: Refund, now: dt.datetime) -> None:
    if bill.state == BillState.EXEMPT:
        bill.exempt_reason = bill.exempt_approved_by = ""
        reporting.bills(month=bill.month, count=0, due_fen=bill.due_fen, now=now)
    bill.state, bill.paid_fen = BillState.PAID, bill.due_fen
    bill.paid_at, bill.order_id = refund.order.paid_at, held.order_id
    bill.save()


def _follow_in_unit(unit_id: UUID, refund_id: UUID, now: dt.datetime) -> None:
    with unit_context(unit_id, for_=Purpose.SETTLING):
        try:
            channel.refresh(refund_id=refund_id, now=now)
            settle(refund_id=refund_id, now=now)
        except Exception:
            log.exception("refund %s of unit %s was not followed", refund_id, unit_id)
