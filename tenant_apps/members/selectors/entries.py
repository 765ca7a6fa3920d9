"""Reading the extended sets of a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.money import yuan
from kernel.permissions import can, require
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.entry_sets import SETS, EntryField, EntrySet, Shape
from tenant_apps.members.selectors.scans import Scan, scans_of

Kind = EntryKind
"""The kinds of rows as other apps may name them; they never touch the table."""


class EntryNotFound(NotFound):
    code = "member_entry_not_found"
    sentence = "没有找到这条记录，可能已不在这份档案中。"


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A row in words."""

    entry: Entry
    heading: str
    span: str
    details: tuple[tuple[str, str, str], ...]
    """Label, value and, where the value is sealed, the field's key."""

    @property
    def is_struck(self) -> bool:
        return self.entry.struck_at is not None

    @property
    def scans(self) -> list[Scan]:
        return scans_of(self.entry)


@dataclass(frozen=True, slots=True)
class ShownSet:
    """A set with the rows of one file; ``valid`` leaves out what was struck out."""

    set: EntrySet
    rows: tuple[ShownEntry, ...]

    @property
    def valid(self) -> tuple[ShownEntry, ...]:
        return tuple(row for row in self.rows if not row.is_struck)


def is_readable(actor: Actor, member: Member, one: EntrySet) -> bool:
    """Close sets (family, discipline, hardship) are for who corrects files, and for the member."""
    wanted = MemberPermission.READ_CLOSE if one.is_close else MemberPermission.READ
    return can(actor, wanted, member)


def sets_of(actor: Actor, member: Member) -> list[ShownSet]:
    """Every set that the actor may read, with its rows, newest first."""
    rows: dict[str, list[Entry]] = {}
    for entry in Entry.objects.filter(member=member).order_by("-began_on", "-year", "-pk"):
        rows.setdefault(entry.kind, []).append(entry)
    return [
        ShownSet(one, tuple(shown_entry(entry) for entry in rows.get(kind, [])))
        for kind, one in SETS.items()
        if is_readable(actor, member, one)
    ]


def kinds_of(member: Member) -> set[str]:
    """The sets of which the file has valid rows."""
    kinds = Entry.objects.filter(member=member, struck_at__isnull=True).values_list("kind")
    return {kind for (kind,) in kinds.distinct()}


def entry_for(actor: Actor, entry_id: UUID, *, to: StrEnum) -> Entry:
    """A row with its file, loaded and authorised.  Raises EntryNotFound out of the actor's
    sub-trees and where the set is not for the actor, Forbidden where ``to`` may not be done.
    """
    entry = Entry.objects.select_related("member__org").filter(pk=entry_id).first()
    if entry is None or not is_readable(actor, entry.member, SETS[EntryKind(entry.kind)]):
        raise EntryNotFound
    require(actor, to, entry.member)
    return entry


def shown_entry(entry: Entry) -> ShownEntry:
    """The row in words."""
    one = SETS[EntryKind(entry.kind)]
    words = {field.key: shown_value(field, entry.data.get(field.key)) for field in one.fields}
    heading = "　".join(words[key] for key in one.heading if words[key])
    details = [
        (field.label, words[field.key], field.key if field.is_sealed else "")
        for field in one.fields
        if words[field.key] and field.key not in one.heading
    ]
    return ShownEntry(entry, heading[:60], _span(entry, one), tuple(details))


def shown_value(field: EntryField, value: Any) -> str:
    """A value of a row in words."""
    if value is None or value == "":
        return ""
    return f"{yuan(value)} 元" if field.shape is Shape.MONEY else str(value)


def _span(entry: Entry, one: EntrySet) -> str:
    """The days of a row, or its year: from and to, from, or the one day."""
    began, ended = entry.began_on, entry.ended_on
    if ended:
        return f"{began or '不详'} 至 {ended}"
    if one.ended and began:
        return f"{began} 起"
    if one.year and entry.year:
        return f"{entry.year} 年"
    return str(began or "")
