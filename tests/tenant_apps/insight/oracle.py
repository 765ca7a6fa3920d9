"""The same tables by a loop over the people: slow, plain, and written apart from the product's.

It reads the rows of members themselves, not the frozen ones, and knows the rules only in words of
Python.  ``bench statistics`` measures it as the baseline.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared_apps.rules.selectors import codes
from tenant_apps.insight.selectors.axes import Measure, Origin, Table
from tenant_apps.members.models import DECREASES, INCREASES, Change, Entry, EntryKind, Member
from tenant_apps.organizations.models import Honour, Organization, Workplace

_GRADUATED = {"博士研究生", "硕士研究生", "研究生", "大学本科", "大学专科"}
_COUNTED = {str(kind) for kind in (*INCREASES, *DECREASES)}


@dataclass(frozen=True)
class _When:
    """The period, and what the units behind the organisations are."""

    year: int
    as_of: dt.date
    natures: dict[Any, str]


def tables_of(tables: tuple[Table, ...], *, path: str, year: int, as_of: dt.date, members=None):
    """Number → row → column → value, for what is counted from the period itself."""
    found = {}
    when = _When(year, as_of, _natures())
    for table in tables:
        cells: dict[Any, Any] = defaultdict(int)
        origins = {
            table.origin_of(row, column)
            for row in table.rows
            if not row.is_computed
            for column in table.columns
            if row.arises_in(column.key)
        }
        for origin in origins - {Origin.BEFORE, Origin.CAME_FROM_INSIDE, Origin.WENT_INSIDE}:
            for facts in _lines(origin, path, when, members):
                _add(table, origin, facts, cells)
        found[table.number] = cells
    return found


def _add(table: Table, origin: Origin, facts: dict[str, Any], cells: dict[Any, Any]) -> None:
    if not _fits(table.where, facts):
        return
    rows = [
        row for row in table.rows
        if not row.is_computed and _fits(row.where, facts)
    ]  # fmt: skip
    columns = [column for column in table.columns if _fits(column.where, facts)]
    for row in rows:
        for column in columns:
            if row.arises_in(column.key) and table.origin_of(row, column) is origin:
                measure = table.measure_of(row, column)
                cells[row.key, column.key] += _weight(measure, facts)


def _weight(measure: Measure, facts: dict[str, Any]) -> Any:
    if measure is Measure.PEOPLE:
        return 1
    return facts["times"] if measure is Measure.TIMES else facts["amount"]


def _fits(where: Any, facts: dict[str, Any]) -> bool:
    return all(facts.get(name) in values for name, values in where)


def _lines(origin: Origin, path: str, when: _When, chosen: Any) -> Iterator[dict[str, Any]]:
    year, as_of = when.year, when.as_of
    if origin is Origin.PEOPLE:
        members = Member.objects.filter(org_path__startswith=path)
        if chosen is not None:
            members = members.filter(pk__in=chosen)
        later = _later(as_of)
        for member in members.iterator():
            if _is_counted(member, later.get(member.pk), as_of):
                yield _person(member, when)
    elif origin is Origin.CHANGE:
        changes = Change.objects.select_related("member").filter(
            org_path__startswith=path,
            undone_at=None,
            happened_on__range=(dt.date(year, 1, 1), as_of),
        )
        for change in changes:
            turned = change.kind == "CONVERTED"
            yield _person(change.member, when) | {
                "code": change.kind,
                "detail": change.member.conversion if turned else _ground(change),
                "counted": int(change.data.get("was_counted", True)),
                "probationary": int(change.category == "PROBATIONARY"),
            }
    elif origin is Origin.HONOUR:
        yield from _honours(path, when)
    else:
        yield from _entries(origin, path, when)


_TOLD = {
    ("REMOVED", "ABSENT"), ("REMOVED", "UNPAID"), ("REMOVED", "ELSE"), ("CANCELLED", "UNFIT"),
    ("CANCELLED", "ELSE"),
}  # fmt: skip
_SOLE = {"PERSUADED": "UNCHANGED", "WITHDREW": "ASKED", "EXPELLED": "DISCIPLINE"}


def _ground(change: Change) -> str:
    """Why somebody left the Party: as told, as the way says, or as the suspension before says."""
    if (change.kind, change.data.get("ground")) in _TOLD:
        return change.data["ground"]
    if change.kind == "REMOVED" and change.data.get("was_counted") is False:
        return "STILL_LOST"
    return _SOLE.get(change.kind, "")


def _honours(path: str, when: _When) -> Iterator[dict[str, Any]]:
    given = Honour.objects.filter(
        org__path__startswith=path,
        struck_at=None,
        given_on__range=(dt.date(when.year, 1, 1), when.as_of),
    )
    for one in given:
        yield {"code": "", "detail": one.level, "times": 1, "amount": Decimal(0)}


def _entries(origin: Origin, path: str, when: _When) -> Iterator[dict[str, Any]]:
    year, as_of = when.year, when.as_of
    rows = Entry.objects.select_related("member").filter(
        kind=EntryKind(str(origin)), member__org_path__startswith=path, struck_at=None
    )
    first = dt.date(year, 1, 1)
    of_the_year = [
        one for one in rows
        if one.year == year or (one.year is None and first <= one.began_on <= as_of)
    ]  # fmt: skip
    if origin is Origin.REWARD:
        for one in of_the_year:
            name = one.data["name"]
            code = "MEMBER" if "优秀共产党员" in name else "OTHER"
            code = "WORKER" if "优秀党务工作者" in name else code
            yield _person(one.member, when) | {"code": code, "detail": one.data["level"]}
        return
    per_member: dict[Any, list[Entry]] = defaultdict(list)
    for one in of_the_year:
        per_member[one.member_id].append(one)
    for entries in per_member.values():
        facts = _person(entries[0].member, when)
        if origin is Origin.APPRAISAL:
            yield facts | {"code": entries[-1].data["grade"]}
            continue
        hours = sum((Decimal(str(one.data["hours"])) for one in entries), Decimal(0))
        yield facts | {"times": len(entries), "amount": hours, "hours": int(hours >= 32)}


def _later(as_of: dt.date) -> dict[Any, Change]:
    """The first change of the count after the cut, by member."""
    rows = Change.objects.filter(undone_at=None, happened_on__gt=as_of, kind__in=_COUNTED)
    return {one.member_id: one for one in rows.order_by("-happened_on", "-id")}


def _is_counted(member: Member, later: Change | None, as_of: dt.date) -> bool:
    if member.joined_on and member.joined_on > as_of:
        return False
    if later is None:
        return member.is_active
    return later.kind in DECREASES and bool(later.data.get("was_counted", True))


def _person(member: Member, when: _When) -> dict[str, Any]:
    year, as_of = when.year, when.as_of
    age = year - member.birth_on.year if member.birth_on else None
    was_full = member.category == "FULL" and (not member.full_on or member.full_on <= as_of)
    return {
        "code": "", "detail": "", "times": 1, "amount": Decimal(0), "hours": 0, "counted": 1,
        "gender": {"M": 1, "F": 2}.get(member.gender, 0),
        "minority": 0 if not member.ethnicity else 1 if member.ethnicity == "汉族" else 2,
        "taiwanese": int(member.is_taiwanese),
        "probationary": int(not was_full),
        "education": _class(member.education),
        "college": int(member.education in _GRADUATED),
        "age": _age_band(age),
        "joined": _join_band(member.joined_on),
        "occupation": member.occupation,
        "front_line": member.front_line,
        "stratum": member.stratum,
        "unit_nature": when.natures[member.org_id],
    }  # fmt: skip


def _natures() -> dict[Any, str]:
    """Of every organisation: what its units say, else what the nearest superior says, else a
    state enterprise's, as the tests' client is one.
    """
    read = codes.table("unit_nature").read
    said: dict[Any, set[str]] = defaultdict(set)
    for one in Workplace.objects.all():
        said[one.org_id].add(read(one.nature))
    found: dict[Any, str] = {}
    by_path: dict[str, str] = {"": "STATE_ENTERPRISE"}
    for org in Organization.objects.order_by("path"):
        own = said.get(org.pk)
        if own is None and org.depth > 1 and org.unit_situation in ("LEGAL", "JOINT"):
            own = {""}
        if own is None:
            nature = by_path[org.path[:-4]]
        else:
            nature = "" if "" in own else own.pop() if len(own) == 1 else "SEVERAL"
        found[org.pk] = by_path[org.path] = nature
    return found


def _class(label: str) -> int:
    code = codes.table("education").code_of(label) if label else ""
    return int(code) // 10 * 10 if code else 0


def _age_band(age: int | None) -> int:
    if age is None:
        return -1
    if age <= 30:
        return 0
    return 7 if age >= 61 else (age - 31) // 5 + 1


def _join_band(day: dt.date | None) -> int:
    if day is None:
        return -1
    if day.isoformat() < "1949-10":
        return 0
    if day.year < 1979:
        return 1
    return 2 if day.isoformat() < "2012-11" else 3
