"""The charts of a sub-tree as it is today (rulebook 11, A2): every figure opens its list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from kernel.actor import Actor
from kernel.clock import months_later
from shared_apps.rules.selectors import codes
from tenant_apps.insight.selectors import bands
from tenant_apps.members.selectors import spread
from tenant_apps.members.selectors.filters import COLLEGE, NONE, education_labels
from tenant_apps.members.selectors.spread import Share, Spread
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission

_HAN: Final = "汉族"
_MOST_PEOPLES: Final = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure.  ``query`` narrows the list of members to it; empty where no filter can."""

    label: str
    count: int
    query: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure with its numbers; ``shape`` is ``columns`` (an order) or ``bars`` (kinds)."""

    key: str
    title: str
    shape: str
    bars: tuple[Bar, ...]
    note: str = ""
    peak: int = field(init=False)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "peak", max((bar.count for bar in self.bars), default=0))
        object.__setattr__(self, "total", sum(bar.count for bar in self.bars))


@dataclass(frozen=True, slots=True)
class Part:
    """An organisation directly below, or the place itself (``is_own``), with its members."""

    id: UUID
    name: str
    is_own: bool
    share: Share


@dataclass(frozen=True, slots=True)
class Distribution:
    org_id: UUID
    name: str
    path: str
    trail: tuple[tuple[UUID, str], ...]
    total: int
    full: int
    probationary: int
    women: int
    minority: int
    college: int
    young: int
    charts: tuple[Chart, ...]
    parts: tuple[Part, ...]


def distribution(actor: Actor, org_id: UUID | None, *, today: dt.date) -> Distribution:
    """The charts of an organisation with all below; without one, of the outermost seen.

    Raises OrganizationNotFound.
    """
    if org_id is None:
        root = organizations.roots_visible_to(actor).first()
        if root is None:
            raise organizations.OrganizationNotFound
        org_id = root.pk
    org = organizations.organization_for(actor, org_id, to=OrganizationPermission.BROWSE)
    found = spread.spread_of(actor, org.path)
    trail = organizations.ancestors_of(actor, org)
    return Distribution(
        org_id=org.pk,
        name=org.short_name or org.name,
        path=org.path,
        trail=tuple((one.pk, one.short_name or one.name) for one in trail),
        total=found.total,
        full=found.category.get("FULL", 0),
        probationary=found.category.get("PROBATIONARY", 0),
        women=found.gender.get("F", 0),
        minority=sum(n for name, n in found.ethnicity.items() if name not in (_HAN, "")),
        college=_of_labels(found.education, education_labels(COLLEGE)),
        young=sum(n for year, n in found.born.items() if year and today.year - year <= 35),
        charts=_charts(found, today),
        parts=_parts(actor, org, today),
    )


def _charts(found: Spread, today: dt.date) -> tuple[Chart, ...]:
    return (
        Chart("gender", "性别", "bars", _genders(found)),
        Chart("age", "年龄", "columns", _ages(found, today), "按统计口径：本年减出生年份"),
        Chart("education", "学历", "bars", _education(found), "按 GB/T 4658 大类"),
        Chart("occupation", "职业", "bars", _occupations(found)),
        Chart("ethnicity", "民族", "bars", _peoples(found)),
        Chart("joined", "入党时间", "columns", _joined(found)),
        Chart("party_age", "党龄", "columns", _party_ages(found, today), "只计正式党员"),
    )


def _genders(found: Spread) -> tuple[Bar, ...]:
    named = (("男", "M", "M"), ("女", "F", "F"), (bands.UNKNOWN_LABEL, "", NONE))
    return _kept(Bar(label, found.gender.get(value, 0), _query(gender=asked))
                 for label, value, asked in named)  # fmt: skip


def _ages(found: Spread, today: dt.date) -> tuple[Bar, ...]:
    counts = _banded(
        found.born, lambda year: bands.AGE.band_of(today.year - year if year else None)
    )
    spans = [*_spans(bands.AGE.thresholds), ""]
    return _bars(bands.AGE, counts, [_query(age=one) for one in spans])


def _party_ages(found: Spread, today: dt.date) -> tuple[Bar, ...]:
    edges = [months_later(today, -12 * years) for years in bands.PARTY_AGE.thresholds]

    def band(day: dt.date | None) -> int:
        return bands.UNKNOWN if day is None or day > today else sum(day <= edge for edge in edges)

    spans = [*_spans(bands.PARTY_AGE.thresholds), ""]
    queries = [_query(party_age=one) for one in spans]
    return _bars(bands.PARTY_AGE, _banded(found.full, band), queries)


def _joined(found: Spread) -> tuple[Bar, ...]:
    counts = _banded(found.joined, bands.JOINED.band_of)
    edges = [None, *bands.JOINED.thresholds, None]
    queries = [
        _query(
            joined_from=first.isoformat() if first else "",
            joined_to=(after - dt.timedelta(days=1)).isoformat() if after else "",
        )
        for first, after in pairwise(edges)
    ]
    return _bars(bands.JOINED, counts, [*queries, ""])


def _education(found: Spread) -> tuple[Bar, ...]:
    bars = [
        Bar(label, _of_labels(found.education, education_labels(str(code))),
            _query(education=str(code)))
        for code, label in bands.EDUCATION.items()
    ]  # fmt: skip
    named = sum(bar.count for bar in bars)
    empty = found.education.get("", 0)
    other = found.total - named - empty
    bars.append(Bar(bands.UNKNOWN_LABEL, empty, _query(education=NONE)))
    return _kept([*bars, Bar("代码表以外", other)])


def _occupations(found: Spread) -> tuple[Bar, ...]:
    entries = codes.table("occupation").entries
    bars = [Bar(one.label, found.occupation.get(one.code, 0), _query(occupation=one.code))
            for one in entries]  # fmt: skip
    empty = found.occupation.get("", 0)
    other = found.total - empty - sum(bar.count for bar in bars)
    bars.append(Bar(bands.UNKNOWN_LABEL, empty, _query(occupation=NONE)))
    return _kept([*bars, Bar("代码表以外", other)])


def _peoples(found: Spread) -> tuple[Bar, ...]:
    """Han, the largest others by name, the rest as one figure that opens all minorities."""
    table = codes.table("ethnicity")
    named = sorted(((n, name) for name, n in found.ethnicity.items() if name not in (_HAN, "")),
                   reverse=True)  # fmt: skip
    bars = [Bar(_HAN, found.ethnicity.get(_HAN, 0), _query(ethnicity="01"))]
    bars += [Bar(name, n, _query(ethnicity=table.code_of(name)))
             for n, name in named[:_MOST_PEOPLES]]  # fmt: skip
    rest = sum(n for n, _ in named[_MOST_PEOPLES:])
    bars.append(Bar("其他少数民族", rest))
    bars.append(Bar(bands.UNKNOWN_LABEL, found.ethnicity.get("", 0), _query(ethnicity=NONE)))
    return _kept(bars)


def _parts(actor: Actor, org: Any, today: dt.date) -> tuple[Part, ...]:
    children = list(organizations.children_visible_to(actor, org.pk))
    width = len(org.path) + 4
    shares = {s.path: s for s in spread.shares_of(actor, org.path, width=width, today=today)}
    own = shares.get(org.path)
    found = [Part(org.pk, org.short_name or org.name, True, own)] if own and children else []
    for child in children:
        share = shares.get(child.path) or Share(child.path, 0, 0, 0, 0, 0, 0)
        found.append(Part(child.pk, child.short_name or child.name, False, share))
    return tuple(found)


def _banded(values: Mapping[Any, int], band: Callable[[Any], int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for value, count in values.items():
        place = band(value)
        counts[place] = counts.get(place, 0) + count
    return counts


def _bars(scale: bands.Scale, counts: Mapping[int, int], queries: list[str]) -> tuple[Bar, ...]:
    """All bands, with the unknown last where there are any."""
    bars = [Bar(label, counts.get(place, 0), queries[place])
            for place, label in enumerate(scale.labels)]  # fmt: skip
    if unknown := counts.get(bands.UNKNOWN, 0):
        bars.append(Bar(bands.UNKNOWN_LABEL, unknown, queries[-1]))
    return tuple(bars)


def _spans(thresholds: tuple[int, ...]) -> list[str]:
    """The bands as the list's address says them: ``-30``, ``31-35``, ``61-``."""
    inner = [f"{first}-{after - 1}" for first, after in pairwise(thresholds)]
    return [f"-{thresholds[0] - 1}", *inner, f"{thresholds[-1]}-"]


def _of_labels(counts: Mapping[str, int], labels: Iterable[str]) -> int:
    return sum(counts.get(label, 0) for label in labels)


def _kept(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Without what nobody is counted in."""
    return tuple(bar for bar in bars if bar.count)


def _query(**narrowed: str) -> str:
    return urlencode({name: value for name, value in narrowed.items() if value})
