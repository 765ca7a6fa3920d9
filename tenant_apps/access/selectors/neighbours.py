"""What access asks of the apps stacked above it: members by id, organisations by path.

They register in their ``AppConfig.ready``; access itself knows neither app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Standing:
    """A member in good standing, or an applicant: what sign-in has to know."""

    name: str
    org_path: str


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation as a scope: where it is and what it is called."""

    path: str
    name: str


class Members(Protocol):
    def __call__(self, member_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
        """The active ones among ``member_ids`` in the unit in force."""


class Applicants(Protocol):
    def __call__(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
        """Those among the cases in which somebody is still an applicant."""


class Places(Protocol):
    """One statement each, whatever the size of the tree."""

    def search(self, actor: Actor, text: str, limit: int) -> Sequence[Place]:
        """Organisations that the actor sees, by name or initials; the outermost for nothing."""

    def named(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The names of organisations by path."""


_members: list[Members] = []
_applicants: list[Applicants] = []
_places: list[Places] = []


def register_members(members: Members) -> None:
    """Called once, in the ``AppConfig.ready`` of the app that keeps members."""
    _members.append(members)


def register_applicants(applicants: Applicants) -> None:
    """Called once, in the ``AppConfig.ready`` of the app that keeps the cases of admission."""
    _applicants.append(applicants)


def register_places(places: Places) -> None:
    """Called once, in the ``AppConfig.ready`` of the app that keeps organisations."""
    _places.append(places)


def standings_of(member_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """The active members among these, in the unit in force."""
    found: dict[UUID, Standing] = {}
    for members in _members:
        found.update(members(member_ids))
    return found


def applicants_of(case_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Who is an applicant by these cases, in the unit in force."""
    found: dict[UUID, Standing] = {}
    for applicants in _applicants:
        found.update(applicants(case_ids))
    return found


def search_places(actor: Actor, text: str, *, limit: int) -> list[Place]:
    """Where the actor may grant a role, by name."""
    return [place for places in _places for place in places.search(actor, text, limit)]


def names_of_places(paths: Sequence[str]) -> dict[str, str]:
    """What scopes are called; "" is the whole unit."""
    wanted = sorted({path for path in paths if path})
    found = {"": "全单位"}
    for places in _places:
        found.update(places.named(wanted))
    return found
