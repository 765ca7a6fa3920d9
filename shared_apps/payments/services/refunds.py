"""Refunds from the request to their end (payments.md 1.5 and 7.3; rulebook 10.2).

One person asks, another approves; then the channel is told, under a number that is stored first
and never changed. An answer that is not clear leads to a question, never to a second number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, NotFound
from shared_apps.payments.channels.base import (
    Adapter,
    Outcome,
    Refunded,
    RefundNotification,
    RefundRequest,
)
from shared_apps.payments.channels.base import RefundState as AtChannel
from shared_apps.payments.models import (
    REFUNDS_FAILED,
    REFUNDS_TO_SETTLE,
    ChannelEvent,
    EventOutcome,
    Order,
    Refund,
    RefundState,
)
from shared_apps.payments.services import accounts, numbers

ASK_AFTER_SECONDS = (30, 60, 180, 600, 1800, 7200, 21600)
GIVE_UP_AFTER = timedelta(days=3)
"""So long a refund that the channel has not taken on is submitted again under its number."""

REASON = "党费退款"
"""What the payer reads at the channel: people's reasons stay in the unit."""

_ASKED_ABOUT = (
    RefundState.SUBMITTING,
    RefundState.UNKNOWN,
    RefundState.PROCESSING,
    RefundState.ABNORMAL,
)
_SAID = {
    AtChannel.SUCCEEDED: RefundState.SUCCEEDED,
    AtChannel.PROCESSING: RefundState.PROCESSING,
    AtChannel.ABNORMAL: RefundState.ABNORMAL,
    AtChannel.CLOSED: RefundState.CLOSED,
}


class UnknownRefund(NotFound):
    code = "refund_unknown"
    sentence = "没有找到这笔退款。"


class NotRefundable(Conflict):
    code = "refund_not_paid"
    sentence = "这笔订单没有可退的款项。"


class RefundTooMuch(Conflict):
    code = "refund_too_much"
    sentence = "退款合计不能超过实付金额：这笔支付还可以退 {left} 元。"


class RefundSecondPerson(Forbidden):
    code = "refund_second_person"
    sentence = "退款须由申请人以外的另一位党费管理员或单位管理员复核。"


class RefundStepRefused(Conflict):
    code = "refund_step"
    sentence = "这笔退款当前是「{state}」，不能这样操作，请刷新页面查看最新状态。"


@transaction.atomic
def request(
    *,
    order_id: UUID,
    amount_fen: int,
    cause_id: UUID,
    actor: Actor,
    now: datetime,
    transaction_id: str = "",
) -> Refund:
    """Write down that (a part of) a payment is to go back; the channel learns nothing yet.

    The payment is the order's, or, named by `transaction_id`, the second one under its number.
    What is asked for at once takes turns on the order, so that the refunds of a payment never
    exceed it. Raises NotRefundable, RefundTooMuch, Forbidden (nobody is signed in).
    """
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None or not order.is_paid or amount_fen <= 0:
        raise NotRefundable
    number, paid_fen = _payment(order, transaction_id)
    earlier = Refund.objects.filter(order=order, transaction_id=number)
    taken = earlier.exclude(state__in=REFUNDS_FAILED).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    if taken + amount_fen > paid_fen:
        left = paid_fen - taken
        raise RefundTooMuch(left=f"{left // 100}.{left % 100:02d}")
    return Refund.objects.create(
        unit_id=order.unit_id,
        unit_role=order.unit_role,
        order=order,
        cause_id=cause_id,
        out_refund_no=numbers.new_number(now, prefix=numbers.REFUND_PREFIX),
        transaction_id=number,
        paid_fen=paid_fen,
        amount_fen=amount_fen,
        requested_by=_person(actor),
        requested_at=now,
    )


