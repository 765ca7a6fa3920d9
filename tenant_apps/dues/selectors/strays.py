"""Money of strangers: what reached the unit's merchant account without an order of ours, once it is
in the books, and what people decided about it (rulebook 10.5: long).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from django.db.models import Sum, Window

from kernel.actor import Actor
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Resolution,
    ResolutionKind,
    ResolutionState,
    Transfer,
)
from tenant_apps.dues.selectors.chart import SUSPENSE
from tenant_apps.members import selectors as members

EFFECT: Final = "stray:{channel}:{transaction_id}"
MOST_CANDIDATES: Final = 20
_OVER: Final = (ResolutionState.WITHDRAWN, ResolutionState.FAILED)


@dataclass(frozen=True, slots=True)
class Stray:
    """A sum in the suspense account with the decision in force; nobody's, so the whole unit's."""

    id: UUID
    at: dt.datetime
    amount_fen: int
    clearing: str
    channel: str
    transaction_id: str
    resolution: Resolution | None
    months: tuple[int, ...]
    name: str

    org_path: ClassVar[str] = ""
    order_id: ClassVar[None] = None

    @property
    def is_open(self) -> bool:
        return self.resolution is None

    @property
    def is_claim(self) -> bool:
        """Whether the decision in force is to pay a member's bills with it."""
        return self.resolution is not None and self.resolution.kind == ResolutionKind.CLAIMED

    def is_asked_by_another(self, actor: Actor) -> bool:
        """Whether the actor may be the second person."""
        return self.resolution is not None and self.resolution.asked_by != actor.person_id

    @property
    def is_asked(self) -> bool:
        return self.resolution is not None and self.resolution.state == ResolutionState.ASKED


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member whose oldest open bills come to the sum, to the fen."""

    member_id: UUID
    name: str
    org_name: str
    last_month: int


def stray_of(*, channel: str, transaction_id: str) -> Stray | None:
    """The sum that the channel calls so, None while it is not in the books."""
    effect = EFFECT.format(channel=channel, transaction_id=transaction_id)
    line = Transfer.objects.filter(effect=effect, credit=SUSPENSE).first()
    if line is None:
        return None
    decided = Resolution.objects.filter(suspension=line).exclude(state__in=_OVER).first()
    bills = Bill.objects.filter(pk__in=decided.bills if decided else ()).select_related("member")
    rows = list(bills.order_by("month"))
    return Stray(
        id=line.pk,
        at=line.at,
        amount_fen=line.amount_fen,
        clearing=line.debit,
        channel=channel,
        transaction_id=transaction_id,
        resolution=decided,
        months=tuple(bill.month for bill in rows),
        name=rows[0].member.name if rows else "",
    )


def candidates(actor: Actor, *, text: str, amount_fen: int) -> list[Candidate]:
    """Members whose name holds ``text`` and whose open bills, from the oldest on, come to the
    amount exactly; at most twenty.
    """
    wanted = text.strip()
    if not wanted:
        return []
    people = members.members_visible_to(actor).filter(name__contains=wanted)
    running = Window(Sum("due_fen"), partition_by=["member_id"], order_by=["month"])
    owing = Bill.objects.filter(member_id__in=people.values("pk"), state=BillState.UNPAID)
    fitting = owing.annotate(running=running).filter(running=amount_fen)
    found = fitting.select_related("member__org").order_by("member__name_pinyin", "member_id")
    return list(_told(found[:MOST_CANDIDATES]))


def _told(bills: Iterable[Bill]) -> Iterable[Candidate]:
    for bill in bills:
        org = bill.member.org
        yield Candidate(bill.member_id, bill.member.name, org.short_name or org.name, bill.month)
