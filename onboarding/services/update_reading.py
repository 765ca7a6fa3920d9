"""Understanding a file for members that are there already, and comparing it with their files."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.jobs import job
from kernel.sheets.reading import open_book
from kernel.unit import current_unit
from onboarding.exchange import reading as sheets
from onboarding.exchange import sets
from onboarding.exchange.checking import Checker, Fault, Record
from onboarding.exchange.packing import Packed
from onboarding.roster import reader, refused
from onboarding.roster.understanding import KnownOrg, MemberRow, Understanding
from onboarding.services import (
    applicant_updates,
    files,
    organization_updates,
    update_dues,
    update_report,
)
from shared_apps.rules import selectors as rules
from shared_apps.rules.selectors import DuesPack, codes
from tenant_apps.members.selectors import ranks
from tenant_apps.members.selectors.updates import UpdateKind, UpdateState
from tenant_apps.members.services import comparing, proposing, update_claims, updates
from tenant_apps.members.services.comparing import Incoming, Terms
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import KnownOrganization

if TYPE_CHECKING:
    from tenant_apps.members.models import Update

_GENDERS: Final = {"1": "M", "2": "F"}
_BY_LABEL: Final = ("ethnicity", "education", "degree")
_GAVE_UP: Final = "核对多次中断，请重新上传。"


def _packed() -> Packed[Incoming]:
    return Packed(size=comparing.CHUNK)


@dataclass(slots=True)
class Read:
    """What was understood of a file: people, rows that cannot be taken, the completeness."""

    rows: Packed[Incoming] = field(default_factory=_packed)
    marks: set[bytes] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    refused_rows: set[int] = field(default_factory=set)
    filled: int = 0
    wanted: int = 0
    workbook: bytes = b""
    unknown: tuple[str, ...] = ()

    @property
    def integrity(self) -> int | None:
        """信息完整度 in hundredths of a percent; None of an empty file."""
        return self.filled * 10_000 // self.wanted if self.wanted else None

    def take(self, row: Incoming) -> None:
        """Keeps a person of the file, and by which number the file knows them."""
        self.rows.append(row)
        if row.identity:
            self.marks.add(comparing.mark_of(row.identity))


@job(queue="bulk")
def read(*, update_id: UUID) -> None:
    """Compares the file with the members and leaves it for review.

    Killed at any point, the next one goes on from the last chunk that was stored.
    """
    states = (UpdateState.WAITING, UpdateState.READING)
    held = update_claims.take(update_id=update_id, states=states, now=clock.now())
    if held is None:
        return
    if update_claims.is_worn_out(held, chunks=held.total // comparing.CHUNK):
        updates.fail(held=held, message=_GAVE_UP)
        return
    try:
        compare(held, today=clock.today())
    except DomainError as unreadable:
        updates.fail(held=held, message=unreadable.message)


def compare(held: Update, *, today: dt.date) -> None:
    """Reads the whole file, then compares chunk after chunk from ``done_rows`` on."""
    update_claims.write(held, state=UpdateState.READING)
    places = _Places(comparing.paths_of(held))
    content = files.read("update", held.source_key)
    if held.kind == UpdateKind.SET and sets.named(held.source).subject != "member":
        _compare_others(held, content, places, today)
        return
    found = _SOURCES[UpdateKind(held.kind)](held, content, places, today)
    terms = Terms(
        paths=comparing.paths_of(held),
        marks=found.marks,
        holders=places.holders,
        takes_new=held.kind != UpdateKind.MASTER,
    )
    update_claims.write(held, total=len(found.rows))
    left_out: list[tuple[str, str]] = []
    for chunk in found.rows.chunks(held.done_rows):
        left_out += comparing.compare(held, chunk, terms).left_out
    if held.kind != UpdateKind.MASTER:
        counts = {**held.counts, "MISSING": comparing.note_missing(held, terms)}
        update_claims.write(held, counts=counts)
    _finish(held, found, left_out)


def _compare_others(held: Update, content: bytes, places: _Places, today: dt.date) -> None:
    """Organisations and applicants: few rows, held against what is there in one transaction."""
    wanted = sets.named(held.source)
    book = open_book(content, held.file_name)
    header, records = sheets.checked(book, wanted, today=today, allow_masked=False)
    read, good = Read(unknown=header.unknown), []
    for record in records:
        read.filled, read.wanted = read.filled + record.filled, read.wanted + record.wanted
        if record.faults:
            read.faults += record.faults
            read.refused_rows.add(record.row)
        else:
            good.append(record)
    paths = comparing.paths_of(held)
    if wanted.subject == "organization":
        found = organization_updates.compare(good, wanted, paths)
    else:
        found = applicant_updates.compare(good, paths, places.find)
    proposing.propose(held, found.proposals, counts=found.counts)
    read.workbook = update_report.refused_book(book, header.row, read.faults)
    _finish(held, read, [(str(row), rule) for row, rule in found.left_out])


def _finish(held: Update, found: Read, left_out: Sequence[tuple[str, str]]) -> None:
    for row, rule in left_out:
        number = int(row.rpartition(":")[2] or 0)
        found.faults.append(Fault(number, "", rule, ""))
    report = files.keep("update-report", update_report.pack(found.faults, found.unknown))
    workbook = files.keep("update-refused", found.workbook) if found.workbook else ""
    refused_rows = len(found.refused_rows)
    update_claims.write(
        held,
        state=UpdateState.REVIEW,
        report_key=report,
        refused_key=workbook,
        integrity=found.integrity,
        counts={**held.counts, "refused": refused_rows, "faults": len(found.faults)},
        claimed_until=None,
        attempts=0,
    )


class _Places:
    """The branches within reach, by every name under which a file may name them."""

    def __init__(self, paths: Sequence[str]) -> None:
        known = organizations.known_organizations()
        self.known = known
        reach = [one for one in known if any(one.path.startswith(path) for path in paths)]
        held = organizations.that_hold_members(
            organizations.organizations_visible_to(Actor.system("update"))
        ).values_list("pk", flat=True)
        self.holders = {one.id for one in reach} & set(held)
        self._by_name: dict[str, set[UUID]] = {}
        for one in reach:
            for name in (one.name, one.short_name, one.code, one.id.hex):
                if name:
                    self._by_name.setdefault(_plain(name), set()).add(one.id)

    def find(self, name: str) -> UUID | None:
        """The organisation of that name or code; None when there is none, or several."""
        found = self._by_name.get(_plain(name), set())
        return next(iter(found)) if len(found) == 1 else None


def _of_roster(held: Update, content: bytes, places: _Places, today: dt.date) -> Read:
    book = open_book(content, held.file_name)
    found = reader.understand(
        book,
        current_unit().name,
        today,
        known_orgs=[_known(one) for one in places.known],
    )
    read = Read(workbook=refused.refused_workbook(book, found) if found.rejections else b"")
    read.faults = [Fault(one.row, one.column, one.rule, one.value) for one in found.rejections]
    read.refused_rows = {fault.row for fault in read.faults}
    existing = {node.key for node in found.organisations if node.existing}
    pack = rules.dues_pack(today)
    for accepted in found.accepted:
        read.take(_from_roster(accepted, existing, pack))
    read.filled, read.wanted = _completeness(found)
    return read


def _of_set(held: Update, content: bytes, places: _Places, today: dt.date) -> Read:
    wanted = sets.named(held.source)
    book = open_book(content, held.file_name)
    header, records = sheets.checked(book, wanted, today=today, allow_masked=False)
    read = _taken(records, wanted, places)
    read.unknown = header.unknown
    read.workbook = update_report.refused_book(book, header.row, read.faults)
    return read


def _of_master(held: Update, content: bytes, places: _Places, today: dt.date) -> Read:
    wanted = sets.named("master")
    if not held.file_name.endswith(".json"):
        return _of_set(held, content, places, today)
    checker = Checker(wanted, today=today, allow_masked=False)
    headings = {one.key: one.heading for one in wanted.fields}
    rows: list[Mapping[str, Any]] = json.loads(content)
    records = (
        checker.read(
            number,
            {headings[key]: str(value) for key, value in row.items() if key in headings and value},
        )
        for number, row in enumerate(rows, 1)
    )
    return _taken(records, wanted, places)


_SOURCES: Final = {
    UpdateKind.ROSTER: _of_roster,
    UpdateKind.SET: _of_set,
    UpdateKind.MASTER: _of_master,
}


def _taken(records: Iterable[Record], wanted: sets.ExchangeSet, places: _Places) -> Read:
    """Rows without a fault become people; the others are reported cell by cell."""
    read = Read()
    for record in records:
        read.filled += record.filled
        read.wanted += record.wanted
        row = _from_record(record, wanted, places)
        if record.faults or row is None:
            read.faults += record.faults
            read.refused_rows.add(record.row)
        else:
            read.take(row)
    return read


def _from_record(record: Record, wanted: sets.ExchangeSet, places: _Places) -> Incoming | None:
    given = record.values
    org = str(given.get("org", ""))
    org_id = places.find(str(given.get("org_uid", ""))) or places.find(org) if org else None
    if org and org_id is None:
        heading = next(one.heading for one in wanted.fields if one.key == "org")
        record.faults.append(Fault(record.row, heading, "org_unknown", org))
        return None
    if wanted.subject == "master" and not (given.get("identity") or given.get("staff_number")):
        record.faults.append(Fault(record.row, "身份证号", "missing", ""))
        return None
    filling = [one for one in wanted.fields if one.fills and one.key in given]
    return Incoming(
        row=f"{record.row}",
        name=str(given.get("name", "")),
        identity=str(given.get("identity", "")),
        staff_number=str(given.get("staff_number", "")),
        org_id=org_id,
        category=str(given.get("category", "")),
        values={
            key: value
            for one in filling
            if one.fills not in ("name", "staff_number")
            for key, value in _stored(one, given[one.key]).items()
        },
    )


def _stored(one: sets.Field, value: Any) -> dict[str, Any]:
    """A value of the set as the member's file keeps it; a professional duty says its level."""
    if one.key == ranks.LEVEL:
        return dict(ranks.told_by(str(value)))
    if one.key == "gender":
        return {one.fills: _GENDERS.get(str(value), "")}
    if one.key in _BY_LABEL and one.table is not None:
        return {one.fills: one.table.label_of(str(value))}
    return {one.fills: value}


