"""Boards that have lost somebody and are too small now, or have nobody to lead them: a by-election
is proposed (rulebook 1.4 for the numbers, 1.5 for 增补).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q

from kernel.actor import Actor
from tenant_apps.elections.models import CaseKind, Election, Post, Reason
from tenant_apps.elections.selectors import electors
from tenant_apps.elections.selectors.composition import SECRETARY, SUCCEEDED, size_of
from tenant_apps.elections.selectors.terms import bodies_visible_to
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors.gates import within

_ON_BOARD = Q(code__lt="30")
_IN_OFFICE = Q(ended_on__isnull=True)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A board as it is now; ``gone`` says who left it last, when and why."""

    org: Any
    people: int
    least: int
    has_secretary: bool
    gone: Post

    @property
    def text(self) -> str:
        parts = []
        if self.people < self.least:
            parts.append(f"委员会现有 {self.people} 人，一般不少于 {self.least} 人")
        if not self.has_secretary:
            parts.append("没有在任书记")
        return "；".join(parts)


@dataclass(frozen=True, slots=True)
class Strength:
    """How many sit on a board, whether somebody leads it, when it was last elected."""

    people: int = 0
    secretaries: int = 0
    elected_on: dt.date | None = None

    def lacks(self, least: int, *, since: dt.date) -> bool:
        """Whether it is too small, or nobody leads it; what it lost before it was elected anew
        is settled.
        """
        if self.elected_on is not None and since < self.elected_on:
            return False
        return self.people < least or self.secretaries == 0


def vacancies_visible_to(actor: Actor) -> list[Vacancy]:
    """Those of the actor's sub-trees without an election under way, the oldest loss first.

    A handful of statements whatever the number of organisations, and one where nobody has left.
    """
    lost = _losses(actor)
    if not lost:
        return []
    busy = Election.objects.filter(closed_at__isnull=True).exclude(kind=CaseKind.EXTENSION)
    known = bodies_visible_to(actor).filter(pk__in=list(lost))
    bodies = list(known.exclude(pk__in=busy.values("org_id")))
    strengths, full = _strengths(list(lost)), electors.full_by_branch([one.pk for one in bodies])
    short = [
        (one, now, least)
        for one in bodies
        for now, least in [(strengths.get(one.pk, Strength()), _least(one, full))]
        if now.lacks(least, since=lost[one.pk])
    ]
    gone = _last_gone([one.pk for one, _, _ in short])
    found = [
        Vacancy(one, now.people, least, now.secretaries > 0, gone[one.pk])
        for one, now, least in short
    ]
    return sorted(found, key=lambda one: (one.gone.ended_on, one.org.path))


def _least(org: Any, full: Mapping[UUID, int]) -> int:
    return size_of(org.kind, full.get(org.pk, 0)).least


def _losses(actor: Actor) -> Mapping[UUID, dt.date]:
    """When each board last lost somebody whom nobody followed."""
    scope = within(organizations.scopes_of(actor), field="org_path")
    rows = Post.objects.filter(scope, _ON_BOARD, ended_on__isnull=False)
    rows = rows.exclude(end_reason__in=SUCCEEDED)
    return dict(rows.order_by().values_list("org_id").annotate(Max("ended_on")))


def _strengths(org_ids: list[UUID]) -> Mapping[UUID, Strength]:
    rows = Post.objects.filter(_ON_BOARD, _IN_OFFICE, org_id__in=org_ids).order_by()
    told = rows.values_list("org_id").annotate(
        people=Count("member_id", distinct=True),
        secretaries=Count("pk", filter=Q(code=SECRETARY)),
        elected_on=Max("began_on", filter=Q(reason=Reason.ELECTED)),
    )
    return {org_id: Strength(*counted) for org_id, *counted in told}


def _last_gone(org_ids: list[UUID]) -> Mapping[UUID, Post]:
    rows = Post.objects.filter(_ON_BOARD, ended_on__isnull=False, org_id__in=org_ids)
    rows = rows.exclude(end_reason__in=SUCCEEDED).select_related("member")
    return {one.org_id: one for one in rows.order_by("ended_on", "id")}
