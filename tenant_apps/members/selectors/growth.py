"""How a member has grown in the Party, year by year (rulebook 11, I6).

Nothing is written for it: the way in, the posts, rewards, training, appraisals and turns that the
rooms keep anyway are told in one row.  A room above adds its own in ``AppConfig.ready``::

    growth.register_growth(posts_in_growth)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final, TypeAlias

from kernel.actor import Actor
from tenant_apps.members.models import Change, ChangeKind, Entry, EntryKind, Member
from tenant_apps.members.selectors.entries import shown_entry


class Sort(StrEnum):
    """What a moment is about; the value is the word on the page."""

    ADMISSION = "发展历程"
    MEMBERSHIP = "党籍"
    POST = "党内任职"
    REWARD = "表彰奖励"
    TRAINING = "教育培训"
    APPRAISAL = "民主评议"
    STUDY = "学历学位"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened.  ``on`` is None where only the year is known; ``hours`` of training
    count for the year.
    """

    year: int
    on: dt.date | None
    sort: Sort
    title: str
    detail: str = ""
    hours: int = 0

    @classmethod
    def of(cls, on: dt.date, sort: Sort, title: str, detail: str = "") -> Moment:
        return cls(on.year, on, sort, title, detail)


@dataclass(frozen=True, slots=True)
class Year:
    """A year with what happened in it, the latest first; what has no day stands before."""

    year: int
    moments: tuple[Moment, ...]

    @property
    def hours(self) -> int:
        return sum(one.hours for one in self.moments)


@dataclass(frozen=True, slots=True)
class Growth:
    """All years, the latest first."""

    years: tuple[Year, ...]

    def count(self, sort: Sort) -> int:
        return sum(one.sort is sort for year in self.years for one in year.moments)

    @property
    def rewards(self) -> int:
        return self.count(Sort.REWARD)

    @property
    def hours(self) -> int:
        return sum(year.hours for year in self.years)

    def hours_in(self, number: int) -> int:
        return sum(year.hours for year in self.years if year.year == number)

    @property
    def last_appraisal(self) -> Moment | None:
        found = (one for year in self.years for one in year.moments)
        return next((one for one in found if one.sort is Sort.APPRAISAL), None)


Provider: TypeAlias = Callable[[Actor, Member], Iterable[Moment]]
_providers: list[Provider] = []
_ENTRIES: Final[Mapping[str, Sort]] = {
    EntryKind.REWARD: Sort.REWARD,
    EntryKind.TRAINING: Sort.TRAINING,
    EntryKind.APPRAISAL: Sort.APPRAISAL,
    EntryKind.EDUCATION: Sort.STUDY,
}
_CHANGES: Final = (
    ChangeKind.TRANSFERRED_IN, ChangeKind.WHOLE_IN, ChangeKind.RESTORED, ChangeKind.EXTENDED,
    ChangeKind.SUSPENDED,
)  # fmt: skip
"""Turns that the days of the file do not tell already."""


def register_growth(provider: Provider) -> None:
    """Adds what another room knows of a member; called once, in ``AppConfig.ready``."""
    _providers.append(provider)


def growth_of(actor: Actor, member: Member) -> Growth:
    """Everything that the actor may know of it, by year."""
    moments = [*_of_file(member), *_of_entries(member), *_of_changes(member)]
    for provider in _providers:
        moments += provider(actor, member)
    moments.sort(key=lambda one: (one.year, one.on or dt.date.max), reverse=True)
    by_year = groupby(moments, key=lambda one: one.year)
    return Growth(tuple(Year(year, tuple(found)) for year, found in by_year))


def _of_file(member: Member) -> Iterable[Moment]:
    if member.joined_on:
        yield Moment.of(member.joined_on, Sort.MEMBERSHIP, "加入中国共产党，成为预备党员")
    if member.full_on:
        yield Moment.of(member.full_on, Sort.MEMBERSHIP, "转为正式党员")


def _of_entries(member: Member) -> Iterable[Moment]:
    rows = Entry.objects.filter(member=member, kind__in=_ENTRIES, struck_at__isnull=True)
    for entry in rows:
        is_study = entry.kind == EntryKind.EDUCATION
        on = (entry.ended_on if is_study else None) or entry.began_on
        year = entry.year or (on.year if on else None)
        if year is None:
            continue
        shown = shown_entry(entry)
        detail = "　".join(f"{label} {value}" for label, value, _ in shown.details)
        hours = int(entry.data.get("hours") or 0) if entry.kind == EntryKind.TRAINING else 0
        is_of_year = on is not None and on.year == year
        yield Moment(
            year, on if is_of_year else None, _ENTRIES[entry.kind], shown.heading, detail, hours
        )


def _of_changes(member: Member) -> Iterable[Moment]:
    rows = Change.objects.filter(member=member, kind__in=_CHANGES, undone_at__isnull=True)
    for change in rows:
        label = ChangeKind(change.kind).label
        yield Moment.of(change.happened_on, Sort.MEMBERSHIP, label, change.document)
