"""Lists of members: restricted to the actor's sub-trees, filtered and sorted in the database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy

from kernel.actor import Actor
from kernel.crypto import unit_cipher
from tenant_apps.members.models import Member
from tenant_apps.members.selectors.columns import columns_for
from tenant_apps.members.selectors.files import INCOMPLETE
from tenant_apps.organizations.selectors import scopes_of

_IDENTITY: Final = re.compile(r"\d{17}[\dXx]")
_PHONE: Final = re.compile(r"1\d{10}")
_LAST_FOUR: Final = re.compile(r"\d{3}[\dXx]")
_SEALED: Final = ("identity_sealed", "identity_index", "phone_sealed", "phone_index")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; everything empty means everybody.

    ``added`` holds the filters of registered columns: provider key -> choice.
    """

    q: str = ""
    category: str = ""
    joined_from: dt.date | None = None
    joined_to: dt.date | None = None
    has_phone: bool | None = None
    incomplete: bool = False
    posts: str = ""
    added: Mapping[str, str] = field(default_factory=dict)


SORTS: Final[Mapping[str, Sequence[OrderBy]]] = {
    "name": (F("name_pinyin").asc(), F("name").asc(), F("id").asc()),
    "-name": (F("name_pinyin").desc(), F("name").desc(), F("id").desc()),
    "joined": (F("joined_on").asc(nulls_last=True), F("id").asc()),
    "-joined": (F("joined_on").desc(nulls_last=True), F("id").desc()),
    "org": (F("org_path").asc(), F("name_pinyin").asc(), F("id").asc()),
    "-org": (F("org_path").desc(), F("name_pinyin").asc(), F("id").asc()),
    "age": (F("birth_on").desc(nulls_last=True), F("id").asc()),
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
        visible = visible.filter(_matching(filters), _matching_added(actor, filters, today))
    return visible.select_related("org").defer(*_SEALED)


def sorted_by(members: QuerySet[Member], key: str) -> QuerySet[Member]:
    """In one of the orders of SORTS; by name for an unknown one."""
    return members.order_by(*SORTS.get(key, SORTS["name"]))


def search(text: str) -> Q:
    """What a person types: an identity number, a phone, its last four, pinyin or a name.

    Whole numbers are looked up by their blind index, four digits by what the mask leaves to be
    seen.  Letters match the initials or the full pinyin from the beginning of the name.
    """
    text = "".join(text.split())
    if not text:
        return Q()
    if _IDENTITY.fullmatch(text):
        return Q(identity_index=unit_cipher().index(text.upper(), purpose="identity"))
    if _PHONE.fullmatch(text):
        return Q(phone_index=unit_cipher().index(text, purpose="phone"))
    if _LAST_FOUR.fullmatch(text):
        last = text.upper()
        return Q(identity_masked__endswith=last) | Q(phone_masked__endswith=last)
    if text.isascii() and text.isalpha():
        letters = text.lower()
        return Q(name_initials__startswith=letters) | Q(name_pinyin__startswith=letters)
    return Q(name__contains=text)


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


def _matching(filters: Filters) -> Q:
    wanted = search(filters.q)
    if filters.category:
        wanted &= Q(category=filters.category)
    if filters.joined_from:
        wanted &= Q(joined_on__gte=filters.joined_from)
    if filters.joined_to:
        wanted &= Q(joined_on__lte=filters.joined_to)
    if filters.has_phone is not None:
        wanted &= Q(phone_index__isnull=not filters.has_phone)
    if filters.incomplete:
        wanted &= INCOMPLETE
    if filters.posts:
        wanted &= Q(posts__contains=filters.posts)
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
