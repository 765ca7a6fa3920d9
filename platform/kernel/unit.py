"""Which unit we are in.  The database connection is the one source of truth.

A unit's role and search path are set together by ``tenants.backend``; this module only asks
and switches.  Nothing here guesses: outside a unit, asking for the unit raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from django_tenants.utils import get_public_schema_name, get_tenant_model, tenant_context

_db: Any = connection


class NoUnit(RuntimeError):
    """Code that belongs to a unit ran outside one: a bug, never a user's mistake."""


def in_unit() -> bool:
    return bool(_db.schema_name != get_public_schema_name())


def current_unit_id() -> UUID:
    """The id of the unit whose schema is in force; raises NoUnit outside one."""
    if not in_unit():
        raise NoUnit("no unit is in force on this connection")
    unit_id: UUID = _db.tenant.id
    return unit_id


def current_unit() -> Any:
    """The unit in force itself (id, schema_name, name); raises NoUnit outside one."""
    current_unit_id()
    return _db.tenant


def scope_name() -> str:
    """``shared`` or the unit's id as text: the prefix of cache keys, files and signatures."""
    return str(current_unit_id()) if in_unit() else "shared"


@contextmanager
def unit_context(unit_id: UUID) -> Iterator[Any]:
    """Runs the block as the unit; an unknown unit raises before anything is read."""
    with shared_context():
        unit = get_tenant_model().objects.get(pk=unit_id)
    with tenant_context(unit):
        yield unit


@contextmanager
def shared_context() -> Iterator[None]:
    """Runs the block on the shared tables only."""
    if not in_unit():
        yield
        return
    previous = _db.tenant
    _db.set_schema_to_public()
    try:
        yield
    finally:
        _db.set_tenant(previous)
