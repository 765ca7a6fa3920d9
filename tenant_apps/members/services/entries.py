"""Writing the extended sets of a file: add, change, strike out, take back.

A row is never erased: one that is struck out stays with the moment, and can be taken back.  What
is sealed in a row (``Shape`` identity and phone) lies in ``Entry.sealed``; ``Entry.data`` and the
record hold the masked form only.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.errors import Conflict, Invalid
from kernel.masks import masked
from tenant_apps.audit.services import record
from tenant_apps.members.models import Category, Entry, EntryKind, Member
from tenant_apps.members.selectors import identity
from tenant_apps.members.selectors.entry_sets import (
    NO_GRADE,
    SETS,
    EntryField,
    EntrySet,
    Shape,
)
from tenant_apps.members.services import sealing

SEALED: Final = "members.secrets"
FIRST_YEAR: Final = 1921
_DAYS: Final = ("began_on", "ended_on")


class EntryNotValid(Invalid):
    """``field`` names the field that is wrong."""

    code = "member_entry_not_valid"
    sentence = "{problem}"


class EntryStruck(Conflict):
    code = "member_entry_struck"
    sentence = "这条记录已被划去，请先恢复再修改。"


class EntryNotStruck(Conflict):
    code = "member_entry_not_struck"
    sentence = "这条记录没有被划去，无需恢复。"


@transaction.atomic
def add(
    *,
    member: Member,
    kind: EntryKind,
    data: Mapping[str, Any],
    began_on: dt.date | None = None,
    ended_on: dt.date | None = None,
    year: int | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Entry:
    """A new row of a set.  ``data`` is keyed by the set's fields; days as dates or ISO text.

    Where a set counts by year, the year is that of ``began_on`` unless given.  Raises
    EntryNotValid.
    """
    entry = Entry(member=member, kind=kind, recorded_at=now, recorded_by=actor.person_id)
    changes = _write(entry, SETS[EntryKind(kind)], data, (began_on, ended_on), year)
    entry.save()
    _record("member.entry_added", entry, changes, actor, now)
    return entry


@transaction.atomic
def change(
    *,
    entry: Entry,
    data: Mapping[str, Any],
    began_on: dt.date | None,
    ended_on: dt.date | None,
    year: int | None,
    actor: Actor,
    now: dt.datetime,
) -> Entry:
    """The row anew; a sealed field given as None is left, "" takes it away.

    Raises EntryNotValid and EntryStruck.  Nothing changed, nothing recorded.
    """
    entry = _held(entry)
    if entry.struck_at is not None:
        raise EntryStruck
    changes = _write(entry, SETS[EntryKind(entry.kind)], data, (began_on, ended_on), year)
    if changes:
        entry.save()
        _record("member.entry_changed", entry, changes, actor, now)
    return entry


@transaction.atomic
def strike(*, entry: Entry, reason: str, actor: Actor, now: dt.datetime) -> Entry:
    """Strikes a row out.  Raises EntryStruck where it is, EntryNotValid without a reason."""
    entry = _held(entry)
    if entry.struck_at is not None:
        raise EntryStruck
    if not reason.strip():
        raise EntryNotValid(field="reason", problem="请写明划去的原因。")
    entry.struck_at = now
    entry.save(update_fields=["struck_at"])
    _record("member.entry_struck", entry, {}, actor, now, reason=reason.strip())
    return entry


@transaction.atomic
def take_back(*, entry: Entry, actor: Actor, now: dt.datetime) -> Entry:
    """Makes a row that was struck out valid again; raises EntryNotStruck."""
    entry = _held(entry)
    if entry.struck_at is None:
        raise EntryNotStruck
    entry.struck_at = None
    entry.save(update_fields=["struck_at"])
    _record("member.entry_restored", entry, {}, actor, now)
    return entry


def open_sealed(entry: Entry) -> dict[str, str]:
    """The sealed fields of a row in the clear."""
    if not entry.sealed:
        return {}
    opened: dict[str, str] = json.loads(unit_cipher().open(entry.sealed, column=SEALED))
    return opened


def checked(
    one: EntrySet, data: Mapping[str, Any], *, is_new: bool = True
) -> tuple[dict[str, Any], dict[str, str | None]]:
    """``data`` as it is kept: the open values, and the sealed ones in the clear (None: left).

    Raises EntryNotValid for an unknown field, a missing one or a value that cannot be.
    """
    unknown = set(data) - {field.key for field in one.fields}
    if unknown:
        raise EntryNotValid(
            field=min(unknown), problem=f"「{one.label}」没有名为「{min(unknown)}」的项目。"
        )
    shown: dict[str, Any] = {}
    sealed: dict[str, str | None] = {}
    for field in one.fields:
        given = data.get(field.key)
        if field.is_sealed:
            sealed[field.key] = None if given is None else _number(field, str(given))
            continue
        value = _plain(field, given)
        if value in (None, "") and field.is_required and (is_new or field.key in data):
            raise EntryNotValid(field=field.key, problem=f"请填写{field.label}。")
        shown[field.key] = value
    return shown, sealed


def refuse_days(
    one: EntrySet, days: tuple[dt.date | None, dt.date | None], year: int | None
) -> None:
    """Raises EntryNotValid for days out of order and a year that cannot be."""
    began, ended = days
    if began and ended and ended < began:
        raise EntryNotValid(field="ended_on", problem=f"{one.ended}不能早于{one.began}。")
    if one.year and year is None and began is None:
        raise EntryNotValid(field="year", problem=f"请填写{one.year}。")
    if year is not None and not FIRST_YEAR <= year <= dt.MAXYEAR // 4:
        raise EntryNotValid(field="year", problem=f"{one.year or '年度'}「{year}」不是有效的年份。")


def _held(entry: Entry) -> Entry:
    held: Entry = Entry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    return held


def _write(
    entry: Entry,
    one: EntrySet,
    data: Mapping[str, Any],
    days: tuple[dt.date | None, dt.date | None],
    year: int | None,
) -> dict[str, list[Any]]:
    """Puts the values into the row; returns old and new ones, masked where sealed."""
    before = _told(entry)
    shown, sealed = checked(one, data)
    refuse_days(one, days, year)
    _refuse_grade(entry, one, shown)
    kept = open_sealed(entry)
    kept = {**kept, **{key: text for key, text in sealed.items() if text is not None}}
    kept = {key: text for key, text in kept.items() if text}
    was_sealed = open_sealed(entry)
    shown |= {key: masked(text) for key, text in kept.items()}
    entry.data = {key: value for key, value in shown.items() if value not in (None, "")}
    if kept != was_sealed:
        entry.sealed = unit_cipher().seal(json.dumps(kept), column=SEALED) if kept else None
    entry.began_on, entry.ended_on = days
    counted = year or (days[0].year if days[0] else None)
    entry.year = counted if one.year or one.began else None
    after = _told(entry)
    return {
        key: [before.get(key), after.get(key)]
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


def _told(entry: Entry) -> dict[str, Any]:
    """The row as the record may tell it."""
    days = {key: day.isoformat() for key in _DAYS if (day := getattr(entry, key))}
    return {**entry.data, **days, **({"year": entry.year} if entry.year else {})}


def _refuse_grade(entry: Entry, one: EntrySet, shown: Mapping[str, Any]) -> None:
    """A probationary member takes part in the appraisal and receives no grade (rulebook 14)."""
    if one.kind != EntryKind.APPRAISAL or shown.get("grade") == NO_GRADE:
        return
    if entry.member.category == Category.PROBATIONARY:
        raise EntryNotValid(field="grade", problem=f"预备党员参加评议，应选择「{NO_GRADE}」。")


def _plain(field: EntryField, given: Any) -> Any:
    """A value of an open field as it is kept, or None; raises EntryNotValid."""
    if given is None or given == "":
        return None
    if field.shape is Shape.DAY:
        return _day(field, given)
    if field.shape in (Shape.NUMBER, Shape.MONEY):
        return _amount(field, given)
    text = " ".join(str(given).split()) if field.shape is not Shape.LONG else str(given).strip()
    if len(text) > field.longest:
        raise EntryNotValid(field=field.key, problem=f"{field.label}最多 {field.longest} 个字。")
    if field.shape is Shape.CHOICE and text not in field.allowed:
        raise EntryNotValid(
            field=field.key, problem=f"{field.label}「{text}」不在可选范围内，请从列表中选择。"
        )
    return text


def _day(field: EntryField, given: Any) -> str:
    try:
        day = given if isinstance(given, dt.date) else dt.date.fromisoformat(str(given))
    except ValueError as wrong:
        raise EntryNotValid(
            field=field.key, problem=f"{field.label}不是有效的日期，应写作 2020-07-01。"
        ) from wrong
    return day.isoformat()


def _amount(field: EntryField, given: Any) -> int | float:
    """A number; money is whole fen."""
    is_wrong = isinstance(given, bool) or not isinstance(given, int | float)
    if is_wrong or (field.shape is Shape.MONEY and not isinstance(given, int)):
        raise EntryNotValid(field=field.key, problem=f"{field.label}应为数字。")
    if not 0 <= given <= field.most:
        raise EntryNotValid(field=field.key, problem=f"{field.label}超出了合理的范围。")
    number: int | float = given
    return number


def _number(field: EntryField, given: str) -> str:
    """An identity number or a phone in one spelling; raises EntryNotValid."""
    if not given.strip():
        return ""
    if field.shape is Shape.PHONE:
        number = "".join(given.split())[:20]
        if not number.replace("-", "").removeprefix("+").isdigit():
            raise EntryNotValid(field=field.key, problem=f"{field.label}只能由数字组成。")
        return number
    number = sealing.normal_identity(given)
    if problem := identity.problem_of(number):
        raise EntryNotValid(field=field.key, problem=problem)
    return number


def _record(
    code: str,
    entry: Entry,
    changes: dict[str, list[Any]],
    actor: Actor,
    now: dt.datetime,
    **more: Any,
) -> None:
    record(
        code,
        actor=actor, now=now, subject_type="member", subject_id=entry.member_id,
        entry=str(entry.pk), kind=entry.kind, changes=changes, **more,
    )  # fmt: skip
