"""Keeping questions to the list under a name of one's own."""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import parse_qsl

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from shared_apps.fleet.models import SavedFilter
from shared_apps.fleet.selectors import own
from shared_apps.fleet.selectors.units import Wanted

MOST: Final = 20


class FilterNameTaken(Conflict):
    code = "filter_name_taken"
    sentence = "您已有名为「{name}」的筛选，请换一个名称。"


class FilterNameMissing(Invalid):
    code = "filter_name_missing"
    sentence = "请填写筛选的名称，最多 20 个字。"


class FilterAsksNothing(Invalid):
    code = "filter_asks_nothing"
    sentence = "当前没有设置任何筛选或排序，请先设置再保存。"


class TooManyFilters(Conflict):
    code = "too_many_filters"
    sentence = "最多保存 {most} 个筛选，请先删除不用的。"


def save(*, name: str, query: str, actor: Actor, now: dt.datetime) -> SavedFilter:
    """Keeps what ``query`` (the list's address) asks for; what the list does not know is dropped.

    Raises FilterNameMissing, FilterNameTaken, FilterAsksNothing, TooManyFilters.
    """
    asked = Wanted.read(dict(parse_qsl(query))).query
    if not asked:
        raise FilterAsksNothing
    if own.filters_of(actor).count() >= MOST:
        raise TooManyFilters(most=MOST)
    row = SavedFilter(person_id=own.owner(actor), name=_checked(name), query=asked, at=now)
    return _stored(row)


def rename(*, held: SavedFilter, name: str, actor: Actor) -> SavedFilter:
    """Raises FilterNameMissing, FilterNameTaken."""
    held.name = _checked(name)
    return _stored(held)


@transaction.atomic
def make_default(*, held: SavedFilter, is_default: bool, actor: Actor) -> SavedFilter:
    """The default is what the list opens with; there is at most one."""
    own.filters_of(actor).exclude(pk=held.pk).update(is_default=False)
    held.is_default = is_default
    held.save(update_fields=["is_default"])
    return held


def delete(*, held: SavedFilter, actor: Actor) -> None:
    held.delete()


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 20:
        raise FilterNameMissing
    return name


def _stored(row: SavedFilter) -> SavedFilter:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as taken:
        raise FilterNameTaken(name=row.name) from taken
    return row
