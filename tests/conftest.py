"""A real database per test process, with units alpha and beta opened once."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from kernel.unit import shared_context, unit_context
from tenants.models import Unit, UnitState
from tenants.services import schemas, units

CREDIT_CODES = {"alpha": "91320303MA20ALPH06", "beta": "91320303MA20BETA0G"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Creates the database, installs, opens alpha and beta; drops everything at the end."""
    name = settings.DATABASES["owner"]["NAME"]
    with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    with django_db_blocker.unblock():
        call_command("setup")
        for label in ("alpha", "beta"):
            open_unit(label)
    yield
    with django_db_blocker.unblock():
        roles = list(Unit.objects.using("owner").values_list("schema_name", flat=True))
        for alias in connections:
            connections[alias].close()
    with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        for role in roles:
            server.execute(f"DROP ROLE IF EXISTS {role}")


def open_unit(label: str) -> Unit:
    """A serving unit with an empty schema."""
    unit = units.register(
        name=f"{label}单位",
        label=label,
        credit_code=CREDIT_CODES[label],
        region_code="320300",
    )
    schemas.provision(unit=unit)
    Unit.objects.filter(pk=unit.pk).update(state=UnitState.TRIAL)
    return unit


@pytest.fixture(autouse=True)
def _leave_on_the_shared_tables():
    yield
    connection.set_schema_to_public()


@pytest.fixture
def alpha(db):
    """The unit alpha, in force on the connection."""
    with unit_context(Unit.objects.get(label="alpha").id) as unit:
        yield unit


@pytest.fixture
def beta(db):
    """The unit beta, not in force."""
    with shared_context():
        return Unit.objects.get(label="beta")
