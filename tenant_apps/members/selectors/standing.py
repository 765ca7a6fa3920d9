"""What sign-in has to know of members: told to ``access`` at start-up."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tenant_apps.access.selectors.neighbours import Standing, register_members
from tenant_apps.members.models import Member


def standings_of(member_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Name and organisation of the active ones among ``member_ids``."""
    active = Member.objects.filter(pk__in=member_ids, is_active=True)
    return {
        member_id: Standing(name, path)
        for member_id, name, path in active.values_list("id", "name", "org_path")
    }


register_members(standings_of)
