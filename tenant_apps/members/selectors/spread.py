"""How the members of a sub-tree are spread today: what the charts show and the list holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import ExtractYear, Left

from kernel.actor import Actor
from tenant_apps.members.models import Category, Member
from tenant_apps.members.selectors.filters import Filters, matching
from tenant_apps.members.selectors.lists import members_visible_to

_YOUNG: Final = "-35"


@dataclass(frozen=True, slots=True)
class Spread:
    """Members by the values of their files, and how many they are.

    ``born`` is by year of birth, ``full`` by the day of becoming a full member, of full members
    only, since the others have no Party age.
    """

    total: int
    category: Mapping[str, int]
    gender: Mapping[str, int]
    ethnicity: Mapping[str, int]
    education: Mapping[str, int]
    occupation: Mapping[str, int]
    born: Mapping[int | None, int]
    joined: Mapping[dt.date | None, int]
    full: Mapping[dt.date | None, int]


@dataclass(frozen=True, slots=True)
class Share:
    """The members of one part of the tree."""

    path: str
    total: int
    women: int
    minority: int
    young: int
    college: int
    probationary: int


def spread_of(actor: Actor, org_path: str) -> Spread:
    """The members of a sub-tree that the actor sees, the same that the list shows."""
    members = members_visible_to(actor, org_path=org_path)
    category = _by(members, "category")
    return Spread(
        total=sum(category.values()),
        category=category,
        gender=_by(members, "gender"),
        ethnicity=_by(members, "ethnicity"),
        education=_by(members, "education"),
        occupation=_by(members, "occupation"),
        born=_by(members, ExtractYear("birth_on")),
        joined=_by(members, "joined_on"),
        full=_by(members.filter(category=Category.FULL), "full_on"),
    )


def shares_of(actor: Actor, org_path: str, *, width: int, today: dt.date) -> list[Share]:
    """The members below each part of the tree: paths cut to ``width`` characters."""
    rows = (
        members_visible_to(actor, org_path=org_path)
        .order_by()
        .values(part=Left("org_path", width))
        .annotate(
            total=Count("pk"),
            women=_counted(Filters(gender="F"), today),
            minority=_counted(Filters(ethnicity="minority"), today),
            young=_counted(Filters(age=_YOUNG), today),
            college=_counted(Filters(education="college"), today),
            probationary=Count("pk", filter=Q(category=Category.PROBATIONARY)),
        )
    )
    return [
        Share(
            path=row["part"],
            total=row["total"],
            women=row["women"],
            minority=row["minority"],
            young=row["young"],
            college=row["college"],
            probationary=row["probationary"],
        )
        for row in rows.order_by("part")
    ]


def _by(members: QuerySet[Member], what: Any) -> dict[Any, int]:
    value = F(what) if isinstance(what, str) else what
    rows = members.order_by().values(value=value).annotate(count=Count("pk"))
    return {row["value"]: row["count"] for row in rows}


def _counted(filters: Filters, today: dt.date) -> Count:
    return Count("pk", filter=matching(filters, today=today))
