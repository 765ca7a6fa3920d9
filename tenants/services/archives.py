"""A unit becomes a file and a file becomes a unit: export, verify, restore, import.

Everything that changes something does so in one transaction of the owner, so that a process that
is killed, a full disk or a broken file leaves exactly what was there.
"""

from __future__ import annotations

import datetime as dt
import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from psycopg import errors

from kernel.actor import Actor
from kernel.storage import unit_files
from kernel.unit import Purpose, shared_context, unit_context
from tenants.archive import listeners, reading, sessions, side, swap, tables, writing
from tenants.archive.columns import OPEN, STORED, Form
from tenants.archive.locks import Lock, for_unit
from tenants.archive.reading import Archive
from tenants.archive.refusals import (
    ArchiveNeedsPassphrase,
    ArchiveOfAnotherUnit,
    NoRoom,
    UnitNotEmpty,
    UnitWithoutData,
)
from tenants.models import Unit
from tenants.services import schemas

_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back; ``step_before`` is the template step of what was in force before."""

    rows: dict[str, int]
    files: int
    step: str
    step_before: str
    digest: str


OnSwap = Callable[[Any, Restored], None]
"""Writes to rows of its own in the transaction of the exchange."""


def export(
    *,
    unit: Unit,
    target: BinaryIO,
    actor: Actor,
    now: dt.datetime,
    lock: Lock | None = None,
    progress: writing.Progress | None = None,
) -> writing.Written:
    """Writes the unit to ``target``: as a backup of this platform, or, with a ``lock`` made of a
    passphrase, as a full export that can be read elsewhere.

    Raises UnitWithoutData, UnitBusy, NoRoom.
    """
    with shared_context(), enough_room():
        return writing.write(
            unit=unit,
            target=target,
            lock=lock or for_unit(unit.id),
            form=Form.of(OPEN if lock else STORED, unit.id),
            made_by=actor.name,
            now=now,
            progress=progress,
        )


def restore(
    *,
    unit: Unit,
    source: BinaryIO,
    actor: Actor,
    now: dt.datetime,
    passphrase: str = "",
    on_swap: OnSwap | None = None,
) -> Restored:
    """Brings the unit back to the archive: builds beside, compares, exchanges.

    What was in force is kept for seven days (``undo``).  Files and sign-ins of members are only
    added, never taken away, so that both versions find theirs.  Money is not turned back: orders
    are the platform's own record, and what was paid after the archive shows as a difference in
    the unit's checks of accounts.

    Raises ArchiveOfAnotherUnit, UnitBusy, UnitWithoutData, and whatever is wrong with the file.
    """
    with shared_context(), reading.opened(source, passphrase=passphrase) as archive:
        if archive.unit_id != unit.id:
            raise ArchiveOfAnotherUnit(name=archive.unit_name, unit=unit.name)
        with enough_room(), sessions.as_owner() as cursor:
            swap.reserve(cursor, unit)
            built = _build(cursor, archive, unit)
            files = _put_files_back(archive, unit)
            before = swap.put_in_force(cursor, unit, step=built.step)
            _add_shared_rows(cursor, archive)
            restored = Restored(built.rows, files, built.step, before, archive.digest)
            if on_swap:
                on_swap(cursor, restored)
        _tell("unit.restored", unit, archive.made_at, sum(built.rows.values()), actor, now)
    return restored


def undo(
    *, unit: Unit, step: str, actor: Actor, now: dt.datetime, on_swap: Callable[[Any], None]
) -> None:
    """Puts back what was in force before the last restore, as far as the template has come.

    ``step`` is the step at which it was left.  Raises NothingToUndo, UnitBusy, UnitWithoutData.
    """
    with shared_context(), enough_room(), sessions.as_owner() as cursor:
        swap.reserve(cursor, unit)
        swap.put_back(cursor, unit, step=step)
        on_swap(cursor)
    unit.schema_version = step
    schemas.upgrade(unit=unit)
    with shared_context():
        _tell("unit.restore_undone", unit, now.isoformat(), 0, actor, now)


def take_in(
    *,
    unit: Unit,
    source: BinaryIO,
    actor: Actor,
    now: dt.datetime,
    passphrase: str = "",
    trusted: str = "",
) -> Restored:
    """Fills a unit that has no rows yet from the full export of a unit, of this platform or of
    the one whose public key is ``trusted``.  Personal data is sealed under the new unit's keys.

    Raises UnitNotEmpty, ArchiveNeedsPassphrase, and whatever is wrong with the file.
    """
    with shared_context():
        if not unit.schema_version:
            raise UnitWithoutData(unit=unit.name, state=unit.get_state_display())
        with reading.opened(source, passphrase=passphrase, trusted=trusted) as archive:
            if archive.form != OPEN:
                raise ArchiveNeedsPassphrase
            with enough_room(), sessions.as_owner() as cursor:
                swap.reserve(cursor, unit)
                built = _build(cursor, archive, unit)
                before = swap.put_in_force(cursor, unit, step=built.step)
                if not swap.is_empty(cursor, swap.old_name(unit)):
                    raise UnitNotEmpty(unit=unit.name)
                swap.drop_old(cursor, unit)
                files = _put_files_back(archive, unit)
            _tell("unit.imported", unit, archive.made_at, sum(built.rows.values()), actor, now)
            return Restored(built.rows, files, built.step, before, archive.digest)


def rehearse(*, unit: Unit, source: BinaryIO) -> dict[str, int]:
    """Restores into a side schema, compares counts and digests, and leaves nothing behind.

    Returns the rows by table.  Raises what a restore would raise.
    """
    with shared_context(), reading.opened(source) as archive:
        if archive.unit_id != unit.id:
            raise ArchiveOfAnotherUnit(name=archive.unit_name, unit=unit.name)
        with enough_room(), sessions.as_owner(keeps=False) as cursor:
            swap.reserve(cursor, unit)
            return _build(cursor, archive, unit).rows


@contextmanager
def enough_room() -> Iterator[None]:
    """A disk that is full becomes NoRoom, be it that of the files or that of the database."""
    try:
        yield
    except errors.DiskFull as full:
        raise NoRoom from full
    except OSError as failed:
        if failed.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoom from failed
        raise


def _build(cursor: Any, archive: Archive, unit: Unit) -> side.Built:
    return side.build(
        cursor,
        archive=archive,
        form=Form.of(archive.form, unit.id),
        schema=swap.side_name(unit),
        steps=schemas.template_steps(),
    )


def _put_files_back(archive: Archive, unit: Unit) -> int:
    """Stores the files that are not there; returns how many."""
    with unit_context(unit.id, for_=Purpose.READING):
        files = unit_files()
        return sum(
            files.put_back(
                f"units/{unit.id}/{name.removeprefix('files/')}",
                archive.contents.stream(name),
            )
            for name in archive.contents.names("files/")
        )


def _add_shared_rows(cursor: Any, archive: Archive) -> None:
    """Adds the unit's rows of shared tables that are missing; those that are there stay."""
    for name in writing.shared_tables():
        entry = f"shared/{name}.csv"
        if entry in archive.contents.entries:
            table = tables.of_schema(cursor, "public")[name]
            tables.add_missing(cursor, table, archive.contents.blocks(entry))


def _tell(code: str, unit: Unit, made_at: str, rows: int, actor: Actor, now: dt.datetime) -> None:
    listeners.tell(listeners.Replaced(unit.id, code, made_at, rows, actor, now))
