"""Gates: a case, an organisation and the committee above it, for an actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from tenant_apps.elections.models import Act, CaseKind, Election
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors.procedure import RULES, Side
from tenant_apps.organizations import selectors as organizations

_LABEL: Final = 4
"""Characters of a path per level of the tree."""
_COMMITTEES: Final = ("WORK_COMMITTEE", "COMMITTEE", "ORGAN_COMMITTEE", "TEMP_COMMITTEE")


class ElectionNotFound(NotFound):
    code = "election_not_found"
    sentence = "没有找到这次换届，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Superior:
    """The committee that answers: its name and its place, at which permissions are asked.

    For the unit's own committee the superior is outside; its answers are entered by somebody who
    works for the whole unit.
    """

    name: str
    org_path: str
    is_outside: bool = False


def superior_of(organization: Any) -> Superior:
    """The nearest committee above (上级党委): general branches do not answer (rulebook 1.1)."""
    return superiors_of([organization.path])[organization.path]


def superiors_of(paths: Iterable[str]) -> dict[str, Superior]:
    """``superior_of`` for many places, in one query."""
    wanted = set(paths)
    above = {path[:end] for path in wanted for end in range(_LABEL, len(path), _LABEL)}
    rows = organizations.organizations_visible_to(Actor.system("elections")).filter(
        path__in=above, kind__in=_COMMITTEES
    )
    names = {
        path: short or name for path, short, name in rows.values_list("path", "short_name", "name")
    }
    return {path: _nearest(path, names) for path in wanted}


def _nearest(path: str, names: Mapping[str, str]) -> Superior:
    for end in range(len(path) - _LABEL, 0, -_LABEL):
        if path[:end] in names:
            return Superior(names[path[:end]], path[:end])
    return Superior("上级党组织", path[:_LABEL], is_outside=True)


def elections_visible_to(actor: Actor) -> QuerySet[Election]:
    """The cases of the actor's sub-trees, the newest first."""
    wanted = Q(pk__in=())
    for scope in organizations.scopes_of(actor):
        wanted |= Q(org_path__startswith=scope) if scope else ~Q(pk__in=())
    visible: QuerySet[Election] = Election.objects.filter(wanted)
    return visible.select_related("org")


def election_for(actor: Actor, election_id: UUID, *, to: StrEnum) -> Election:
    """Loads and authorises; DECIDE is asked of the committee above.

    Raises ElectionNotFound outside the actor's sub-trees, Forbidden where it is only seen.
    """
    found = elections_visible_to(actor).filter(pk=election_id).first()
    if found is None:
        raise ElectionNotFound
    if actor.kind != "job":
        on = superior_of(found.org) if to == ElectionPermission.DECIDE else found
        require(actor, to, on)
    return found


def organization_for(actor: Actor, org_id: UUID, *, to: StrEnum) -> Any:
    """An organisation in whose matters the actor may do ``to``; APPOINT is asked of above it."""
    found = organizations.organizations_visible_to(actor).filter(pk=org_id).first()
    if found is None:
        raise organizations.OrganizationNotFound
    if actor.kind != "job":
        is_above = to in (ElectionPermission.APPOINT, ElectionPermission.DECIDE)
        require(actor, to, superior_of(found) if is_above else found)
    return found


def permission_of(act: Act) -> ElectionPermission:
    """Which permission an act asks for."""
    is_above = RULES[act].side is Side.SUPERIOR
    return ElectionPermission.DECIDE if is_above else ElectionPermission.PREPARE


def may_act(actor: Actor, election: Election, superior: Superior | None = None) -> bool:
    """Whether the actor may do what comes next, as far as rights go."""
    if election.closed_at is not None:
        return False
    permission = permission_of(Act(election.act))
    if permission == ElectionPermission.PREPARE:
        return can(actor, permission, election)
    return can(actor, permission, superior or superior_of(election.org))


def open_case(org_id: UUID) -> Election | None:
    """The election under way in an organisation; an extension is none."""
    return (
        Election.objects.filter(org_id=org_id, closed_at__isnull=True)
        .exclude(kind=CaseKind.EXTENSION)
        .first()
    )


def open_extension(org_id: UUID) -> Election | None:
    return Election.objects.filter(
        org_id=org_id, closed_at__isnull=True, kind=CaseKind.EXTENSION
    ).first()


def last_held(org_id: UUID) -> Election | None:
    """The re-election from which the present term counts."""
    held = Election.objects.filter(org_id=org_id, kind=CaseKind.REELECTION, act=Act.DONE)
    return held.order_by("-held_on").first()
