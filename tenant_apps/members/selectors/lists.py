"""Lists of members: restricted to the actor's sub-trees, filtered and sorted in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from kernel.actor import Actor
from tenant_apps.members.models import Member
from tenant_apps.members.selectors.columns import columns_for
from tenant_apps.members.selectors.filters import Filters, matching
from tenant_apps.organizations.selectors import scopes_of

_DATES: Final = ("joined_on", "birth_on")
_SEALED: Final = ("identity_sealed", "identity_index", "phone_sealed", "phone_index")


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
    visible = Member.objects.filter(_in_scope(scopes_of(actor)), is_active=True)
    if org_path:
        place = Q(org_path__startswith=org_path) if include_sub else Q(org_path=org_path)
        visible = visible.filter(place)
    if filters is not None:
        visible = visible.filter(
            matching(filters, today=today), _matching_added(actor, filters, today)
        )
    return visible.select_related("org").defer(*_SEALED)


def sorted_by(members: QuerySet[Member], key: str) -> QuerySet[Member]:
    """In one of the orders of SORTS; by name for an unknown one."""
    return members.order_by(*SORTS.get(key, SORTS["name"]))


def found_in_order(members: QuerySet[Member], key: str, most: int) -> tuple[int, list[str]]:
    """How many there are up to ``most`` and one more, and where there are not more, their ids in
    the order of ``sorted_by``: looked for once, and no index read for the order.
    """
    order = SORTS.get(key, SORTS["name"])
    names = ["id", *dict.fromkeys(_column(one) for one in order if _column(one) != "id")]
    rows = members.order_by().values_list(*names)[: most + 1]
    try:
        found, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0, []
    sort = ", ".join(_sql_of(one) for one in order)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), CASE WHEN count(*) <= %s THEN array_agg(id::text ORDER BY {sort})"
            f" END FROM ({found}) AS found ({', '.join(names)})",
            [most, *values],
        )
        count, ids = cursor.fetchone()
    return count, ids or []


def in_order(ids: Sequence[str]) -> list[Member]:
    """These members, found before, one after the other."""
    rows = Member.objects.filter(pk__in=ids).select_related("org").defer(*_SEALED)
    by_id = {str(member.pk): member for member in rows}
    return [by_id[pk] for pk in ids if pk in by_id]


def along_index(members: QuerySet[Member], key: str, start: int, stop: int) -> list[Member]:
    """A slice in the order of ``sorted_by``, read along the index that has it.

    An index holds the empty days at one end for both directions, the list shows them last: rows
    with a day are read first, and if they do not fill the slice, those without.
    """
    first = SORTS.get(key, SORTS["name"])[0]
    name = _column(first)
    way = "-" if first.descending else ""
    if name == "org_path":  # the organisations in their order, and the members of each
        return list(members.order_by(f"{way}org__path", "name_pinyin", "id")[start:stop])
    if name not in _DATES:
        return list(sorted_by(members, key)[start:stop])
    dated = members.filter(**{f"{name}__isnull": False})
    found = list(dated.order_by(f"{way}{name}", f"{way}id")[start:stop])
    if len(found) < stop - start:
        before = start + len(found) if found else dated.order_by().count()
        undated = members.filter(**{f"{name}__isnull": True}).order_by(f"{way}id")
        found += undated[start + len(found) - before : stop - before]
    return found


def _sql_of(order: OrderBy) -> str:
    way = f"{_column(order)} {'DESC' if order.descending else 'ASC'}"
    return f"{way} NULLS LAST" if order.nulls_last else way


def _column(order: OrderBy) -> str:
    return str(cast(Any, order.expression).name)


def names_of(member_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id whatever the scope: for rows that were already authorised."""
    rows = Member.objects.filter(pk__in=list(member_ids)).values_list("id", "name")
    return dict(rows)


def places_of(member_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Names and paths by id whatever the scope, of those too who left: for authorising rows."""
    rows = Member.objects.filter(pk__in=list(member_ids))
    return {pk: (name, path) for pk, name, path in rows.values_list("id", "name", "org_path")}


def _in_scope(scopes: Sequence[str]) -> Q:
    wanted = Q(pk__in=())
    for scope in scopes:
        if not scope:
            return Q()
        wanted |= Q(org_path__startswith=scope)
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
