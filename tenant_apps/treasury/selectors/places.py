"""Where an actor sees the unit's money, and which organisations lie there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.treasury.permissions import OFFICE


class PlaceNotFound(NotFound):
    code = "treasury_place_not_found"
    sentence = "没有找到这个党组织，可能不在您的管理范围内。"


def scopes_of(actor: Actor) -> tuple[str, ...]:
    """Path prefixes; a job works in the whole unit."""
    return ("",) if actor.kind == "job" else actor.scopes(*OFFICE)


def is_over_all(actor: Actor) -> bool:
    """Whether the actor sees the books of the whole unit and not only of a part."""
    return "" in scopes_of(actor)


def places_of(actor: Actor) -> list[KnownOrganization]:
    """The organisations of the actor's sub-trees, in tree order."""
    scopes = scopes_of(actor)
    return [
        place
        for place in organizations.known_organizations()
        if any(place.path.startswith(scope) for scope in scopes)
    ]


@dataclass(frozen=True, slots=True)
class At:
    """A place that permissions are asked of; the empty path is the whole unit."""

    org_path: str


def places_for(actor: Actor, *, to: StrEnum) -> list[KnownOrganization]:
    """Those of them where the actor may do that: a role counts in its own sub-tree only."""
    return [place for place in places_of(actor) if can(actor, to, At(place.path))]


def place_for(actor: Actor, path: str, *, to: StrEnum) -> KnownOrganization:
    """Loads and authorises.  Raises PlaceNotFound where the actor may not do that."""
    for place in places_for(actor, to=to):
        if place.path == path:
            return place
    raise PlaceNotFound


def place_at(actor: Actor, path: str) -> KnownOrganization | None:
    """The organisation at ``path``; None without one.  Raises PlaceNotFound outside."""
    if not path:
        return None
    for place in places_of(actor):
        if place.path == path:
            return place
    raise PlaceNotFound


def names_by_path() -> dict[str, str]:
    """What the unit's organisations are called, for rows that somebody was let see."""
    known = organizations.known_organizations()
    return {place.path: place.short_name or place.name for place in known}