@transaction.atomic
def approve(*, refund_id: UUID, actor: Actor, now: datetime) -> Refund:
    """The second person's word; commit, then `submit`.

    Raises UnknownRefund, RefundSecondPerson, RefundStepRefused.
    """
    refund = _locked(refund_id)
    if _person(actor) == refund.requested_by:
        raise RefundSecondPerson
    _demand(refund, RefundState.REQUESTED)
    refund.state = RefundState.APPROVED
    refund.approved_by, refund.approved_at = _person(actor), now
    refund.ask_at = now + timedelta(seconds=ASK_AFTER_SECONDS[0])
    refund.save()
    return refund


@transaction.atomic
def withdraw(*, refund_id: UUID) -> Refund:
    """Take back what nobody has approved.  Raises UnknownRefund, RefundStepRefused."""
    refund = _locked(refund_id)
    _demand(refund, RefundState.REQUESTED)
    refund.state = RefundState.WITHDRAWN
    refund.save()
    return refund


def submit(*, refund_id: UUID, now: datetime) -> Refund:
    """Tell the channel and return the refund as it then stands; one already told is only
    returned. Must be called outside a transaction.
    """
    with transaction.atomic(durable=True):
        refund = _locked(refund_id)
        if refund.state not in {RefundState.APPROVED, RefundState.UNKNOWN}:
            return refund
        refund.state = RefundState.SUBMITTING
        _ask_later(refund, now)
        refund.save()
    adapter = accounts.adapter_for(refund.order.config)
    answer = adapter.refund(_request_of(refund))
    if _is_refused(answer):
        answer = _after_refusal(adapter, refund, answer)
    return _take(refund.pk, answer, now)


def refresh(*, refund_id: UUID, now: datetime) -> Refund:
    """Ask the channel and take over what is certain; submit (again, under the same number) what
    it knows nothing of. Must be called outside a transaction.
    """
    refund = _found(refund_id)
    if refund.state == RefundState.APPROVED:
        return submit(refund_id=refund_id, now=now)
    if refund.state not in _ASKED_ABOUT:
        return refund
    adapter = accounts.adapter_for(refund.order.config)
    answer = adapter.query_refund(refund.out_refund_no, refund.order.out_trade_no)
    refund = _take(refund.pk, answer, now)
    is_absent = answer.state is AtChannel.ABSENT and refund.state == RefundState.UNKNOWN
    if not is_absent:
        return refund
    if refund.approved_at is not None and refund.approved_at + GIVE_UP_AFTER <= now:
        return _close(refund.pk, now)
    return submit(refund_id=refund_id, now=now)


def take_notice(*, refund_id: UUID, notification: RefundNotification, now: datetime) -> Refund:
    """Take over what a verified callback says; committed when it returns. A state that it has
    overtaken, or that was told before, changes nothing.
    """
    answer = Refunded(
        Outcome.SUCCEEDED if notification.state is AtChannel.SUCCEEDED else Outcome.FAILED,
        notification.state,
        notification.refund_id,
        notification.refunded_at,
        notification.amount_fen,
    )
    return _take(refund_id, answer, now)


def settle(*, refund_id: UUID, now: datetime) -> Refund | None:
    """Hand out how a refund ended, once, for the unit's books; None before and ever after.

    Belongs inside the transaction that books it.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("settle belongs inside the transaction that books the refund")
    refund = _locked(refund_id)
    if refund.state not in REFUNDS_TO_SETTLE or refund.settled_at is not None:
        return None
    refund.settled_at, refund.ask_at = now, None
    refund.save(update_fields=["settled_at", "ask_at"])
    return refund


@transaction.atomic
def mark_returned(*, refund_id: UUID, number: str, actor: Actor, now: datetime) -> Refund:
    """The channel could not credit the payer and people saw to it there: `number` proves it.

    Raises UnknownRefund, RefundStepRefused (not ABNORMAL), RefundSecondPerson.
    """
    refund = _locked(refund_id)
    if _person(actor) == refund.requested_by:
        raise RefundSecondPerson
    _demand(refund, RefundState.ABNORMAL)
    refund.state, refund.refund_id = RefundState.RETURNED, number
    refund.refunded_at = refund.settled_at = now
    refund.ask_at = None
    refund.save()
    return refund


def _payment(order: Order, transaction_id: str) -> tuple[str, int]:
    """The channel's number and the sum of the payment that is to go back."""
    if not transaction_id or transaction_id == order.transaction_id:
        return str(order.transaction_id), order.amount_fen
    second = ChannelEvent.objects.filter(
        order=order, transaction_id=transaction_id, outcome=EventOutcome.CONFLICT
    ).first()
    if second is None:
        raise NotRefundable
    return transaction_id, second.amount_fen


