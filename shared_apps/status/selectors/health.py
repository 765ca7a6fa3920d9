"""How each part of the platform fares, now and over the last 90 days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from kernel.clock import BEIJING, day_of
from shared_apps.status.models import (
    KEPT_DAYS,
    Component,
    Incident,
    JourneyStep,
    Outcome,
    Severity,
)
from shared_apps.status.selectors.notices import Notice

_WORST_FIRST: Final = [severity.value for severity in Severity]
_HALF: Final = 2


class Level(StrEnum):
    """How a part fares on a day, best last."""

    DOWN = "down"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    WELL = "well"


LEVEL_LABELS: Final[Mapping[Level, str]] = {
    Level.DOWN: "中断",
    Level.DEGRADED: "部分受影响",
    Level.UNKNOWN: "无记录",
    Level.WELL: "正常",
}


@dataclass(frozen=True, slots=True)
class Day:
    """A part on one day of Beijing: how often the probe got through, and incidents."""

    day: dt.date
    level: Level
    ok: int
    failed: int
    incidents: int

    @property
    def words(self) -> str:
        """For whoever cannot see the colour."""
        parts = [f"{self.day:%Y-%m-%d}", LEVEL_LABELS[self.level]]
        if self.incidents:
            parts.append(f"{self.incidents} 次事件")
        elif self.failed:
            parts.append(f"巡检 {self.ok + self.failed} 次，失败 {self.failed} 次")
        return "，".join(parts)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the platform with its days, oldest first."""

    component: str
    label: str
    level: Level
    days: tuple[Day, ...]

    @property
    def level_label(self) -> str:
        return LEVEL_LABELS[self.level]

    @property
    def share(self) -> str:
        """How many of the probe's steps got through, in words; nothing was tried: a dash."""
        ok = sum(day.ok for day in self.days)
        tried = ok + sum(day.failed for day in self.days)
        return f"{ok / tried * 100:.2f}%" if tried else "—"


@dataclass(frozen=True, slots=True)
class Said:
    """An update, without who wrote it."""

    at: dt.datetime
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """An incident as everybody may read it."""

    id: str
    title: str
    component_label: str
    severity: str
    severity_label: str
    started_at: dt.datetime
    resolved_at: dt.datetime | None
    updates: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the public page shows.  No unit and no person is named."""

    taken_at: dt.datetime
    is_all_well: bool
    parts: tuple[Part, ...]
    current: tuple[Told, ...]
    past: tuple[Told, ...]
    notice: Notice | None


def snapshot(*, now: dt.datetime) -> Snapshot:
    """Reads it all: three statements."""
    found = list(incidents_since(now - dt.timedelta(days=KEPT_DAYS)).prefetch_related("updates"))
    current = [one for one in found if one.is_open]
    parts = tuple(_parts(found, now))
    return Snapshot(
        taken_at=now,
        is_all_well=not current,
        parts=parts,
        current=tuple(_told(one) for one in current),
        past=tuple(_told(one) for one in found if not one.is_open),
        notice=_notice(current),
    )


def incidents_since(since: dt.datetime) -> QuerySet[Incident]:
    """Incidents that are open or ended since, the newest first."""
    return Incident.objects.filter(Q(resolved_at=None) | Q(resolved_at__gte=since))


def _notice(current: Sequence[Incident]) -> Notice | None:
    loud = [one for one in current if one.is_for_everybody]
    if not loud:
        return None
    worst = min(loud, key=lambda one: _WORST_FIRST.index(one.severity))
    latest = next(iter(worst.updates.all()))
    return Notice(worst.title, worst.severity, latest.text, worst.started_at)


def _told(one: Incident) -> Told:
    return Told(
        id=str(one.pk),
        title=one.title,
        component_label=Component(one.component).label,
        severity=one.severity,
        severity_label=Severity(one.severity).label,
        started_at=one.started_at,
        resolved_at=one.resolved_at,
        updates=tuple(Said(said.at, said.text) for said in one.updates.all()),
    )


def _parts(found: Sequence[Incident], now: dt.datetime) -> list[Part]:
    today = day_of(now)
    first = today - dt.timedelta(days=KEPT_DAYS - 1)
    counted = _counts(first)
    incidents = _incident_days(found, first, today)
    parts = []
    for component in Component:
        days = tuple(
            _day(first + dt.timedelta(days=n), component, counted, incidents)
            for n in range(KEPT_DAYS)
        )
        open_ones = [one for one in found if one.is_open and one.component == component]
        level = _level_now(open_ones, days[-1])
        parts.append(Part(component.value, component.label, level, days))
    return parts


def _counts(first: dt.date) -> dict[tuple[str, dt.date], tuple[int, int]]:
    """(went well, failed) of the probe's steps by part and day."""
    begins = dt.datetime.combine(first, dt.time(), BEIJING)
    rows = (
        JourneyStep.objects.filter(at__gte=begins)
        .order_by()
        .annotate(day=TruncDate("at", tzinfo=BEIJING))
        .values_list("component", "day")
        .annotate(
            ok=Count("pk", filter=Q(outcome=Outcome.OK)),
            failed=Count("pk", filter=Q(outcome=Outcome.FAILED)),
        )
    )
    return {(component, day): (ok, failed) for component, day, ok, failed in rows}


def _incident_days(
    found: Sequence[Incident], first: dt.date, today: dt.date
) -> dict[tuple[str, dt.date], list[str]]:
    """The severities of the incidents that touched a part on a day."""
    days: dict[tuple[str, dt.date], list[str]] = defaultdict(list)
    for one in found:
        day = max(first, day_of(one.started_at))
        last = day_of(one.resolved_at) if one.resolved_at else today
        while day <= last:
            days[one.component, day].append(one.severity)
            day += dt.timedelta(days=1)
    return days


def _day(
    day: dt.date,
    component: Component,
    counted: Mapping[tuple[str, dt.date], tuple[int, int]],
    incidents: Mapping[tuple[str, dt.date], list[str]],
) -> Day:
    ok, failed = counted.get((component.value, day), (0, 0))
    severities = incidents.get((component.value, day), [])
    if Severity.DOWN in severities or failed * _HALF > ok + failed:
        level = Level.DOWN
    elif Severity.DEGRADED in severities or failed:
        level = Level.DEGRADED
    else:
        level = Level.WELL if ok else Level.UNKNOWN
    return Day(day, level, ok, failed, len(severities))


def _level_now(open_ones: Sequence[Incident], today: Day) -> Level:
    severities = {one.severity for one in open_ones}
    if Severity.DOWN in severities:
        return Level.DOWN
    if Severity.DEGRADED in severities:
        return Level.DEGRADED
    return Level.WELL if today.ok else Level.UNKNOWN
