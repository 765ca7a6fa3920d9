"""Where a host belongs: the directory of the control cell and its copies.

The control cell looks into its own table.  Any other cell keeps a numbered copy under the control
cell's signature and believes nothing else: an older number or a wrong signature is refused, and
without a copy no host but its own units' is known.  Nobody guesses and nobody passes on.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from kernel import clock, crypto
from kernel.errors import Conflict, DomainError
from kernel.jobs import job
from tenants.cells import courier, faces, letters
from tenants.cells.models import Cell, ControlLink, Edition, NameKind, TakenName

OLD: Final = dt.timedelta(minutes=10)
"""A copy that the control cell has not confirmed for so long is told as old."""
_WORK: Final = "control"
_PURPOSE: Final = "directory"


class DirectoryRefused(Conflict):
    """``reason``: signature, older, or another base domain."""

    code = "directory_refused"
    sentence = "收到的名录没有采用：{reason}。"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy whose signature was checked in this process."""

    number: int
    cell_by_label: dict[str, str]


def cell_of(host: str) -> str:
    """The other cell that the host belongs to; blank where the directory knows of none.

    Units of this cell are looked up before; they are never asked for here.
    """
    label = faces.label_of(host)
    if not label:
        return ""
    found = _told_by_control(label) if not faces.is_control() else _in_own_table(label)
    return "" if found == settings.CELL else found


def publication() -> tuple[int, bytes]:
    """The directory as it is now, with its number: one more whenever anything has changed."""
    content = _content()
    digest = crypto.digest(letters.canonical(content))
    with transaction.atomic():
        Edition.objects.get_or_create(work=_WORK)
        held = Edition.objects.select_for_update().get(work=_WORK)
        if held.digest != digest:
            held.number, held.digest = held.number + 1, digest
            held.save()
    return held.number, letters.canonical({**content, "number": held.number})


def labels_by_cell() -> tuple[int, dict[str, list[str]]]:
    """The directory's number, and the labels of every cell in order."""
    number, content = publication()
    labels: dict[str, list[str]] = json.loads(content)["labels"]
    return number, labels


def published_to(letter: letters.Letter) -> dict[str, Any]:
    """What a cell is told that asks for the directory; the content only when it has another."""
    number, content = publication()
    if letter.said.get("number") == number:
        return {"number": number}
    signature = letters.signed(content, cell=letter.cell, key=letter.key, purpose=_PURPOSE)
    return {"number": number, "content": content.decode(), "signature": signature}


@job()
def pull(*, now: dt.datetime | None = None) -> None:
    """Brings this cell's copy up to date; what went wrong is kept for whoever looks."""
    if faces.is_control():
        return
    moment = now or clock.now()
    try:
        said = courier.ask("directory", {"number": _number_to_tell()}, now=moment)
        accept(said, now=moment)
    except DomainError as problem:
        hindered(problem)


def _number_to_tell() -> int:
    """The number of the copy, or 0 to be given it anew: one under a key that is about to go is
    no longer good enough.
    """
    held, (key, *_) = _link(), letters.keys_of(settings.CELL)
    is_current = letters.is_signed(
        bytes(held.content), held.signature, cell=settings.CELL, key=key, purpose=_PURPOSE
    )
    return held.number if is_current else 0


def accept(said: dict[str, Any], *, now: dt.datetime) -> None:
    """Takes over what the control cell gave out.  Raises DirectoryRefused and keeps what it had."""
    with transaction.atomic():
        _link()
        held = ControlLink.objects.select_for_update().get(work=_WORK)
        if "content" not in said:
            if said["number"] != held.number:
                raise DirectoryRefused(reason="编号不符")
        else:
            content = said["content"].encode()
            found = _checked(content, said["signature"])
            if found.number < held.number:
                raise DirectoryRefused(reason=f"编号 {found.number} 比现有的 {held.number} 旧")
            held.number, held.content, held.signature = found.number, content, said["signature"]
        held.confirmed_at, held.problem = now, ""
        held.save()


def link() -> ControlLink | None:
    """What this cell has of the control cell; None before the first time."""
    return ControlLink.objects.filter(work=_WORK).first()


def next_serial(*, now: dt.datetime) -> int:
    """The number of this cell's next summary: above every earlier one, also when the database
    was put back to an older day.
    """
    with transaction.atomic():
        _link()
        held = ControlLink.objects.select_for_update().get(work=_WORK)
        held.serial = max(held.serial + 1, int(now.timestamp() * 1000))
        held.save(update_fields=["serial"])
    return held.serial


def sent(*, now: dt.datetime) -> None:
    """Notes that the control cell has taken the summary in."""
    ControlLink.objects.filter(work=_WORK).update(sent_at=now)


def hindered(problem: DomainError) -> None:
    """Keeps what went wrong for whoever looks; the next directory that is accepted ends it."""
    ControlLink.objects.filter(work=_WORK).update(problem=problem.code)


def _link() -> ControlLink:
    return ControlLink.objects.get_or_create(work=_WORK)[0]


def _in_own_table(label: str) -> str:
    for cell in Cell.objects.values_list("name", flat=True):
        if label in faces.labels_of(cell, control=settings.CELL):
            return cell
    held = TakenName.objects.filter(kind=NameKind.LABEL, value=label)
    return held.values_list("cell", flat=True).first() or ""


_read: dict[int, Copy] = {}
"""The copy that this process has checked, by its number; the table says which is in force."""


def _told_by_control(label: str) -> str:
    numbers = ControlLink.objects.filter(work=_WORK).values_list("number", flat=True)
    number = numbers.first()
    if not number:
        return ""
    if number not in _read:
        held = ControlLink.objects.get(work=_WORK)
        try:
            found = _checked(bytes(held.content), held.signature)
        except DirectoryRefused:
            return ""
        _read.clear()
        _read[found.number] = found
    return _read[number].cell_by_label.get(label, "") if number in _read else ""


def _checked(content: bytes, signature: str) -> Copy:
    """The directory in these bytes; raises DirectoryRefused."""
    own = settings.CELL
    is_genuine = any(
        letters.is_signed(content, signature, cell=own, key=key, purpose=_PURPOSE)
        for key in letters.keys_of(own)
    )
    if not is_genuine:
        raise DirectoryRefused(reason="签名不对")
    given = json.loads(content)
    if given["domain"] != settings.BASE_DOMAIN:
        raise DirectoryRefused(reason="主域名不同")
    found: dict[str, str] = {}
    for cell, labels in given["labels"].items():
        found.update(dict.fromkeys(labels, cell))
        found.update(dict.fromkeys(faces.labels_of(cell, control=given["control"]), cell))
    return Copy(given["number"], found)


def _content() -> dict[str, Any]:
    labels: dict[str, list[str]] = defaultdict(list)
    for cell in (settings.CELL, *Cell.objects.values_list("name", flat=True)):
        labels[cell] = []
    rows = TakenName.objects.filter(kind=NameKind.LABEL).order_by("value")
    for value, cell in rows.values_list("value", "cell"):
        labels[cell].append(value)
    return {"domain": settings.BASE_DOMAIN, "control": settings.CELL, "labels": dict(labels)}
