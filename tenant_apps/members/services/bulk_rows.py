"""Writing many rows in one statement, whatever each row says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Model

from kernel import arrays

_JSON: Final = "jsonb"


def store(rows: Sequence[Model], columns: Sequence[str]) -> None:
    """One ``UPDATE … FROM`` for all: a hundred times cheaper than a case per row and column."""
    if not rows:
        return
    model = type(rows[0])
    kinds = {"id": "uuid", **{name: _kind_of(model, name) for name in columns}}
    values = [
        (one.pk.hex, *(_as_text(getattr(one, name), kinds[name]) for name in columns))
        for one in rows
    ]
    sets = ", ".join(f"{name} = made.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} AS here SET {sets} "
            f"FROM {arrays.unnested(kinds)} WHERE here.id = made.id",
            arrays.joined(values),
        )


def insert(rows: Sequence[Model]) -> None:
    """One ``INSERT … SELECT`` for all; what the rows do not say has its default already."""
    if not rows:
        return
    model = type(rows[0])
    names = [field.attname for field in model._meta.concrete_fields]
    kinds = {name: _kind_of(model, name) for name in names}
    values = [tuple(_as_text(getattr(one, name), kinds[name]) for name in names) for one in rows]
    quoted = {f'"{name}"': kind for name, kind in kinds.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(quoted)}) "
            f"SELECT made.* FROM {arrays.unnested(quoted)}",
            arrays.joined(values),
        )


def _kind_of(model: type[Model], name: str) -> str:
    """The type of a column, every text being one."""
    found = model._meta.get_field(name).db_type(connection) or "text"
    return "text" if found.startswith("varchar") else found


def _as_text(value: Any, kind: str) -> str:
    if value is None:
        return "" if kind == "text" else arrays.NULL
    if kind == "bytea":
        return arrays.octets(bytes(value))
    if kind == _JSON:
        return json.dumps(value, ensure_ascii=False)
    return str(value)
