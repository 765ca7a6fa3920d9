"""Which unit we are in.  The database connection is the one source of truth.

A unit's role and search path are set together by ``tenants.backend``; this module only asks
and switches.  Nothing here guesses: outside a unit, asking for the unit raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django_tenants.utils import get_public_schema_name, get_tenant_model, tenant_context

from .errors import Unavailable

_db: Any = connection


class Purpose(StrEnum):
    """What a unit is entered for.  The unit's state decides what each purpose may do."""

    WORK = "work"
    """What people and jobs do day by day: may only read while the unit is read-only, and is
    refused while it is suspended."""
    KEPT_OPEN = "kept_open"
    """What a read-only unit goes on doing and writing down: signing in and out, exports, and
    the record of both.  Refused while the unit is suspended."""
    READING = "reading"
    """Looking without leaving a trace, in any state until the unit is closed: recounts,
    backups, the operator's export.  The database refuses every write."""
    SETTLING = "settling"
    """Booking money that was paid: writes in any state until the unit is closed."""


class Access(Enum):
    """What a unit in some state allows for some purpose."""

    NONE = "none"
    READ = "read"
    WRITE = "write"


class UnitNotServing(Unavailable):
    """A unit was entered for a purpose that its state does not allow."""

    code = "unit_not_serving"
    sentence = "「{unit}」当前状态为「{state}」，暂不能访问。"


class NoUnit(RuntimeError):
    """Code that belongs to a unit ran outside one: a bug, never a user's mistake."""


def in_unit() -> bool:
    return bool(_db.schema_name != get_public_schema_name())


def unit_id_in_force() -> UUID | None:
    """The id of the unit whose schema is in force; None outside one."""
    unit_id: UUID | None = getattr(_db.tenant, "id", None)  # asked for every row: one look only
    return unit_id


def current_unit_id() -> UUID:
    """The id of the unit whose schema is in force; raises NoUnit outside one."""
    unit_id = unit_id_in_force()
    if unit_id is None:
        raise NoUnit("no unit is in force on this connection")
    return unit_id


def current_unit() -> Any:
    """The unit in force itself (id, schema_name, name); raises NoUnit outside one."""
    current_unit_id()
    return _db.tenant


def may_write() -> bool:
    """Whether the unit in force takes writes for the purpose it was entered for."""
    return bool(current_unit().access is Access.WRITE)


def scope_name() -> str:
    """``shared`` or the unit's id as text: the prefix of cache keys, files and signatures."""
    return str(current_unit_id()) if in_unit() else "shared"


@contextmanager
def unit_context(unit_id: UUID, *, for_: Purpose = Purpose.WORK) -> Iterator[Any]:
    """Runs the block as the unit; an unknown unit raises before anything is read.

    ``for_`` says why: raises UnitNotServing where the unit's state does not allow it.  Where
    it allows reading only, the database refuses every write of the block, whoever sends it.
    """
    with shared_context():
        unit = get_tenant_model().objects.get(pk=unit_id)
    with entered(unit, for_=for_):
        yield unit


@contextmanager
def entered(unit: Any, *, for_: Purpose = Purpose.WORK) -> Iterator[None]:
    """``unit_context`` with a unit that has just been read."""
    if unit.access_for(for_) is Access.NONE:
        raise UnitNotServing(unit=unit.name, state=unit.shown_state)
    unit.entered_for = for_
    with ExitStack() as stack:
        if unit.access is Access.READ and _db.in_atomic_block:
            # The savepoint bears the read-only mode and gives it back when it ends.
            stack.enter_context(transaction.atomic())
        stack.enter_context(tenant_context(unit))
        yield


def enter_for(purpose: Purpose) -> None:
    """Goes on in the unit in force for another purpose.  Raises UnitNotServing."""
    unit = current_unit()
    if unit.access_for(purpose) is Access.NONE:
        raise UnitNotServing(unit=unit.name, state=unit.shown_state)
    unit.entered_for = purpose
    _db.set_tenant(unit)


def leave_unit() -> None:
    """Puts a connection that somebody forgot in a unit back on the shared tables."""
    _db.set_schema_to_public()


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
