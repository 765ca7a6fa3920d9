"""Which test process runs what: a file's tests stay together, and what runs long goes first.

With each test sent alone, the bookkeeping of the process that hands them out grows with the square
of their number; with the long ones at the end, one process waits for the other.
"""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling

LONG = ("browser", "slow")


class ByFile(LoadGroupScheduling):
    """Hands out whole files, in the order in which they were collected, and groups as marked."""

    def __init__(self, config, log=None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return super()._split_scope(nodeid).partition("::")[0]


def long_ones_first(items) -> None:
    """By file: those with a browser, those marked slow, all others."""
    rank: dict[object, int] = {}
    for item in items:
        marks = [at for at, name in enumerate(LONG) if item.get_closest_marker(name)]
        rank[item.path] = min([*marks, rank.get(item.path, len(LONG))])
    items.sort(key=lambda item: rank[item.path])
