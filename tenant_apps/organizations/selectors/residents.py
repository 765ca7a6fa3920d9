"""What apps above this one hang on the tree: members, bills.

Organisations know nothing of them (the apps are stacked), yet a page of the tree shows head
counts.  So each such app registers a ``Residents`` in its ``AppConfig.ready``; its tables follow
a move by ``organizations.services.placement``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headcount:
    """Members directly in an organisation, in its whole sub-tree, and its own full members."""

    direct: int = 0
    within: int = 0
    full: int = 0


NOBODY = Headcount()


class Residents:
    """The part that one app plays; each method is one statement whatever the number of rows.

    An app overrides what it has to say and leaves the rest.
    """

    def headcounts(self, paths: Sequence[str]) -> Mapping[str, Headcount]:
        """How many members belong to each path; paths without any may be left out."""
        return {}

    def occupied(self, paths: Sequence[str]) -> set[str]:
        """Which of ``paths`` may not be removed because rows point directly to them."""
        return set()


_registered: list[Residents] = []


def register(residents: Residents) -> None:
    """Adds an app's residents; called once, in ``AppConfig.ready``."""
    _registered.append(residents)


def headcounts(paths: Sequence[str]) -> dict[str, Headcount]:
    """The head count of each of ``paths``."""
    found: dict[str, Headcount] = {}
    if paths:
        for residents in _registered:
            found.update(residents.headcounts(paths))
    return {path: found.get(path, NOBODY) for path in paths}


def occupied(paths: Sequence[str]) -> set[str]:
    """Which of ``paths`` somebody or something still belongs to."""
    return set().union(*(residents.occupied(paths) for residents in _registered))
