"""What the database itself refuses, whatever Python does: every table, role, verb and trick.

Each probe runs as the role in question inside a transaction of the owner that is rolled back, so
a control can be taken away by a statement before the probe and is back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

from kernel.models import UnitBoundShared, uuid7
from tenants.models import Unit
from tenants.services import grants
from tests.isolation.findings import Findings

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
Cursor = Any
DENIED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)


@contextmanager
def owner_transaction(*roles: str) -> Iterator[Cursor]:
    """The owner's own session, which may become ``roles``; nothing done in it stays.

    An owner that is no superuser administers the roles it made but is none of them.
    """
    with session_of("owner") as session, session.cursor() as cursor:
        for role in roles:
            cursor.execute(f"GRANT {role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE")
        yield cursor


@contextmanager
def session_of(alias: str) -> Iterator[Any]:
    """A session with the login of one of the two ways in, outside Django, rolled back."""
    params = connections[alias].get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{name: params[name] for name in names if name in params}) as session:
        try:
            yield session
        finally:
            session.rollback()


def statement(verb: str, table: str, column: str = "id") -> str:
    """The least that asks for the right; privileges are looked at before anything is done."""
    return {
        "SELECT": f"SELECT 1 FROM {table} LIMIT 1",
        "INSERT": f"INSERT INTO {table} DEFAULT VALUES",
        "UPDATE": f'UPDATE {table} SET "{column}" = "{column}"',
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table}",
    }[verb]


def tries(cursor: Cursor, role: str, *statements: str) -> BaseException | None:
    """Runs the statements as the role and undoes them; what was raised, or nothing."""
    cursor.execute("SAVEPOINT try")
    try:
        cursor.execute(f"SET LOCAL ROLE {role}")
        for sql in statements:
            cursor.execute(sql)
    except psycopg.Error as error:
        return error
    else:
        return None
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT try")


def denied(found: Findings, kind: str, cursor: Cursor, role: str, *statements: str) -> None:
    error = tries(cursor, role, *statements)
    found.cell(kind, isinstance(error, DENIED), role, statements[-1], error)


def allowed(found: Findings, kind: str, cursor: Cursor, role: str, *statements: str) -> None:
    error = tries(cursor, role, *statements)
    is_open = "permission denied" not in str(error)
    found.cell(kind, is_open, role, statements[-1], error)


def tables_of_units(cursor: Cursor, us: Unit, them: Unit, found: Findings) -> None:
    """Another unit's tables: denied for every verb, spelt out or along the path; own ones open."""
    shared = settings.SHARED_DATABASE_ROLE
    for model in grants.unit_models():
        table, column = model._meta.db_table, model._meta.pk.column
        for verb in VERBS:
            full = statement(verb, f'{them.schema_name}."{table}"', column)
            short = statement(verb, f'"{table}"', column)
            path = f"SET LOCAL search_path = {them.schema_name}"
            both = f"SET LOCAL search_path = {us.schema_name}, {them.schema_name}, public"
            denied(found, "another unit", cursor, us.schema_name, full)
            denied(found, "tampered path", cursor, us.schema_name, path, short)
            denied(found, "shared role", cursor, shared, full)
            denied(found, "shared role, path", cursor, shared, path, short)
            own = statement(verb, f'{us.schema_name}."{table}"', column)
            is_own = verb in grants.access_of(model).split(", ")
            (allowed if is_own else denied)(found, "own", cursor, us.schema_name, own)
            if is_own:
                allowed(found, "own first", cursor, us.schema_name, both, own)


def shared_tables(cursor: Cursor, us: Unit, them: Unit, found: Findings) -> None:
    """The platform's tables: a unit may do what the model says, and no verb more."""
    for model in grants.shared_models():
        table, column = f'public."{model._meta.db_table}"', model._meta.pk.column
        granted = getattr(model, "unit_access", "").split(", ")
        for verb in VERBS:
            sql = statement(verb, table, column)
            act = allowed if verb in granted else denied
            act(found, "platform's table", cursor, us.schema_name, sql)


def rows_of_units(cursor: Cursor, us: Unit, them: Unit, found: Findings) -> None:
    """Row-level security on every shared table with units' rows, for every verb."""
    for model in grants.shared_models():
        if not issubclass(model, UnitBoundShared):
            continue
        name = model._meta.db_table
        cursor.execute("SAVEPOINT rows")
        try:
            _rows_of(cursor, us, them, found, name)
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT rows")


def _rows_of(cursor: Cursor, us: Unit, them: Unit, found: Findings, name: str) -> None:
    """One row of each unit; all verbs are granted first, so that only the policy stands."""
    table = f'public."{name}"'
    _loosen(cursor, name)
    for unit in (us, them):
        _add(cursor, table, unit)
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {us.schema_name}")
    role, foreign = us.schema_name, f"unit_role = '{them.schema_name}'"
    counts = {
        "SELECT": f"SELECT 1 FROM {table} WHERE {foreign}",
        "UPDATE": f"UPDATE {table} SET unit_role = unit_role WHERE {foreign}",
        "DELETE": f"DELETE FROM {table} WHERE {foreign}",
    }
    for verb, sql in counts.items():
        own = sql.replace(them.schema_name, us.schema_name)
        found.cell(f"rows, {verb}", _touched(cursor, role, sql) == 0, name, sql)
        found.cell(f"rows, own {verb}", _touched(cursor, role, own) > 0, name, own)
    insert = f"INSERT INTO {table} (id, unit_id, unit_role) VALUES ('{uuid7()}', '{{}}', '{{}}')"
    denied(found, "rows, INSERT", cursor, role, insert.format(them.pk, them.schema_name))
    allowed(found, "rows, own INSERT", cursor, role, insert.format(us.pk, us.schema_name))
    stolen = f"UPDATE {table} SET unit_role = '{them.schema_name}'"
    denied(found, "rows, give away", cursor, role, stolen)


