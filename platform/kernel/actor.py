"""Who acts.  Services see an Actor and never a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Holding:
    """A role held within a sub-tree; ``scope`` is an organisation path, "" the whole unit."""

    role: str
    scope: str = ""

    def covers(self, org_path: str) -> bool:
        return org_path.startswith(self.scope)


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who signed in, a job, or nobody yet (``person_id`` is None).

    Platform staff whom a unit let in (kind ``support``) hold a role there, but may do nothing
    beyond ``only``, the permissions that were agreed; ``support_id`` is the access they came by.

    ``member_id`` is the own file of somebody who is a member in the unit, ``applicant_id`` the own
    case of somebody who only asked to become one; nobody has both.
    """

    kind: Literal["person", "support", "job", "anonymous"] = "anonymous"
    name: str = ""
    person_id: UUID | None = None
    unit_id: UUID | None = None
    member_id: UUID | None = None
    applicant_id: UUID | None = None
    holdings: tuple[Holding, ...] = ()
    session_id: UUID | None = None
    is_second_factor_passed: bool = False
    ip: str = ""
    request_id: str = ""
    notes: tuple[str, ...] = field(default=())
    support_id: UUID | None = None
    only: frozenset[str] | None = None

    @classmethod
    def system(cls, name: str, *, unit_id: UUID | None = None) -> Actor:
        """A job acting for nobody in particular; it holds no role and asks no permission."""
        return cls(kind="job", name=name, unit_id=unit_id)

    @property
    def is_signed_in(self) -> bool:
        return self.person_id is not None

    def holds(self, *roles: str) -> bool:
        return any(holding.role in roles for holding in self.holdings)

    def scopes(self, *roles: str) -> tuple[str, ...]:
        """The sub-trees in which the actor holds one of ``roles``, outermost only."""
        found: list[str] = []
        for scope in sorted({h.scope for h in self.holdings if h.role in roles}):
            if not any(scope.startswith(outer) for outer in found):
                found.append(scope)
        return tuple(found)
