"""``schema.json``: what the columns of each CSV mean to a program, as JSON schema (2020-12)."""

from __future__ import annotations

import re
from typing import Any, Final

from tenants.archive.columns import stored_as
from tenants.archive.tables import Column, Table

_LENGTH: Final = re.compile(r"character varying\((\d+)\)")
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "boolean": {"type": "string", "enum": ["t", "f"]},
    "date": {"type": "string", "format": "date"},
    "timestamp with time zone": {
        "type": "string",
        "pattern": r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$",
    },
    "jsonb": {"type": "string", "contentMediaType": "application/json"},
    "bytea": {"type": "string", "pattern": r"^\\x([0-9a-f]{2})*$"},
    "smallint": {"type": "string", "pattern": r"^-?\d+$"},
    "integer": {"type": "string", "pattern": r"^-?\d+$"},
    "bigint": {"type": "string", "pattern": r"^-?\d+$"},
    "text": {"type": "string"},
}


def of_table(table: Table, shown: tuple[str, ...]) -> dict[str, Any]:
    """The schema of one row; ``shown`` are the columns as they stand in the CSV.

    An unquoted empty field is null; every other value is the text that PostgreSQL writes.
    """
    stored = {column.name: column for column in table.columns}
    rows = {name: _property(name, stored) for name in shown}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": rows,
        "required": [name for name in shown if "null" not in rows[name]["type"]],
        "x-columns": list(shown),
        "x-primary-key": [column.name for column in table.columns if column.is_key],
        "x-references": dict(sorted(table.references.items())),
    }


def _property(name: str, stored: dict[str, Column]) -> dict[str, Any]:
    column = stored.get(name) or stored[stored_as(name, stored)]
    length = _LENGTH.fullmatch(column.type)
    if name not in stored:
        shape: dict[str, Any] = {"type": "string", "x-personal": True}
    elif length:
        shape = {"type": "string", "maxLength": int(length[1])}
    else:
        shape = dict(_TYPES.get(column.type, {"type": "string"}))
    shape["x-type"] = column.type
    shape["type"] = [shape["type"], "null"] if column.is_nullable else [shape["type"]]
    return shape