def _loosen(cursor: Cursor, name: str) -> None:
    """Takes every constraint but the policy off the table, inside the transaction."""
    table = f'public."{name}"'
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype <> 'n'"
        " ORDER BY contype = 'p'",
        [table],
    )
    for (constraint,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}" CASCADE')
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND attnotnull AND NOT attisdropped",
        [table],
    )
    for (column,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" DROP NOT NULL')


def _add(cursor: Cursor, table: str, unit: Unit) -> None:
    cursor.execute(
        f"INSERT INTO {table} (id, unit_id, unit_role) VALUES (%s, %s, %s)",
        [uuid7(), unit.pk, unit.schema_name],
    )


def _touched(cursor: Cursor, role: str, sql: str) -> int:
    cursor.execute("SAVEPOINT touch")
    try:
        cursor.execute(f"SET LOCAL ROLE {role}")
        cursor.execute(sql)
    except DENIED:
        return 0
    else:
        return int(cursor.rowcount)
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT touch")


def making_things(cursor: Cursor, us: Unit, them: Unit, found: Findings) -> None:
    """Nobody who serves requests makes or changes anything in any schema."""
    schemas = (us.schema_name, them.schema_name, "public")
    things = ("TABLE {}.sneaky (id int)", "VIEW {}.sneaky AS SELECT 1",
              "FUNCTION {}.sneaky() RETURNS int LANGUAGE sql AS 'SELECT 1'",
              "SEQUENCE {}.sneaky", "TYPE {}.sneaky AS (a int)")  # fmt: skip
    for role in (
        us.schema_name,
        settings.SHARED_DATABASE_ROLE,
        settings.DATABASES["default"]["USER"],
    ):
        for schema in schemas:
            for thing in things:
                denied(found, "making", cursor, role, f"CREATE {thing.format(schema)}")
        denied(found, "making", cursor, role, "CREATE SCHEMA sneaky")
        denied(found, "making", cursor, role, "CREATE ROLE sneaky")


def role_games(cursor: Cursor, us: Unit, them: Unit, found: Findings) -> None:
    """A unit's role cannot become another one.

    The login role can: it is a member of every unit's role, or it could not serve them.  So the
    wall holds against wrong code and wrong paths; a second statement smuggled into a query is
    held off by parameters, which is why raw SQL is banned outside reviewed modules.
    """
    for game in (
        f"SET ROLE {them.schema_name}",
        f"SELECT set_config('role', '{them.schema_name}', true)",
        f"GRANT {them.schema_name} TO {us.schema_name}",
        f"SET SESSION AUTHORIZATION {them.schema_name}",
    ):
        is_known = game.startswith(("SET ROLE", "SELECT set_config"))
        error = _as_login(us.schema_name, game)
        found.cell("role games", (error is None) == is_known, game, error)
    for role in (us.schema_name, them.schema_name):
        cursor.execute(
            "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
            " JOIN pg_roles g ON g.oid = m.member WHERE g.rolname = %s",
            [role],
        )
        groups = {name for (name,) in cursor.fetchall()}
        found.cell("memberships", groups <= {grants.UNIT_GROUP}, role, groups)
        cursor.execute(
            "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls"
            " FROM pg_roles WHERE rolname = %s",
            [role],
        )
        found.cell("memberships", not any(cursor.fetchone()), role)


def _as_login(role: str, game: str) -> BaseException | None:
    """In a session of the login role that has put itself into a unit, as requests do."""
    with session_of("default") as session, session.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        try:
            cursor.execute(game)
        except psycopg.Error as error:
            return error
    return None


FOREIGN_GRANTS = """
SELECT n.nspname, c.relname, a.grantee::regrole::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL aclexplode(c.relacl) a
WHERE n.nspname ~ '^t_[a-z2-7]{26}$' AND a.grantee <> c.relowner
  AND (a.grantee = 0 OR a.grantee <> to_regrole(n.nspname))
UNION ALL
SELECT n.nspname, '', a.grantee::regrole::text
FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
WHERE n.nspname ~ '^t_[a-z2-7]{26}$' AND a.grantee <> n.nspowner
  AND (a.grantee = 0 OR a.grantee <> to_regrole(n.nspname))
"""


def foreign_grants(cursor: Cursor, us: Unit, them: Unit, found: Findings) -> None:
    """Proof over all schemas: no role but the unit's own holds a right in a unit's schema."""
    cursor.execute(FOREIGN_GRANTS)
    rows = cursor.fetchall()
    found.cell("grants", not rows, rows[:3])
    cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname ~ '^t_[a-z2-7]{26}$'")
    found.cell("grants", cursor.fetchone()[0] >= 2, "no schemas of units were seen")
    cursor.execute(
        "SELECT a.privilege_type FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a"
        " WHERE n.nspname = 'public' AND a.grantee = 0"
    )
    found.cell("grants", not cursor.fetchall(), "PUBLIC may use the schema public")
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND relname = ANY (SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace)",
        [them.schema_name],
    )
    found.cell("grants", not cursor.fetchall(), "a table of units exists in public too")


Probe = Callable[[Cursor, Unit, Unit, Findings], None]
PROBES: tuple[Probe, ...] = (
    tables_of_units,
    shared_tables,
    rows_of_units,
    making_things,
    role_games,
    foreign_grants,
)
