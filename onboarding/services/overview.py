"""All units at a glance: where each stands, and what they add up to.

Reads the directory, the openings and the rollups, never a unit's schema.  A cell holds at most
about 1,500 units (architecture 3.5), so the lines are put together in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kernel import pinyin
from kernel.clock import BEIJING, Month
from onboarding import selectors
from onboarding.models import Opening, RosterImport
from onboarding.services import blockers, labels
from onboarding.services.blockers import Blocker, Stage, Standing
from shared_apps.usage import selectors as usage
from shared_apps.usage.selectors import UnitFigures
from tenants import regions
from tenants.models import Unit


@dataclass(frozen=True, slots=True)
class Line:
    """One unit in a list."""

    opening: Opening
    roster: RosterImport | None
    figures: UnitFigures
    standing: Standing

    @property
    def unit(self) -> Unit:
        return self.opening.unit

    @property
    def host(self) -> str:
        return labels.host_of(self.unit.label)

    @property
    def province(self) -> str:
        return regions.province_name(self.unit.region_code)

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

    def takes(self, line: Line) -> bool:
        checks = (
            not self.state or line.unit.state == self.state,
            not self.blocker or _is_blocked_by(line, self.blocker),
            not self.province or line.province == self.province,
            self.officer_id is None or line.opening.officer_id == self.officer_id,
        )
        return all(checks) and (not self.text or _mentions(line, self.text))


@dataclass(frozen=True, slots=True)
class Region:
    """What the units of a province add up to."""

    name: str
    units: int
    figures: UnitFigures


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the operator's page; ``as_of`` is when the figures were last folded."""

    lines: list[Line]
    totals: UnitFigures
    opened_this_month: int
    serving: int
    stages: list[Stage]
    regions: list[Region]
    as_of: dt.datetime | None


DRIFT_WINDOW: Final = dt.timedelta(days=7)
SORTS: Final[dict[str, Callable[[Line], Any]]] = {
    "name": lambda line: pinyin.of_name(line.unit.name)[0],
    "state": lambda line: line.unit.state,
    "since": lambda line: line.standing.since,
    "stage": lambda line: line.standing.passed,
    "members": lambda line: line.figures.members,
    "activated": lambda line: line.figures.activated,
    "organizations": lambda line: line.figures.organizations,
    "due": lambda line: line.figures.month_due_fen,
    "paid": lambda line: line.figures.month_paid_fen,
    "officer": lambda line: line.opening.officer_name,
    "registered": lambda line: line.opening.registered_at,
}


def lines(*, month: Month) -> list[Line]:
    """Every registered unit, in three queries."""
    figures = usage.figures_by_unit(month=month)
    rosters = selectors.latest_rosters()
    return [
        _line(opening, rosters.get(opening.unit_id), figures.get(opening.unit_id))
        for opening in selectors.openings()
    ]


def line_of(opening: Opening, *, month: Month) -> Line:
    """One unit."""
    figures = usage.figures_by_unit(month=month, unit_ids=[opening.unit_id])
    roster = selectors.latest_rosters([opening.unit_id]).get(opening.unit_id)
    return _line(opening, roster, figures.get(opening.unit_id))


def ordered(found: Iterable[Line], sort: str) -> list[Line]:
    """By a key of SORTS, ``-`` in front for descending; unknown keys by the newest first."""
    key = SORTS.get(sort.lstrip("-"))
    if key is None:
        return sorted(found, key=SORTS["registered"], reverse=True)
    return sorted(found, key=key, reverse=sort.startswith("-"))


def overview(*, month: Month) -> Overview:
    """Totals, funnel and regions over all units."""
    all_lines = lines(month=month)
    return Overview(
        lines=all_lines,
        totals=usage.totals(line.figures for line in all_lines),
        opened_this_month=sum(1 for line in all_lines if _opened_in(line, month)),
        serving=sum(1 for line in all_lines if line.unit.is_serving),
        stages=blockers.funnel(line.standing for line in all_lines),
        regions=_regions(all_lines),
        as_of=usage.as_of(),
    )


def _line(opening: Opening, roster: RosterImport | None, figures: UnitFigures | None) -> Line:
    known = figures or blockers.NO_FIGURES
    standing = blockers.standing(opening=opening, roster=roster, figures=known)
    return Line(opening, roster, known, standing)


def _regions(all_lines: list[Line]) -> list[Region]:
    by_name: dict[str, list[Line]] = {}
    for line in all_lines:
        by_name.setdefault(line.province, []).append(line)
    found = [
        Region(name, len(group), usage.totals(line.figures for line in group))
        for name, group in by_name.items()
    ]
    return sorted(found, key=lambda region: (-region.units, region.name))


def _opened_in(line: Line, month: Month) -> bool:
    opened = line.opening.opened_at
    return opened is not None and Month.of(opened.astimezone(BEIJING).date()) == month


def _is_blocked_by(line: Line, wanted: str) -> bool:
    if wanted == "none":
        return line.standing.blocker is None
    return line.standing.blocker == Blocker(wanted) if wanted in set(Blocker) else True


def _mentions(line: Line, text: str) -> bool:
    wanted = text.strip().lower()
    return (
        wanted in line.unit.name.lower()
        or wanted in line.unit.label
        or wanted.upper() in line.unit.credit_code
        or wanted in line.unit.bank_branch.lower()
        or wanted in pinyin.of_name(line.unit.name)[1]
    )
