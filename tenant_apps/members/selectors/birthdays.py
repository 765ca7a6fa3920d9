"""政治生日: the days on which members joined the Party, year by year."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.db.models.functions import ExtractDay

from kernel.actor import Actor
from tenant_apps.members.models import Member
from tenant_apps.members.selectors.lists import members_visible_to

AHEAD_DAYS: Final = 7
MOST_COUNTED: Final = 200
"""The work list says how many, up to here: a large unit is not searched through for it."""
_LEAP_DAY: Final = (2, 29)


@dataclass(frozen=True, slots=True)
class Birthday:
    """The day this year, and how many years it will be."""

    member: Member
    on: dt.date
    years: int

    @property
    def is_round(self) -> bool:
        """Ten years, twenty …: what a branch makes something of."""
        return self.years > 0 and self.years % 10 == 0


def birthdays_in(actor: Actor, *, year: int, month: int, org_path: str = "") -> QuerySet[Member]:
    """Members of the sub-tree who joined in this month of an earlier year, by day."""
    members = members_visible_to(actor, org_path=org_path).select_related("org")
    found: QuerySet[Member] = members.filter(
        joined_on__month=month, joined_on__lt=dt.date(year, 1, 1)
    )
    return found.order_by(ExtractDay("joined_on"), "name_pinyin", "pk")


def soon(actor: Actor, *, today: dt.date) -> int:
    """How many members of the sub-trees have their day within a week, at most MOST_COUNTED."""
    days = [today + dt.timedelta(days=ahead) for ahead in range(AHEAD_DAYS)]
    wanted = Q(pk__in=[])
    for day in days:
        wanted |= Q(joined_on__month=day.month, joined_on__day=day.day)
    found = members_visible_to(actor).filter(wanted, joined_on__lt=dt.date(today.year, 1, 1))
    return found.order_by()[:MOST_COUNTED].count()


def birthday_of(member: Member, *, year: int) -> Birthday | None:
    """The member's day in a year; who joined on 29 February has it on the 28th in others."""
    joined = member.joined_on
    if joined is None or joined.year >= year:
        return None
    is_moved = (joined.month, joined.day) == _LEAP_DAY and not calendar.isleap(year)
    on = dt.date(year, 2, 28) if is_moved else joined.replace(year=year)
    return Birthday(member, on, year - joined.year)


def greeting_for(member: Member, *, today: dt.date) -> Birthday | None:
    """The member's day if it is today."""
    found = birthday_of(member, year=today.year)
    return found if found and found.on == today else None
