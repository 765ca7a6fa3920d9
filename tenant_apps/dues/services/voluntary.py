"""Giving more than one's dues (rulebook 4.4, Art. 11): without a bill, never a debt.

A one-time extra from the limit of the rule pack on is large dues: all of it goes to the Central,
and the Central Organisation Department gives the person a receipt.  Below it stays in the pool.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from kernel.models import uuid7
from kernel.money import yuan
from kernel.permissions import require
from kernel.unit import current_unit_id
from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel
from shared_apps.payments.services import orders
from shared_apps.rules import selectors as rules
from shared_apps.rules.selectors import ExtraKind
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Contribution, ContributionKind, ContributionState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import campaigns
from tenant_apps.dues.selectors.books import midnight
from tenant_apps.dues.services import collection, contributions, receipts
from tenant_apps.members import selectors as members

if TYPE_CHECKING:
    from shared_apps.payments.models import Order
    from shared_apps.rules.models import Campaign
    from tenant_apps.dues.models import Receipt
    from tenant_apps.members.models import Member

MOST_FEN: Final = 10_000_000_00
"""Ten million yuan: beyond what any channel takes at once, and surely a slip of the finger."""
TRANSFER: Final = "转入党费专户"
_ATTEMPTS: Final = 3
_LONGEST_NUMBER: Final = 24


class ExtraAmount(Invalid):
    code = "dues_extra_amount"
    sentence = "多交的金额须在 0.01 元至 {most} 元之间。"


class BankNumberNeeded(Invalid):
    code = "dues_extra_bank_number"
    sentence = "请填写银行流水号（1 到 24 位字母、数字或短横线）。"


class BankNumberTaken(Conflict):
    code = "dues_extra_bank_number_taken"
    sentence = "银行流水号 {number} 已经登记过，没有重复记账。"


class NotYetReceived(Invalid):
    code = "dues_extra_received_on"
    sentence = "到账日期不能晚于今天。"


def start(
    *,
    member_id: UUID,
    amount_fen: int,
    actor: Actor,
    now: dt.datetime,
    channel: Channel = Channel.WECHAT,
    campaign: Campaign | None = None,
    is_anonymous: bool = False,
) -> Order:
    """Begins the payment of a sum of the member's own choice and asks the channel for it.

    The kind follows from the amount, or from the campaign.  Asking again for the same sum returns
    the same order; one for another sum, or over another channel, is taken back first.  Must be
    called outside a transaction.  Raises ExtraAmount, CampaignClosed, what ``collection.give_up``
    raises of an order in the way, and what opening raises.
    """
    refuse_amount(amount_fen)
    if campaign is not None:
        campaigns.require_open(campaign)
    for _ in range(_ATTEMPTS):
        wanted = Contribution(
            member_id=member_id, amount_fen=amount_fen,
            campaign_id=campaign.pk if campaign else None,
            is_anonymous=is_anonymous and campaign is not None and campaign.may_be_anonymous,
        )  # fmt: skip
        order, in_the_way = _claim(wanted, channel, actor, now)
        if order is not None:
            return orders.submit(order=order, actor=actor, now=now)
        for other in in_the_way:
            collection.give_up(order=other, actor=actor, now=now)
    raise collection.PaymentUnclear(order_id=in_the_way[0].pk)


@transaction.atomic
def enter(
    *,
    member: Member,
    amount_fen: int,
    bank: str,
    number: str,
    received_on: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> Receipt:
    """Books a sum that a member paid into the dedicated account himself, and gives its receipt.

    ``bank`` is the ledger account, ``number`` the bank's: the same one is never booked twice.
    Raises ExtraAmount, BankNumberNeeded, BankNumberTaken, NotYetReceived.
    """
    refuse_amount(amount_fen)
    number = number.strip()
    if not 0 < len(number) <= _LONGEST_NUMBER or not number.replace("-", "").isalnum():
        raise BankNumberNeeded
    if received_on > day_of(now):
        raise NotYetReceived
    key = uuid7()
    one = Contribution(pk=key, member=member, amount_fen=amount_fen, order_id=key)
    one.state, one.paid_at = ContributionState.PAID, midnight(received_on)
    _place(one, member, now)
    require(actor, DuesPermission.CONTRIBUTION, one)
    one.save(force_insert=True)
    _book(one, bank, number, now if received_on == day_of(now) else midnight(received_on))
    _tell("contribution.entered", one, actor, now, number=number)
    (receipt,) = receipts.give(
        paid=[receipts.Paid((one,), key, TRANSFER, kind=one.kind)], actor=actor, now=now
    )
    return receipt


def _book(one: Contribution, bank: str, number: str, at: dt.datetime) -> None:
    try:
        with transaction.atomic():
            contributions.book_transferred(one=one, bank=bank, number=number, at=at)
    except IntegrityError as twice:
        raise BankNumberTaken(number=number) from twice


def refuse_amount(amount_fen: int) -> None:
    """Raises ExtraAmount."""
    if not 0 < amount_fen <= MOST_FEN:
        raise ExtraAmount(most=yuan(MOST_FEN))


@transaction.atomic
def _claim(
    wanted: Contribution, channel: Channel, actor: Actor, now: dt.datetime
) -> tuple[Order | None, list[Order]]:
    """The order to submit, or the open orders of the member's that must be cleared first; starts
    of one member take turns.
    """
    require(actor, DuesPermission.PAY, wanted)
    _take_turns(wanted.member_id)
    begun = Contribution.objects.filter(
        member_id=wanted.member_id,
        campaign_id=wanted.campaign_id,
        state=ContributionState.OPEN,
        created_at__gt=now - orders.LIFETIME * 2,
    )
    by_id = {one.pk: one for one in begun}
    open_orders = list(payments.open_orders_for_bills(by_id).prefetch_related("items"))
    for order in open_orders:
        (item,) = order.items.all()
        if _is_same(by_id[item.bill_id], wanted, order, channel, actor, now):
            return order, []
    if open_orders:
        return None, open_orders
    wanted.pk = uuid7()
    _place(wanted, members.own_file(actor), now)
    order = orders.open_order(
        unit_id=current_unit_id(),
        items=[orders.Item(wanted.pk, wanted.amount_fen)],
        description=ContributionKind(wanted.kind).label,
        actor=actor,
        now=now,
        channel=channel,
    )
    wanted.order_id = order.pk
    wanted.save(force_insert=True)
    _tell("contribution.started", wanted, actor, now, channel=channel)
    return order, []


def _place(one: Contribution, member: Member, now: dt.datetime) -> None:
    """What it is by today's rules, and whose it is."""
    pack = rules.dues_pack(day_of(now))
    is_large = pack.classify_extra(one.amount_fen) is ExtraKind.CENTRAL
    one.kind = ContributionKind.LARGE if is_large else ContributionKind.VOLUNTARY
    if one.campaign_id is not None:
        one.kind = ContributionKind.SPECIAL
    one.limit_fen, one.pack_version = pack.large_extra_fen, pack.version
    one.org_id, one.org_path, one.created_at = member.org_id, member.org_path, now


def _is_same(
    begun: Contribution,
    wanted: Contribution,
    order: Order,
    channel: Channel,
    actor: Actor,
    now: dt.datetime,
) -> bool:
    return (
        begun.amount_fen == wanted.amount_fen
        and begun.is_anonymous == wanted.is_anonymous
        and order.config.channel == channel
        and order.payer_person_id == actor.person_id
        and order.expires_at > now
    )


def _take_turns(member_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.contribution'),"
            " hashtext(%s))",
            [str(member_id)],
        )


def _tell(code: str, one: Contribution, actor: Actor, now: dt.datetime, **more: object) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="contribution",
        subject_id=one.pk,
        member_id=str(one.member_id),
        kind=one.kind,
        amount_fen=one.amount_fen,
        **more,
    )
