"""Special dues in a unit: what came of each call of the Centre (rulebook 4.4).

Giving is voluntary: nothing here, and no list elsewhere, tells who has not given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet, Sum

from kernel.actor import Actor
from kernel.clock import today
from kernel.errors import Conflict
from shared_apps.rules.selectors import campaigns as calls
from tenant_apps.dues.models import Contribution, ContributionState
from tenant_apps.dues.selectors.contributions import contributions_visible_to

if TYPE_CHECKING:
    from uuid import UUID

    from shared_apps.rules.models import Campaign


class CampaignClosed(Conflict):
    code = "special_dues_closed"
    sentence = "「{title}」现在不能交纳：{opens_on} 开始，{closes_on} 截止。"


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A call with what came of it; ``waiting_fen`` has not gone up."""

    campaign: Campaign
    is_open: bool
    count: int
    fen: int
    waiting_fen: int


@dataclass(frozen=True, slots=True)
class PlaceSum:
    """What an organisation's members gave to a call."""

    name: str
    count: int
    fen: int


def campaign_lines(actor: Actor) -> list[CampaignLine]:
    """Every call with the sums of the actor's sub-trees; two statements."""
    not_gone = Q(hand_up__isnull=True) | ~Q(hand_up__state="done")
    rows = (
        contributions_visible_to(actor)
        .filter(campaign_id__isnull=False, state=ContributionState.PAID)
        .order_by()
        .values("campaign_id")
        .annotate(
            n=Count("id"),
            fen=Sum("amount_fen"),
            waiting=Sum("amount_fen", filter=not_gone, default=0),
        )
    )
    held = {row["campaign_id"]: row for row in rows}
    nothing = {"n": 0, "fen": 0, "waiting": 0}
    found = []
    for one in calls.campaigns():
        row = held.get(one.pk, nothing)
        is_open = calls.is_open(one, today())
        found.append(CampaignLine(one, is_open, row["n"], row["fen"], row["waiting"]))
    return found


def given_to(actor: Actor, campaign: Campaign) -> QuerySet[Contribution]:
    """The sums of the actor's sub-trees for a call, newest first."""
    rows = contributions_visible_to(actor).filter(campaign_id=campaign.pk)
    return rows.filter(state=ContributionState.PAID)


def by_place(actor: Actor, campaign: Campaign) -> list[PlaceSum]:
    """The same by organisation, in the order of the tree."""
    rows = (
        given_to(actor, campaign)
        .order_by("org_path")
        .values("org_path", "org__name")
        .annotate(n=Count("id"), fen=Sum("amount_fen"))
    )
    return [PlaceSum(row["org__name"], row["n"], row["fen"]) for row in rows]


def total_of_unit(campaign: Campaign) -> tuple[int, int]:
    """How many sums the unit's members gave, and their fen: what every member may know."""
    held = Contribution.objects.filter(campaign_id=campaign.pk, state=ContributionState.PAID)
    sums = held.aggregate(n=Count("id"), fen=Sum("amount_fen", default=0))
    return sums["n"], sums["fen"]


def mine(campaign: Campaign, member_id: UUID) -> QuerySet[Contribution]:
    """What a member gave to a call, newest first."""
    rows = Contribution.objects.filter(campaign_id=campaign.pk, member_id=member_id)
    return rows.filter(state=ContributionState.PAID).order_by("-paid_at", "-id")


def require_open(campaign: Campaign) -> None:
    """Raises CampaignClosed."""
    if not calls.is_open(campaign, today()):
        raise CampaignClosed(
            title=campaign.title, opens_on=campaign.opens_on, closes_on=campaign.closes_on
        )
