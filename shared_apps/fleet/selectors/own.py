"""What is an operator's own: filters of the list; nobody else's are ever read."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from shared_apps.fleet.models import SavedFilter


class UnknownFilter(NotFound):
    code = "saved_filter_unknown"
    sentence = "没有找到这个筛选，可能已被删除。"


def owner(actor: Actor) -> UUID:
    """Whose pins and filters; raises Forbidden for whoever is nobody in particular."""
    if actor.person_id is None:
        raise Forbidden
    return actor.person_id


def filters_of(actor: Actor) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(person_id=owner(actor))


def filter_of(actor: Actor, filter_id: UUID) -> SavedFilter:
    """Raises UnknownFilter, also for somebody else's."""
    found = filters_of(actor).filter(pk=filter_id).first()
    if found is None:
        raise UnknownFilter
    return found
