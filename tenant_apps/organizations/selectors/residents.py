"""What apps above this one hang on the tree: members, bills.

Organisations know nothing of them (the apps are stacked), yet a page of the tree shows head
counts.  So each such app registers a ``Residents`` in its ``AppConfig.ready``; its tables follow
a move by ``organizations.services.placement``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Headcount:
    """Members directly in an organisation, in its whole sub-tree, and its own full members."""

    direct: int = 0
    within: int = 0
    full: int = 0


NOBODY = Headcount()


@dataclass(frozen=True, slots=True)
class Person:
    """A member as somebody who splits a branch sees one: to be chosen by name."""

    id: UUID
    name: str
    is_full: bool
    group_id: UUID | None


@dataclass(frozen=True, slots=True)
class Effect:
    """So many things of one sort are touched when an organisation changes; ``text`` says how."""

    label: str
    count: int
    text: str


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

    def people(self, org_id: UUID) -> Sequence[Person]:
        """The members of one branch, by name."""
        return ()

    def secretaries(self, org_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """The names of the secretaries; organisations without one may be left out."""
        return {}

    def effects(self, path: str) -> Sequence[Effect]:
        """What a change of the sub-tree ``path`` touches."""
        return ()


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


def people(org_id: UUID) -> list[Person]:
    """Everybody whose formal relation is in one branch."""
    return [person for residents in _registered for person in residents.people(org_id)]


def secretaries(org_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Secretaries by organisation; what a later app says goes before."""
    found: dict[UUID, str] = {}
    for residents in _registered if org_ids else ():
        found.update(residents.secretaries(org_ids))
    return found


def effects(path: str) -> list[Effect]:
    """What a change of the sub-tree touches in the apps above, only where there is something."""
    said = (effect for residents in _registered for effect in residents.effects(path))
    return [effect for effect in said if effect.count]
