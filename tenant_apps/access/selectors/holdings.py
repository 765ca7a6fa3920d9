"""Who holds which role where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor, Holding
from kernel.errors import NotFound
from tenant_apps.access.models import Grant, Role

ROLE_LABELS: Final[Mapping[str, str]] = {role.value: role.label for role in Role}


class GrantUnknown(NotFound):
    code = "grant_unknown"
    sentence = "没有找到这项角色，可能已被收回。"


@dataclass(frozen=True, slots=True)
class Office:
    """A person's name in the unit and the roles held there."""

    name: str
    holdings: tuple[Holding, ...]


def office_of(person_id: UUID) -> Office:
    """One query; no holdings for somebody without a role here."""
    held = list(_open().filter(person_id=person_id).order_by("role", "scope"))
    return Office(
        name=held[0].person_name if held else "",
        holdings=tuple(Holding(grant.role, grant.scope) for grant in held),
    )


def holdings_of(person_id: UUID) -> tuple[Holding, ...]:
    """The roles that a person holds in the unit in force."""
    return office_of(person_id).holdings


def grants_visible_to(actor: Actor) -> QuerySet[Grant]:
    """The roles in force in the sub-trees that the actor administers."""
    visible = Q(pk__in=())
    for scope in ("",) if actor.kind == "job" else actor.scopes("unit_admin"):
        visible |= Q(scope__startswith=scope)
    return _open().filter(visible).order_by("person_name", "person_id", "role", "scope")


def grant_for(actor: Actor, grant_id: UUID) -> Grant:
    """One of them; raises GrantUnknown for others."""
    found = grants_visible_to(actor).filter(pk=grant_id).first()
    if found is None:
        raise GrantUnknown
    return found


def colleague_for(actor: Actor, person_id: UUID) -> Grant:
    """A role in the actor's sub-trees of this person, for the name; raises GrantUnknown."""
    found = grants_visible_to(actor).filter(person_id=person_id).first()
    if found is None:
        raise GrantUnknown
    return found


def administrator_ids(*, of_all: bool = False) -> set[UUID]:
    """Everybody who administers the unit or a part of it; ``of_all``: who administers all of it."""
    found = _open().filter(role=Role.UNIT_ADMIN)
    return set((found.filter(scope="") if of_all else found).values_list("person_id", flat=True))


def persons_at(scopes: Iterable[str], *, roles: Iterable[str]) -> dict[str, set[UUID]]:
    """Who holds one of these roles in exactly these places, by place."""
    rows = _open().filter(scope__in=list(scopes), role__in=list(roles))
    found: dict[str, set[UUID]] = {}
    for scope, person_id in rows.values_list("scope", "person_id"):
        found.setdefault(scope, set()).add(person_id)
    return found


def holders_below(path: str) -> list[str]:
    """Whose roles are held in a sub-tree, as 「李明（书记）」, by name."""
    return _told(_open().filter(scope__startswith=path)) if path else []


def holders_at(paths: Sequence[str]) -> list[str]:
    """Whose roles are held in exactly these places."""
    return _told(_open().filter(scope__in=[path for path in paths if path]))


def _told(grants: QuerySet[Grant]) -> list[str]:
    held = grants.order_by("person_name", "role").values_list("person_name", "role")
    return list(dict.fromkeys(f"{name}（{ROLE_LABELS[role]}）" for name, role in held))


def _open() -> QuerySet[Grant]:
    grants: QuerySet[Grant] = Grant.objects.filter(revoked_at=None)
    return grants
