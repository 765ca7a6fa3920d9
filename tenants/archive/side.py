"""A schema built from an archive beside the one in force, and checked against the manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import DatabaseError, errors

from tenants.archive import tables
from tenants.archive.columns import Form
from tenants.archive.container import SCHEMA, digest_of
from tenants.archive.reading import Archive
from tenants.archive.refusals import ArchiveDoesNotFit, ArchiveTooNew
from tenants.models import TemplateStep
from tenants.services import replay


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: rows by table as counted in it, and the step it was brought to."""

    rows: dict[str, int]
    step: str


def build(
    cursor: Any, *, archive: Archive, form: Form, schema: str, steps: Sequence[TemplateStep]
) -> Built:
    """Replays the template up to the archive's step, fills, compares, brings up to date.

    Everything happens in the transaction of ``cursor``.  Raises ArchiveTooNew, ArchiveDoesNotFit.
    """
    names = [step.migration for step in steps]
    if archive.schema_step not in names:
        raise ArchiveTooNew(version=archive.schema_step)
    now_at = names.index(archive.schema_step) + 1
    try:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
        _replay(cursor, schema, steps[:now_at])
        cursor.execute(tables.PINNED)
        found = tables.of_schema(cursor, schema)
        _compare_shape(archive, form, found)
        for table in found.values():
            _fill(cursor, archive, form, schema, table)
        rows = {
            name: _compare(cursor, archive, form, schema, table) for name, table in found.items()
        }
        _replay(cursor, schema, steps[now_at:])
    except (
        errors.DataError,
        errors.IntegrityError,
        errors.SyntaxErrorOrAccessRuleViolation,
    ) as odd:
        raise ArchiveDoesNotFit(detail=_detail(odd)) from odd
    return Built(rows, names[-1])


def _replay(cursor: Any, schema: str, steps: Sequence[TemplateStep]) -> None:
    statements = [text for step in steps for text in replay.statements_of(step)]
    replay.send(cursor, [f"SET LOCAL search_path = {schema}", *statements])
    cursor.execute("SET LOCAL search_path = public")


def _compare_shape(archive: Archive, form: Form, found: dict[str, tables.Table]) -> None:
    """The tables and columns of the archive are exactly those of its step."""
    document = json.loads(archive.contents.read(SCHEMA))["$defs"]
    given = {name: tuple(shape["x-columns"]) for name, shape in document.items()}
    wanted = {name: form.columns(table) for name, table in found.items()}
    for name in sorted({*given, *wanted}):
        if given.get(name) != wanted.get(name):
            raise ArchiveDoesNotFit(detail=name[:60])
    entries = {f"tables/{name}.csv" for name in found}
    if entries != set(archive.contents.names("tables/")):
        raise ArchiveDoesNotFit(detail="tables")


def _fill(cursor: Any, archive: Archive, form: Form, schema: str, table: tables.Table) -> None:
    blocks = archive.contents.blocks(f"tables/{table.name}.csv")
    try:
        tables.rows_in(cursor, schema, table, form.inward(table, blocks))
    except (ValueError, IndexError) as odd:
        raise ArchiveDoesNotFit(detail=table.name) from odd


def _compare(cursor: Any, archive: Archive, form: Form, schema: str, table: tables.Table) -> int:
    """Counts the rows and reads them back: they must be the archive's, byte by byte."""
    promised = archive.contents.entries[f"tables/{table.name}.csv"]
    rows = tables.count(cursor, schema, table)
    stored = tables.rows_out(cursor, schema, table)
    digest = digest_of(form.outward(table, stored))
    if rows != promised["rows"] or digest != promised["sm3"]:
        raise ArchiveDoesNotFit(detail=table.name)
    return rows


def _detail(odd: DatabaseError) -> str:
    diagnosis = odd.diag
    return diagnosis.table_name or diagnosis.column_name or (diagnosis.sqlstate or "")
