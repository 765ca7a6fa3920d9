"""三本明白账 on the first page (rulebook 11, A3): of terms, admissions and dues what is due, what
is done and what is overdue, by organisation; every figure opens its rows.

A few statements for all organisations together; what somebody may not see is left out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kernel.actor import Actor
from kernel.clock import Month
from kernel.permissions import can
from tenant_apps.admissions import selectors as admissions
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.work import ended_in, is_running
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import overview as dues
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import terms
from tenant_apps.organizations import selectors as organizations

MOST_LINES: Final = 12
"""Organisations shown below the first, those with the most overdue on top; the others are in the
lists."""
Row = tuple[str, str, int]
"""The beginning of a path, due, done or overdue, and how many."""
Counts = Mapping[tuple[str, str], int]
"""(path of the organisation, due, done or overdue) -> how many."""
KEYS: Final = ("due", "done", "overdue")


@dataclass(frozen=True, slots=True)
class Figure:
    """``url`` opens the rows that ``count`` counts; ``key`` is due, done or overdue."""

    key: str
    label: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """An organisation with its figures, three of each ledger."""

    name: str
    url: str
    figures: tuple[tuple[Figure, ...], ...]

    @property
    def overdue(self) -> int:
        return sum(one.count for book in self.figures for one in book if one.key == "overdue")


@dataclass(frozen=True, slots=True)
class Ledger:
    """``words`` say what due, done and overdue mean in it; ``short`` goes before them."""

    title: str
    short: str
    words: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Ledgers:
    """``more`` organisations have no line."""

    books: tuple[Ledger, ...]
    lines: tuple[Line, ...]
    more: int


TERMS: Final = Ledger("组织账（任期）", "任期·", ("半年内届满", "任期内", "已超期"))
ADMISSIONS: Final = Ledger("党员账（发展党员）", "发展·", ("待办", "本年办结", "已超期"))
DUES: Final = Ledger("党费账", "党费·", ("本月待交", "本月已交", "上月欠交"))


def ledgers(actor: Actor, *, today: dt.date) -> Ledgers:
    """The ledgers of what the actor sees: a line for each of the outermost organisations; where
    there is a single one, it comes first and then those directly below it.  All with what is
    below them.
    """
    places = _places(actor)
    if not places:
        return Ledgers((), (), 0)
    paths = [one.path for one in places]
    width = max(map(len, paths))
    kept = [
        (book, _under(rows(actor, today, width), paths))
        for book, permission, rows in _BOOKS
        if can(actor, permission)
    ]
    lines = [
        Line(
            org.short_name or org.name,
            f"/organizations/{org.pk}/",
            tuple(_figures(book, counts, org, today) for book, counts in kept),
        )
        for org in places
    ]
    rest = sorted(lines[1:], key=lambda line: -line.overdue)
    shown = (*lines[:1], *rest[:MOST_LINES])
    return Ledgers(tuple(book for book, _ in kept), shown, len(lines) - len(shown))


def _places(actor: Actor) -> list[Any]:
    roots = list(organizations.roots_visible_to(actor))
    if len(roots) != 1:
        return roots
    below = organizations.children_visible_to(actor, roots[0].pk).exclude(kind="GROUP")
    return [*roots, *below]


def _figures(book: Ledger, counts: Counts, org: Any, today: dt.date) -> tuple[Figure, ...]:
    month, here = Month.of(today), f"?org={org.pk}"
    urls = {
        TERMS: [f"/elections/terms/{here}&level={one}" for one in ("soon", "fine", "overdue")],
        ADMISSIONS: [
            f"/admissions/work/{here}&late=0",
            f"/admissions/ended/{here}&year={today.year}",
            f"/admissions/work/{here}&late=1",
        ],
        DUES: [
            f"/dues/{month}/?org={org.path}&state=UNPAID",
            f"/dues/{month}/?org={org.path}&state=PAID",
            f"/dues/{month - 1}/?org={org.path}&state=UNPAID",
        ],
    }[book]
    return tuple(
        Figure(key, f"{book.short}{word}", counts[org.path, key], url)
        for key, word, url in zip(KEYS, book.words, urls, strict=True)
    )


def _of_admissions(actor: Actor, today: dt.date, width: int) -> list[Row]:
    open_work = [
        (one.case.org_path, "overdue" if one.is_overdue else "due", 1)
        for one in admissions.work_of(actor, today=today)
        if is_running(one)
    ]
    return [*open_work, *ended_in(actor, today.year)]


def _of_dues(actor: Actor, today: dt.date, width: int) -> list[Row]:
    month = Month.of(today)
    return dues.standings(actor, month, width=width)


def _of_terms(actor: Actor, today: dt.date, width: int) -> list[Row]:
    return terms.standings(actor, today, width=width)


_BOOKS: Final[tuple[tuple[Ledger, StrEnum, Callable[[Actor, dt.date, int], list[Row]]], ...]] = (
    (TERMS, ElectionPermission.BROWSE, _of_terms),
    (ADMISSIONS, AdmissionPermission.BROWSE, _of_admissions),
    (DUES, DuesPermission.BROWSE, _of_dues),
)


def _under(rows: Sequence[Row], paths: Sequence[str]) -> Counts:
    """Adds the rows up under each of ``paths`` that is at or above."""
    known, found = set(paths), Counter[tuple[str, str]]()
    sizes = {len(path) for path in paths}
    for path, key, count in rows:
        for place in {path[:size] for size in sizes} & known:
            found[place, key] += count
    return found
