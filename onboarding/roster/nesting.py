"""What stands under what in a list without a column of parents: by codes, by depth, by levels."""

from __future__ import annotations

from collections.abc import Sequence

_SHORTEST = 4


def nested_codes(codes: Sequence[str]) -> dict[str, str]:
    """Code -> code above, for codes of one length filled up with zeros (320300000000,
    320300010000, 320300010002); empty unless they hang together under one of them.
    """
    length = len(codes[0]) if codes else 0
    known = set(codes)
    if len(known) < 2 or length < _SHORTEST or not all(code.isdigit() for code in known):
        return {}
    for step in (4, 3, 2):
        if length % step == 0:
            above = {code: _above(code, known, step) for code in known}
            if sum(parent == "" for parent in above.values()) == 1:
                return {code: parent for code, parent in above.items() if parent}
    return {}


def _above(code: str, known: set[str], step: int) -> str:
    for end in range(len(code) - step, 0, -step):
        wider = code[:end].ljust(len(code), "0")
        if wider != code and wider in known:
            return wider
    return ""


def above_by_depth(depths: Sequence[int]) -> list[int | None]:
    """For each row the place of the nearest row before it that is less deep, if any."""
    line: list[int] = []
    found: list[int | None] = []
    for place, depth in enumerate(depths):
        while line and depths[line[-1]] >= depth:
            line.pop()
        found.append(line[-1] if line else None)
        line.append(place)
    return found


def unfolded(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The whole way down to each row of a table of levels, blanks filled from above.

    A level left blank between two filled ones is filled only in a column that writes each name
    once; where names repeat on every row, a blank says that there is no such level.
    """
    width = max(map(len, rows), default=0)
    written = [[row[level] for row in rows if row[level]] for level in range(width)]
    once = [len(set(names)) == len(names) for names in written]
    ways: list[tuple[str, ...]] = []
    last = [""] * width
    for row in rows:
        filled = [level for level, name in enumerate(row) if name]
        if not filled:
            ways.append(())
            continue
        now = list(row)
        for level in range(filled[-1]):
            if not now[level] and (once[level] or level < filled[0]):
                now[level] = last[level]
            elif now[level] != last[level]:
                last = now[: level + 1] + [""] * (width - level - 1)
        last = now[: filled[-1] + 1] + [""] * (width - filled[-1] - 1)
        ways.append(tuple(name for name in last if name))
    return ways
