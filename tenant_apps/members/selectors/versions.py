"""The versions of a file: who changed what when, and the file as it was on a day.

Told from the record: each correction holds the old and the new value of every field it changed
(masked where the value is sealed), each event of the membership what was there before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Invalid, NotFound
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Change, ChangeKind, Member
from tenant_apps.members.selectors import fields
from tenant_apps.members.selectors.fields import BY_KEY, FIELDS, FileField, Kind
from tenant_apps.members.selectors.files import member_for

_MOST: Final = 500
_MOVED: Final = "member.moved"
_DECIDED: Final = ("category",)
"""What only a decision of the branch changes, and no undoing by hand."""


class VersionNotFound(NotFound):
    code = "member_version_not_found"
    sentence = "没有找到这次更正，可能不属于这份档案。"


class NotRestorable(Invalid):
    code = "member_field_not_restorable"
    sentence = "{label}不能从这次更正恢复：加密项只留遮盖后的内容，人员类别须按决定登记。"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one version, in words; ``key`` to restore it by, empty where it cannot be."""

    label: str
    old: str
    new: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """What somebody changed at once."""

    id: UUID
    at: dt.datetime
    who: str
    what: str
    reason: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One step back: at this moment these fields had these values before."""

    at: dt.datetime
    before: Mapping[str, Any]
    org_name: str = ""


def versions_of(member: Member) -> list[Version]:
    """Every correction and turn of the file, newest first."""
    told = [_version(member, event) for event in _events(member)]
    turns = [_turn(change) for change in _changes(member)]
    return sorted([*told, *turns], key=lambda one: one.at, reverse=True)


def version_for(actor: Actor, event_id: UUID, *, to: StrEnum) -> tuple[Member, Any]:
    """A correction with its file, loaded and authorised.  Raises VersionNotFound for what is no
    correction of a file, and what ``member_for`` raises.
    """
    event = audit.all_events().filter(pk=event_id).first()
    if event is None or event.subject_id is None or not _names_fields(event.data):
        raise VersionNotFound
    return member_for(actor, event.subject_id, to=to), event


def old_value(event: Any, key: str) -> Any:
    """What a field held before a correction, as the column takes it.

    Raises NotRestorable: what is sealed is kept masked only, and the category changes by a
    decision.
    """
    field = BY_KEY.get(key)
    if field is None or key not in event.data["changes"] or not _restorable(field):
        raise NotRestorable(label=field.label if field else "这一项")
    return fields.read(field, event.data["changes"][key][0])


def as_of(member: Member, day: dt.date) -> tuple[list[tuple[FileField, str]], str]:
    """The fields in words, and the branch, as the file said at the end of ``day`` in Beijing."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=BEIJING)
    values = {field.key: fields.plain(fields.value_of(member, field)) for field in FIELDS}
    org_name = member.org.short_name or member.org.name
    for step in sorted(_steps(member), key=lambda one: one.at, reverse=True):
        if step.at < end:
            break
        values |= {key: value for key, value in step.before.items() if key in values}
        org_name = step.org_name or org_name
    return [(field, field.shown(values[field.key])) for field in FIELDS], org_name


def _events(member: Member) -> list[Any]:
    events = audit.events_about(member.pk)[:_MOST]
    return [event for event in events if event.code == _MOVED or _names_fields(event.data)]


def _names_fields(data: Mapping[str, Any]) -> bool:
    """A correction of the file itself; rows of the sets keep their own history."""
    return bool(data.get("changes")) and "entry" not in data


def _changes(member: Member) -> list[Change]:
    return list(Change.objects.filter(member=member, undone_at__isnull=True)[:_MOST])


def _steps(member: Member) -> Iterator[_Step]:
    for event in _events(member):
        old = {key: pair[0] for key, pair in event.data.get("changes", {}).items()}
        yield _Step(event.at, old, event.data.get("old_org_name", ""))
    for change in _changes(member):
        yield _Step(change.recorded_at, change.data.get("before", {}))


def _version(member: Member, event: Any) -> Version:
    changes = [
        FieldChange(
            BY_KEY[key].label,
            BY_KEY[key].shown(fields.read(BY_KEY[key], old)),
            BY_KEY[key].shown(fields.read(BY_KEY[key], new)),
            key if _restorable(BY_KEY[key]) and _is_now(member, BY_KEY[key], new) else "",
        )
        for key, (old, new) in event.data.get("changes", {}).items()
        if key in BY_KEY
    ]
    if event.code == _MOVED:
        names = event.data.get("old_org_name", ""), event.data.get("new_org_name", "")
        changes.append(FieldChange("所在党支部", *names))
    what = "调整了支部" if event.code == _MOVED else "更正了档案"
    return Version(
        event.pk, event.at, event.actor_name or "系统", what, event.data.get("reason", ""),
        tuple(changes),
    )  # fmt: skip


def _turn(change: Change) -> Version:
    before = change.data.get("before", {})
    changes = tuple(
        FieldChange(BY_KEY[key].label, BY_KEY[key].shown(fields.read(BY_KEY[key], old)), "")
        for key, old in before.items()
        if key in BY_KEY and old not in (None, "")
    )
    reason = "　".join(filter(None, (change.document, change.reason)))
    kind = ChangeKind(change.kind).label
    return Version(change.pk, change.recorded_at, "", f"登记{kind}", reason, changes)


def _restorable(field: FileField) -> bool:
    return field.kind is not Kind.SEALED and field.key not in _DECIDED


def _is_now(member: Member, field: FileField, new: Any) -> bool:
    """The file still says what this correction wrote: it is the last word on the field."""
    return bool(fields.plain(getattr(member, field.key)) == new)
