"""Who elects and who may be elected: the full members of the body and what is below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from kernel.actor import Actor
from tenant_apps.elections.models import (
    WITHOUT_VOTE,
    Attendance,
    CaseKind,
    Election,
    Office,
    Post,
    Presence,
)
from tenant_apps.members import selectors as members

_FULL = "FULL"
_JOB = Actor.system("elections")


def full_members(org_path: str) -> QuerySet[Any]:
    """Those with a vote by their category: probationary members have none (rulebook 0.2)."""
    found = members.members_visible_to(_JOB, org_path=org_path).filter(category=_FULL)
    return found.order_by("org_path", "name_pinyin", "name", "id")


def full_by_branch(org_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many full members belong to each of these branches themselves."""
    found = members.members_visible_to(_JOB).filter(category=_FULL, org_id__in=list(org_ids))
    return dict(found.order_by().values_list("org_id").annotate(Count("pk")))


def eligible(election: Election, member_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Which of these may be elected here, with their names."""
    found = full_members(election.org_path).filter(pk__in=list(member_ids))
    return dict(found.values_list("pk", "name"))


def sitting(election: Election) -> set[UUID]:
    """Who sits on the board that a by-election adds to; in a re-election every seat is open."""
    if election.kind != CaseKind.BY_ELECTION:
        return set()
    held = Post.objects.filter(org_id=election.org_id, code__lt="30", ended_on__isnull=True)
    return set(held.values_list("member_id", flat=True))


def may_stand(election: Election, office: Office) -> QuerySet[Any]:
    """Who may be elected: for a seat nobody who has one already."""
    found = full_members(election.org_path)
    return found.exclude(pk__in=sitting(election)) if office is Office.COMMITTEE else found


def named(election: Election, office: Office, name: str) -> list[UUID]:
    """Those of that name: for a name that voters wrote on their ballots."""
    found = may_stand(election, office).filter(name=name)
    return list(found.values_list("pk", flat=True)[:2])


@dataclass(frozen=True, slots=True)
class Turnout:
    """Who came, counted: nothing here tells how anybody voted."""

    voters: int
    excluded: int
    without_vote: int
    expected: int
    present: int


def turnout_of(election: Election) -> Turnout:
    rows: list[tuple[str, str]] = list(election.attendances.values_list("presence", "excuse"))
    left_out = [excuse for presence, excuse in rows if presence == Presence.EXCLUDED]
    without = sum(excuse in WITHOUT_VOTE for excuse in left_out)
    return Turnout(
        voters=len(rows) or (election.expected or 0),
        excluded=len(left_out) - without,
        without_vote=without,
        expected=election.expected or 0,
        present=election.present or 0,
    )


def excluded_of(election: Election) -> Sequence[Attendance]:
    found = election.attendances.filter(presence=Presence.EXCLUDED).select_related("member")
    return list(found.order_by("member__name_pinyin", "member_id"))
