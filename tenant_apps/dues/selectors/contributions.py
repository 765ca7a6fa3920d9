"""What members gave above their dues: one's own, a sub-tree's, and what waits to go up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from shared_apps.rules import selectors as rules
from tenant_apps.dues.models import (
    Contribution,
    ContributionKind,
    ContributionState,
    HandUp,
    Resolution,
    ResolutionKind,
    ResolutionState,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import issuing_scopes_of, within


class ContributionNotFound(NotFound):
    code = "dues_contribution_not_found"
    sentence = "没有找到这笔多交的党费，可能不在您的管理范围内。"


class HandUpNotFound(NotFound):
    code = "dues_hand_up_not_found"
    sentence = "没有找到这张上缴清单。"


@dataclass(frozen=True, slots=True)
class KindTotals:
    """Of one kind: how many sums, their fen, and how much of it has not gone up."""

    kind: ContributionKind
    count: int
    fen: int
    waiting: int
    waiting_fen: int

    @property
    def label(self) -> str:
        return self.kind.label


@dataclass(frozen=True, slots=True)
class _WholeUnit:
    """Where the dedicated account belongs: to no sub-tree, so that only somebody over the whole
    unit moves its money.
    """

    org_path: str = ""


def kind_label(kind: str) -> str:
    """``LARGE`` → 大额党费; empty for monthly dues."""
    return ContributionKind(kind).label if kind else ""


def large_article(on: dt.date) -> str:
    """Where the rules of a day say what becomes of large dues."""
    return rules.dues_pack(on).parameters["large_extra_fen"].article


def contributions_visible_to(actor: Actor, *, below: str = "") -> QuerySet[Contribution]:
    """Sums that arrived, of the actor's sub-trees, newest first, with member and organisation."""
    found: QuerySet[Contribution] = Contribution.objects.filter(
        within(issuing_scopes_of(actor), below=below)
    ).exclude(state=ContributionState.OPEN)
    return found.select_related("member", "org", "hand_up").order_by("-paid_at", "-id")


def contribution_for(actor: Actor, contribution_id: UUID, *, to: StrEnum) -> Contribution:
    """Loads and authorises: ContributionNotFound outside the actor's sub-trees."""
    found = contributions_visible_to(actor).filter(pk=contribution_id).first()
    if found is None:
        raise ContributionNotFound
    require(actor, to, found)
    return found


def totals_by_kind(actor: Actor, *, below: str = "") -> list[KindTotals]:
    """What was given and not given back, kind by kind, in one statement."""
    not_gone = Q(hand_up__isnull=True) | ~Q(hand_up__state="done")
    rows = (
        contributions_visible_to(actor, below=below)
        .filter(state=ContributionState.PAID)
        .order_by()
        .values("kind")
        .annotate(
            n=Count("id"),
            fen=Sum("amount_fen"),
            waiting=Count("id", filter=not_gone),
            waiting_fen=Sum("amount_fen", filter=not_gone, default=0),
        )
    )
    held = {row["kind"]: row for row in rows}
    found = []
    for kind in ContributionKind:
        row = held.get(kind.value)
        sums = (row["n"], row["fen"], row["waiting"], row["waiting_fen"]) if row else (0, 0, 0, 0)
        if kind is ContributionKind.VOLUNTARY:
            sums = (*sums[:2], 0, 0)
        found.append(KindTotals(kind, *sums))
    return found


def contributions_of_member(member_id: UUID) -> QuerySet[Contribution]:
    """What a member gave, newest first; what was begun and never paid is not shown."""
    found = Contribution.objects.filter(member_id=member_id)
    arrived = found.exclude(state=ContributionState.OPEN)
    return arrived.select_related("hand_up", "org", "member").order_by("-paid_at", "-id")


def refundable(order_id: UUID | None) -> QuerySet[Contribution]:
    """What the order paid and may still go back: nobody takes back what was handed up."""
    return Contribution.objects.filter(
        order_id=order_id, state=ContributionState.PAID, hand_up__isnull=True
    ).order_by("id")


def may_hand_up(actor: Actor) -> bool:
    return can(actor, DuesPermission.HAND_UP, _WholeUnit())


def to_be_handed_up(
    actor: Actor, kind: ContributionKind, *, campaign_id: UUID | None = None
) -> QuerySet[Contribution]:
    """What of a kind is here and on no list yet, oldest first; without sums that somebody has
    asked to be given back.
    """
    require(actor, DuesPermission.HAND_UP, _WholeUnit())
    asked = Resolution.objects.filter(
        kind=ResolutionKind.RETURNED, state=ResolutionState.ASKED
    ).values("order_id")
    found = Contribution.objects.filter(
        kind=kind, campaign_id=campaign_id, state=ContributionState.PAID, hand_up__isnull=True
    ).exclude(order_id__in=asked)
    return found.select_related("member", "org").order_by("paid_at", "id")


def waiting(actor: Actor) -> KindTotals:
    """The large dues that a list drawn up now would hold."""
    kind = ContributionKind.LARGE
    found = (
        to_be_handed_up(actor, kind)
        .order_by()
        .aggregate(n=Count("id"), fen=Sum("amount_fen", default=0))
    )
    return KindTotals(kind, found["n"], found["fen"], found["n"], found["fen"])


def hand_ups_visible_to(actor: Actor) -> QuerySet[HandUp]:
    """The lists that were drawn up, newest first; nobody below the whole unit sees any."""
    return HandUp.objects.all() if may_hand_up(actor) else HandUp.objects.none()


def hand_up_for(actor: Actor, hand_up_id: UUID) -> HandUp:
    """Loads and authorises; HandUpNotFound for whoever is not over the whole unit."""
    require(actor, DuesPermission.HAND_UP)
    found = hand_ups_visible_to(actor).filter(pk=hand_up_id).first()
    if found is None:
        raise HandUpNotFound
    return found
