"""Deciding about money that no bill took: it pays other bills of its payer, or goes back.

Placing is bookkeeping and takes one person.  Giving money back takes two: the first asks, with a
reason; the second looks, has the channel return it to the payer, and enters the channel's number
of the refund.  What a channel says of that number is compared when its bills are reconciled.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, Forbidden, Invalid
from tenant_apps.audit.services import record
from tenant_apps.dues import selectors
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Receipt,
    Resolution,
    ResolutionKind,
    ResolutionState,
)
from tenant_apps.dues.selectors import SUSPENSE, Suspended
from tenant_apps.dues.services import ledger, receipts, reporting

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200
_REFUND_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*@]{6,64}")


class AlreadyResolved(Conflict):
    code = "dues_suspended_resolved"
    sentence = "这笔款项已由 {who} 于 {when} 处理（{what}，{state}），没有重复处理。"


class NothingToPlace(Conflict):
    code = "dues_suspended_no_bill"
    sentence = "交纳人没有金额恰好相符的未交账单，或账单正在支付，不能记入。请退还，或稍后再试。"


class RefundReasonNeeded(Invalid):
    code = "dues_suspended_reason"
    sentence = "请写明理由（4 到 200 个字），理由会记入审计日志。"


class RefundNumberInvalid(Invalid):
    code = "dues_refund_number"
    sentence = "请填写渠道给出的退款单号（6 到 64 位字母、数字）。"


class RefundNumberTaken(Conflict):
    code = "dues_refund_number_taken"
    sentence = "退款单号 {number} 已登记在另一笔退还上，请核对。"


class RefundNotAsked(Conflict):
    code = "dues_refund_not_asked"
    sentence = "这笔款项没有等待复核的退还，请刷新页面查看最新状态。"


class RefundSecondPerson(Forbidden):
    code = "dues_refund_second_person"
    sentence = "退还须由申请人以外的另一位党费管理员或单位管理员复核。"


@transaction.atomic
def place(*, suspended: Suspended, reason: str, actor: Actor, now: dt.datetime) -> Receipt:
    """Pays the payer's oldest open bills with it, to the fen, and gives a receipt.

    Raises RefundReasonNeeded, AlreadyResolved, NothingToPlace.
    """
    made = _decide(suspended, ResolutionKind.PLACED, ResolutionState.DONE, reason, actor, now)
    wanted = [bill.pk for bill in selectors.placeable(suspended)]
    held = Bill.objects.select_for_update().filter(pk__in=wanted, state=BillState.UNPAID)
    bills = list(held.order_by("id"))
    if not bills or sum(bill.due_fen for bill in bills) != suspended.amount_fen:
        raise NothingToPlace
    for bill in bills:
        bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, suspended.at
        bill.order_id = made.pk
        bill.save(update_fields=["state", "paid_fen", "paid_at", "order_id"])
    ledger.collect(paid=[(bill, SUSPENSE) for bill in bills], at=now)
    _record("suspense.placed", made, actor, now, months=sorted(bill.month for bill in bills))
    reporting.payments(bills, now=now)
    (given,) = receipts.give(
        paid=[receipts.Paid(bills=tuple(bills), order_id=made.pk, channel=suspended.channel)],
        actor=actor,
        now=now,
    )
    return given


@transaction.atomic
def ask_refund(*, suspended: Suspended, reason: str, actor: Actor, now: dt.datetime) -> Resolution:
    """Asks for the sum to go back to its payer.  Raises RefundReasonNeeded, AlreadyResolved."""
    made = _decide(suspended, ResolutionKind.REFUNDED, ResolutionState.ASKED, reason, actor, now)
    ledger.ask_refund(resolution=made, at=now)
    _record("suspense.refund_asked", made, actor, now)
    return made


@transaction.atomic
def confirm_refund(
    *, suspended: Suspended, refund_number: str, actor: Actor, now: dt.datetime
) -> Resolution:
    """The second person has had the channel return the money.

    Raises RefundNotAsked, RefundSecondPerson, RefundNumberInvalid, RefundNumberTaken.
    """
    held = _asked(suspended)
    if _person(actor) == held.asked_by:
        raise RefundSecondPerson
    number = refund_number.strip()
    if not _REFUND_NUMBER.fullmatch(number):
        raise RefundNumberInvalid
    held.refund_number = number
    try:
        with transaction.atomic():
            _end(held, ResolutionState.DONE, actor, now)
    except IntegrityError as clash:
        if Resolution.objects.filter(refund_number=number).exists():
            raise RefundNumberTaken(number=number) from clash
        raise
    ledger.refund(resolution=held, at=now)
    _record("suspense.refunded", held, actor, now, refund_number=number)
    return held


@transaction.atomic
def withdraw_refund(
    *, suspended: Suspended, reason: str, actor: Actor, now: dt.datetime
) -> Resolution:
    """Takes a refund back that nobody has carried out, also one's own.

    Raises RefundNotAsked, RefundReasonNeeded.
    """
    held = _asked(suspended)
    told = _checked_reason(reason)
    _end(held, ResolutionState.WITHDRAWN, actor, now)
    ledger.withdraw_refund(resolution=held, at=now)
    _record("suspense.refund_withdrawn", held, actor, now, why=told)
    return held


def _decide(
    suspended: Suspended,
    kind: ResolutionKind,
    state: ResolutionState,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> Resolution:
    """The one decision in force; of two at once the database takes the first."""
    told, person = _checked_reason(reason), _person(actor)
    try:
        with transaction.atomic():
            made: Resolution = Resolution.objects.create(
                suspension_id=suspended.id,
                kind=kind,
                state=state,
                reason=told,
                asked_by=person,
                asked_by_name=actor.name,
                asked_at=now,
            )
    except IntegrityError as clash:
        raise _resolved(suspended) from clash
    return made


def _resolved(suspended: Suspended) -> AlreadyResolved:
    live = Resolution.objects.filter(suspension_id=suspended.id)
    first = live.exclude(state=ResolutionState.WITHDRAWN).get()
    return AlreadyResolved(
        who=first.asked_by_name,
        when=f"{first.asked_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        what=ResolutionKind(first.kind).label,
        state=ResolutionState(first.state).label,
    )


def _asked(suspended: Suspended) -> Resolution:
    held = (
        Resolution.objects.select_for_update(of=("self",))
        .select_related("suspension")
        .filter(suspension_id=suspended.id, state=ResolutionState.ASKED)
        .first()
    )
    if held is None:
        raise RefundNotAsked
    return held


def _end(held: Resolution, state: ResolutionState, actor: Actor, now: dt.datetime) -> None:
    held.state, held.decided_at = state, now
    held.decided_by, held.decided_by_name = _person(actor), actor.name
    held.save()


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Forbidden
    return actor.person_id


def _checked_reason(text: str) -> str:
    reason = text.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise RefundReasonNeeded
    return reason


def _record(code: str, held: Resolution, actor: Actor, now: dt.datetime, **data: Any) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="resolution",
        subject_id=held.pk,
        amount_fen=held.suspension.amount_fen,
        reason=held.reason,
        **data,
    )
