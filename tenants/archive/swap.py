"""Exchanging a schema that was built beside with the one in force, in one transaction.

The unit's schema keeps its name; what was there is kept as ``…_old`` for KEPT_DAYS and can be
exchanged back.  Work in progress on the unit ends first: its tables are locked before the names
change, and where that takes longer than four seconds nothing happens.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg import errors

from tenants.archive import tables
from tenants.archive.refusals import NothingToUndo, UnitBusy, UnitWithoutData
from tenants.models import Unit, UnitState
from tenants.services import grants

KEPT_DAYS: Final = 7
_CLOSED_TO_RESTORES: Final = (UnitState.CLOSING, UnitState.CLOSED)


def side_name(unit: Unit) -> str:
    return f"{unit.schema_name}_new"


def old_name(unit: Unit) -> str:
    return f"{unit.schema_name}_old"


def reserve(cursor: Any, unit: Unit) -> None:
    """One restore of a unit at a time; raises UnitBusy."""
    cursor.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"restore {unit.id}"]
    )
    if not cursor.fetchone()[0]:
        raise UnitBusy(unit=unit.name)


def put_in_force(cursor: Any, unit: Unit, *, step: str) -> str:
    """The built schema becomes the unit's; returns the step of the one that was in force.

    Raises UnitBusy, and UnitWithoutData when the unit has begun to close meanwhile.
    """
    state, was = _hold(cursor, unit)
    if state in _CLOSED_TO_RESTORES or not was:
        raise UnitWithoutData(unit=unit.name, state=UnitState(state).label)
    cursor.execute(f"DROP SCHEMA IF EXISTS {old_name(unit)} CASCADE")
    _exchange(cursor, unit, side_name(unit))
    _mark(cursor, unit, step)
    return was


def put_back(cursor: Any, unit: Unit, *, step: str) -> str:
    """What was in force before becomes it again, and the other one is kept in its place.

    Raises UnitBusy, NothingToUndo, and UnitWithoutData when the unit has begun to close.
    """
    if not tables.of_schema(cursor, old_name(unit)):
        raise NothingToUndo
    state, was = _hold(cursor, unit)
    if state in _CLOSED_TO_RESTORES:
        raise UnitWithoutData(unit=unit.name, state=UnitState(state).label)
    cursor.execute(f"ALTER SCHEMA {old_name(unit)} RENAME TO {side_name(unit)}")
    _exchange(cursor, unit, side_name(unit))
    _mark(cursor, unit, step)
    return was


def drop_old(cursor: Any, unit: Unit) -> None:
    cursor.execute(f"DROP SCHEMA IF EXISTS {old_name(unit)} CASCADE")


def is_empty(cursor: Any, schema: str) -> bool:
    found = tables.of_schema(cursor, schema)
    return not any(tables.count(cursor, schema, table) for table in found.values())


def _hold(cursor: Any, unit: Unit) -> tuple[str, str]:
    """Locks the unit's row and tables; nobody changes state, schema or rows from here on."""
    cursor.execute("SET LOCAL lock_timeout = '4s'")
    try:
        cursor.execute(
            "SELECT state, schema_version FROM public.tenants_unit WHERE id = %s FOR UPDATE",
            [unit.id],
        )
        state, version = cursor.fetchone()
        names = tables.of_schema(cursor, unit.schema_name)
        if names:
            tables.lock(cursor, unit.schema_name, names, "ACCESS EXCLUSIVE")
    except (errors.LockNotAvailable, errors.DeadlockDetected) as busy:
        raise UnitBusy(unit=unit.name) from busy
    return state, version


def _exchange(cursor: Any, unit: Unit, side: str) -> None:
    name, old = unit.schema_name, old_name(unit)
    cursor.execute(f"ALTER SCHEMA {name} RENAME TO {old}")
    for table in tables.of_schema(cursor, old):
        cursor.execute(f'REVOKE ALL ON {old}."{table}" FROM {name}')
    cursor.execute(f"REVOKE ALL ON SCHEMA {old} FROM {name}")
    cursor.execute(f"ALTER SCHEMA {side} RENAME TO {name}")
    cursor.execute(f"GRANT USAGE ON SCHEMA {name} TO {name}")
    there = tables.of_schema(cursor, name)
    for model in grants.unit_models():
        if model._meta.db_table in there:
            access = grants.access_of(model)
            cursor.execute(f'GRANT {access} ON {name}."{model._meta.db_table}" TO {name}')


def _mark(cursor: Any, unit: Unit, step: str) -> None:
    cursor.execute(
        "UPDATE public.tenants_unit SET schema_version = %s WHERE id = %s", [step, unit.id]
    )
