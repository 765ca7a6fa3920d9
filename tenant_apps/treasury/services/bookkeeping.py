"""What every voucher that is booked has in common: two people, what is there to spend, the line."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.money import yuan
from tenant_apps.audit.services import record
from tenant_apps.dues.selectors.banks import banks
from tenant_apps.dues.selectors.books import standings
from tenant_apps.dues.services import ledger
from tenant_apps.treasury.models import Publication, PublicationState, Voucher, VoucherKind
from tenant_apps.treasury.selectors.balances import balance_of
from tenant_apps.treasury.selectors.vouchers import left_of


class VoucherInvalid(Invalid):
    code = "treasury_voucher_invalid"
    sentence = "{problem}"


class SecondPerson(Forbidden):
    code = "treasury_second_person"
    sentence = "会计与出纳须由两人分别担任：录入人不能批准、付款或复核自己录入的单据。"


class NotEnough(Conflict):
    code = "treasury_not_enough"
    sentence = "{where}现有 {held} 元，不足以支出 {wanted} 元。"


class YearPublished(Conflict):
    code = "treasury_year_published"
    sentence = "{year} 年度党费已公示，不能再记入该年度。请先撤回公示，或记入本年度。"


def person_of(actor: Actor) -> UUID:
    """Raises Forbidden for a job or nobody."""
    if actor.person_id is None:
        raise Forbidden
    return actor.person_id


def second_person(held: Voucher, actor: Actor) -> UUID:
    """Somebody else than who entered it.  Raises SecondPerson."""
    person = person_of(actor)
    if person == held.entered_by:
        raise SecondPerson
    return person


def refuse_published(day: dt.date, today: dt.date) -> None:
    """Raises YearPublished: a year that is over and was published does not change behind those
    who were shown it.  What is published of the current year says until when, and goes on.
    """
    shown = Publication.objects.filter(year=day.year, state=PublicationState.PUBLISHED)
    if day.year < today.year and shown.exists():
        raise YearPublished(year=day.year)


def refuse_overdraft(held: Voucher, today: dt.date) -> None:
    """Raises NotEnough where the account, the organisation's own part of the money, or the
    allocation does not cover it.  The caller holds the books.
    """
    labels = {bank.account: bank.label for bank in banks()}
    own = standings(today, today).get(held.org_id)
    for where, there in (
        (labels.get(held.bank, "党费专户"), balance_of(held.bank, today)),
        ("该组织名下", own.share_fen if own else 0),
    ):
        if there < held.amount_fen:
            raise NotEnough(where=where, held=yuan(there), wanted=yuan(held.amount_fen))
    if held.earmark is not None:
        refuse_earmark(held.earmark, held.use, held.amount_fen, but=held.pk)


def refuse_earmark(
    allocation: Voucher, use: str, amount_fen: int, *, but: UUID | None = None
) -> None:
    """Raises VoucherInvalid for another use than the one it was allocated for (Art. 21), and
    NotEnough above what other expenses left of it.
    """
    if allocation.kind != VoucherKind.ALLOCATION or allocation.use != use:
        raise VoucherInvalid(problem="专项下拨的党费只能用于下拨时指定的用途。")
    left = left_of(allocation, but=but)
    if left < amount_fen:
        raise NotEnough(where="这笔专项下拨", held=yuan(left), wanted=yuan(amount_fen))


def book(held: Voucher, debit: str, credit: str, effect: str, at: dt.datetime) -> UUID:
    """Posts the voucher's amount for its organisation; returns the id of the line."""
    line = ledger.post(
        debit=debit,
        credit=credit,
        amount_fen=held.amount_fen,
        effect=effect,
        at=at,
        memo=held.summary,
        org_path=held.org_path,
        org_id=held.org_id,
    )
    return line.pk


def tell(code: str, held: Voucher, actor: Actor, now: dt.datetime, **data: Any) -> None:
    """Records what happened to a voucher."""
    record(
        code,
        actor=actor,
        now=now,
        subject_type="voucher",
        subject_id=held.pk,
        kind=held.kind,
        amount_fen=held.amount_fen,
        **data,
    )
