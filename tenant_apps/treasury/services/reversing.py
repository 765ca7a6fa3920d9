"""Corrections: a booked voucher is taken back by a reversing line, by two people.

Nothing in the books is changed or deleted; the first line stays and the second one undoes it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict
from tenant_apps.dues.selectors import chart
from tenant_apps.treasury.models import Voucher, VoucherKind, VoucherState
from tenant_apps.treasury.selectors.vouchers import reversal_of
from tenant_apps.treasury.services.bookkeeping import (
    VoucherInvalid,
    book,
    person_of,
    refuse_overdraft,
    second_person,
    tell,
)
from tenant_apps.treasury.services.folding import hold_books

SHORTEST: Final = 4
_CREDITED: Final = {
    VoucherKind.INTEREST: chart.INTEREST,
    VoucherKind.ALLOCATION: chart.HANDED_DOWN,
    VoucherKind.OPENING: chart.OPENING,
}


class NotReversible(Conflict):
    code = "treasury_not_reversible"
    sentence = "只有已入账、尚未冲销的手工单据可以红字冲销。"


class AlreadyReversed(Conflict):
    code = "treasury_already_reversed"
    sentence = "这张单据已经申请冲销，没有重复办理。"


class ReversalMoved(Conflict):
    code = "treasury_reversal_moved"
    sentence = "这笔冲销不在等待复核，请刷新页面查看最新状态。"


@transaction.atomic
def ask(*, voucher: Voucher, reason: str, actor: Actor, now: dt.datetime) -> Voucher:
    """Asks for a voucher to be taken back.

    Raises NotReversible, AlreadyReversed, VoucherInvalid.
    """
    hold_books()
    held: Voucher = Voucher.objects.select_for_update(of=("self",)).get(pk=voucher.pk)
    told = reason.strip()
    if held.state != VoucherState.PAID or held.kind == VoucherKind.REVERSAL:
        raise NotReversible
    if reversal_of(held) is not None:
        raise AlreadyReversed
    if len(told) < SHORTEST:
        raise VoucherInvalid(problem=f"请写明冲销的理由（至少 {SHORTEST} 个字）。")
    made: Voucher = Voucher.objects.create(
        kind=VoucherKind.REVERSAL,
        state=VoucherState.DRAFT,
        org_id=held.org_id,
        org_path=held.org_path,
        bank=held.bank,
        use=held.use,
        reverses=held,
        amount_fen=held.amount_fen,
        happened_on=day_of(now),
        summary=f"冲销：{told}"[:120],
        entered_by=person_of(actor),
        entered_by_name=actor.name,
        entered_at=now,
    )
    tell("treasury.reversal_asked", made, actor, now, of=str(held.pk), reason=told)
    return made


@transaction.atomic
def confirm(*, voucher: Voucher, actor: Actor, now: dt.datetime) -> Voucher:
    """The second person books the reversing line.

    Raises ReversalMoved, SecondPerson, NotEnough where income is gone already.
    """
    hold_books()
    locked = Voucher.objects.select_for_update(of=("self",)).select_related("reverses")
    held: Voucher = locked.get(pk=voucher.pk)
    first = held.reverses
    if held.state != VoucherState.DRAFT or first is None:
        raise ReversalMoved
    second = second_person(held, actor)
    if first.kind == VoucherKind.EXPENSE:
        sides = (held.bank, held.use)
    else:
        refuse_overdraft(held, day_of(now))
        sides = (_CREDITED[VoucherKind(first.kind)], held.bank)
    held.paid_by, held.paid_by_name = second, actor.name
    held.paid_at, held.state = now, VoucherState.PAID
    held.line_id = book(held, *sides, f"reversal:{first.pk}", now)
    held.save()
    first.state = VoucherState.REVERSED
    first.save(update_fields=["state"])
    tell("treasury.reversed", held, actor, now, of=str(first.pk))
    return held
