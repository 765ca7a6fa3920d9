"""Roles and grants.  What a unit's role may touch is decided by the models, in one place.

Two group roles hold the rights on shared tables: ``gongjian_shared`` for the platform's own
work and ``gongjian_unit``, of which every unit's role is a member.  A shared model says in
``unit_access`` what a unit may do with it (nothing when absent); rows that carry a unit are
under row-level security.  Grants name tables: ``ON ALL TABLES`` scans the whole catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction

from kernel.models import UnitBoundShared

UNIT_GROUP = "gongjian_unit"
ALL = "SELECT, INSERT, UPDATE, DELETE"
APPEND = "SELECT, INSERT"


def shared_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name not in settings.TENANT_APPS:
            yield from config.get_models(include_auto_created=True)


def unit_models() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name in settings.TENANT_APPS:
            yield from config.get_models(include_auto_created=True)


def access_of(model: type[models.Model]) -> str:
    """What the role that works with ``model`` may do: append-only tables cannot be changed."""
    return APPEND if getattr(model, "is_append_only", False) else ALL


def apply_shared() -> None:
    """Makes the group roles and sets every right on shared tables.  Idempotent."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        _make_roles(cursor)
        shared = settings.SHARED_DATABASE_ROLE
        cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {shared}, {UNIT_GROUP}")
        for model in shared_models():
            table = f'public."{model._meta.db_table}"'
            cursor.execute(f"REVOKE ALL ON {table} FROM {shared}, {UNIT_GROUP}")
            cursor.execute(f"GRANT {access_of(model)} ON {table} TO {shared}")
            unit_access = getattr(model, "unit_access", "")
            if unit_access:
                cursor.execute(f"GRANT {unit_access} ON {table} TO {UNIT_GROUP}")
            if issubclass(model, UnitBoundShared):
                _secure_rows(cursor, table, shared)
        cursor.execute(f"GRANT SELECT, INSERT ON public.django_migrations TO {shared}")


_SECURED = """
SELECT array_agg((p.polname, r.rolname, pg_get_expr(p.polqual, c.oid),
                  pg_get_expr(p.polwithcheck, c.oid))::text ORDER BY p.polname)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_roles r ON p.polroles = ARRAY[r.oid]
WHERE c.oid = to_regclass(%s) AND c.relrowsecurity
"""


def _secure_rows(cursor: Any, table: str, shared: str) -> None:
    """Does nothing where it is done: each statement here would stop all work on the table, and
    a release has nothing to stop it for.
    """
    own = "((unit_role)::text = CURRENT_USER)"
    cursor.execute(_SECURED, [table])
    if cursor.fetchone()[0] == [
        f"(all_rows,{shared},true,true)",
        f'(own_rows,{UNIT_GROUP},"{own}","{own}")',
    ]:
        return
    cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    cursor.execute(f"DROP POLICY IF EXISTS own_rows ON {table}")
    cursor.execute(
        f"CREATE POLICY own_rows ON {table} TO {UNIT_GROUP}"
        " USING (unit_role = current_user) WITH CHECK (unit_role = current_user)"
    )
    cursor.execute(f"DROP POLICY IF EXISTS all_rows ON {table}")
    cursor.execute(f"CREATE POLICY all_rows ON {table} TO {shared} USING (true) WITH CHECK (true)")


def _make_roles(cursor: Any) -> None:
    app = settings.DATABASES["default"]["USER"]
    password = settings.DATABASES["default"]["PASSWORD"]
    for name in (settings.SHARED_DATABASE_ROLE, UNIT_GROUP):
        _make_role(cursor, name, "NOLOGIN")
    _make_role(cursor, app, "LOGIN NOINHERIT", password)
    cursor.execute(f"GRANT {settings.SHARED_DATABASE_ROLE} TO {app} WITH INHERIT FALSE, SET TRUE")
    cursor.execute(f"ALTER ROLE {app} SET search_path = ''")


def _make_role(cursor: Any, name: str, kind: str, password: str = "") -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone():
        return
    cursor.execute(f"CREATE ROLE {name} {kind}")
    if password:
        cursor.execute(f"ALTER ROLE {name} PASSWORD %s", [password])
