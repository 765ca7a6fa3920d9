"""The sub-trees in which an actor sees dues, as SQL and as a filter."""

from __future__ import annotations

from django.db.models import Q

from kernel.actor import Actor

OFFICE = ("unit_admin", "treasurer", "cashier", "secretary")
LEVEL = 4
"""Characters of an organisation's path per level of the tree."""

ISSUERS = ("unit_admin", "treasurer")


def scopes_of(actor: Actor) -> tuple[str, ...]:
    """Path prefixes; a job works in the whole unit."""
    return ("",) if actor.kind == "job" else actor.scopes(*OFFICE)


def issuing_scopes_of(actor: Actor) -> tuple[str, ...]:
    """Where the actor may issue bills: a secretary sees the sub-tree but does not issue."""
    return ("",) if actor.kind == "job" else actor.scopes(*ISSUERS)


def within(scopes: tuple[str, ...], *, field: str = "org_path", below: str = "") -> Q:
    """Rows in one of ``scopes`` and, where given, in the sub-tree ``below``."""
    wanted = Q(pk__in=())
    for scope in scopes:
        wanted |= Q(**{f"{field}__startswith": scope}) if scope else Q(pk__isnull=False)
    return wanted & Q(**{f"{field}__startswith": below}) if below else wanted


def patterns(scopes: tuple[str, ...], *, below: str = "") -> list[str]:
    """LIKE patterns of the sub-trees in ``scopes`` that lie in or above ``below``; paths hold
    digits only, so nothing needs escaping.
    """
    found = []
    for scope in scopes:
        if scope.startswith(below):
            found.append(scope + "%")
        elif below.startswith(scope):
            found.append(below + "%")
    return found
