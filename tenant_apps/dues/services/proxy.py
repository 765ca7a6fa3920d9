"""Batches paid for others, usually the retired (批量代交; rulebook 10.3, Art. 12 and 14).

The money is the members' own, handed over by them, and never the organisation's: it is booked as
a batch in transit until the bills take it, and what no bill takes goes back to its member.  One
draws the batch up, another checks it; with the bank's slip its bills are paid and everybody has a
receipt, in a fixed number of statements.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from kernel.money import yuan
from kernel.permissions import require
from shared_apps.delivery.services import sms
from shared_apps.payments import selectors as payments
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Lot, LotState, Slip, SlipKind, SlipState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.banks import open_banks
from tenant_apps.dues.selectors.chart import PROXY
from tenant_apps.dues.selectors.proxy import Row, sort_rows, still_entrusted
from tenant_apps.dues.selectors.receipts import months_in_words
from tenant_apps.dues.services import collection, ledger, slips
from tenant_apps.dues.services.decisions import checked_reason, person_of
from tenant_apps.members.services import sealing

_NUMBER: Final = re.compile(r"[0-9A-Za-z-]{4,40}")


class NothingToPay(Invalid):
    code = "dues_proxy_nothing"
    sentence = "没有一行可以代交。第 {row} 行：{field}，{rule}；{way_out}。"


class NotTheirMoney(Invalid):
    code = "dues_proxy_money"
    sentence = "请确认款项由党员本人交来。单位不得垫交，也不得从工资中扣缴（第十四条）。"


class LotMoved(Conflict):
    code = "dues_lot_moved"
    sentence = "批次现在是「{state}」，不能这样办理。请刷新页面查看最新状态。"


class BankSlipInvalid(Invalid):
    code = "dues_proxy_bank_slip"
    sentence = "{problem}"


class BankSlipTaken(Conflict):
    code = "dues_proxy_number_taken"
    sentence = "银行回单号 {number} 已登记过，请核对。"


@transaction.atomic
def draw_up(
    *, rows: Sequence[Row], title: str, is_their_money: bool, actor: Actor, now: dt.datetime
) -> Lot:
    """Makes a batch of the rows that can be paid; the others are kept with the reason.

    Nothing is booked.  Raises NotTheirMoney, NothingToPay (naming the first row).
    """
    person = person_of(actor)
    if not is_their_money:
        raise NotTheirMoney
    found = sort_rows(actor, rows)
    if not found.bills:
        first = found.faults[0]
        raise NothingToPay(row=first.row, field=first.field, rule=first.rule, way_out=first.way_out)
    made: Lot = Lot.objects.create(
        kind=SlipKind.PROXY,
        state=LotState.DRAFT,
        title=title.strip() or f"{day_of(now):%Y-%m-%d} 代交",
        amount_fen=found.fen,
        made_by=person,
        made_by_name=actor.name,
        made_at=now,
        faults=[fault.as_kept() for fault in found.faults],
    )
    Slip.objects.bulk_create(
        Slip(
            kind=SlipKind.PROXY,
            state=SlipState.WAITING,
            member_id=member_id,
            lot=made,
            bills=[[str(bill.pk), bill.due_fen] for bill in bills],
            months=[bill.month for bill in bills],
            amount_fen=sum(bill.due_fen for bill in bills),
            taken_by=person,
            taken_by_name=actor.name,
            taken_at=now,
        )
        for member_id, bills in found.bills.items()
    )
    _tell("proxy.drawn_up", made, actor, now, members=len(found.bills), refused=len(found.faults))
    return made


@transaction.atomic
def check(*, lot: Lot, actor: Actor, now: dt.datetime) -> Lot:
    """The second person's word.  Raises LotMoved, SecondPerson."""
    require(actor, DuesPermission.DEPOSIT)
    held = _held(lot, LotState.DRAFT)
    held.checked_by, held.checked_by_name = slips.second_person(held.made_by, actor), actor.name
    held.checked_at, held.state = now, LotState.CHECKED
    held.save()
    _tell("proxy.checked", held, actor, now)
    return held


@transaction.atomic
def withdraw(*, lot: Lot, actor: Actor, now: dt.datetime) -> Lot:
    """Takes back what nobody has paid.  Raises LotMoved."""
    held = _held(lot, LotState.DRAFT, LotState.CHECKED)
    held.state = LotState.WITHDRAWN
    held.save(update_fields=["state"])
    Slip.objects.filter(lot=held).update(state=SlipState.DROPPED)
    _tell("proxy.withdrawn", held, actor, now)
    return held


def bank(
    *,
    lot: Lot,
    account: str,
    number: str,
    banked_on: dt.date,
    amount_fen: int,
    actor: Actor,
    now: dt.datetime,
) -> Lot:
    """Confirms that the batch's money is in the dedicated account, and pays its bills.

    Orders that its members have open are closed first.  What was paid otherwise meanwhile, or is
    no longer entrusted, is not paid: its money goes back (``give_back``).  Must be called outside
    a transaction.  Raises SecondPerson, LotMoved, BankSlipInvalid, BankSlipTaken.
    """
    require(actor, DuesPermission.DEPOSIT)
    slips.second_person(lot.made_by, actor)
    _refuse_bank_slip(lot, account, number.strip(), banked_on, amount_fen, day_of(now))
    _close_orders(lot, actor, now)
    try:
        return _bank(lot, account, number.strip(), banked_on, actor, now)
    except IntegrityError as clash:
        raise BankSlipTaken(number=number.strip()) from clash


