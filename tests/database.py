"""A throw-away installation: its own database, its own roles, gone afterwards."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connections, transaction

from kernel import clock
from tenants.cells.models import TakenName
from tenants.models import Unit, UnitState
from tenants.services import schemas, units

ROLES_LOCK = 20261122
CREDIT_CODES = {"alpha": "91320303MA20ALPH0C", "beta": "91320303MA20BETA0J"}


@contextmanager
def installation() -> Iterator[None]:
    """Creates the database named in the settings, installs, and drops everything at the end."""
    name = settings.DATABASES["owner"]["NAME"]
    try:
        with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
            # Roles belong to the server: two test processes must not make them at once.
            server.execute("SELECT pg_advisory_lock(%s)", [ROLES_LOCK])
            _install(server, name)
        yield
    finally:
        roles: list[str] = []
        with suppress(ProgrammingError):  # set up only half: what broke it is the error to see
            roles = list(Unit.objects.using("owner").values_list("schema_name", flat=True))
        for alias in connections:
            connections[alias].close()
        drop_database(name)
        with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
            for role in roles:
                server.execute(f"DROP ROLE IF EXISTS {role}")


def _install(server: psycopg.Connection, name: str) -> None:
    """Of the test processes of one run the first installs, and the others copy what it made."""
    if create_database(server, name):
        return
    call_command("setup", stdout=io.StringIO())
    if base := _base():
        copy_database(name, base)


def create_database(server: psycopg.Connection, name: str) -> bool:
    """A new database; whether it is a copy of what this run has installed already."""
    known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_base()]).fetchone()
    server.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{_base()}"' if known else ""))
    return bool(known)


def _base() -> str:
    return base_of(os.getppid()) if "PYTEST_XDIST_WORKER" in os.environ else ""


def base_of(run: int) -> str:
    """The database from which the test processes of a run copy; ``run`` is their parent's id."""
    return f"gongjian_test_base_{run}"


def copy_database(source: str, target: str) -> None:
    """``target`` is made anew with all that ``source`` holds; its sessions are sent off."""
    drop_database(target)
    for alias in connections:
        connections[alias].close()
    with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')


def drop_database(name: str) -> None:
    """Takes the database away, and with it the sessions that a test left behind.

    Not ``WITH (FORCE)``: it asks for the right over every session, and nobody but a superuser has
    it over a worker of autovacuum.  The plain form sends such a worker off by itself.
    """
    with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            for alias in connections:
                _send_off(name, alias)
            server.execute(f'DROP DATABASE "{name}"')


def _send_off(name: str, alias: str) -> None:
    """Ends the sessions of this way in: a login may end its own only, unless it is a superuser."""
    connections[alias].close()
    params = connections[alias].get_connection_params()
    names = ("host", "port", "user", "password")
    login = {key: params[key] for key in names if key in params}
    with psycopg.connect(**login, dbname=name, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
            [name],
        )


def filled_tables() -> set[str]:
    """The shared tables that hold a row."""
    tables = connections["owner"].introspection.django_table_names(only_existing=True)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        shared = {name for (name,) in cursor.fetchall()} & set(tables)
        asked = (f"SELECT '{t}' WHERE EXISTS (SELECT FROM public.\"{t}\")" for t in shared)
        cursor.execute(" UNION ALL ".join(asked))
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """What is written meanwhile to shared tables that are empty now is taken away at the end, and
    so are the names that units took.
    """
    before, taken = (
        filled_tables(),
        set(TakenName.objects.using("owner").values_list("pk", flat=True)),
    )
    try:
        yield
    finally:
        empty(filled_tables() - before)
        TakenName.objects.using("owner").exclude(pk__in=taken).delete()


def empty(tables: set[str]) -> None:
    """Takes the rows of these shared tables away, but for those that a row elsewhere refers to."""
    while tables:
        held = {table for table in tables if not _emptied(table)}
        if held == tables:
            return
        tables = held


def _emptied(table: str) -> bool:
    with suppress(IntegrityError), transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute(f'DELETE FROM public."{table}"')
        return True
    return False


@contextmanager
def kept_installation() -> Iterator[None]:
    """The database named in the settings, made when it is not there, brought up to date, kept."""
    name = settings.DATABASES["owner"]["NAME"]
    with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [ROLES_LOCK])
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not known.fetchone():
            server.execute(f'CREATE DATABASE "{name}"')
        call_command("setup", stdout=io.StringIO())
    yield
    for alias in connections:
        connections[alias].close()


def open_unit(label: str, *, name: str | None = None, credit_code: str | None = None) -> Unit:
    """A serving unit with an empty schema."""
    unit = units.register(
        name=name or f"{label}单位",
        label=label,
        credit_code=credit_code or CREDIT_CODES[label],
        region_code="320300",
        now=clock.now(),
    )
    schemas.provision(unit=unit)
    Unit.objects.filter(pk=unit.pk).update(state=UnitState.TRIAL)
    unit.state = UnitState.TRIAL
    return unit
