"""What members are shown of a year: the figures, who published them, what was said about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.treasury.models import Comment, Publication, PublicationState
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors.balances import require_browsing
from tenant_apps.treasury.selectors.three import three_accounts


class PublicationNotFound(NotFound):
    code = "treasury_publication_not_found"
    sentence = "这一年度的党费还没有公示。"


class CommentNotFound(NotFound):
    code = "treasury_comment_not_found"
    sentence = "没有找到这条意见。"


_JOB = Actor.system("treasury")


def figures_of(year: int, today: dt.date) -> dict[str, Any]:
    """The whole unit's year as it is kept with the publication: collection, use, management.

    No person is named, and no organisation: amounts of small branches would tell whose they are.
    """
    at = Month.of(min(today, dt.date(year, 12, 31)))
    found = three_accounts(_JOB, at)
    moved = found.year
    return {
        "until": min(today, dt.date(year, 12, 31)).isoformat(),
        "collection": [
            {
                "label": row.label,
                "due_fen": row.totals.due_fen,
                "paid_fen": row.totals.paid_fen,
                "unpaid_fen": row.totals.unpaid_fen,
                "rate": row.totals.rate,
            }
            for row in found.months
        ],
        "due_fen": found.due_fen,
        "paid_fen": found.paid_fen,
        "arrears_fen": found.arrears_fen,
        "uses": [{"label": use.label, "fen": use.year_fen} for use in found.uses],
        "spent_fen": found.spent_fen,
        "movement": {
            **asdict(moved),
            "income_fen": moved.income_fen,
            "outgo_fen": moved.outgo_fen,
            "closing_fen": moved.closing_fen,
        },
    }


def publications_visible_to(actor: Actor) -> list[Publication]:
    """For the desk: every year that was ever published."""
    require_browsing(actor)
    return list(Publication.objects.order_by("-year"))


def publication_of(year: int) -> Publication | None:
    """Published or withdrawn; None for a year that never was."""
    return Publication.objects.filter(year=year).first()


def published() -> list[Publication]:
    """For members: what is published now, the newest year first."""
    return list(Publication.objects.filter(state=PublicationState.PUBLISHED).order_by("-year"))


def published_for(actor: Actor, year: int) -> Publication:
    """Loads and authorises a member.  Raises PublicationNotFound."""
    require(actor, TreasuryPermission.READ)
    found = Publication.objects.filter(year=year, state=PublicationState.PUBLISHED).first()
    if found is None:
        raise PublicationNotFound
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as a member sees it; without a name unless it is the member's own."""

    text: str
    said_at: dt.datetime
    is_own: bool
    is_shown: bool
    answer: str
    answered_at: dt.datetime | None


def comments_for_member(actor: Actor, publication: Publication) -> list[Said]:
    """The member's own and those that the treasurer showed, newest first."""
    found = Comment.objects.filter(
        Q(member_id=actor.member_id) | Q(is_shown=True), publication=publication
    )
    return [
        Said(
            one.text, one.said_at, one.member_id == actor.member_id, one.is_shown, one.answer,
            one.answered_at,
        )
        for one in found.order_by("-said_at")[:200]
    ]  # fmt: skip


def comments_on(actor: Actor, year: int) -> list[Comment]:
    """For the desk, with who said it; by whoever answers, over the whole unit."""
    require(actor, TreasuryPermission.PUBLISH, Publication())
    found = Comment.objects.filter(publication__year=year).select_related("member")
    return list(found.order_by("-said_at")[:500])


def comment_for(actor: Actor, comment_id: UUID) -> Comment:
    """Loads and authorises.  Raises CommentNotFound."""
    require(actor, TreasuryPermission.PUBLISH, Publication())
    found = Comment.objects.filter(pk=comment_id).select_related("publication").first()
    if found is None:
        raise CommentNotFound
    return found