@transaction.atomic
def give_back(*, slip: Slip, reason: str, actor: Actor, now: dt.datetime) -> Slip:
    """Enters that a member has the money back that no bill took.

    Raises ReasonNeeded, SecondPerson, LotMoved.
    """
    require(actor, DuesPermission.DEPOSIT, slip.member)
    told = checked_reason(reason)
    slips.second_person(slip.taken_by, actor)
    held: Slip = Slip.objects.select_for_update(of=("self",)).select_related("lot").get(pk=slip.pk)
    if held.state != SlipState.OVER or held.lot is None:
        raise LotMoved(state=held.get_state_display())
    held.state, held.reason = SlipState.RETURNED, told
    held.save(update_fields=["state", "reason"])
    ledger.post(
        debit=PROXY,
        credit=held.lot.bank,
        amount_fen=held.amount_fen,
        effect=f"proxy-back:{held.pk}",
        at=now,
        memo="代交款退还本人",
    )
    record(
        "proxy.given_back",
        actor=actor,
        now=now,
        subject_type="slip",
        subject_id=held.pk,
        amount_fen=held.amount_fen,
        reason=told,
    )
    return held


@transaction.atomic
def _bank(lot: Lot, account: str, number: str, on: dt.date, actor: Actor, now: dt.datetime) -> Lot:
    held = _held(lot, LotState.CHECKED)
    held.state, held.bank, held.bank_number = LotState.BANKED, account, number
    held.banked_on, held.banked_by_name = on, actor.name
    held.save()
    ledger.post(
        debit=account,
        credit=PROXY,
        amount_fen=held.amount_fen,
        effect=f"proxy:{held.pk}",
        at=now,
        memo=f"代交款存入：{held.title}",
    )
    lines = list(
        Slip.objects.select_for_update(of=("self",))
        .select_related("member")
        .filter(lot=held)
        .order_by("id")
    )
    entrusted = still_entrusted(lines)
    booked = slips.pay(
        slips=[one for one in lines if one.pk in entrusted], held_in=PROXY, actor=actor, now=now
    )
    taken = {one.pk for one in booked.taken}
    common = {
        "checked_by": held.checked_by,
        "checked_by_name": held.checked_by_name,
        "checked_at": held.checked_at,
    }
    of_lot = Slip.objects.filter(lot=held)
    of_lot.filter(pk__in=taken).update(state=SlipState.BANKED, **common)
    of_lot.exclude(pk__in=taken).update(state=SlipState.OVER, **common)
    _send_word(booked.taken, actor, now)
    _tell("proxy.banked", held, actor, now, paid=len(taken), over=len(lines) - len(taken),
          bank_number=number)  # fmt: skip
    return held


def _send_word(taken: Sequence[Slip], actor: Actor, now: dt.datetime) -> None:
    """Whoever has a phone is told what was paid (rulebook 10.3)."""
    sms.send_all(
        messages=[
            (
                sealing.open_phone(one.member.phone_sealed),
                {
                    "name": one.member.name,
                    "yuan": yuan(one.amount_fen),
                    "months": months_in_words(one.months),
                },
            )
            for one in taken
            if one.member.phone_sealed
        ],
        template="receipt",
        purpose="receipt",
        actor=actor,
        now=now,
    )


def _close_orders(lot: Lot, actor: Actor, now: dt.datetime) -> None:
    """One that cannot be closed stays; if it is paid, that money is suspended."""
    bills = [key for one in Slip.objects.filter(lot=lot) for key, _ in one.bills]
    for order in payments.open_orders_for_bills(bills):
        try:
            collection.give_up(order=order, actor=actor, now=now)
        except collection.StillPayable:
            continue


def _held(lot: Lot, *states: LotState) -> Lot:
    held: Lot = Lot.objects.select_for_update().get(pk=lot.pk)
    if held.state not in states:
        raise LotMoved(state=held.get_state_display())
    return held


def _refuse_bank_slip(
    lot: Lot, account: str, number: str, on: dt.date, amount_fen: int, today: dt.date
) -> None:
    for problem, is_so in (
        ("请选择本单位的党费专户。", account not in {known.account for known in open_banks()}),
        ("请填写银行回单号（4 到 40 位字母、数字）。", not _NUMBER.fullmatch(number)),
        ("存入日期不能早于批次编制日，也不能晚于今天。", not day_of(lot.made_at) <= on <= today),
        (
            f"批次合计 {yuan(lot.amount_fen)} 元，与回单 {yuan(amount_fen)} 元不符。",
            amount_fen != lot.amount_fen,
        ),
    ):
        if is_so:
            raise BankSlipInvalid(problem=problem)


def _tell(code: str, held: Lot, actor: Actor, now: dt.datetime, **data: object) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="lot",
        subject_id=held.pk,
        amount_fen=held.amount_fen,
        title=held.title,
        **data,
    )
