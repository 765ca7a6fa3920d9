"""The table of permissions and roles, read off the policies themselves: it cannot be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from kernel.permissions import Alternatives, Predicate, signed_in, table
from shared_apps.people.selectors import ROLE_LABELS as PLATFORM_LABELS
from tenant_apps.access.selectors.holdings import ROLE_LABELS as UNIT_LABELS
from tenant_apps.access.selectors.wording import AREAS, sentence_for

MEMBER: Final = "member"
UNIT_ROLES: Final = {**UNIT_LABELS, MEMBER: "党员", "applicant": "入党申请人"}
PLATFORM_ROLES: Final = dict(PLATFORM_LABELS)


class Reach(StrEnum):
    """How far a role's permission goes."""

    SCOPE = "scope"
    """Within the sub-tree of the grant."""
    OWN = "own"
    """Only what is the person's own."""
    NONE = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One permission; ``cells`` has a reach for every role asked for, in their order."""

    permission: str
    sentence: str
    cells: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """The permissions of one part of the product."""

    label: str
    lines: tuple[Line, ...]


def areas(roles: tuple[str, ...]) -> list[Area]:
    """The permissions that any of ``roles`` has, by area."""
    lines = [
        Line(permission, sentence_for(permission), tuple(reach(rules, role) for role in roles))
        for permission, rules in table().items()
    ]
    held = [line for line in lines if any(line.cells)]
    ordered = sorted(held, key=lambda line: (_rank(line.permission), line.permission))
    return [
        Area(AREAS.get(area, area), tuple(group))
        for area, group in groupby(ordered, key=lambda line: line.permission.partition(":")[0])
    ]


def reach(rules: Alternatives, role: str) -> Reach:
    """How far somebody who holds ``role`` and nothing else gets by these alternatives."""
    found = {_reach_of(alternative, role) for alternative in rules}
    return next((one for one in (Reach.SCOPE, Reach.OWN) if one in found), Reach.NONE)


def as_text() -> str:
    """The whole table for review: a line per permission with the roles that have it."""
    roles = [*UNIT_ROLES, *PLATFORM_ROLES]
    lines = []
    for permission, rules in table().items():
        held = [(role, reach(rules, role)) for role in roles]
        names = [f"{role}(own)" if how is Reach.OWN else role for role, how in held if how]
        lines.append(f"{permission:<34}{' '.join(names)}".rstrip())
    return "\n".join(lines) + "\n"


def _reach_of(alternative: tuple[Predicate, ...], role: str) -> Reach:
    """A condition beside a role limits that role to its own; alone it is for members."""
    has_role = any(hasattr(predicate, "roles") for predicate in alternative)
    is_own = False
    for predicate in alternative:
        roles = getattr(predicate, "roles", None)
        if roles is not None and role not in roles:
            return Reach.NONE
        if roles is None and predicate is not signed_in:
            if role != MEMBER and not has_role:
                return Reach.NONE
            is_own = True
    return Reach.OWN if is_own else Reach.SCOPE


def _rank(permission: str) -> int:
    area = permission.partition(":")[0]
    return list(AREAS).index(area) if area in AREAS else len(AREAS)
