"""Counting by many sets of dimensions from a few: whoever is counted by occupation and age is
counted by occupation too, once the ages are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import prod
from operator import itemgetter
from typing import Any, Final

from tenant_apps.insight.selectors.dims import SIZES

MOST_GROUPS: Final = 2_000
"""Groups up to which sets are counted as one: adding them up must cost less than another look at
every line.
"""
Counts = tuple[int, int, Decimal]
"""People (or cases), times, amount."""
Names = tuple[str, ...]
"""Dimensions, by their names' order."""
Groups = Mapping[tuple[Any, ...], Counts]
"""Counts by the values of the dimensions."""


def covering(wanted: Iterable[Names]) -> list[Names]:
    """Few sets such that each wanted one lies in one of them; the largest first find a place."""
    found: list[Names] = []
    for one in sorted(wanted, key=lambda names: (-_size(names), names)):
        wider = [tuple(sorted({*had, *one})) for had in found]
        best = min(range(len(wider)), key=lambda place: _size(wider[place]), default=-1)
        if best >= 0 and _size(wider[best]) <= max(MOST_GROUPS, _size(found[best])):
            found[best] = wider[best]
        else:
            found.append(one)
    return sorted(set(found))


def rolled_up(counted: Mapping[Names, Groups], wanted: Iterable[Names]) -> dict[Names, Groups]:
    """The groups of every wanted set, each added up from the smallest set that holds it."""
    known = dict(counted)
    for names in sorted(wanted, key=len, reverse=True):
        if names not in known:
            wider = min(
                (one for one in known if set(names) <= set(one)), key=lambda one: len(known[one])
            )
            known[names] = _added_up(known[wider], [wider.index(name) for name in names])
    return known


def _added_up(groups: Groups, places: list[int]) -> Groups:
    found: dict[tuple[Any, ...], Counts] = {}
    chosen = _chooser(places)
    for values, counts in groups.items():
        key = chosen(values)
        had = found.get(key)
        found[key] = counts if had is None else (
            had[0] + counts[0], had[1] + counts[1], had[2] + counts[2],
        )  # fmt: skip
    return found


def _chooser(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Takes the values at ``places``, always as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    first = slice(places[0], places[0] + 1) if places else slice(0)
    return itemgetter(first)


def _size(names: Names) -> int:
    """How many groups there can be."""
    return prod(SIZES[name] for name in names)
