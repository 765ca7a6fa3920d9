"""Handing up large and special dues, whole, by two people (rulebook 4.4, 4.7; Art. 11)."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Forbidden, Invalid
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Contribution, ContributionKind, HandUp, HandUpState
from tenant_apps.dues.selectors.books import midnight
from tenant_apps.dues.selectors.contributions import to_be_handed_up
from tenant_apps.dues.services import contributions, ledger
from tenant_apps.dues.services.decisions import person_of

_LONGEST: Final = 64


class NothingToHandUp(Conflict):
    code = "dues_hand_up_nothing"
    sentence = "没有等待上缴的{kind}。"


class HandUpMoved(Conflict):
    code = "dues_hand_up_moved"
    sentence = "这张上缴清单现在是「{state}」，不能这样办理。请刷新页面查看最新状态。"


class HandUpSecondPerson(Forbidden):
    code = "dues_hand_up_second_person"
    sentence = "开列清单和确认上缴须由两人办理，请另一位管理员确认。"


class HandUpFacts(Invalid):
    code = "dues_hand_up_facts"
    sentence = "请填写付款专户、不晚于今天的付款日期和银行流水号。"


class CentralReceiptFacts(Invalid):
    code = "dues_central_receipt"
    sentence = "请填写中央组织部收据的编号和不晚于今天的日期。"


class NotHandedUp(Conflict):
    code = "dues_central_receipt_early"
    sentence = "只有已上缴的大额党费才有中央组织部的收据。"


@transaction.atomic
def draw_up(
    *, kind: ContributionKind, actor: Actor, now: dt.datetime, campaign_id: UUID | None = None
) -> HandUp:
    """Puts everything of the kind that is here and on no list yet on one.

    Raises NothingToHandUp.  Nothing is booked: the money has not moved.
    """
    rows = to_be_handed_up(actor, kind, campaign_id=campaign_id)
    ids = [one.pk for one in rows.select_for_update(of=("self",))]
    listed = Contribution.objects.filter(pk__in=ids)
    total = listed.aggregate(fen=Sum("amount_fen", default=0))["fen"]
    if not total:
        raise NothingToHandUp(kind=ContributionKind(kind).label)
    made: HandUp = HandUp.objects.create(
        kind=kind,
        campaign_id=campaign_id,
        count=len(ids),
        amount_fen=total,
        asked_by=person_of(actor),
        asked_by_name=actor.name,
        asked_at=now,
    )
    listed.update(hand_up=made)
    _tell("hand_up.drawn_up", made, actor, now)
    return made


@transaction.atomic
def confirm(
    *,
    held: HandUp,
    bank: str,
    paid_on: dt.date,
    reference: str,
    actor: Actor,
    now: dt.datetime,
) -> HandUp:
    """The second person's word: the sum has left the dedicated account; it is booked.

    Raises HandUpMoved, HandUpSecondPerson, HandUpFacts.
    """
    held = _asked(held.pk)
    if held.asked_by == person_of(actor):
        raise HandUpSecondPerson
    reference = reference.strip()
    if not bank or not 0 < len(reference) <= _LONGEST or paid_on > day_of(now):
        raise HandUpFacts
    held.bank, held.paid_on, held.reference = bank, paid_on, reference
    _decide(held, HandUpState.DONE, actor, now)
    ledger.post(
        debit=contributions.ACCOUNTS[ContributionKind(held.kind)],
        credit=bank,
        amount_fen=held.amount_fen,
        effect=f"hand-up:{held.pk}",
        at=now if paid_on == day_of(now) else midnight(paid_on),
        memo=f"上缴{ContributionKind(held.kind).label} {held.count} 笔 流水号 {reference}"[:120],
    )
    _tell("hand_up.confirmed", held, actor, now, reference=reference)
    return held


@transaction.atomic
def withdraw(*, held: HandUp, actor: Actor, now: dt.datetime) -> HandUp:
    """Takes a list back that nobody has confirmed; its sums wait again.  Raises HandUpMoved."""
    held = _asked(held.pk)
    held.contributions.update(hand_up=None)
    _decide(held, HandUpState.WITHDRAWN, actor, now)
    _tell("hand_up.withdrawn", held, actor, now)
    return held


@transaction.atomic
def enter_central_receipt(
    *, one: Contribution, number: str, received_on: dt.date, actor: Actor, now: dt.datetime
) -> Contribution:
    """Writes down the receipt that the Central Organisation Department gave the person (Art. 11);
    a wrong number is written over, both stay in the audit log.

    Raises NotHandedUp, CentralReceiptFacts.
    """
    held = Contribution.objects.select_for_update(of=("self",)).select_related("hand_up")
    one = held.get(pk=one.pk)
    gone = one.hand_up is not None and one.hand_up.state == HandUpState.DONE
    if one.kind != ContributionKind.LARGE or not gone:
        raise NotHandedUp
    number = number.strip()
    if not 0 < len(number) <= _LONGEST or received_on > day_of(now):
        raise CentralReceiptFacts
    before = one.central_receipt
    one.central_receipt, one.central_receipt_on = number, received_on
    one.save(update_fields=["central_receipt", "central_receipt_on"])
    record(
        "contribution.central_receipt",
        actor=actor,
        now=now,
        subject_type="contribution",
        subject_id=one.pk,
        before=before,
        number=number,
    )
    return one


def _asked(hand_up_id: UUID) -> HandUp:
    """Locked until the transaction ends; raises HandUpMoved."""
    held: HandUp = HandUp.objects.select_for_update().get(pk=hand_up_id)
    if held.state != HandUpState.ASKED:
        raise HandUpMoved(state=HandUpState(held.state).label)
    return held


def _decide(held: HandUp, state: HandUpState, actor: Actor, now: dt.datetime) -> None:
    held.state, held.decided_by, held.decided_by_name = state, person_of(actor), actor.name
    held.decided_at = now
    held.save()


def _tell(code: str, held: HandUp, actor: Actor, now: dt.datetime, **more: object) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="hand_up",
        subject_id=held.pk,
        kind=held.kind,
        count=held.count,
        amount_fen=held.amount_fen,
        **more,
    )
