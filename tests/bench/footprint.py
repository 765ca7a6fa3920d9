"""``bench footprint``: what an empty unit costs the database.

Relations are what the catalogue and every backend carry; bytes are tables with their indexes
and TOAST.  The baseline is a tenant of plain django-tenants in the same database: the same
models made by migrations, beside auth, content types, sessions and admin.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from django.db import connections

from tenants.models import Unit
from tests.bench.plain.process import ask
from tests.database import open_unit

UNITS = 10
PLAIN = 2
_FOOTPRINT = """
SELECT count(*), count(*) FILTER (WHERE relkind = 'r'), count(*) FILTER (WHERE relkind = 'i'),
       count(*) FILTER (WHERE relkind = 'S'),
       coalesce(sum(pg_total_relation_size(oid)) FILTER (WHERE relkind = 'r'), 0)
FROM pg_class
WHERE relnamespace = %(schema)s::regnamespace OR oid IN (
    SELECT t.reltoastrelid FROM pg_class t WHERE t.relnamespace = %(schema)s::regnamespace
    UNION ALL
    SELECT x.indexrelid FROM pg_index x JOIN pg_class t ON t.reltoastrelid = x.indrelid
    WHERE t.relnamespace = %(schema)s::regnamespace
)
"""
_CATALOGUE = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class
WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
"""


def run(options: Any) -> dict[str, Any]:
    """Of one unit: relations (with TOAST), tables, indexes, sequences, bytes; catalogue bytes."""
    count = getattr(options, "units", None) or UNITS
    before = _asked(_CATALOGUE)[0]
    for number in range(count):
        open_unit(f"f{number}", credit_code=f"9132{number:014d}")
    catalogue = (_asked(_CATALOGUE)[0] - before) // count
    units = [_of(name) for name in Unit.objects.values_list("schema_name", flat=True)]
    with tempfile.TemporaryDirectory() as folder:
        seconds = ask("open", str(PLAIN), folder=Path(folder))
    plain = _of("plain_0")
    ours = units[0]
    if any(one != ours for one in units):
        raise RuntimeError("units differ from each other")
    return {
        "figures": {**ours, "catalogue_bytes": int(catalogue)},
        "baselines": {
            **{f"django_tenants_{name}": value for name, value in plain.items()},
            "django_tenants_seconds_to_create": round(statistics.median(seconds), 2),
        },
        "ratios": {
            "main": round(plain["relations"] / ours["relations"], 2),
            "bytes": round(plain["bytes"] / ours["bytes"], 2),
        },
    }


def _of(schema: str) -> dict[str, int]:
    names = ("relations", "tables", "indexes", "sequences", "bytes")
    found = _asked(_FOOTPRINT, {"schema": schema})
    return {name: int(value) for name, value in zip(names, found, strict=True)}


def _asked(sql: str, values: dict[str, str] | None = None) -> tuple[Any, ...]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, values)
        row: tuple[Any, ...] = cursor.fetchone()
    return row
