"""The tables of a unit as the database's own catalogue describes them, and their rows as CSV.

The database writes and reads the CSV itself (COPY): exact for every type, streamed, and the same
bytes for the same rows, because rows come in the order of their keys and moments in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import chain
from typing import Any, Final

PINNED: Final = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD';"
    " SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL bytea_output = 'hex';"
    " SET LOCAL extra_float_digits = 1; SET LOCAL client_encoding = 'UTF8'"
)
"""What a value looks like as text, whatever the server or the session says."""
_BLOCK: Final = 1 << 18
# What depends on a namespace is found by an index; what lies in it only by reading all of pg_class.
_TABLES: Final = """
WITH t AS MATERIALIZED (
SELECT c.oid, c.relname
  FROM pg_namespace n
  JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
                  AND d.classid = 'pg_class'::regclass
  JOIN pg_class c ON c.oid = d.objid
 WHERE n.nspname = %s AND c.relkind = 'r'
)
"""
_COLUMNS: Final = f"""{_TABLES}
SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       coalesce(a.attnum = ANY (k.conkey), false)
  FROM t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'
 ORDER BY t.relname, a.attnum
"""
_REFERENCES: Final = f"""{_TABLES}
SELECT t.relname, b.relname, (
         SELECT string_agg(f.attname, ',') FROM pg_attribute f
          WHERE f.attrelid = k.conrelid AND f.attnum = ANY (k.conkey))
  FROM t
  JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
  JOIN pg_class b ON b.oid = k.confrelid
 ORDER BY 1, 3
"""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    is_nullable: bool
    is_key: bool


@dataclass(slots=True)
class Table:
    """A table with its columns in their order; ``references`` is column -> table."""

    name: str
    columns: list[Column] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def app(self) -> str:
        return self.name.partition("_")[0]


def of_schema(cursor: Any, schema: str) -> dict[str, Table]:
    """Every table of the schema, by name, each after those that it refers to."""
    found: dict[str, Table] = {}
    cursor.execute(_COLUMNS, [schema])
    for table, *column in cursor.fetchall():
        found.setdefault(table, Table(table)).columns.append(Column(*column))
    cursor.execute(_REFERENCES, [schema])
    for table, other, column in cursor.fetchall():
        found[table].references[column] = other
    order = TopologicalSorter(
        {name: sorted({*table.references.values()} - {name}) for name, table in found.items()}
    )
    return {name: found[name] for name in order.static_order()}


def rows_out(cursor: Any, schema: str, table: Table) -> Iterator[bytes]:
    """The rows as CSV with a heading, in blocks, ordered by key."""
    columns = ", ".join(f'"{name}"' for name in table.names)
    keys = ", ".join(f'"{column.name}"' for column in table.columns if column.is_key)
    query = f'SELECT {columns} FROM {schema}."{table.name}" ORDER BY {keys}'
    with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER true)") as copy:
        yield from _gathered(copy)


def _gathered(rows: Iterable[Any]) -> Iterator[bytes]:
    """The server sends row by row; what takes them costs by the call."""
    waiting = bytearray()
    for row in rows:
        waiting += row
        if len(waiting) >= _BLOCK:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def rows_in(cursor: Any, schema: str, table: Table, blocks: Iterable[bytes]) -> None:
    """Stores a CSV whose heading names exactly the table's columns, in their order."""
    columns = ", ".join(f'"{name}"' for name in table.names)
    with cursor.copy(
        f'COPY {schema}."{table.name}" ({columns}) FROM STDIN (FORMAT csv, HEADER match)'
    ) as copy:
        for block in blocks:
            copy.write(block)


def add_missing(cursor: Any, table: Table, blocks: Iterable[bytes]) -> None:
    """Adds those rows of a CSV to a table of ``public`` that clash with none that is there.

    What a row refers to outside the archive may be gone; such a reference is left empty.  A column
    that the table got after the archive was written has its default.
    """
    heading, rows = _headed(blocks)
    known = [column for column in table.columns if column.name in heading]
    cursor.execute(
        f'CREATE TEMPORARY TABLE arriving (LIKE public."{table.name}" INCLUDING DEFAULTS)'
        " ON COMMIT DROP"
    )
    rows_in(cursor, "pg_temp", Table("arriving", known), rows)
    for column, other in table.references.items():
        cursor.execute(
            f'UPDATE arriving SET "{column}" = NULL WHERE NOT EXISTS'
            f' (SELECT FROM public."{other}" AS kept WHERE kept.id = arriving."{column}")'
        )
    cursor.execute(
        f'INSERT INTO public."{table.name}" SELECT * FROM arriving ON CONFLICT DO NOTHING;'
        " DROP TABLE arriving"
    )


def _headed(blocks: Iterable[bytes]) -> tuple[set[str], Iterator[bytes]]:
    """The names in the heading of a CSV, and the CSV."""
    rest = iter(blocks)
    first = next(rest, b"")
    while b"\n" not in first and (more := next(rest, b"")):
        first += more
    return set(first.partition(b"\n")[0].decode().strip().split(",")), chain([first], rest)


def count(cursor: Any, schema: str, table: Table) -> int:
    cursor.execute(f'SELECT count(*) FROM {schema}."{table.name}"')
    (rows,) = cursor.fetchone()
    return int(rows)


def lock(cursor: Any, schema: str, names: Iterable[str], mode: str) -> None:
    """Holds the tables until the transaction ends."""
    listed = ", ".join(f'{schema}."{name}"' for name in sorted(names))
    cursor.execute(f"LOCK TABLE {listed} IN {mode} MODE")