def _request_of(refund: Refund) -> RefundRequest:
    return RefundRequest(
        out_refund_no=refund.out_refund_no,
        out_trade_no=refund.order.out_trade_no,
        transaction_id=refund.transaction_id,
        amount_fen=refund.amount_fen,
        total_fen=refund.paid_fen,
        reason=REASON,
        notify_url=accounts.notify_url(refund.order.config),
    )


def _is_refused(answer: Refunded) -> bool:
    return answer.outcome is Outcome.FAILED and answer.state is AtChannel.UNKNOWN


def _after_refusal(adapter: Adapter, refund: Refund, answer: Refunded) -> Refunded:
    """A refusal may be about an earlier attempt: only what the channel then does not know is
    closed.
    """
    asked = adapter.query_refund(refund.out_refund_no, refund.order.out_trade_no)
    if asked.state is AtChannel.ABSENT:
        return Refunded(Outcome.FAILED, AtChannel.CLOSED, error=answer.error)
    return asked


def _take(refund_id: UUID, answer: Refunded, now: datetime) -> Refund:
    with transaction.atomic(durable=True):
        refund = _locked(refund_id)
        if refund.state not in _ASKED_ABOUT:
            return refund
        _take_answer(refund, answer, now)
        refund.save()
    return refund


def _take_answer(refund: Refund, answer: Refunded, now: datetime) -> None:
    _ask_later(refund, now)
    refund.error_code = answer.error.code if answer.error else ""
    state = _SAID.get(answer.state)
    if answer.amount_fen and answer.amount_fen != refund.amount_fen:
        refund.error_code, state = "AMOUNT_MISMATCH", None
    if state is None:
        if refund.state == RefundState.SUBMITTING:
            refund.state = RefundState.UNKNOWN
        return
    if state == RefundState.PROCESSING and refund.state == RefundState.ABNORMAL:
        return
    refund.heard_at = now
    refund.refund_id = answer.refund_id or refund.refund_id
    refund.state = state
    if state == RefundState.SUCCEEDED:
        refund.refunded_at = answer.refunded_at or now
    if refund.is_ended:
        refund.ask_at = None


def _close(refund_id: UUID, now: datetime) -> Refund:
    with transaction.atomic(durable=True):
        refund = _locked(refund_id)
        if refund.state == RefundState.UNKNOWN:
            refund.state, refund.heard_at, refund.ask_at = RefundState.CLOSED, now, None
            refund.save()
    return refund


def _ask_later(refund: Refund, now: datetime) -> None:
    place = min(refund.ask_count, len(ASK_AFTER_SECONDS) - 1)
    refund.ask_count += 1
    refund.ask_at = now + timedelta(seconds=ASK_AFTER_SECONDS[place])


def _demand(refund: Refund, state: RefundState) -> None:
    if refund.state != state:
        raise RefundStepRefused(state=RefundState(refund.state).label)


def _found(refund_id: UUID) -> Refund:
    refund = Refund.objects.select_related("order__config").filter(pk=refund_id).first()
    if refund is None:
        raise UnknownRefund
    return refund


def _locked(refund_id: UUID) -> Refund:
    """The refund, locked until the transaction ends."""
    rows = Refund.objects.select_for_update(of=("self",)).select_related("order__config")
    refund = rows.filter(pk=refund_id).first()
    if refund is None:
        raise UnknownRefund
    return refund


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Forbidden
    return actor.person_id
