"""Lists of members: restricted to the actor's sub-trees, filtered and sorted in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from kernel.actor import Actor
from tenant_apps.members.models import Member
from tenant_apps.members.selectors.columns import columns_for
from tenant_apps.members.selectors.filters import Filters, matching
from tenant_apps.organizations.selectors import scopes_of

SEALED: Final = ("identity_sealed", "identity_index", "phone_sealed", "phone_index")


SORTS: Final[Mapping[str, Sequence[OrderBy]]] = {
    "name": (F("name_pinyin").asc(), F("name").asc(), F("id").asc()),
    "-name": (F("name_pinyin").desc(), F("name").desc(), F("id").desc()),
    "joined": (F("joined_on").asc(nulls_last=True), F("id").asc()),
    "-joined": (F("joined_on").desc(nulls_last=True), F("id").desc()),
    "org": (F("org_path").asc(), F("name_pinyin").asc(), F("id").asc()),
    "-org": (F("org_path").desc(), F("name_pinyin").asc(), F("id").asc()),
    "age": (F("birth_on").desc(nulls_last=True), F("id").desc()),
    "-age": (F("birth_on").asc(nulls_last=True), F("id").asc()),
}
"""Orders of the list; each is total, so that no row is met twice on two pages."""


def members_visible_to(
    actor: Actor,
    *,
    org_path: str = "",
    include_sub: bool = True,
    filters: Filters | None = None,
    today: dt.date | None = None,
) -> QuerySet[Member]:
    """The active members of the actor's sub-trees (of ``org_path`` only, if given).

    ``today`` is needed only for the filters of added columns.  Sealed values are not loaded.
    """
    visible = Member.objects.filter(in_scope(scopes_of(actor)), is_active=True)
    if org_path:
        place = Q(org_path__startswith=org_path) if include_sub else Q(org_path=org_path)
        visible = visible.filter(place)
    if filters is not None:
        visible = visible.filter(
            matching(filters, today=today), _matching_added(actor, filters, today)
        )
    return visible.select_related("org").defer(*SEALED)


def sorted_by(members: QuerySet[Member], key: str) -> QuerySet[Member]:
    """In one of the orders of SORTS; by name for an unknown one."""
    return members.order_by(*SORTS.get(key, SORTS["name"]))


def names_of(member_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id whatever the scope: for rows that were already authorised."""
    rows = Member.objects.filter(pk__in=list(member_ids)).values_list("id", "name")
    return dict(rows)


def places_of(member_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Names and paths by id whatever the scope, of those too who left: for authorising rows."""
    rows = Member.objects.filter(pk__in=list(member_ids))
    return {pk: (name, path) for pk, name, path in rows.values_list("id", "name", "org_path")}


def in_scope(scopes: Sequence[str], *, field: str = "org_path") -> Q:
    """Members of the sub-trees; no scope, nobody."""
    wanted = Q(pk__in=())
    for scope in scopes:
        if not scope:
            return Q()
        wanted |= Q(**{f"{field}__startswith": scope})
    return wanted


def _matching_added(actor: Actor, filters: Filters, today: dt.date | None) -> Q:
    wanted = Q()
    if today is None:
        return wanted
    for provider in columns_for(actor):
        choice = filters.added.get(provider.key, "")
        if choice in dict(provider.choices):
            wanted &= provider.matching(choice, today=today)
    return wanted
