"""Organisations as scopes: what access asks when roles are granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel.actor import Actor
from tenant_apps.access.selectors import neighbours
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors import gates


class Places:
    """Fills ``access.selectors.neighbours.Places``."""

    def search(self, actor: Actor, text: str, limit: int) -> Sequence[neighbours.Place]:
        """Organisations that the actor sees, by name or initials; the outermost for nothing."""
        found = gates.search(actor, text) if text.strip() else gates.roots_visible_to(actor)
        rows = found.values_list("path", "name")[:limit]
        return [neighbours.Place(path, name) for path, name in rows]

    def named(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The names of organisations by path."""
        rows = Organization.objects.filter(path__in=paths).values_list("path", "name")
        return dict(rows)
