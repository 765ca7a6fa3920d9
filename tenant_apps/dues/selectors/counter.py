"""Counter cash: who owes what, which slips there are, and what each collector has in hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery, Sum

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import NotFound
from kernel.permissions import can, require
from tenant_apps.dues.models import Bill, BillState, Receipt, Slip, SlipKind, SlipState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import scopes_of, within
from tenant_apps.members import selectors as members
from tenant_apps.organizations.selectors.duties import Duty, Urgency

if TYPE_CHECKING:
    from tenant_apps.members.models import Member

MOST: Final = 50
"""How many members the counter shows at once; a search narrows them."""


class SlipNotFound(NotFound):
    code = "dues_slip_not_found"
    sentence = "没有找到这张缴款单，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Owing:
    """A member and the open bills, oldest first."""

    member: Member
    bills: tuple[Bill, ...]

    @property
    def fen(self) -> int:
        return sum(bill.due_fen for bill in self.bills)


class InHand(NamedTuple):
    """Cash that one collector took and that no bank has: number of slips, fen, the oldest."""

    person_id: UUID
    name: str
    slips: int
    fen: int
    oldest_at: dt.datetime

    def days(self, today: dt.date) -> int:
        """Age of the oldest of it.

        The rules set no limit in days.  What is in hand when a month ends keeps the month's books
        from agreeing with the bank's statement (rulebook 10.5).
        """
        return (today - day_of(self.oldest_at)).days

    def is_of_last_month(self, today: dt.date) -> bool:
        return day_of(self.oldest_at) < today.replace(day=1)


class _Place(NamedTuple):
    """Where a slip belongs, as permissions ask."""

    org_path: str


def owing_members(actor: Actor, *, words: str) -> list[Owing]:
    """Members of the actor's sub-trees who have open months, by name, phone or identity number."""
    require(actor, DuesPermission.COUNTER)
    owed = Bill.objects.filter(state=BillState.UNPAID).values("member_id")
    found = members.members_visible_to(actor).filter(members.search(words), pk__in=owed)
    return _owing(list(found.order_by("org_path", "name_pinyin", "id")[:MOST]))


def owing_of(actor: Actor, member_ids: Sequence[UUID]) -> list[Owing]:
    """The same for chosen members; who may not be collected from is left out."""
    return _owing(members.members_for(actor, member_ids, to=DuesPermission.COUNTER))


def slips_visible_to(
    actor: Actor, *, kind: SlipKind | None = SlipKind.CASH, state: str = ""
) -> QuerySet[Slip]:
    """Slips of members in the actor's sub-trees, newest first, with the serial of the receipt."""
    receipt = Receipt.objects.filter(order_id=OuterRef("pk")).order_by("-edition")
    found: QuerySet[Slip] = Slip.objects.filter(within(scopes_of(actor), field="member__org_path"))
    if kind is not None:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(state=state)
    return found.select_related("member__org", "lot").annotate(
        serial=Subquery(receipt.values("serial")[:1]),
        verify_code=Subquery(receipt.values("verify_code")[:1]),
    )


def slip_for(
    actor: Actor, slip_id: UUID, *, to: StrEnum, kind: SlipKind | None = SlipKind.CASH
) -> Slip:
    """Loads and authorises: SlipNotFound outside the actor's sub-trees, Forbidden inside."""
    found = slips_visible_to(actor, kind=kind).filter(pk=slip_id).first()
    if found is None:
        raise SlipNotFound
    require(actor, to, _Place(found.member.org_path))
    return found


def taken_together(actor: Actor, slip: Slip) -> list[Slip]:
    """The slips of one handing over: taken by one person in one act."""
    same = slips_visible_to(actor).filter(taken_by=slip.taken_by, taken_at=slip.taken_at)
    return list(same.order_by("id"))


def held_by(actor: Actor, collector: UUID) -> list[Slip]:
    """What one collector has in hand, oldest first."""
    held = slips_visible_to(actor, state=SlipState.HELD).filter(taken_by=collector)
    return list(held.order_by("taken_at", "id"))


def cash_in_hand(actor: Actor) -> list[InHand]:
    """By collector, within the actor's sub-trees, the oldest first."""
    rows = (
        slips_visible_to(actor, state=SlipState.HELD)
        .order_by()
        .values("taken_by")
        .annotate(
            name=Min("taken_by_name"), n=Count("id"), fen=Sum("amount_fen"), at=Min("taken_at")
        )
        .order_by("at")
    )
    return [InHand(row["taken_by"], row["name"], row["n"], row["fen"], row["at"]) for row in rows]


class CounterDuties:
    """Cash that is not in the bank, on the first page of who took it and who confirms it."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterator[Duty]:
        if not can(actor, DuesPermission.COUNTER):
            return
        for one in cash_in_hand(actor):
            urgency = Urgency.OVERDUE if one.is_of_last_month(today) else Urgency.OPEN
            if one.person_id == actor.person_id:
                yield Duty("现金在您手中，请交存党费专户", one.slips, "/dues/counter/", urgency)
            elif can(actor, DuesPermission.DEPOSIT):
                yield Duty(f"{one.name}收取的现金待交存", one.slips, "/dues/counter/", urgency)


def _owing(found: Sequence[Member]) -> list[Owing]:
    bills: dict[UUID, list[Bill]] = {}
    rows = Bill.objects.filter(member_id__in=[m.pk for m in found], state=BillState.UNPAID)
    for bill in rows.order_by("month"):
        bills.setdefault(bill.member_id, []).append(bill)
    return [Owing(member, tuple(bills[member.pk])) for member in found if member.pk in bills]
