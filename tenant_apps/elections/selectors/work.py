"""What is due: cases by the day of their next act, terms by their end; duties on the first page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.elections.models import CaseKind, Election
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import cases
from tenant_apps.elections.selectors.procedure import Side
from tenant_apps.elections.selectors.terms import (
    LABELS,
    Level,
    bodies_visible_to,
    due_by,
    level_of,
)
from tenant_apps.elections.selectors.timeline import Next, next_of
from tenant_apps.elections.selectors.vacancies import vacancies_visible_to
from tenant_apps.organizations.selectors import Duty, Urgency

MOST_CASES: Final = 2_000
"""Cases under way that a work list looks at."""
PRESSING: Final = (Level.OVERDUE, Level.ONE_MONTH, Level.THREE_MONTHS, Level.SIX_MONTHS)
TONES: Final = {
    Level.OVERDUE: "late",
    Level.ONE_MONTH: "warn",
    Level.THREE_MONTHS: "warn",
    Level.SIX_MONTHS: "warn",
    Level.FINE: "ok",
    Level.UNKNOWN: "mute",
}


@dataclass(frozen=True, slots=True)
class Work:
    """A case under way with what comes next."""

    election: Election
    next: Next
    superior: cases.Superior
    is_mine: bool

    @property
    def who(self) -> str:
        """Whose turn it is."""
        if self.next.rule.side is Side.SUPERIOR:
            return self.superior.name
        return str(self.election.org.short_name or self.election.org.name)


@dataclass(frozen=True, slots=True)
class Term:
    """An organisation, the end of its term and the case under way."""

    org: Any
    ends_on: dt.date | None
    level: Level
    days: int | None
    case: Election | None

    @property
    def label(self) -> str:
        if self.level is Level.OVERDUE and self.days is not None:
            return f"已超期 {-self.days} 天"
        return LABELS[self.level]

    @property
    def tone(self) -> str:
        return TONES[self.level]


def cases_under_way(actor: Actor, *, today: dt.date) -> list[Work]:
    """Every case under way in the actor's sub-trees, what is due first on top."""
    rows = cases.elections_visible_to(actor).filter(closed_at__isnull=True)
    found = list(rows[:MOST_CASES])
    superiors = cases.superiors_of(one.org_path for one in found)
    work = [_work(actor, one, superiors[one.org_path], today) for one in found]
    return sorted(work, key=lambda one: (not one.is_mine, one.next.gate.due_on or dt.date.max))


def _work(actor: Actor, election: Election, superior: cases.Superior, today: dt.date) -> Work:
    coming = next_of(election, today)
    if coming is None:
        raise LookupError(f"case {election.pk} is closed")
    return Work(election, coming, superior, cases.may_act(actor, election, superior))


def terms_of(organizations: Sequence[Any], *, today: dt.date) -> list[Term]:
    """How the terms of these organisations stand, with the case under way of each."""
    open_cases: dict[UUID, Election] = {
        one.org_id: one
        for one in Election.objects.filter(
            org_id__in=[org.pk for org in organizations], closed_at__isnull=True
        ).exclude(kind=CaseKind.EXTENSION)
    }
    return [
        Term(
            org=org,
            ends_on=org.term_ends_on,
            level=level_of(org.term_ends_on, today),
            days=(org.term_ends_on - today).days if org.term_ends_on else None,
            case=open_cases.get(org.pk),
        )
        for org in organizations
    ]


def counts_by_level(actor: Actor, *, today: dt.date) -> dict[Level, int]:
    """How many bodies stand at each level."""
    bodies = bodies_visible_to(actor)
    return {level: due_by(bodies, level, today).count() for level in Level}


class Duties:
    """Fills ``organizations.selectors.DutyProvider`` (rulebook 1.5: six, three and one month)."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]:
        if can(actor, ElectionPermission.PREPARE):
            yield from self._of_terms(actor, today)
            yield from self._of_cases(actor, today)
            yield from self._of_boards(actor)

    def _of_boards(self, actor: Actor) -> Iterable[Duty]:
        """Boards that have lost somebody and are too small now (rulebook 1.4)."""
        gaps = vacancies_visible_to(actor)
        if gaps:
            yield Duty(
                text="班子缺额，建议增补选举",
                count=len(gaps),
                url="/elections/vacancies/",
                urgency=Urgency.OPEN,
            )

    def _of_terms(self, actor: Actor, today: dt.date) -> Iterable[Duty]:
        """Terms that end and nobody has begun to elect."""
        for level in PRESSING:
            begun = Election.objects.filter(closed_at__isnull=True, kind=CaseKind.REELECTION)
            idle = due_by(bodies_visible_to(actor), level, today).exclude(
                pk__in=begun.values("org_id")
            )
            ends = list(idle.values_list("term_ends_on", flat=True)[:1])
            if ends:
                what = "任期已届满" if level is Level.OVERDUE else f"任期 {LABELS[level]}"
                yield Duty(
                    text=f"{what}，尚未启动换届",
                    count=idle.count(),
                    url=f"/elections/terms/?level={level.name.lower()}",
                    urgency=_urgency(level),
                    due_on=ends[0],
                )

    def _of_cases(self, actor: Actor, today: dt.date) -> Iterable[Duty]:
        mine = [one for one in cases_under_way(actor, today=today) if one.is_mine]
        above = [one for one in mine if one.next.rule.side is Side.SUPERIOR]
        late = [one for one in mine if one not in above and one.next.is_late]
        if above:
            yield _duty("换届事项待上级批复", above)
        if late:
            yield _duty("换届事项已过办理时限", late)


def _duty(text: str, work: Sequence[Work]) -> Duty:
    due = [one.next.gate.due_on for one in work if one.next.gate.due_on]
    is_late = any(one.next.is_late for one in work)
    return Duty(
        text=text,
        count=len(work),
        url="/elections/",
        urgency=Urgency.OVERDUE if is_late else Urgency.OPEN,
        due_on=min(due, default=None),
    )


def _urgency(level: Level) -> Urgency:
    if level is Level.OVERDUE:
        return Urgency.OVERDUE
    return Urgency.OPEN if level is Level.SIX_MONTHS else Urgency.SOON
