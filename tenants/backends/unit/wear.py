"""What a physical connection carries away from the units it has been in, and when it has to go.

A backend of PostgreSQL keeps what it has learnt about every table it ever touched, and nothing
short of its end makes it forget: some 12,000 units would leave gigabytes in each.  So a connection
is replaced after ``UNITS_PER_CONNECTION`` different units.  And what goes back to the pool is in
no unit: whoever takes it out and asks before saying where is refused.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from psycopg import Connection

_visited: WeakKeyDictionary[Connection[Any], set[str]] = WeakKeyDictionary()
_FORGET = (
    "CLOSE ALL; RESET ROLE; SET search_path = ''; RESET default_transaction_read_only;"
    " SELECT pg_advisory_unlock_all()"
)


def note_visit(connection: Connection[Any], schema_name: str) -> None:
    """Remembers that the connection was in the unit."""
    _visited.setdefault(connection, set()).add(schema_name)


def is_worn(connection: Connection[Any]) -> bool:
    """Whether the connection has been in as many units as one may."""
    return len(_visited.get(connection, ())) >= settings.UNITS_PER_CONNECTION


def retire(connection: Any) -> None:
    """Has the pool replace the connection when it comes back, as it does with aged ones."""
    connection._expire_at = 0.0  # noqa: SLF001 - psycopg_pool has no word for this


def forget_unit(connection: Connection[Any]) -> None:
    """Brings a connection that comes back to the pool to the state of a new one."""
    connection.autocommit = True
    connection.execute(_FORGET)
