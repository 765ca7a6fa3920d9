"""Cash at the counter (rulebook 4.3, Art. 12; issue: counter cash with a printed slip).

Whoever collects for a branch takes the cash of one or several members: their bills are paid, each
gets a receipt, and the books say that the cash is in hand.  Somebody else confirms that the bank
has it, with the number of the bank's slip, or takes a mistaken slip back by reversing lines.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.errors import Conflict, Invalid
from kernel.money import yuan
from kernel.permissions import require
from shared_apps.payments import selectors as payments
from tenant_apps.audit.services import record, record_many
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Lot,
    LotState,
    Receipt,
    Slip,
    SlipKind,
    SlipState,
    Transfer,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.banks import open_banks
from tenant_apps.dues.selectors.chart import COUNTER, MEMBERS_DUES
from tenant_apps.dues.selectors.scope import LEVEL
from tenant_apps.dues.services import collection, ledger, receipts, reporting, slips
from tenant_apps.dues.services.decisions import checked_reason, person_of
from tenant_apps.members import selectors as members

if TYPE_CHECKING:
    from shared_apps.payments.models import Order

MOST: Final = 50
"""Members whose cash is taken in one act."""
_ATTEMPTS: Final = 3
_NUMBER: Final = re.compile(r"[0-9A-Za-z-]{4,40}")


class TooManyAtOnce(Invalid):
    code = "dues_counter_too_many"
    sentence = "一次最多收取 {most} 人的现金，请分次办理。"


class CashDiffers(Invalid):
    code = "dues_counter_amount"
    sentence = "所选月份合计 {sum} 元，与填写的 {given} 元不符，请重新清点或改选月份。"


class SlipMoved(Conflict):
    code = "dues_slip_moved"
    sentence = "缴款单现在是「{state}」，不能这样办理。请刷新页面查看最新状态。"


class NothingToDeposit(Conflict):
    code = "dues_deposit_nothing"
    sentence = "所选缴款单已交存、已冲红或不是同一人经手，请刷新页面后重新选择。"


class DepositInvalid(Invalid):
    code = "dues_deposit_invalid"
    sentence = "{problem}"


class BankSlipTaken(Conflict):
    code = "dues_deposit_number_taken"
    sentence = "银行回单号 {number} 已登记过一次交存，请核对。"


def take(
    *,
    chosen: Mapping[UUID, Sequence[Month]],
    received_fen: int,
    actor: Actor,
    now: dt.datetime,
    handed_by: str = "",
) -> list[Slip]:
    """Takes the cash of members for their months, and returns a slip for each member.

    ``received_fen`` is what was counted; ``handed_by`` names who brought it where that was not
    the member.  An order that a member has open is closed first, as ``start_payment`` does; if it
    is paid all the same, that money is suspended.  Must be called outside a transaction.

    Raises NothingChosen, TooManyAtOnce, MemberNotFound, NotDue, OldestFirst, CashDiffers,
    StillPayable and PaymentUnclear (an order that cannot be closed now).
    """
    person_of(actor)
    if not chosen or not all(chosen.values()):
        raise collection.NothingChosen
    if len(chosen) > MOST:
        raise TooManyAtOnce(most=MOST)
    found = members.members_for(actor, list(chosen), to=DuesPermission.COUNTER)
    if len(found) < len(chosen):
        raise members.MemberNotFound
    for _ in range(_ATTEMPTS):
        made, in_the_way = _take(chosen, received_fen, handed_by.strip(), actor, now)
        if made:
            return made
        for order in in_the_way:
            _close(order, actor, now)
    raise collection.PaymentUnclear(order_id=in_the_way[0].pk)


@transaction.atomic
def reverse(*, slip: Slip, reason: str, actor: Actor, now: dt.datetime) -> Slip:
    """Takes back a slip that was written by mistake, while its cash is not in the bank (冲红).

    The months are due again, the receipt is void and its number stays.  Raises ReasonNeeded,
    SecondPerson, SlipMoved.
    """
    require(actor, DuesPermission.DEPOSIT, slip.member)
    told, person = checked_reason(reason), slips.second_person(slip.taken_by, actor)
    held: Slip = Slip.objects.select_for_update().get(pk=slip.pk)
    if held.state != SlipState.HELD:
        raise SlipMoved(state=held.get_state_display())
    _give_up_bills(held, now)
    held.state, held.reason = SlipState.REVERSED, told
    held.checked_by, held.checked_by_name, held.checked_at = person, actor.name, now
    held.save()
    for receipt in Receipt.objects.filter(order_id=held.pk, voided_at__isnull=True):
        receipts.void(receipt=receipt, reason=told, actor=actor, now=now)
    record(
        "counter.reversed",
        actor=actor,
        now=now,
        subject_type="slip",
        subject_id=held.pk,
        amount_fen=held.amount_fen,
        months=held.months,
        taken_by=held.taken_by_name,
        reason=told,
    )
    return held


@transaction.atomic
def deposit(
    *,
    collector: UUID,
    slip_ids: Sequence[UUID],
    bank: str,
    bank_number: str,
    banked_on: dt.date,
    amount_fen: int,
    actor: Actor,
    now: dt.datetime,
) -> Lot:
    """Confirms that the bank has a collector's cash: whole slips, to the fen of the bank's slip.

    Raises SecondPerson (who took it does not confirm it), NothingToDeposit, CashDiffers,
    DepositInvalid, BankSlipTaken.
    """
    person = slips.second_person(collector, actor)
    held = list(
        Slip.objects.select_for_update(of=("self",))
        .select_related("member")
        .filter(pk__in=slip_ids, kind=SlipKind.CASH, state=SlipState.HELD, taken_by=collector)
        .order_by("id")
    )
    if not held or len(held) < len(set(slip_ids)):
        raise NothingToDeposit
    for one in held:
        require(actor, DuesPermission.DEPOSIT, one.member)
    _refuse_bank_slip(held, bank, bank_number.strip(), banked_on, amount_fen, day_of(now))
    made = _bring_in(held, bank, bank_number.strip(), banked_on, person, actor, now)
    ledger.post(
        debit=bank,
        credit=COUNTER,
        amount_fen=made.amount_fen,
        effect=f"deposit:{made.pk}",
        at=now,
        memo=f"{made.made_by_name}交存现金 {len(held)} 笔",
        org_path=_common_path([one.member.org_path for one in held]),
    )
    record(
        "counter.deposited",
        actor=actor,
        now=now,
        subject_type="lot",
        subject_id=made.pk,
        amount_fen=made.amount_fen,
        slips=len(held),
        collector=made.made_by_name,
        bank_number=made.bank_number,
    )
    return made


@transaction.atomic
def _take(
    chosen: Mapping[UUID, Sequence[Month]],
    received_fen: int,
    handed_by: str,
    actor: Actor,
    now: dt.datetime,
) -> tuple[list[Slip], list[Order]]:
    """The slips, or the open orders that must be closed first.  The bills are locked, so that of
    two who take at once the second finds them paid.
    """
    open_bills = Bill.objects.select_for_update().filter(
        member_id__in=list(chosen), state=BillState.UNPAID
    )
    of_member: dict[UUID, list[Bill]] = {key: [] for key in chosen}
    for bill in open_bills.order_by("id"):
        of_member[bill.member_id].append(bill)
    picked = {key: _picked(of_member[key], months) for key, months in chosen.items()}
    total = sum(bill.due_fen for bills in picked.values() for bill in bills)
    if total != received_fen:
        raise CashDiffers(sum=yuan(total), given=yuan(received_fen))
    ids = [bill.pk for bills in picked.values() for bill in bills]
    in_the_way = list(payments.open_orders_for_bills(ids))
    if in_the_way:
        return [], in_the_way
    made = Slip.objects.bulk_create(
        _slip(member_id, bills, handed_by, actor, now) for member_id, bills in picked.items()
    )
    slips.pay(slips=made, held_in=COUNTER, actor=actor, now=now)
    record_many(
        "counter.taken",
        actor=actor,
        now=now,
        subject_type="slip",
        told=(
            (one.pk, {"amount_fen": one.amount_fen, "months": one.months, "by": handed_by})
            for one in made
        ),
    )
    return made, []


def _slip(
    member_id: UUID, bills: Sequence[Bill], handed_by: str, actor: Actor, now: dt.datetime
) -> Slip:
    return Slip(
        kind=SlipKind.CASH,
        state=SlipState.HELD,
        member_id=member_id,
        bills=[[str(bill.pk), bill.due_fen] for bill in bills],
        months=[bill.month for bill in bills],
        amount_fen=sum(bill.due_fen for bill in bills),
        handed_by=handed_by,
        taken_by=person_of(actor),
        taken_by_name=actor.name,
        taken_at=now,
    )


def _picked(bills: list[Bill], months: Sequence[Month]) -> list[Bill]:
    """The bills of the months, oldest first.  Raises NotDue, OldestFirst."""
    owed = sorted(bills, key=lambda bill: bill.month)
    wanted = {month.value for month in months}
    found = [bill for bill in owed if bill.month in wanted]
    if len(found) < len(wanted):
        gone = sorted(wanted - {bill.month for bill in found})
        raise collection.NotDue(months="、".join(Month(month).label for month in gone))
    for bill, taken in zip(owed, found, strict=False):
        if bill.pk != taken.pk:
            raise collection.OldestFirst(month=Month(bill.month).label)
    return found


def _close(order: Order, actor: Actor, now: dt.datetime) -> None:
    collection.give_up(order=order, actor=actor, now=now)


def _give_up_bills(held: Slip, now: dt.datetime) -> None:
    """The reversing lines, and the bills due again."""
    bills = slips.locked([UUID(key) for key, _ in held.bills])
    if any(bill.order_id != held.pk for bill in bills) or len(bills) < len(held.bills):
        raise SlipMoved(state=held.get_state_display())
    Transfer.objects.bulk_create(
        Transfer(
            debit=MEMBERS_DUES,
            credit=COUNTER,
            amount_fen=bill.paid_fen,
            effect=f"cash-back:{held.pk.hex}:{bill.pk.hex}",
            order_id=held.pk,
            bill=bill,
            org_path=bill.org_path,
            at=now,
            memo=f"{bill.month} 现金冲红",
        )
        for bill in bills
    )
    reporting.payments(bills, now=now, is_undone=True)
    for bill in bills:
        bill.state, bill.paid_fen, bill.paid_at, bill.order_id = BillState.UNPAID, 0, None, None
        bill.returned += 1
    Bill.objects.bulk_update(bills, ["state", "paid_fen", "paid_at", "order_id", "returned"])


def _refuse_bank_slip(
    held: Sequence[Slip], bank: str, number: str, on: dt.date, amount_fen: int, today: dt.date
) -> None:
    total = sum(one.amount_fen for one in held)
    if bank not in {known.account for known in open_banks()}:
        raise DepositInvalid(problem="请选择本单位的党费专户。")
    if not _NUMBER.fullmatch(number):
        raise DepositInvalid(problem="请填写银行回单号（4 到 40 位字母、数字）。")
    if not max(day_of(one.taken_at) for one in held) <= on <= today:
        raise DepositInvalid(problem="交存日期不能早于最后一笔收款，也不能晚于今天。")
    if total != amount_fen:
        raise CashDiffers(sum=yuan(total), given=yuan(amount_fen))


def _bring_in(
    held: Sequence[Slip],
    bank: str,
    number: str,
    on: dt.date,
    person: UUID,
    actor: Actor,
    now: dt.datetime,
) -> Lot:
    try:
        with transaction.atomic():
            made: Lot = Lot.objects.create(
                kind=SlipKind.CASH,
                state=LotState.BANKED,
                amount_fen=sum(one.amount_fen for one in held),
                made_by=held[0].taken_by,
                made_by_name=held[0].taken_by_name,
                made_at=min(one.taken_at for one in held),
                checked_by=person,
                checked_by_name=actor.name,
                checked_at=now,
                bank=bank,
                bank_number=number,
                banked_on=on,
                banked_by_name=actor.name,
            )
    except IntegrityError as clash:
        raise BankSlipTaken(number=number) from clash
    Slip.objects.filter(pk__in=[one.pk for one in held]).update(
        state=SlipState.BANKED,
        lot=made,
        checked_by=person,
        checked_by_name=actor.name,
        checked_at=now,
    )
    return made


def _common_path(paths: Sequence[str]) -> str:
    """The lowest organisation above all of them; empty where there is none."""
    first, last = min(paths), max(paths)
    same = 0
    while first[same : same + LEVEL] == last[same : same + LEVEL] and same < len(first):
        same += LEVEL
    return first[:same]
