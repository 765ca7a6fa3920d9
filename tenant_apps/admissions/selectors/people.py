"""People of the branch that an act may name: full members as contacts, introducers, voters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.members import selectors as members
from tenant_apps.members.selectors import Filters
from tenant_apps.organizations import selectors as organizations

_ANYBODY: Final = Actor.system("admission")
_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can be chosen, as a form shows them."""

    id: UUID
    name: str


def full_members_of(org_path: str) -> list[Candidate]:
    """The full members whose formal relation is in one branch, by name."""
    found = members.members_visible_to(
        _ANYBODY, org_path=org_path, include_sub=False, filters=Filters(category="FULL")
    )
    rows = members.sorted_by(found, "name").values_list("id", "name")[:_MOST]
    return [Candidate(pk, name) for pk, name in rows]


def groups_of(org_id: UUID) -> list[Candidate]:
    """The Party groups of a branch."""
    found = organizations.organizations_visible_to(_ANYBODY)
    rows = found.filter(parent_id=org_id, kind="GROUP").values_list("id", "short_name")
    return [Candidate(pk, name) for pk, name in rows]


def voters_of(org_path: str) -> int:
    """How many full members a branch has: a suggestion for 应到会, which people decide."""
    return organizations.headcounts([org_path])[org_path].full
