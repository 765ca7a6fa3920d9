"""Keeping scans with a row of an extended set; one that is taken out stays in the row as such."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import digest
from kernel.errors import Invalid
from kernel.papers import Upload, problem_of
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.members.models import Entry
from tenant_apps.members.selectors.scans import Scan, scan_of, scans_of
from tenant_apps.members.services.entries import EntryStruck

LARGEST: Final = 5 * 1024 * 1024
"""Bytes of one scan; what a whole file carries to another unit is limited by ``carrying``."""
MOST: Final = 6
"""Scans of one row."""
HINT: Final = f"PDF、Word 或 JPG、PNG 图片，每个不超过 {LARGEST // 1024 // 1024} MB，最多 {MOST} 个"


class ScanRefused(Invalid):
    code = "member_scan_refused"
    sentence = "{problem}"


@transaction.atomic
def attach(*, entry: Entry, file: Upload, actor: Actor, now: dt.datetime) -> Scan:
    """Keeps a file with the row.  Raises ScanRefused for what is no scan, too large, one too many
    or there already, and EntryStruck.
    """
    held = _held(entry)
    if held.struck_at is not None:
        raise EntryStruck
    refuse(file)
    mark, there = digest(file.content), scans_of(held)
    for problem, is_so in (
        (f"每条记录最多 {MOST} 个附件。", len(there) >= MOST),
        ("这个文件已经上传过。", any(one.digest == mark for one in there)),
    ):
        if is_so:
            raise ScanRefused(problem=problem)
    made = stored(file)
    held.scans = [*held.scans, made]
    held.save(update_fields=["scans"])
    _record("member.scan_added", held, made["name"], actor, now)
    return scan_of(held, mark)


@transaction.atomic
def strike(*, entry: Entry, mark: str, actor: Actor, now: dt.datetime) -> None:
    """Takes out the scan with the digest ``mark``; the file stays.  Raises ScanNotFound."""
    held = _held(entry)
    found = scan_of(held, mark)
    held.scans = [
        {**one, "struck_at": now.isoformat()} if one["key"] == found.key else one
        for one in held.scans
    ]
    held.save(update_fields=["scans"])
    _record("member.scan_struck", held, found.name, actor, now)


def read(*, entry: Entry, mark: str) -> tuple[Scan, bytes]:
    """The file as it was handed in.  Raises ScanNotFound."""
    found = scan_of(entry, mark)
    return found, unit_files().read(found.key)


def refuse(file: Upload) -> None:
    """Raises ScanRefused."""
    problem = problem_of(file)
    if not problem and len(file.content) > LARGEST:
        problem = f"附件不能超过 {LARGEST // 1024 // 1024} MB，请压缩后再上传。"
    if problem:
        raise ScanRefused(problem=problem)


def stored(file: Upload) -> dict[str, str | int]:
    """Puts the file among the unit's; returns what the row says of it."""
    return {
        "key": unit_files().save(f"scan{file.suffix}", file.content),
        "name": file.bare_name,
        "size": len(file.content),
        "digest": digest(file.content),
    }


def _held(entry: Entry) -> Entry:
    held: Entry = Entry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    return held


def _record(code: str, entry: Entry, name: str | int, actor: Actor, now: dt.datetime) -> None:
    record(
        code,
        actor=actor, now=now, subject_type="member", subject_id=entry.member_id,
        entry=str(entry.pk), kind=entry.kind, file=name,
    )  # fmt: skip
