"""Terms of office: how long, when they end, how pressing that is (rulebook 1.3 and 1.5).

Pure but for the lists at the end.  Days are calendar days in Beijing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left

from kernel.actor import Actor
from kernel.clock import months_later
from tenant_apps.elections.models import Profile
from tenant_apps.organizations import selectors as organizations

COMMITTEE_YEARS: Final = 5
BRANCH_YEARS: Final = 3
VILLAGE_YEARS: Final = 5
SHIFT_YEARS: Final = 1
"""延期或者提前期限一般不超过 1 年 (选举工作条例第三条)."""
REMIND_MONTHS: Final = (6, 3, 1)
REQUEST_LEAD_MONTHS: Final = 2
SOURCE: Final = "《关于党的基层组织任期的意见》"

ELECTED: Final = {
    "COMMITTEE": COMMITTEE_YEARS,
    "ORGAN_COMMITTEE": COMMITTEE_YEARS,
    "GENERAL_BRANCH": BRANCH_YEARS,
    "BRANCH": BRANCH_YEARS,
    "JOINT_BRANCH": BRANCH_YEARS,
    "MOBILE_BRANCH": BRANCH_YEARS,
}
"""Bodies that are elected, with the years of their term; the others are appointed, elected
together with their committee, or end with their task (rulebook 1.1).
"""


class Level(IntEnum):
    """How near the end of a term is, the most pressing first."""

    OVERDUE = 0
    ONE_MONTH = 1
    THREE_MONTHS = 3
    SIX_MONTHS = 6
    FINE = 7
    UNKNOWN = 8


LABELS: Final = {
    Level.OVERDUE: "已超期",
    Level.ONE_MONTH: "1 个月内届满",
    Level.THREE_MONTHS: "3 个月内届满",
    Level.SIX_MONTHS: "6 个月内届满",
    Level.FINE: "任期内",
    Level.UNKNOWN: "未登记任期",
}


def is_elected(kind: str) -> bool:
    return kind in ELECTED


def term_years(kind: str, profile: str = Profile.GENERAL) -> int:
    """Five years for committees and in villages, three for branches (rulebook 1.3)."""
    return VILLAGE_YEARS if profile == Profile.VILLAGE else ELECTED[kind]


def term_end(elected_on: dt.date, years: int) -> dt.date:
    """The same calendar day so many years on; who was elected on 29 February ends on the 28th."""
    return months_later(elected_on, 12 * years)


def level_of(ends_on: dt.date | None, today: dt.date) -> Level:
    """Red after the last day, amber from six, three and one months before it."""
    if ends_on is None:
        return Level.UNKNOWN
    if today > ends_on:
        return Level.OVERDUE
    for level in (Level.ONE_MONTH, Level.THREE_MONTHS, Level.SIX_MONTHS):
        if today >= months_later(ends_on, -level.value):
            return level
    return Level.FINE


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a meeting lies outside the usual time: negative days are early."""

    days: int
    is_long: bool

    @property
    def is_early(self) -> bool:
        return self.days < 0


def shift_of(meets_on: dt.date, ends_on: dt.date | None) -> Shift | None:
    """None where the meeting is held in the last six months of the term, as usual.

    Early or late takes the approval of the superior committee, and is normally no more than a
    year (rulebook 1.3); ``is_long`` says that it is more.
    """
    if ends_on is None:
        return None
    earliest = months_later(ends_on, -REMIND_MONTHS[0])
    if meets_on < earliest:
        return Shift((meets_on - ends_on).days, meets_on < months_later(ends_on, -12 * SHIFT_YEARS))
    if meets_on > ends_on:
        return Shift((meets_on - ends_on).days, meets_on > months_later(ends_on, 12 * SHIFT_YEARS))
    return None


def latest_extension(original_end: dt.date) -> dt.date:
    """The last day to which a term may be extended: one year after its own end (rulebook 1.5)."""
    return months_later(original_end, 12 * SHIFT_YEARS)


def bodies_visible_to(actor: Actor) -> QuerySet[Any]:
    """The organisations of the actor's sub-trees that are elected for a term."""
    return organizations.organizations_visible_to(actor).filter(kind__in=list(ELECTED))


def due_by(bodies: QuerySet[Any], level: Level, today: dt.date) -> QuerySet[Any]:
    """Those whose term stands at ``level``, by its end."""
    fixed: dict[Level, dict[str, Any]] = {
        Level.OVERDUE: {"term_ends_on__lt": today},
        Level.UNKNOWN: {"term_ends_on__isnull": True},
        Level.FINE: {"term_ends_on__gt": _last_end(today, REMIND_MONTHS[0])},
    }
    if level in fixed:
        ends = fixed[level]
    else:
        ends = {"term_ends_on__lte": _last_end(today, level.value)}
        shorter = [one for one in REMIND_MONTHS if one < level.value]
        if shorter:
            ends["term_ends_on__gt"] = _last_end(today, max(shorter))
        else:
            ends["term_ends_on__gte"] = today
    return bodies.filter(**ends).order_by("term_ends_on", "path")


def soon(bodies: QuerySet[Any], today: dt.date) -> QuerySet[Any]:
    """Those whose term ends within the six months of reminding."""
    until = _last_end(today, REMIND_MONTHS[0])
    return bodies.filter(term_ends_on__range=(today, until)).order_by("term_ends_on", "path")


def standings(actor: Actor, today: dt.date, *, width: int) -> list[tuple[str, str, int]]:
    """How many terms end soon (due), go on (done) and are over (overdue), by the first ``width``
    characters of the path; one statement.
    """
    until = _last_end(today, REMIND_MONTHS[0])
    sums = {
        "due": Count("pk", filter=Q(term_ends_on__range=(today, until))),
        "done": Count("pk", filter=Q(term_ends_on__gt=until)),
        "overdue": Count("pk", filter=Q(term_ends_on__lt=today)),
    }
    rows = bodies_visible_to(actor).order_by().values(place=Left("path", width)).annotate(**sums)
    return [(row["place"], key, row[key]) for row in rows for key in sums]


def _last_end(today: dt.date, months: int) -> dt.date:
    """The latest end of term that is ``months`` away or nearer: its own reminder day has come."""
    end = months_later(today, months)
    while months_later(end + dt.timedelta(days=1), -months) <= today:
        end += dt.timedelta(days=1)
    while months_later(end, -months) > today:
        end -= dt.timedelta(days=1)
    return end
