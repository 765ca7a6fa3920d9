"""Money of strangers (rulebook 10.5): booked as suspended, then claimed for a member's bills or
given back on the channel's own pages, either by two people's word.

The channel knows no order of ours for it, so nothing here asks the channel for anything.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from tenant_apps.audit.services import record
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Receipt,
    Resolution,
    ResolutionKind,
    ResolutionState,
    Transfer,
)
from tenant_apps.dues.selectors.chart import SUSPENSE
from tenant_apps.dues.selectors.strays import EFFECT, Stray
from tenant_apps.dues.selectors.suspense import bills_that_take
from tenant_apps.dues.services import decisions, ledger, receipts, refund_entries, reporting

_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{6,64}", re.ASCII)


class StrayBooked(Conflict):
    code = "dues_stray_booked"
    sentence = "这笔款项已转入待确认款项，没有重复入账。"


class StrayFitsNoBill(Conflict):
    code = "dues_stray_no_bill"
    sentence = "该党员没有从最早月份起金额恰好相符的未交账单，或账单正在支付，不能认领。"


class StraySecondPerson(Forbidden):
    code = "dues_stray_second_person"
    sentence = "认领和退还须由另一人复核，申请人不能复核自己的申请。"


class StrayMoved(Conflict):
    code = "dues_stray_moved"
    sentence = "这笔款项的处理状态已变化，请刷新页面查看最新状态。"


class StrayNumber(Invalid):
    code = "dues_stray_number"
    sentence = "请填写渠道商户平台上的退款单号（6 到 64 位字母、数字），不能与已登记的相同。"


@transaction.atomic
def book(
    *,
    channel: str,
    mchid: str,
    transaction_id: str,
    amount_fen: int,
    at: dt.datetime,
    actor: Actor,
    now: dt.datetime,
) -> Transfer:
    """Suspends what the channel holds for the unit and no order explains; once, under the
    channel's own number.  Raises StrayBooked.
    """
    person = decisions.person_of(actor)
    try:
        with transaction.atomic():
            line = ledger.post(
                debit=ledger.clearing_account(channel=channel, mchid=mchid),
                credit=SUSPENSE,
                amount_fen=amount_fen,
                effect=EFFECT.format(channel=channel, transaction_id=transaction_id),
                at=at,
                memo="渠道收款，无平台订单",
            )
    except IntegrityError as clash:
        raise StrayBooked from clash
    record(
        "stray.booked", actor=actor, now=now, subject_type="transfer", subject_id=line.pk,
        amount_fen=amount_fen, channel=channel, transaction_id=transaction_id, by=str(person),
    )  # fmt: skip
    return line


@transaction.atomic
def ask_claim(
    *, stray: Stray, member_id: UUID, reason: str, actor: Actor, now: dt.datetime
) -> Resolution:
    """Asks for it to pay a member's oldest open bills, to the fen.

    Raises ReasonNeeded, StrayFitsNoBill, StrayMoved.
    """
    bills = bills_that_take(member_id, stray.amount_fen)
    if not bills:
        raise StrayFitsNoBill
    made = _asked(stray, ResolutionKind.CLAIMED, reason, actor, now)
    made.bills = [str(bill.pk) for bill in bills]
    made.save(update_fields=["bills"])
    months = [bill.month for bill in bills]
    decisions.note("stray.claim_asked", made, actor, now, member=str(member_id), months=months)
    return made


@transaction.atomic
def ask_back(*, stray: Stray, reason: str, actor: Actor, now: dt.datetime) -> Resolution:
    """Asks for it to be given back on the channel's own pages; it is owed from now on.

    Raises ReasonNeeded, StrayMoved.
    """
    made = _asked(stray, ResolutionKind.REFUNDED, reason, actor, now)
    refund_entries.owe_suspended(held=made, at=now)
    decisions.note("stray.back_asked", made, actor, now)
    return made


@transaction.atomic
def confirm_claim(*, stray: Stray, actor: Actor, now: dt.datetime) -> Receipt:
    """The second person: the bills are paid and a receipt is given.

    Raises StraySecondPerson, StrayMoved, StrayFitsNoBill.
    """
    held = _second(stray, ResolutionKind.CLAIMED, actor)
    rows = Bill.objects.select_for_update().filter(pk__in=held.bills, state=BillState.UNPAID)
    bills = list(rows.order_by("id"))
    wanted = {bill.pk for bill in bills}
    takes = bills_that_take(bills[0].member_id, stray.amount_fen) if bills else []
    if not bills or {bill.pk for bill in takes} != wanted or len(wanted) != len(held.bills):
        raise StrayFitsNoBill
    for bill in bills:
        bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, stray.at
        bill.order_id = held.pk
        bill.save(update_fields=["state", "paid_fen", "paid_at", "order_id"])
    _end(held, stray.transaction_id, actor, now)
    ledger.collect(paid=[ledger.Collected(bill, SUSPENSE, now) for bill in bills])
    decisions.note("stray.claimed", held, actor, now, months=sorted(b.month for b in bills))
    reporting.payments(bills, now=now)
    (given,) = receipts.give(
        paid=[receipts.Paid(bills=tuple(bills), order_id=held.pk, channel=stray.channel)],
        actor=actor,
        now=now,
    )
    return given


@transaction.atomic
def confirm_back(*, stray: Stray, refund_number: str, actor: Actor, now: dt.datetime) -> Resolution:
    """The second person gave it back on the channel's pages: the channel holds it no more.

    Raises StraySecondPerson, StrayMoved, StrayNumber.
    """
    held = _second(stray, ResolutionKind.REFUNDED, actor)
    number = refund_number.strip()
    if not _NUMBER.fullmatch(number) or Resolution.objects.filter(refund_number=number).exists():
        raise StrayNumber
    _end(held, number, actor, now)
    refund_entries.pay_out(held=held, clearing=stray.clearing, at=now)
    decisions.note("stray.given_back", held, actor, now, refund_number=number)
    return held


@transaction.atomic
def withdraw(*, stray: Stray, actor: Actor, now: dt.datetime) -> Resolution:
    """Takes an asking back, by whoever may ask: the money is suspended as before.

    Raises StrayMoved.
    """
    held = _held(stray)
    decisions.end(held, ResolutionState.WITHDRAWN, actor, now)
    if held.kind == ResolutionKind.REFUNDED:
        refund_entries.suspend_again(held=held, step="withdrawn", at=now, memo="撤回退还申请")
    decisions.note("stray.withdrawn", held, actor, now)
    return held


def _asked(
    stray: Stray, kind: ResolutionKind, reason: str, actor: Actor, now: dt.datetime
) -> Resolution:
    """Of two askings at once the database takes the first."""
    told, person = decisions.checked_reason(reason), decisions.person_of(actor)
    try:
        with transaction.atomic():
            made: Resolution = Resolution.objects.create(
                suspension_id=stray.id,
                amount_fen=stray.amount_fen,
                kind=kind,
                state=ResolutionState.ASKED,
                reason=told,
                asked_by=person,
                asked_by_name=actor.name,
                asked_at=now,
            )
    except IntegrityError as clash:
        raise StrayMoved from clash
    return made


def _held(stray: Stray) -> Resolution:
    held: Resolution | None = (
        Resolution.objects.select_for_update()
        .filter(suspension_id=stray.id, state=ResolutionState.ASKED)
        .first()
    )
    if held is None:
        raise StrayMoved
    return held


def _second(stray: Stray, kind: ResolutionKind, actor: Actor) -> Resolution:
    held = _held(stray)
    if held.kind != kind:
        raise StrayMoved
    if decisions.person_of(actor) == held.asked_by:
        raise StraySecondPerson
    return held


def _end(held: Resolution, number: str, actor: Actor, now: dt.datetime) -> None:
    held.refund_number = number
    decisions.end(held, ResolutionState.DONE, actor, now)
