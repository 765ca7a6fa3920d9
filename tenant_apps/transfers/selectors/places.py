"""Which committee is asked: the nearest above a branch that may send and receive (rulebook 3.1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.organizations import selectors as organizations
from tenant_apps.transfers.models import Handover, Kind
from tenant_apps.transfers.selectors.machine import Where

APPROVING: Final = frozenset({"COMMITTEE", "WORK_COMMITTEE", "ORGAN_COMMITTEE"})
"""Kinds of organisation that may approve probationary members (rulebook 1.1)."""
_MOST_BRANCHES: Final = 30
_JOB: Final = Actor.system("transfers")


def organization(org_id: UUID) -> Any:
    """An organisation of the unit, whatever the scope; raises OrganizationNotFound."""
    found = organizations.organizations_by_id([org_id]).get(org_id)
    if found is None:
        raise organizations.OrganizationNotFound
    return found


def committee_of(org: Any) -> Any:
    """The nearest committee at or above ``org``; the unit's outermost organisation where no
    committee is.
    """
    line = sorted(organizations.ancestors_of(_JOB, org), key=lambda one: len(one.path))
    approving = [one for one in line if one.kind in APPROVING]
    return approving[-1] if approving else line[0]


def root() -> Any:
    """The unit's outermost organisation; raises OrganizationNotFound before there is one."""
    found = organizations.roots_visible_to(_JOB).first()
    if found is None:
        raise organizations.OrganizationNotFound
    return found


def kind_within(source: Any, target: Any) -> Kind:
    """Whether two branches have the same committee above them."""
    same = committee_of(source).pk == committee_of(target).pk
    return Kind.INTRA_COMMITTEE if same else Kind.INTRA_SYSTEM


def branches_named(text: str, *, but: Collection[UUID]) -> list[Any]:
    """Branches of the whole unit to which somebody can go, by name or initials; the first ones
    of the tree for nothing.
    """
    text = text.strip()
    found = (
        organizations.search(_JOB, text) if text else organizations.organizations_visible_to(_JOB)
    )
    return list(organizations.that_hold_members(found).exclude(pk__in=but)[:_MOST_BRANCHES])


def asked_of(handover: Handover, where: Where) -> Any:
    """The organisation of which a step's permission is asked."""
    to_id = handover.to_id if where in (Where.TO_BRANCH, Where.TO_COMMITTEE) else None
    branch = organization(to_id or handover.org_id)
    return committee_of(branch) if where in (Where.COMMITTEE, Where.TO_COMMITTEE) else branch


def committee_scopes(actor: Actor) -> list[str]:
    """The sub-trees in which the actor decides for a committee: those of the grants as
    administrator that begin at a committee, or hold the whole unit.
    """
    scopes = actor.scopes("unit_admin")
    if "" in scopes:
        return [""]
    found = organizations.organizations_visible_to(actor).filter(path__in=scopes)
    outermost = root().path
    return [one.path for one in found if one.kind in APPROVING or one.path == outermost]
