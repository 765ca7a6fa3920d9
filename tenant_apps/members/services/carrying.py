"""What of a file goes along to another unit beside the person's own data, and how it is taken in.

The extended sets that the national file has (rulebook 8.1) travel, with the photo where it is
small and with the scans of their papers, each with its SM3 digest; a branch's own notes, contacts
and visits stay.  Everything is opened here and sealed there.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.crypto import digest, unit_cipher
from kernel.errors import Conflict
from kernel.masks import masked
from kernel.papers import Upload
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.selectors.entry_sets import SETS
from tenant_apps.members.selectors.scans import Scan, scans_of, size_label
from tenant_apps.members.services import entries, photos, pictures, scans

TRAVELS: Final = (
    EntryKind.EDUCATION, EntryKind.WORK, EntryKind.FAMILY, EntryKind.REWARD, EntryKind.DISCIPLINE,
    EntryKind.TRAINING, EntryKind.APPRAISAL, EntryKind.ABROAD, EntryKind.HARDSHIP,
    EntryKind.AMENDS,
)  # fmt: skip
LARGEST_PHOTO: Final = 512 * 1024
"""Bytes of a photo that goes along; a larger one is taken anew there."""
LARGEST_SCANS: Final = 16 * 1024 * 1024
"""Bytes of all scans of a file that go along; what is beyond stays behind and is told."""
Carried = Mapping[str, Any]


class ScanDamaged(Conflict):
    code = "member_scan_damaged"
    sentence = "随转的附件「{name}」已损坏，与清单不符，不能接收。请退回，由对方党组织重新转出。"


def packed(member: Member) -> dict[str, Any]:
    """The rows in force and the photo, in the clear, as JSON holds them."""
    found = Entry.objects.filter(member=member, kind__in=TRAVELS, struck_at=None)
    rows = list(found.order_by("kind", "began_on", "id"))
    going, staying = _within(rows)
    return {
        "entries": [_packed(one, going.get(one.pk, ())) for one in rows],
        "photo": _photo(member),
        "scans_staying": staying,
    }


def told(carried: Carried) -> list[str]:
    """What goes along, in words: 「表彰奖励 2 条」, 「附件 证书.pdf（120 KB）」, 「照片」."""
    rows = carried.get("entries", ())
    counts = Counter(one["kind"] for one in rows)
    words = [f"{EntryKind(kind).label} {counts[kind]} 条" for kind in TRAVELS if counts[kind]]
    words += [
        f"附件 {scan['name']}（{size_label(scan['size'])}）"
        for one in rows
        for scan in one.get("scans", ())
    ]
    if carried.get("photo"):
        words.append("照片")
    if staying := carried.get("scans_staying"):
        words.append(f"另有 {staying} 个附件因超过大小没有随转，请以纸质件转交")
    return words


def refuse_damaged(carried: Carried) -> None:
    """Raises ScanDamaged for a scan that is not what the list says of it by SM3 and size, or that
    nobody could have handed in here.
    """
    for row in carried.get("entries", ()):
        for one in row.get("scans", ()):
            if _scan(one) is None:
                raise ScanDamaged(name=one.get("name", ""))


def take_in(*, member: Member, carried: Carried, actor: Actor, now: dt.datetime) -> int:
    """Puts into the file what came and is not in it; returns how many rows.

    A row that this release does not know or that cannot be is left out, never the person.
    """
    here = {_mark(one) for one in Entry.objects.filter(member=member, struck_at=None)}
    made = []
    for given in carried.get("entries", ()):
        entry = _unpacked(member, given, actor, now)
        if entry is None or _mark(entry) in here:
            continue
        files = [file for one in given.get("scans", ()) if (file := _scan(one))]
        entry.scans = [scans.stored(file) for file in files[: scans.MOST]]
        made.append(entry)
    Entry.objects.bulk_create(made, batch_size=500)
    if made:
        record(
            "member.entries_carried",
            actor=actor, now=now, subject_type="member", subject_id=member.pk, count=len(made),
            kinds=sorted({entry.kind for entry in made}),
            scans=sum(len(entry.scans) for entry in made),
        )  # fmt: skip
    if carried.get("photo") and not member.photo_key:
        _hang(member, str(carried["photo"]), actor, now)
    return len(made)


def _within(rows: Sequence[Entry]) -> tuple[dict[UUID, list[Scan]], int]:
    """The scans of each row that go along, the smallest first, and how many do not."""
    every = sorted(
        ((scan.size, one.pk, scan) for one in rows for scan in scans_of(one)),
        key=lambda listed: listed[:2],
    )
    going: dict[UUID, list[Scan]] = defaultdict(list)
    room, staying = LARGEST_SCANS, 0
    for size, pk, scan in every:
        if size > room:
            staying += 1
            continue
        room -= size
        going[pk].append(scan)
    return going, staying


def _packed_scan(one: Scan) -> dict[str, Any]:
    content = base64.b64encode(unit_files().read(one.key)).decode()
    return {"name": one.name, "size": one.size, "digest": one.digest, "content": content}


def _scan(given: Mapping[str, Any]) -> Upload | None:
    """The file as it came; None where it is damaged or no scan."""
    try:
        file = Upload(str(given["name"]), base64.b64decode(given["content"], validate=True))
        scans.refuse(file)
    except (KeyError, binascii.Error, scans.ScanRefused):
        return None
    is_whole = digest(file.content) == given.get("digest")
    return file if is_whole and len(file.content) == given.get("size") else None


def _packed(one: Entry, files: Sequence[Scan]) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "data": {**one.data, **entries.open_sealed(one)},
        "began_on": one.began_on.isoformat() if one.began_on else "",
        "ended_on": one.ended_on.isoformat() if one.ended_on else "",
        "year": one.year,
        "scans": [_packed_scan(scan) for scan in files],
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
