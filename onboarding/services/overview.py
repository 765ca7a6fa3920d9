"""All units at a glance: where each stands, and what they add up to.

Reads the directory, the openings and the rollups, never a unit's schema.  Filtering, sorting,
counting and paging are the database's work: a page holds twenty units however many there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache as kept
from typing import Final
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.db.models.functions import Coalesce

from kernel import cache, clock
from kernel.clock import Month
from kernel.jobs import job
from onboarding import selectors
from onboarding.models import Opening
from onboarding.services import blockers, labels, recounting
from onboarding.services.blockers import Blocker, Stage, Standing
from shared_apps.fleet.selectors import distant
from shared_apps.usage import selectors as usage
from shared_apps.usage.selectors import By, Together, UnitFigures
from tenants import regions
from tenants import selectors as units
from tenants.models import Unit


@dataclass(frozen=True, slots=True)
class Line:
    """One unit in a list."""

    opening: Opening
    figures: UnitFigures
    standing: Standing

    @property
    def unit(self) -> Unit:
        return self.opening.unit

    @property
    def host(self) -> str:
        return labels.host_of(self.unit.label)

    @property
    def region(self) -> str:
        return regions.label(self.unit.region_code)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; blanks mean everything."""

    text: str = ""
    state: str = ""
    blocker: str = ""
    province: str = ""
    officer_id: UUID | None = None

    @property
    def condition(self) -> Q:
        """The same for the database, over openings ``with_standing``."""
        found = Q()
        if self.state:
            found &= Q(unit__state=self.state)
        if self.blocker == "none":
            found &= Q(passed=blockers.THROUGH)
        elif self.blocker in set(Blocker):
            found &= Q(passed=blockers.place_of(Blocker(self.blocker)))
        if self.province:
            found &= _in_province(self.province)
        if self.officer_id is not None:
            found &= Q(officer_id=self.officer_id)
        return found & _mentioning(self.text.strip()) if self.text.strip() else found


@dataclass(frozen=True, slots=True)
class Region:
    """What the units of a province add up to; small counts of people are in no sum."""

    name: str
    together: Together


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything above the list; ``as_of`` is when the figures were last folded.

    ``totals`` and ``regions`` are of all cells, ``stages`` of this one: how far a unit has come
    is where it is opened.

    ``recounted_at`` is since when every unit was recounted, ``drifts`` what that corrected
    in a week.
    """

    totals: Together
    stages: list[Stage]
    regions: list[Region]
    as_of: dt.datetime | None
    recounted_at: dt.datetime | None
    drifts: int
    distant_units: int

    @property
    def units(self) -> int:
        """All registered units, those of other cells too."""
        return self.own_units + self.distant_units

    @property
    def own_units(self) -> int:
        return self.stages[0].reached


KEPT_SECONDS: Final = 40
"""With the drain's ten seconds less than the minute in which figures promise to follow."""
DRIFT_WINDOW: Final = dt.timedelta(days=7)
SORTS: Final[Mapping[str, str]] = {
    "name": "unit__standing__pinyin",
    "state": "unit__state",
    "since": "since",
    "stage": "passed",
    "members": "totals__members",
    "activated": "totals__activated",
    "organizations": "totals__organizations",
    "due": "of_month__due_fen",
    "paid": "of_month__paid_fen",
    "officer": "officer_name",
    "registered": "registered_at",
}
_NUMBERS: Final = {"members", "activated", "organizations", "due", "paid"}


def openings(wanted: Wanted, *, month: Month, sort: str = "") -> QuerySet[Opening]:
    """Registered units by a key of SORTS, ``-`` in front for descending; else the newest first.

    Each with where it stands, as ``lines`` wants it.
    """
    found = _standing().filter(wanted.condition)
    key = sort.lstrip("-")
    if key not in SORTS:
        return found.order_by("-registered_at", "-id")
    if key in {"due", "paid"}:
        of_month = Q(unit__usage_months__month=month.value)
        found = found.alias(of_month=FilteredRelation("unit__usage_months", condition=of_month))
    by = Coalesce(F(SORTS[key]), 0) if key in _NUMBERS else F(SORTS[key])
    order = by.desc(nulls_last=True) if sort.startswith("-") else by.asc(nulls_last=True)
    return found.order_by(order, "id")


def places(
    wanted: Wanted, *, month: Month, sort: str = ""
) -> QuerySet[Opening, tuple[UUID, int, dt.datetime]]:
    """``openings`` as no more than ``(id, passed, since)``: what is sorted carries nothing else.

    The database works out where an opening stands for those alone that are sliced from it.
    """
    return blockers.only_standing(openings(wanted, month=month, sort=sort))


