"""Money that arrived and that no bill took: which sums, whose, and what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Sum

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import Bill, BillState, Resolution, ResolutionState, Transfer
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.bills import bills_under_payment
from tenant_apps.dues.selectors.chart import CLEARING, REFUNDS, SUSPENSE
from tenant_apps.members import selectors as members

MOST_PAST: Final = 50
"""How many of the decided ones are listed."""
_CONFLICT: Final = "conflict:"


class SuspendedNotFound(NotFound):
    code = "dues_suspended_not_found"
    sentence = "没有找到这笔待确认款项，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Amount (fen) and number of what nobody has finished deciding about."""

    fen: int
    count: int


@dataclass(frozen=True, slots=True)
class Suspended:
    """One sum with the payment that it came from.

    ``resolution`` is the decision in force, ``withdrawn`` those taken back or not carried out.
    ``org_path`` is the payer's place; empty, so that only somebody over the whole unit decides,
    where the payer's file is gone.
    """

    id: UUID
    at: dt.datetime
    amount_fen: int
    memo: str
    order_id: UUID
    order_number: str
    transaction_id: str
    channel: str
    member_id: UUID
    name: str
    org_path: str
    resolution: Resolution | None
    withdrawn: tuple[Resolution, ...]

    @property
    def is_open(self) -> bool:
        return self.resolution is None

    @property
    def is_asked(self) -> bool:
        """Whether a refund waits for the second person."""
        return self.resolution is not None and self.resolution.state == ResolutionState.ASKED

    @property
    def is_sent(self) -> bool:
        """Whether a refund is with the channel."""
        return self.resolution is not None and self.resolution.state == ResolutionState.SENT


def suspended_visible_to(actor: Actor) -> list[Suspended]:
    """Sums that are not settled, oldest first, then the last ones that are, newest first."""
    done = Q(resolutions__state=ResolutionState.DONE)
    left = _suspensions().exclude(done).order_by("at", "id")
    past = _suspensions().filter(done).order_by("-at", "-id")[:MOST_PAST]
    found = _told([*left, *past])
    return [one for one in found if can(actor, DuesPermission.SUSPENSE, one)]


def suspended_for(actor: Actor, transfer_id: UUID) -> Suspended:
    """Loads and authorises; SuspendedNotFound outside the actor's sub-trees."""
    require(actor, DuesPermission.SUSPENSE)
    for one in _told(_suspensions().filter(pk=transfer_id)):
        if can(actor, DuesPermission.SUSPENSE, one):
            return one
    raise SuspendedNotFound


def placeable(suspended: Suspended) -> list[Bill]:
    """The payer's bills that the sum pays."""
    return bills_that_take(suspended.member_id, suspended.amount_fen)


def bills_that_take(member_id: UUID, amount_fen: int) -> list[Bill]:
    """The member's bills that the sum pays: from the oldest open one on, to the fen, none of
    them being paid right now.  Empty where there are none.
    """
    bills: list[Bill] = []
    left = amount_fen
    owing = Bill.objects.filter(member_id=member_id, state=BillState.UNPAID)
    for bill in owing.order_by("month"):
        if not left:
            break
        bills.append(bill)
        left -= bill.due_fen
    if left or bills_under_payment([bill.pk for bill in bills]):
        return []
    return bills


def unresolved() -> Unresolved:
    """What stands in the suspense account, and refunds of such sums that are not carried out."""
    left = _suspensions().exclude(resolutions__state=ResolutionState.DONE)
    fen = left.aggregate(fen=Sum("amount_fen"))["fen"] or 0
    return Unresolved(fen, left.count())


def _suspensions() -> QuerySet[Transfer]:
    """What came from a channel, and what a refund that failed brought back."""
    came = Q(debit__startswith=f"{CLEARING}:") | Q(debit=REFUNDS, order_id__isnull=False)
    return Transfer.objects.filter(came, credit=SUSPENSE)


def _told(transfers: QuerySet[Transfer] | Iterable[Transfer]) -> list[Suspended]:
    ids = [transfer.pk for transfer in transfers]
    decided = Prefetch("resolutions", Resolution.objects.order_by("asked_at"))
    rows = Transfer.objects.prefetch_related(decided).in_bulk(ids)
    lines = [rows[pk] for pk in ids]
    orders = payments.orders_by_id(line.order_id for line in lines if line.order_id)
    second = second_transactions(lines)
    people = members.places_of(order.payer_member_id for order in orders.values())
    found = []
    for line in lines:
        if line.order_id is None:
            continue
        order = orders[line.order_id]
        name, path = people.get(order.payer_member_id, ("", ""))
        decisions = list(line.resolutions.all())
        found.append(
            Suspended(
                id=line.pk,
                at=line.at,
                amount_fen=line.amount_fen,
                memo=line.memo,
                order_id=order.pk,
                order_number=order.out_trade_no,
                transaction_id=second.get(line.effect) or order.transaction_id or "",
                channel=order.config.channel,
                member_id=order.payer_member_id,
                name=name,
                org_path=path,
                resolution=next((one for one in decisions if one.state in _IN_FORCE), None),
                withdrawn=tuple(one for one in decisions if one.state not in _IN_FORCE),
            )
        )
    return found


_IN_FORCE: Final = (ResolutionState.ASKED, ResolutionState.SENT, ResolutionState.DONE)


def second_transactions(lines: Iterable[Transfer]) -> dict[str, str]:
    """The channel's numbers of second payments of one order, by the effect they were booked as."""
    ids = [line.effect.removeprefix(_CONFLICT) for line in lines if _CONFLICT in line.effect]
    events = payments.conflicts().filter(pk__in=ids)
    return {f"{_CONFLICT}{pk}": number for pk, number in events.values_list("id", "transaction_id")}
