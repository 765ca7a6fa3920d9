"""How large each unit of the fleet is: many tiny ones, few large, the same in every run."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Final, NamedTuple

UNITS: Final = 11_800
ORGANIZATIONS: Final = 226_400
MEMBERS: Final = 5_540_000
FEWEST: Final = 3
MOST: Final = 20_000
_SPREAD: Final = 1.6
_FLAT: Final = 40
"""A tree of up to so many organisations has two levels, a larger one three."""
_BELOW: Final = 30


class Size(NamedTuple):
    """The number of a unit and what it has."""

    number: int
    organizations: int
    members: int


class Place(NamedTuple):
    """One organisation of a tree: path, path of its parent, name and kind."""

    path: str
    parent: str
    name: str
    kind: str


def sizes(count: int) -> list[Size]:
    """``count`` units whose sums are the fleet's, scaled; log-normal, cut at both ends."""
    chance = random.Random(20261122)
    weights = [chance.lognormvariate(0, _SPREAD) for _ in range(count)]
    total = round(MEMBERS * count / UNITS)
    scale = total / sum(weights)
    members = [min(MOST, max(FEWEST, round(weight * scale))) for weight in weights]
    members = _summing_to(total, members, least=FEWEST)
    ratio = ORGANIZATIONS / MEMBERS
    organizations = [max(1, round(people * ratio)) for people in members]
    organizations = _summing_to(round(ORGANIZATIONS * count / UNITS), organizations, least=1)
    return [Size(at, *pair) for at, pair in enumerate(zip(organizations, members, strict=True))]


def _summing_to(total: int, parts: list[int], *, least: int) -> list[int]:
    """Spreads what rounding and cutting left over among all, by their size."""
    parts = list(parts)
    while rest := total - sum(parts):
        for at, part in enumerate(parts):
            share = rest * part / sum(parts)
            step = math.floor(share) if rest > 0 else math.ceil(share)
            parts[at] = max(least, part + step)
        at = 0
        while (rest := total - sum(parts)) and at < len(parts):
            parts[at] = max(least, parts[at] + (1 if rest > 0 else -1))
            at += 1
    return parts


def tree(count: int) -> Iterator[Place]:
    """A root and branches; with general branches between them where there are many."""
    if count == 1:
        yield Place("0001", "", "中共示例支部委员会", "BRANCH")
        return
    yield Place("0001", "", "中共示例委员会", "COMMITTEE")
    middle = 0 if count <= _FLAT else -(-(count - 1) // (_BELOW + 1))
    for number in range(1, middle + 1):
        yield Place(f"0001{number:04d}", "0001", f"第{number}党总支", "GENERAL_BRANCH")
    for number in range(1, count - middle):
        parent = f"0001{1 + number % middle:04d}" if middle else "0001"
        yield Place(f"{parent}{number:04d}", parent, f"第{number}党支部", "BRANCH")
