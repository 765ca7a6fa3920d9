"""How an organisation came to be: a lane for each one that it came from, drawn as lines.

Lanes run from founding to ending, left to right; a merger runs from one lane into another, a
split out of one.  Positions are in pixels of the drawing; the page makes an SVG of them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from tenant_apps.organizations.models import Kind, Organization, Turn, TurnKind
from tenant_apps.organizations.selectors.past import effective_turns

MOST_LANES: Final = 24
LEFT: Final = 190
WIDTH: Final = 1040
LANE: Final = 58
TOP: Final = 44
GLYPH: Final = 12
"""Width of a character of the words on a lane."""
_ENDS: Final = (TurnKind.MERGED, TurnKind.DISSOLVED)
_NO_TIE: Final = (TurnKind.REVISED, TurnKind.MOVED)
"""What ties an organisation to no other one; one that is raised may leave a branch below it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot on a lane; its words stand above the line, or below it where there is no room."""

    x: int
    y: int
    text: str
    day: dt.date
    is_below: bool = False

    @property
    def words_y(self) -> int:
        return self.y + 21 if self.is_below else self.y - 12


@dataclass(slots=True)
class Lane:
    """One organisation through time."""

    id: UUID
    label: str
    y: int
    start: int
    end: int
    is_main: bool
    has_ended: bool
    marks: list[Mark] = field(default_factory=list)

    @property
    def top(self) -> int:
        return self.y - 8

    @property
    def bottom(self) -> int:
        return self.y + 8


@dataclass(frozen=True, slots=True)
class Link:
    """A merger or a split: from (x1, y1) on one lane to (x2, y2) on another."""

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def path(self) -> str:
        """A curve for the ``d`` of an SVG path."""
        middle = (self.x1 + self.x2) / 2
        return (
            f"M{self.x1} {self.y1} C{middle:g} {self.y1} {middle:g} {self.y2} {self.x2} {self.y2}"
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """The whole drawing; ``ticks`` are years with their place."""

    lanes: list[Lane]
    links: list[Link]
    ticks: list[tuple[int, int]]
    width: int
    height: int
    turns: list[Turn]


def graph_of(organization: Organization, *, today: dt.date) -> Graph:
    """The history of an organisation and of all it came from or went into, oldest lane first."""
    turns = _closure(organization.pk)
    ids = _ids(turns) | {organization.pk}
    known = Organization.objects.in_bulk(ids)
    spans = {pk: _span(org, turns, today) for pk, org in known.items()}
    order = sorted(spans, key=lambda pk: (spans[pk][0], known[pk].path))
    first = min(start for start, _ in spans.values())
    scale = _Scale(first, today)
    lanes = {
        pk: Lane(
            id=pk,
            label=known[pk].short_name or known[pk].name,
            y=TOP + LANE * row + LANE // 2,
            start=scale.x(spans[pk][0]),
            end=scale.x(spans[pk][1]),
            is_main=pk == organization.pk,
            has_ended=known[pk].ended_on is not None,
        )
        for row, pk in enumerate(order)
    }
    _mark(lanes, turns, scale)
    return Graph(
        lanes=list(lanes.values()),
        links=_links(lanes, turns, scale),
        ticks=scale.ticks(),
        width=LEFT + WIDTH + 40,
        height=TOP + LANE * len(lanes) + 24,
        turns=sorted(turns, key=lambda turn: (turn.happened_on, turn.id), reverse=True),
    )


class _Scale:
    """Days to pixels."""

    def __init__(self, first: dt.date, last: dt.date) -> None:
        self._first, self._last = first, last
        self._days = max((last - first).days, 1)

    def x(self, day: dt.date) -> int:
        return LEFT + round(WIDTH * max((day - self._first).days, 0) / self._days)

    def ticks(self) -> list[tuple[int, int]]:
        """At most a dozen years, evenly apart."""
        years = range(self._first.year + 1, self._last.year + 1)
        step = max(1, -(-len(years) // 12))
        return [(year, self.x(dt.date(year, 1, 1))) for year in years[::step]]


def _closure(start: UUID) -> list[Turn]:
    """Every turn of the organisation and of those tied to it by mergers and splits."""
    seen: set[UUID] = set()
    waiting, found = {start}, list[Turn]()
    while waiting and len(seen) < MOST_LANES:
        batch = list(effective_turns().filter(org_id__in=waiting).order_by("happened_on", "id"))
        seen |= waiting
        found += batch
        tied = {t.other_id for t in batch if t.other_id and t.kind not in _NO_TIE}
        waiting = set(sorted(tied - seen)[: MOST_LANES - len(seen)])
    return found


def _ids(turns: Iterable[Turn]) -> set[UUID]:
    return {turn.org_id for turn in turns}


def _span(
    organization: Organization, turns: Sequence[Turn], today: dt.date
) -> tuple[dt.date, dt.date]:
    own = [turn.happened_on for turn in turns if turn.org_id == organization.pk]
    start = min([organization.founded_on or organization.created_at.date(), *own])
    return start, organization.ended_on or today


def _mark(lanes: dict[UUID, Lane], turns: Sequence[Turn], scale: _Scale) -> None:
    """Dots with their words; what happened on one day is one dot."""
    words: dict[tuple[UUID, dt.date], list[str]] = defaultdict(list)
    come_from = {turn.org_id for turn in turns if turn.kind == TurnKind.FOUNDED and turn.other_id}
    for turn in sorted(turns, key=lambda one: (one.happened_on, one.id)):
        if turn.org_id in lanes and turn.kind not in {TurnKind.GAINED, TurnKind.PARTED}:
            words[turn.org_id, turn.happened_on].append(_word(turn))
    free: dict[tuple[UUID, bool], int] = defaultdict(int)
    for (org_id, day), texts in words.items():
        text, lane = "、".join(dict.fromkeys(texts)), lanes[org_id]
        x, half = scale.x(day), GLYPH * len(text) // 2
        is_birth = org_id in come_from and not lane.marks  # a curve comes in above it
        is_below = is_birth or x - half < free[org_id, False]
        free[org_id, is_below] = x + half + GLYPH
        lane.marks.append(Mark(x, lane.y, text, day, is_below))


def _word(turn: Turn) -> str:
    """What happened, in a word: a new name, or the type that it became."""
    before, after = turn.before or {}, turn.after or {}
    if turn.kind == TurnKind.RETYPED and after.get("kind"):
        return f"改设{Kind(after['kind']).label}"
    if turn.kind == TurnKind.REVISED and before.get("kind") == after.get("kind"):
        return "更名"
    return str(TurnKind(turn.kind).label)


def _links(lanes: dict[UUID, Lane], turns: Iterable[Turn], scale: _Scale) -> list[Link]:
    links: list[Link] = []
    for turn in turns:
        own, other = lanes.get(turn.org_id), lanes.get(turn.other_id) if turn.other_id else None
        if own is None or other is None or own is other:
            continue
        x = scale.x(turn.happened_on)
        if turn.kind in _ENDS:
            links.append(Link(x, own.y, min(x + 26, LEFT + WIDTH + 26), other.y))
        elif turn.kind == TurnKind.FOUNDED:
            links.append(Link(max(x - 26, LEFT), other.y, x, own.y))
    return links
