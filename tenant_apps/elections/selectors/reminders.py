"""Who is told that a term runs out, and what was told so far (rulebook 1.5, state 0)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.clock import BEIJING
from tenant_apps.access import selectors as access
from tenant_apps.elections.models import CaseKind, Election, Post, Reminder
from tenant_apps.elections.selectors import cases
from tenant_apps.elections.selectors.composition import SECRETARY
from tenant_apps.elections.selectors.terms import Level, due_by

STAGES: Final = (Level.ONE_MONTH, Level.THREE_MONTHS, Level.SIX_MONTHS)
"""Six, three and one months before the end (rulebook 1.5); what is over is reminded by people."""
_LABEL: Final = 4
"""Characters of a path per level of the tree."""
_ABOVE: Final = ("unit_admin", "secretary")


@dataclass(frozen=True, slots=True)
class Due:
    """A term that has come to a stage nobody was told of yet."""

    org: Any
    level: Level

    @property
    def occasion(self) -> str:
        return occasion_of(self.org.term_ends_on, self.level)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is to be told of one organisation: people with an account at the desk, the secretary's
    own file where the branch has no account.
    """

    persons: frozenset[UUID] = frozenset()
    member: Any = None


@dataclass(slots=True)
class Sent:
    """What went out in the month so far: messages to each, and all of the unit."""

    of_person: dict[str, int] = field(default_factory=dict)
    of_unit: int = 0

    def add(self, person: str) -> None:
        self.of_person[person] = self.of_person.get(person, 0) + 1
        self.of_unit += 1


def occasion_of(ends_on: dt.date, level: Level) -> str:
    return f"{ends_on.isoformat()}/{level.value}"


def due(bodies: QuerySet[Any], *, today: dt.date) -> list[Due]:
    """Terms at a stage that nobody was told of, where nobody has begun to elect."""
    begun = Election.objects.filter(closed_at__isnull=True, kind=CaseKind.REELECTION)
    idle = bodies.exclude(pk__in=begun.values("org_id"))
    found = [Due(org, level) for level in STAGES for org in due_by(idle, level, today)]
    rows = Reminder.objects.filter(ends_on__in={one.org.term_ends_on for one in found})
    told = set(rows.values_list("org_id", "occasion"))
    return [one for one in found if (one.org.pk, one.occasion) not in told]


def secretaries_of(organizations: Iterable[Any]) -> dict[UUID, Told]:
    """The secretary of each: by the account held there, else by the post."""
    listed = list(organizations)
    held = access.persons_at([one.path for one in listed], roles=("secretary",))
    without = [one.pk for one in listed if one.path not in held]
    posts = Post.objects.filter(org_id__in=without, code=SECRETARY, ended_on__isnull=True)
    leading = {one.org_id: one.member for one in posts.select_related("member")}
    return {one.pk: Told(frozenset(held.get(one.path, ())), leading.get(one.pk)) for one in listed}


def superiors_of(organizations: Iterable[Any]) -> dict[UUID, frozenset[UUID]]:
    """Who works for the committee above each: there, else at the nearest place above, else for
    the whole unit.
    """
    listed = list(organizations)
    above = cases.superiors_of([one.path for one in listed])
    chains = {
        one.pk: ("",) if above[one.path].is_outside else _upwards(above[one.path].org_path)
        for one in listed
    }
    held = access.persons_at({path for chain in chains.values() for path in chain}, roles=_ABOVE)
    return {pk: frozenset(_first(held, chain)) for pk, chain in chains.items()}


def _upwards(path: str) -> tuple[str, ...]:
    return (*(path[:end] for end in range(len(path), 0, -_LABEL)), "")


def _first(held: Mapping[str, set[UUID]], chain: Sequence[str]) -> set[UUID]:
    return next((held[path] for path in chain if held.get(path)), set())


def sent_in_month(now: dt.datetime) -> Sent:
    """Messages of the present month in Beijing; one message may speak of many organisations."""
    first = now.astimezone(BEIJING).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = Reminder.objects.filter(at__gte=first).order_by()
    sent = Sent()
    for person in {
        (str(one), at) for people, at in rows.values_list("people", "at") for one in people
    }:
        sent.add(person[0])
    return sent


def reminders_of(org_id: UUID) -> QuerySet[Reminder]:
    """What was told of one organisation, newest first."""
    return Reminder.objects.filter(org_id=org_id).order_by("-at", "-id")