def matching(wanted: Wanted) -> int:
    """How many openings a list of ``wanted`` holds; where they stand is looked at only if asked."""
    found = _standing() if wanted.blocker else selectors.openings()
    return found.filter(wanted.condition).order_by().values("pk").count()


def lines(found: QuerySet[Opening], *, month: Month) -> list[Line]:
    """``openings`` with their figures."""
    return _lines(
        [(one, blockers.standing(one.passed, one.since)) for one in found],  # type: ignore[attr-defined]
        month=month,
    )


def lines_at(found: Iterable[tuple[UUID, int, dt.datetime]], *, month: Month) -> list[Line]:
    """The openings at these ``places``, in the order given."""
    standings = {pk: blockers.standing(passed, since) for pk, passed, since in found}
    known = selectors.openings().in_bulk(standings)
    return _lines([(known[pk], standings[pk]) for pk in standings if pk in known], month=month)


def line_of(opening: Opening, *, month: Month) -> Line:
    """One unit."""
    return lines_at(blockers.only_standing(_standing().filter(pk=opening.pk)), month=month)[0]


def _lines(known: list[tuple[Opening, Standing]], *, month: Month) -> list[Line]:
    figures = usage.figures_by_unit(month=month, unit_ids=[one.unit_id for one, _ in known])
    return [Line(one, figures.get(one.unit_id, NO_FIGURES), standing) for one, standing in known]


@kept
def _standing() -> QuerySet[Opening]:
    """Kept, because resolving where a unit stands takes longer than asking for it."""
    return blockers.with_standing(selectors.openings())


def count(*, officer_id: UUID | None = None) -> int:
    """Registered units, all or those of one officer."""
    found = selectors.openings()
    return (found.filter(officer_id=officer_id) if officer_id else found).count()


def overview(*, month: Month, now: dt.datetime) -> Overview:
    """Totals and provinces over all units of all cells, the funnel of this one; as of the
    moment it says.
    """
    today = clock.day_of(now)
    name = f"overview:{month}:{today}"
    found: Overview | None = cache.get(name)
    return found or usage.as_of_last_drain(name, lambda: _overview(month, today, now))


@job()
def gather(*, now: dt.datetime | None = None) -> None:
    """Adds this month up before anybody asks; sent more often than it is kept."""
    moment = now or clock.now()
    today = clock.day_of(moment)
    month = Month.of(today)
    cache.put(f"overview:{month}:{today}", _overview(month, today, moment), seconds=KEPT_SECONDS)


def _overview(month: Month, today: dt.date, now: dt.datetime) -> Overview:
    as_of, span = usage.as_of(), usage.span_of("", today=today, month=month)
    own, elsewhere = usage.sums_by_place(By.PROVINCE, span), distant.by_province(span)
    everything = sum((together for _, together in own), sum(elsewhere.values(), Together()))
    return Overview(
        totals=everything,
        stages=blockers.funnel(selectors.openings()),
        regions=_regions(own, elsewhere),
        as_of=as_of,
        recounted_at=units.done_by_all(recounting.WORK),
        drifts=usage.drifts(since=now - DRIFT_WINDOW).count(),
        distant_units=sum(together.units for together in elsewhere.values()),
    )


def _regions(
    own: Iterable[tuple[str, Together]], elsewhere: Mapping[str, Together]
) -> list[Region]:
    """Provinces with the units of all cells, the most units first."""
    found = dict(elsewhere)
    for key, together in own:
        found[key] = found.get(key, Together()) + together
    ordered = sorted(found.items(), key=lambda one: (-one[1].units, one[0]))
    return [Region(regions.province_name(key), together) for key, together in ordered]


NO_FIGURES: Final = UnitFigures()


def _in_province(name: str) -> Q:
    codes = [one.code[:2] for one in regions.provinces() if one.name == name]
    if codes:
        return Q(unit__region_code__startswith=codes[0])
    known = Q()
    for one in regions.provinces():
        known |= Q(unit__region_code__startswith=one.code[:2])
    return ~known


def _mentioning(text: str) -> Q:
    return (
        Q(unit__name__icontains=text)
        | Q(unit__label__contains=text.lower())
        | Q(unit__credit_code__contains=text.upper())
        | Q(unit__bank_branch__icontains=text)
        | Q(unit__standing__initials__contains=text.lower())
    )
