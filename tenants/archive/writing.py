"""Writing a unit as an archive: one moment of all its tables, then its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from django.apps import apps
from psycopg import errors

from kernel.storage import ForeignFile, unit_files
from kernel.unit import Purpose, shared_context, unit_context
from tenants.archive import schema_document, sessions, tables
from tenants.archive.columns import FILE_KEYS, OPEN, STORED, Form
from tenants.archive.container import SCHEMA, Container
from tenants.archive.envelope import Writer, canonical
from tenants.archive.locks import Lock
from tenants.archive.refusals import UnitBusy, UnitWithoutData
from tenants.models import Unit

_BLOCK: Final = 1 << 18
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """What an archive holds, the SM3 of the file in hex and its size in bytes."""

    schema_step: str
    rows: int
    files: int
    digest: str
    bytes: int


def write(
    *,
    unit: Unit,
    target: BinaryIO,
    lock: Lock,
    form: Form,
    made_by: str,
    now: dt.datetime,
    progress: Progress | None = None,
) -> Written:
    """Writes the archive to ``target``, in bounded memory.

    Rows are those of one moment, whatever is written meanwhile.  A migration waits until the
    tables are read; where one is under way, or a restore, UnitBusy is raised after four seconds.
    Raises UnitWithoutData before the unit has a schema.
    """
    if not unit.schema_version:
        raise UnitWithoutData(unit=unit.name, state=unit.get_state_display())
    step = _step_of(unit)
    header = {
        "form": form.name,
        "unit": {
            "id": str(unit.id), "name": unit.name, "credit_code": unit.credit_code,
            "region_code": unit.region_code, "profile": unit.profile,
        },
        "schema_step": step,
        "made_at": now.isoformat(),
        "made_by": made_by,
        "key": lock.shown,
    }  # fmt: skip
    envelope = Writer(target, header, lock.key)
    container = Container(envelope, form=form.name, schema_step=step)
    rows = _write_tables(container, unit, form, step, progress)
    files = _write_files(container, unit, form, progress)
    container.close()
    return Written(step, rows, files, *envelope.finish())


def shared_tables() -> list[str]:
    """The shared tables whose rows of a unit belong to its backup (``travels_with_unit``)."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model, "travels_with_unit", False)
    )


def _write_tables(
    container: Container, unit: Unit, form: Form, step: str, progress: Progress | None
) -> int:
    with sessions.as_unit(unit) as cursor:
        names = set(tables.of_schema(cursor, unit.schema_name))
    with sessions.as_unit(unit) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL lock_timeout = '4s'")
        try:
            tables.lock(cursor, unit.schema_name, names, "ACCESS SHARE")
        except (errors.LockNotAvailable, errors.UndefinedTable) as busy:
            raise UnitBusy(unit=unit.name) from busy
        cursor.execute(tables.PINNED)
        found = tables.of_schema(cursor, unit.schema_name)
        if set(found) != names or _step_of(unit) != step:
            raise UnitBusy(unit=unit.name)
        shared = shared_tables() if form.name == STORED else []
        _describe(container, found, form)
        rows = 0
        for done, name in enumerate(sorted(found), start=1):
            rows += _write_table(container, cursor, unit, form, found[name])
            if progress:
                progress(done, len(found))
        for name in shared:
            table = tables.of_schema(cursor, "public")[name]
            _copy(container, f"shared/{name}.csv", cursor, "public", table)
    return rows


def _describe(container: Container, found: dict[str, tables.Table], form: Form) -> None:
    document = {
        name: schema_document.of_table(table, form.columns(table))
        for name, table in sorted(found.items())
    }
    container.add(
        SCHEMA,
        canonical({"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": document}),
    )


def _write_table(
    container: Container, cursor: Any, unit: Unit, form: Form, table: tables.Table
) -> int:
    entry = f"tables/{table.name}.csv"
    with container.entry(entry) as opened:
        stored = tables.rows_out(cursor, unit.schema_name, table)
        for block in form.outward(table, stored):
            opened.write(block)
    rows = tables.count(cursor, unit.schema_name, table)
    container.note(entry, rows=rows)
    return rows


def _copy(container: Container, entry: str, cursor: Any, schema: str, table: tables.Table) -> None:
    with container.entry(entry) as opened:
        for block in tables.rows_out(cursor, schema, table):
            opened.write(block)
    container.note(entry, rows=tables.count(cursor, schema, table))


def _write_files(container: Container, unit: Unit, form: Form, progress: Progress | None) -> int:
    prefix = f"units/{unit.id}/"
    with unit_context(unit.id, for_=Purpose.READING):
        keys = unit_files().keys()
        if form.name == OPEN:
            named = _keys_in_rows(unit)
            keys = [key for key in keys if key in named]
        for done, key in enumerate(keys, start=1):
            _write_file(container, f"files/{key.removeprefix(prefix)}", key)
            if progress:
                progress(done, len(keys))
    return len(keys)


def _write_file(container: Container, entry: str, key: str) -> None:
    try:
        with unit_files().reading(key) as stream, container.entry(entry) as opened:
            while block := stream.read(_BLOCK):
                opened.write(block)
    except ForeignFile:  # tidied away since the list was made
        return


def _keys_in_rows(unit: Unit) -> set[str]:
    found: set[str] = set()
    with sessions.as_unit(unit) as cursor:
        for table in tables.of_schema(cursor, unit.schema_name).values():
            for column in filter(FILE_KEYS.__contains__, table.names):
                cursor.execute(f'SELECT {column} FROM {unit.schema_name}."{table.name}"')
                found |= {key for (key,) in cursor.fetchall()}
    return found


@shared_context()
def _step_of(unit: Unit) -> str:
    return Unit.objects.values_list("schema_version", flat=True).get(pk=unit.pk)
