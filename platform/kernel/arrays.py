"""A set of rows as one text per column, for ``INSERT … SELECT … FROM unnest(…)``.

Joining text is a hundred times cheaper than adapting lists value by value, which for a roster of
80,000 is the difference between one second of processor time and eight.  COPY would be cheaper
still, but knows neither row-level security nor ON CONFLICT.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Field, Model

NULL: Final = "\x1e"
"""What stands for a missing value, except of a text, which is then empty."""
_END: Final = "\x1f"
_AS_TEXT: Final = {"text": "coalesce({0}, '') AS {0}", "bytea": "decode({0}, 'hex') AS {0}"}


def unnested(columns: Mapping[str, str], *, name: str = "made") -> str:
    """The SQL that reads the columns (name -> type) of ``joined`` back as rows.

    A single empty text is an empty array to string_to_array, hence coalesce.
    """
    arrays = ", ".join(
        "string_to_array(%s, chr(31), chr(30))" + ("" if kind in _AS_TEXT else f"::{kind}[]")
        for kind in columns.values()
    )
    picked = ", ".join(
        _AS_TEXT[kind].format(column) if kind in _AS_TEXT else column
        for column, kind in columns.items()
    )
    return f"(SELECT {picked} FROM unnest({arrays}) AS sent({', '.join(columns)})) AS {name}"


def joined(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """One text per column; the rows must all be of one width, and there must be one."""
    return [_column(column) for column in zip(*rows, strict=True)]


def insert(rows: Sequence[Model]) -> None:
    """Adds new rows of one table in one statement, for a fifth of what ``bulk_create`` costs.

    Every field holds its value when this is called: the database fills nothing in.
    """
    if not rows:
        return
    fields = rows[0]._meta.concrete_fields
    kinds = {str(field.column): _kind_of(field) for field in fields}
    columns = [_written([getattr(row, field.attname) for row in rows], field) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {rows[0]._meta.db_table} ({', '.join(kinds)})"
            f" SELECT made.* FROM {unnested(kinds)}",
            columns,
        )
    for row in rows:
        row._state.adding = False


def _kind_of(field: Field[Any, Any]) -> str:
    declared = str(field.db_type(connection)).partition("(")[0]
    return "text" if declared == "varchar" else declared


def _written(values: Sequence[Any], field: Field[Any, Any]) -> str:
    write = _WRITE[_kind_of(field)]
    return _column([NULL if value is None else write(value) for value in values])


def day(value: dt.date | None) -> str:
    return value.isoformat() if value else NULL


def octets(value: bytes | None) -> str:
    """Without a backslash, which would have every other one of the text escaped on its way."""
    return value.hex() if value is not None else NULL


def _column(values: Sequence[str]) -> str:
    """The values one after the other; a control character in a value is taken out of it."""
    text = _END.join(values)
    if text.count(_END) == len(values) - 1:
        return text
    return _END.join(value.replace(_END, "") for value in values)


_WRITE: Final[Mapping[str, Callable[[Any], str]]] = {
    "uuid": lambda value: str(value.hex),
    "text": str,
    "smallint": str,
    "integer": str,
    "bigint": str,
    "jsonb": lambda value: json.dumps(value, ensure_ascii=False),
    "timestamp with time zone": dt.datetime.isoformat,
}
