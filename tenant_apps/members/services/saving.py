"""Keeping a list of members under a name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden
from tenant_apps.audit.services import record
from tenant_apps.members.models import SavedList
from tenant_apps.members.selectors.arrangement import UNNAMED

MOST: Final = 30
_DROPPED: Final = ("q", "page", "org_q")
"""What may be somebody's number, and what is of the moment."""


class TooManySaved(Conflict):
    code = "saved_lists_too_many"
    sentence = "最多保存 {limit} 个筛选，请先删除不再使用的。"


@transaction.atomic
def save(*, name: str, address: str, actor: Actor, now: dt.datetime) -> SavedList:
    """Keeps the address under the name; the same name again takes the new address.

    Text searched for is left out: it may be somebody's number.  Raises TooManySaved.
    """
    if actor.person_id is None:
        raise Forbidden
    kept = [(key, value) for key, value in parse_qsl(address) if key not in _DROPPED]
    mine = SavedList.objects.filter(person_id=actor.person_id)
    if mine.exclude(name__in=(name, UNNAMED)).count() >= MOST:
        raise TooManySaved(limit=MOST)
    saved, _ = SavedList.objects.update_or_create(
        person_id=actor.person_id,
        name=name.strip(),
        defaults={"address": urlencode(kept)[:1000], "saved_at": now},
    )
    record(
        "members.list_saved", actor=actor, now=now, subject_type="saved_list", subject_id=saved.pk,
        name=saved.name,
    )  # fmt: skip
    return saved


@transaction.atomic
def drop(*, saved: SavedList, actor: Actor, now: dt.datetime) -> None:
    """Forgets a name."""
    record(
        "members.list_dropped", actor=actor, now=now, subject_type="saved_list",
        subject_id=saved.pk, name=saved.name,
    )  # fmt: skip
    saved.delete()


def arrange(*, order: Sequence[str], hidden: Sequence[str], actor: Actor, now: dt.datetime) -> None:
    """Keeps which columns the person wants to see and in which order, as keys of columns.

    Like the colours and the size of letters it says nothing of any member, so no event is written.
    """
    if actor.person_id is None:
        raise Forbidden
    kept = {"order": ".".join(order), "hidden": ".".join(hidden)}
    SavedList.objects.update_or_create(
        person_id=actor.person_id,
        name=UNNAMED,
        defaults={"address": urlencode(kept)[:1000], "saved_at": now},
    )
