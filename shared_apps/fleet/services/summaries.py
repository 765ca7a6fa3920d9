"""A cell's summary: one line per unit, sent to the control cell, which shows them all.

What is sent is what this cell's own list of units is made of: counts, fen and moments, nothing
about a person (「平台看到了我们什么」 says so).  The control cell takes a summary whole or not
at all, never an older one after a newer one, and writes only the units that changed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel import clock, crypto
from kernel.clock import Month
from kernel.errors import Conflict, DomainError
from kernel.jobs import job
from shared_apps.fleet.models import Standing
from shared_apps.fleet.services import standings
from shared_apps.usage import selectors as usage
from tenants import selectors as units
from tenants.cells import courier, directory, faces, letters, names, registry
from tenants.cells.distant import DistantMonth, DistantStanding, DistantUnit
from tenants.models import UnitState

MONTHS: Final = 12
"""Months before this one of which dues are told, besides this one and those ahead."""
AHEAD: Final = dt.timedelta(minutes=5)
BEHIND: Final = dt.timedelta(minutes=15)
"""How far the moment of a summary may be from the control cell's clock."""
_KNOWN: Final = (
    "name", "label", "credit_code", "region_code", "bank_branch", "profile", "state",
    "created_at", "opened_at",
)  # fmt: skip
_LINE: Final = (
    "spelled", "pinyin", "initials", "organizations", "members", "activated", "storage_bytes",
    "active_at", "schema_state", "steps_behind", "errors_day", "errors_week", "difference_fen",
    "drifts", "late_works", "backed_up_at", "troubles", "score",
)  # fmt: skip
_BATCH: Final = 2000


class SummaryUntimely(Conflict):
    code = "cell_summary_clock"
    sentence = "汇总的时间 {as_of} 与总控分区相差过大，没有采用。"


class UnitOfAnotherCell(Conflict):
    code = "cell_summary_unit"
    sentence = "汇总中的单位 {unit} 属于别的分区，没有采用。"


@job()
def exchange(*, now: dt.datetime | None = None) -> None:
    """The periodic run: another cell asks for the directory and sends its summary; the control
    cell settles its own names.
    """
    moment = now or clock.now()
    if faces.is_control():
        registry.settle_own(now=moment)
        return
    directory.pull(now=moment)
    send(now=moment)


def problem() -> str:
    """What hindered the last exchange, as a code; blank when nothing did."""
    held = directory.link()
    return held.problem if held else ""


def send(*, now: dt.datetime) -> None:
    """Sends this cell's summary; what went wrong is kept for whoever looks."""
    said = summary(serial=directory.next_serial(now=now), now=now)
    try:
        courier.ask("summary", said, now=now)
    except DomainError as problem:
        directory.hindered(problem)
    else:
        directory.sent(now=now)


def summary(*, serial: int, now: dt.datetime) -> dict[str, Any]:
    """Every unit that is not closed with its line, and all names that this cell uses."""
    labels, codes = units.names_in_use()
    return {
        "serial": serial,
        "as_of": (usage.as_of(standings.WORK) or now).isoformat(),
        "made_at": now.isoformat(),
        "labels": labels,
        "codes": codes,
        "units": _entries(Month.of(clock.day_of(now))),
    }


def _entries(month: Month) -> list[dict[str, Any]]:
    lines = {line["unit_id"]: line for line in Standing.objects.values("unit_id", *_LINE)}
    paid = dict(usage.totals_by_unit().values_list("unit_id", "paid_fen"))
    months: dict[UUID, list[list[int]]] = defaultdict(list)
    for unit_id, *dues in usage.dues_by_unit(since=month - MONTHS):
        months[unit_id].append(dues)
    found = units.all_units().exclude(state=UnitState.CLOSED).order_by("pk")
    return [
        {
            "id": str(row["pk"]),
            "unit": {name: _plain(row[name]) for name in _KNOWN},
            "line": {name: _plain(lines[row["pk"]][name]) for name in _LINE},
            "paid_fen": paid.get(row["pk"], 0),
            "months": months.get(row["pk"], []),
        }
        for row in found.values("pk", *_KNOWN)
        if row["pk"] in lines
    ]


def take_in(letter: letters.Letter, *, now: dt.datetime) -> None:
    """Puts a cell's summary in the place of its last one.

    Raises CellUnlisted, SummaryReplayed, SummaryUntimely, UnitOfAnotherCell, LetterMalformed;
    then nothing has changed.
    """
    said = letter.said
    try:
        made_at = dt.datetime.fromisoformat(said["made_at"])
        as_of = dt.datetime.fromisoformat(said["as_of"])
        entries = {UUID(entry["id"]): entry for entry in said["units"]}
        serial, labels, codes = int(said["serial"]), said["labels"], said["codes"]
    except (KeyError, TypeError, ValueError) as broken:
        raise letters.LetterMalformed from broken
    if not now - BEHIND <= made_at <= now + AHEAD or as_of > now + AHEAD:
        raise SummaryUntimely(as_of=said["made_at"])
    with transaction.atomic():
        held = registry.lock_for_summary(cell=letter.cell, serial=serial)
        _require_own(letter.cell, entries)
        DistantUnit.objects.filter(cell=letter.cell).exclude(pk__in=entries).delete()
        _write(letter.cell, entries)
        conflicts = names.settle(cell=letter.cell, labels=labels, codes=codes, as_of=made_at)
        registry.took_in(held, serial=serial, as_of=as_of, conflicts=conflicts, now=now)


def _require_own(cell: str, entries: Iterable[UUID]) -> None:
    """A cell speaks for its own units only.  Raises UnitOfAnotherCell."""
    ids = list(entries)
    foreign = DistantUnit.objects.filter(pk__in=ids).exclude(cell=cell)
    here = units.every_id(ids) | set(foreign.values_list("pk", flat=True))
    if here:
        raise UnitOfAnotherCell(unit=str(min(here)))


def _write(cell: str, entries: dict[UUID, dict[str, Any]]) -> None:
    kept = dict(DistantUnit.objects.filter(cell=cell).values_list("pk", "digest"))
    digests = {pk: crypto.digest(letters.canonical(entry)) for pk, entry in entries.items()}
    moved = [pk for pk, digest in digests.items() if kept.get(pk) != digest]
    try:
        of_units = [
            DistantUnit(
                pk=pk, cell=cell, digest=digests[pk], **_fields(entries[pk]["unit"], _KNOWN)
            )
            for pk in moved
        ]
        lines = [
            DistantStanding(
                unit_id=pk, paid_fen=entries[pk]["paid_fen"], **_fields(entries[pk]["line"], _LINE)
            )
            for pk in moved
        ]
        months = [
            DistantMonth(unit_id=pk, month=month, due_fen=due, paid_fen=paid)
            for pk in moved
            for month, due, paid in entries[pk]["months"]
        ]
    except (KeyError, TypeError, ValueError) as broken:
        raise letters.LetterMalformed from broken
    _upsert(DistantUnit, of_units, "id", ["digest", *_KNOWN])
    _upsert(DistantStanding, lines, "unit", ["paid_fen", *_LINE])
    DistantMonth.objects.filter(unit_id__in=moved).delete()
    DistantMonth.objects.bulk_create(months, batch_size=_BATCH)


def _upsert(model: Any, rows: list[Any], key: str, fields: list[str]) -> None:
    model.objects.bulk_create(
        rows, batch_size=_BATCH, update_conflicts=True, unique_fields=[key], update_fields=fields
    )


def _fields(given: dict[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    return {name: _moment(given[name]) if name.endswith("_at") else given[name] for name in wanted}


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
