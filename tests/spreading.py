"""Which test process runs what: a file's tests stay together, and what runs long goes first.

With each test sent alone, the bookkeeping of the process that hands them out grows with the square
of their number; with the long ones at the end, one process waits for the other.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

LONG = ("browser", "slow")
TOGETHER = ("tests/browser/", "tests/tenants/waves/", "tests/isolation/")
"""Folders that one process runs: their tests share a running demo, a fleet, two furnished units.
The longest first.
"""


class ByFile(LoadScopeScheduling):
    """Hands out whole files, and some folders, in the order in which they were collected."""

    def __init__(self, config, log=None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return place_of(nodeid)


def place_of(nodeid: str) -> str:
    """What one process runs as a whole: the file, or the folder that stays together."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def long_ones_first(items) -> None:
    """By file: the folders that stay together, those with a browser, those marked slow, all others.

    A folder is the longest of all: begun among the last, one process runs it while the other waits.
    """
    rank: dict[object, int] = {}
    for item in items:
        marks = [at for at, name in enumerate(LONG) if item.get_closest_marker(name)]
        if (place := place_of(item.nodeid)) in TOGETHER:
            marks.append(TOGETHER.index(place) - len(TOGETHER))
        rank[item.path] = min([*marks, rank.get(item.path, len(LONG))])
    items.sort(key=lambda item: rank[item.path])
