"""The lists that a person kept a name for."""

from __future__ import annotations

from uuid import UUID

from kernel.actor import Actor
from kernel.errors import NotFound
from tenant_apps.members.models import SavedList
from tenant_apps.members.selectors.arrangement import kept_by


class SavedListNotFound(NotFound):
    code = "saved_list_not_found"
    sentence = "没有找到这个已保存的筛选。"


def saved_lists_of(actor: Actor) -> list[SavedList]:
    """By name; nobody sees another person's."""
    return kept_by(actor)[0]


def saved_list_for(actor: Actor, saved_id: UUID) -> SavedList:
    """Raises SavedListNotFound for anybody else's."""
    mine = (saved for saved in saved_lists_of(actor) if saved.pk == saved_id)
    found = next(mine, None)
    if found is None:
        raise SavedListNotFound
    return found
