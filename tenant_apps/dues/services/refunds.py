"""Giving money back, by two people, at the channel that took it (rulebook 10.2).

The first person asks and says why: for a suspended sum, or for bills that were paid.  With the
second person's word the voucher is reversed, the receipt is void, the bills are due again (or
exempt), and the channel is told.  How it ends is booked by ``refund_booking``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from shared_apps.payments import selectors as payments
from shared_apps.payments.services import refunds as channel
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Contribution,
    Receipt,
    Resolution,
    ResolutionKind,
    ResolutionState,
    SlipKind,
)
from tenant_apps.dues.selectors import Suspended
from tenant_apps.dues.selectors.refunds import behind
from tenant_apps.dues.services import (
    contributions,
    decisions,
    refund_booking,
    refund_entries,
    reissuing,
    reporting,
    standards,
)

_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*@]{6,64}")


class NothingToRefund(Conflict):
    code = "dues_refund_nothing"
    sentence = "请选择要退回的月份。只能退本收据下已交清、没有在办退款的月份。"


class RefundNotAsked(Conflict):
    code = "dues_refund_not_asked"
    sentence = "这笔款项没有等待复核的退还，请刷新页面查看最新状态。"


class RefundNotAbnormal(Conflict):
    code = "dues_refund_not_abnormal"
    sentence = "只有渠道退款异常的款项可以登记另行退回，请刷新页面查看最新状态。"


class RefundNumberInvalid(Invalid):
    code = "dues_refund_number"
    sentence = "请填写渠道给出的退款单号（6 到 64 位字母、数字）。"


class RefundNumberTaken(Conflict):
    code = "dues_refund_number_taken"
    sentence = "退款单号 {number} 已登记在另一笔退还上，请核对。"


@transaction.atomic
def ask_suspended(
    *, suspended: Suspended, reason: str, actor: Actor, now: dt.datetime
) -> Resolution:
    """Asks for a suspended sum to go back to its payer.

    Raises ReasonNeeded, AlreadyResolved, NotRefundable, RefundTooMuch.
    """
    made = decisions.decide(
        suspended, ResolutionKind.REFUNDED, ResolutionState.ASKED, reason, actor, now
    )
    channel.request(
        order_id=suspended.order_id,
        transaction_id=suspended.transaction_id,
        amount_fen=suspended.amount_fen,
        cause_id=made.pk,
        actor=actor,
        now=now,
    )
    refund_entries.owe_suspended(held=made, at=now)
    decisions.note("suspense.refund_asked", made, actor, now)
    return made


@transaction.atomic
def ask_paid(
    *,
    receipt: Receipt,
    bill_ids: Sequence[UUID],
    reason: str,
    actor: Actor,
    now: dt.datetime,
    exempt_approved_by: str = "",
) -> Resolution:
    """Asks for what paid some of a receipt's months to go back: all of them, or single ones.

    ``exempt_approved_by`` names the committee that exempted the member from these months (Art. 7);
    without it they are due again.  Nothing is booked yet.  Raises ReasonNeeded, NothingToRefund,
    NotRefundable, RefundTooMuch.
    """
    told, person = decisions.checked_reason(reason), decisions.person_of(actor)
    if receipt.channel in SlipKind.labels:  # no channel has that money
        raise NothingToRefund
    bills = _paid_parts(receipt, bill_ids)
    if not bills or len(bills) < len(set(bill_ids)):
        raise NothingToRefund
    made: Resolution = Resolution.objects.create(
        kind=ResolutionKind.RETURNED,
        state=ResolutionState.ASKED,
        order_id=receipt.order_id,
        bills=[[str(bill.pk), bill.paid_fen] for bill in bills],
        amount_fen=sum(bill.paid_fen for bill in bills),
        exempt_approved_by=exempt_approved_by.strip(),
        reason=told,
        asked_by=person,
        asked_by_name=actor.name,
        asked_at=now,
    )
    order_id, number = behind(receipt.order_id)
    channel.request(
        order_id=order_id,
        transaction_id=number,
        amount_fen=made.amount_fen,
        cause_id=made.pk,
        actor=actor,
        now=now,
    )
    _refuse_asked_twice(made)
    months = [] if receipt.kind else sorted(bill.month for bill in bills)
    decisions.note("refund.asked", made, actor, now, months=months)
    return made


def approve(*, held: Resolution, actor: Actor, now: dt.datetime) -> Resolution:
    """The second person's word: books it, then tells the channel and books what that answers.

    Must be called outside a transaction.  Raises RefundNotAsked, RefundSecondPerson,
    NothingToRefund (a bill is no longer what it was).
    """
    refund_id = _approve(held.pk, actor, now)
    channel.submit(refund_id=refund_id, now=now)
    refund_booking.settle(refund_id=refund_id, now=now)
    return Resolution.objects.get(pk=held.pk)


@transaction.atomic
def withdraw(*, held: Resolution, reason: str, actor: Actor, now: dt.datetime) -> Resolution:
    """Takes back what nobody has approved, also what one asked for oneself.

    Raises RefundNotAsked, ReasonNeeded.
    """
    held = _asked(held.pk)
    told = decisions.checked_reason(reason)
    channel.withdraw(refund_id=_refund_of(held))
    decisions.end(held, ResolutionState.WITHDRAWN, actor, now)
    if held.kind == ResolutionKind.REFUNDED:
        refund_entries.suspend_again(held=held, step="withdrawn", at=now, memo="撤回退还")
    decisions.note("refund.withdrawn", held, actor, now, why=told)
    return held


def ask_channel(*, held: Resolution, now: dt.datetime) -> Resolution:
    """Asks the channel now and books what it answers; must be called outside a transaction.

    Raises RefundNotAsked where the channel has not been told of anything.
    """
    if held.state != ResolutionState.SENT:
        raise RefundNotAsked
    refund_id = _refund_of(held)
    channel.refresh(refund_id=refund_id, now=now)
    refund_booking.settle(refund_id=refund_id, now=now)
    return Resolution.objects.get(pk=held.pk)


@transaction.atomic
def mark_returned(
    *, held: Resolution, number: str, reason: str, actor: Actor, now: dt.datetime
) -> Resolution:
    """The channel could not credit the payer, and people saw to it on its merchant pages: to
    another card of the payer's.  Not by who asked.

    Raises RefundNotAbnormal, RefundSecondPerson, RefundNumberInvalid, RefundNumberTaken,
    ReasonNeeded.
    """
    told = decisions.checked_reason(reason)
    given = number.strip()
    if not _NUMBER.fullmatch(given):
        raise RefundNumberInvalid
    held = _held(held.pk)
    if held.state != ResolutionState.SENT:
        raise RefundNotAbnormal
    if Resolution.objects.filter(refund_number=given).exists():
        raise RefundNumberTaken(number=given)
    try:
        refund = channel.mark_returned(
            refund_id=_refund_of(held), number=given, actor=actor, now=now
        )
    except channel.RefundStepRefused as refused:
        raise RefundNotAbnormal from refused
    held.state, held.refund_number = ResolutionState.DONE, given
    held.save(update_fields=["state", "refund_number"])
    clearing = refund_booking.clearing_of(refund)
    refund_entries.pay_out(held=held, clearing=clearing, at=now)
    decisions.note("refund.returned_otherwise", held, actor, now, refund_number=given, why=told)
    return held


@transaction.atomic
def _approve(resolution_id: UUID, actor: Actor, now: dt.datetime) -> UUID:
    held = _asked(resolution_id)
    refund = channel.approve(refund_id=_refund_of(held), actor=actor, now=now)
    decisions.end(held, ResolutionState.SENT, actor, now)
    if held.kind == ResolutionKind.RETURNED:
        _reverse(held, actor, now)
    decisions.note("refund.approved", held, actor, now, number=refund.out_refund_no)
    return refund.pk


def _reverse(held: Resolution, actor: Actor, now: dt.datetime) -> None:
    """The reversing voucher: the bills are no longer paid, their receipt is void."""
    given = {UUID(key): fen for key, fen in held.bills}
    bills = _paid_bills(held.order_id, list(given), is_for_update=True)
    extras = contributions.paid_by(held.order_id, given, is_for_update=True)
    parts: list[Bill | Contribution] = [*bills, *extras]
    if {part.pk: part.paid_fen for part in parts} != given:
        raise NothingToRefund
    for one in extras:
        contributions.give_back(one=one, cause_id=held.pk, at=now)
    refund_entries.owe_paid(held=held, parts=[(bill, given[bill.pk]) for bill in bills], at=now)
    reporting.payments(bills, now=now, is_undone=True)
    for bill in bills:
        _reopen(bill, held, now)
    if held.order_id is not None:
        reissuing.restate(order_id=held.order_id, reason=held.reason, actor=actor, now=now)


def _reopen(bill: Bill, held: Resolution, now: dt.datetime) -> None:
    bill.state, bill.paid_fen, bill.paid_at, bill.order_id = BillState.UNPAID, 0, None, None
    bill.returned += 1
    if held.exempt_approved_by:
        bill.state = BillState.EXEMPT
        bill.exempt_reason, bill.exempt_approved_by = held.reason, held.exempt_approved_by
        reporting.bills(month=bill.month, count=0, due_fen=-bill.due_fen, now=now)
    else:
        standards.follow(bill, now)
    bill.save()


def _paid_parts(receipt: Receipt, ids: Sequence[UUID]) -> list[Bill] | list[Contribution]:
    if receipt.kind:
        return contributions.paid_by(receipt.order_id, ids)
    return _paid_bills(receipt.order_id, ids)


def _paid_bills(
    order_id: UUID | None, bill_ids: Sequence[UUID], *, is_for_update: bool = False
) -> list[Bill]:
    found = Bill.objects.filter(pk__in=bill_ids, order_id=order_id, state=BillState.PAID)
    rows = found.select_for_update() if is_for_update else found
    return list(rows.order_by("id"))


def _refuse_asked_twice(made: Resolution) -> None:
    """Whoever asks for the same bills waited for the order; what was asked first stands."""
    waiting = Resolution.objects.filter(
        kind=ResolutionKind.RETURNED, state=ResolutionState.ASKED, order_id=made.order_id
    ).exclude(pk=made.pk)
    mine = {key for key, _ in made.bills}
    if any(mine & {key for key, _ in other.bills} for other in waiting):
        raise NothingToRefund


def _refund_of(held: Resolution) -> UUID:
    found = payments.refunds_by_cause([held.pk]).get(held.pk)
    if found is None:
        raise RefundNotAsked
    return found.pk


def _asked(resolution_id: UUID) -> Resolution:
    held = _held(resolution_id)
    if held.state != ResolutionState.ASKED:
        raise RefundNotAsked
    return held


def _held(resolution_id: UUID) -> Resolution:
    """Locked until the transaction ends."""
    held: Resolution = Resolution.objects.select_for_update().get(pk=resolution_id)
    return held
