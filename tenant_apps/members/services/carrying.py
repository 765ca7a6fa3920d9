"""What of a file goes along to another unit beside the person's own data, and how it is taken in.

The extended sets that the national file has (rulebook 8.1) travel, with the photo where it is
small; a branch's own notes, contacts and visits stay.  Everything is opened here and sealed there.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.masks import masked
from tenant_apps.audit.services import record
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.selectors.entry_sets import SETS
from tenant_apps.members.services import entries, photos, pictures

TRAVELS: Final = (
    EntryKind.EDUCATION, EntryKind.WORK, EntryKind.FAMILY, EntryKind.REWARD, EntryKind.DISCIPLINE,
    EntryKind.TRAINING, EntryKind.APPRAISAL, EntryKind.ABROAD, EntryKind.HARDSHIP,
    EntryKind.AMENDS,
)  # fmt: skip
LARGEST_PHOTO: Final = 512 * 1024
"""Bytes of a photo that goes along; a larger one is taken anew there."""
Carried = Mapping[str, Any]


def packed(member: Member) -> dict[str, Any]:
    """The rows in force and the photo, in the clear, as JSON holds them."""
    rows = Entry.objects.filter(member=member, kind__in=TRAVELS, struck_at=None)
    return {
        "entries": [_packed(one) for one in rows.order_by("kind", "began_on", "id")],
        "photo": _photo(member),
    }


def told(carried: Carried) -> list[str]:
    """What goes along, in words: 「表彰奖励 2 条」, 「照片」."""
    counts = Counter(one["kind"] for one in carried.get("entries", ()))
    words = [f"{EntryKind(kind).label} {counts[kind]} 条" for kind in TRAVELS if counts[kind]]
    return [*words, *(["照片"] if carried.get("photo") else [])]


def take_in(*, member: Member, carried: Carried, actor: Actor, now: dt.datetime) -> int:
    """Puts into the file what came and is not in it; returns how many rows.

    A row that this release does not know or that cannot be is left out, never the person.
    """
    here = {_mark(one) for one in Entry.objects.filter(member=member, struck_at=None)}
    made = [
        entry
        for given in carried.get("entries", ())
        if (entry := _unpacked(member, given, actor, now)) and _mark(entry) not in here
    ]
    Entry.objects.bulk_create(made, batch_size=500)
    if made:
        record(
            "member.entries_carried",
            actor=actor, now=now, subject_type="member", subject_id=member.pk, count=len(made),
            kinds=sorted({entry.kind for entry in made}),
        )  # fmt: skip
    if carried.get("photo") and not member.photo_key:
        _hang(member, str(carried["photo"]), actor, now)
    return len(made)


def _packed(one: Entry) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "data": {**one.data, **entries.open_sealed(one)},
        "began_on": one.began_on.isoformat() if one.began_on else "",
        "ended_on": one.ended_on.isoformat() if one.ended_on else "",
        "year": one.year,
    }


def _unpacked(
    member: Member, given: Mapping[str, Any], actor: Actor, now: dt.datetime
) -> Entry | None:
    """The row as this unit keeps it; None for one that it cannot keep."""
    if given.get("kind") not in TRAVELS:
        return None
    kind = EntryKind(given["kind"])
    days = _days(given)
    try:
        shown, sealed = entries.checked(SETS[kind], given.get("data", {}))
        entries.refuse_days(SETS[kind], days, given.get("year"))
    except entries.EntryNotValid:
        return None
    kept = {key: text for key, text in sealed.items() if text}
    shown |= {key: masked(text) for key, text in kept.items()}
    return Entry(
        member=member,
        kind=kind,
        began_on=days[0],
        ended_on=days[1],
        year=given.get("year"),
        data={key: value for key, value in shown.items() if value not in (None, "")},
        sealed=unit_cipher().seal(json.dumps(kept), column=entries.SEALED) if kept else None,
        recorded_at=now,
        recorded_by=actor.person_id,
    )


def _days(given: Mapping[str, Any]) -> tuple[dt.date | None, dt.date | None]:
    began, ended = (str(given.get(key) or "") for key in ("began_on", "ended_on"))
    return (
        dt.date.fromisoformat(began) if began else None,
        dt.date.fromisoformat(ended) if ended else None,
    )


def _mark(one: Entry) -> Sequence[Any]:
    """What makes two rows the same."""
    return (one.kind, one.began_on, one.ended_on, one.year, json.dumps(one.data, sort_keys=True))


def _photo(member: Member) -> str:
    if not member.photo_key:
        return ""
    content, _ = photos.read(member)
    return base64.b64encode(content).decode() if len(content) <= LARGEST_PHOTO else ""


def _hang(member: Member, text: str, actor: Actor, now: dt.datetime) -> None:
    try:
        content = base64.b64decode(text, validate=True)
        photos.put(member=member, content=content, actor=actor, now=now)
    except (binascii.Error, pictures.PictureRefused):
        return