def _from_roster(row: MemberRow, existing: set[str], pack: DuesPack) -> Incoming:
    values: dict[str, Any] = {
        "gender": _GENDERS.get(row.gender, ""),
        "birth_on": row.birth_on,
        "ethnicity": row.ethnicity,
        "education": _label("education", row.education),
        "phone": row.phone,
        "native_place": row.native_place,
    }
    if row.joined_precision == 3:
        values |= {"joined_on": row.joined_on, "full_on": row.full_on}
    return Incoming(
        row=f"{row.sheet}:{row.row}",
        name=row.name[:60],
        identity=row.identity_number,
        staff_number="",
        org_id=UUID(row.org_key) if row.org_key in existing else None,
        category="",
        values=values,
        dues=update_dues.said(row, pack),
    )


def _label(table: str, code: str) -> str:
    return codes.table(table).label_of(code)


def _completeness(found: Understanding) -> tuple[int, int]:
    """Of a roster: how many cells of what it could say about members are filled."""
    looked_at = ("gender", "birth_on", "ethnicity", "education", "joined_on", "phone")
    filled = sum(1 for row in found.accepted for key in looked_at if getattr(row, key))
    return filled, len(found.accepted) * len(looked_at)


def _known(one: KnownOrganization) -> KnownOrg:
    return KnownOrg(
        key=str(one.id),
        name=one.name,
        kind=one.kind,
        parent_key=str(one.parent_id) if one.parent_id else None,
        code=one.code,
    )


def _plain(name: str) -> str:
    return "".join(name.split()).lower()
