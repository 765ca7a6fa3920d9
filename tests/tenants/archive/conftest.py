"""Units that are really written: an archive has a transaction of its own and sees nothing else."""

from __future__ import annotations

import io

import pytest
from django.db import connection, connections

from kernel.actor import Actor
from kernel.clock import Month, now
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Affiliation
from tenant_apps.dues.services import billing
from tenants.archive import swap
from tenants.archive.models import Backup, Restore
from tenants.models import Transition, Unit
from tenants.services import archives, schemas
from tenants.work import QueuedWork
from tests.database import open_unit
from tests.factories.dues import make_organization, make_standard
from tests.factories.members import make_member as sealed_member

CODES = {"gamma": "91320303MA20GAMM0X", "delta": "91320303MA20DELT0X"}
ACTOR = Actor.system("备份")


@pytest.fixture
def committed(really_written, django_db_setup, django_db_blocker):
    """Everything is really written, and every unit made here is taken away again."""
    with django_db_blocker.unblock():
        before = set(Unit.objects.values_list("id", flat=True))
        yield
        connection.set_schema_to_public()
        for unit in Unit.objects.using("owner").exclude(id__in=before):
            discard(unit)
        for alias in connections:
            connections[alias].close()


def discard(unit):
    with connections["owner"].cursor() as cursor:
        swap.drop_old(cursor, unit)
    for model in (Affiliation, QueuedWork):
        model.objects.filter(unit_id=unit.id).delete()
    for model in (Restore, Backup, Transition):
        model.objects.using("owner").filter(unit_id=unit.id).delete()
    schemas.discard(unit=unit)
    Unit.objects.using("owner").filter(pk=unit.pk).delete()


@pytest.fixture
def gamma(committed):
    """A unit with a tree, sealed members, standards and bills."""
    unit = open_unit("gamma", name="伽马单位", credit_code=CODES["gamma"])
    furnish(unit)
    return unit


@pytest.fixture
def delta(committed):
    """A unit without a single row."""
    return open_unit("delta", name="德尔塔单位", credit_code=CODES["delta"])


def furnish(unit, people: int = 3):
    """A tree, sealed members (one without a phone, one with an awkward name) and their dues."""
    with unit_context(unit.id):
        branches = [make_organization(path) for path in ("00010001", "00010002")]
        for number in range(people):
            member = sealed_member(
                branches[number % 2],
                '曾,"国"\n强 ' if number == 2 else f"沈一帆{number}",
                phone=None if number == 1 else f"1390000{number:04d}",
            )
            make_standard(member)
        for month in (202610, 202611):
            billing.issue_month(month=Month(month), actor=ACTOR, now=now())


def written(unit, **options) -> bytes:
    target = io.BytesIO()
    archives.export(unit=unit, target=target, actor=ACTOR, now=now(), **options)
    return target.getvalue()


def rows_of(unit) -> dict[str, list]:
    """Every row of every table, as the database says it; the record of a restore is no part."""
    with shared_context(), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [unit.schema_name]
        )
        found = {}
        for (table,) in cursor.fetchall():
            told = " WHERE code NOT LIKE 'unit.%%'" if table == "audit_event" else ""
            cursor.execute(f"SELECT t::text FROM {unit.schema_name}.{table} t{told} ORDER BY 1", [])
            found[table] = cursor.fetchall()
        return found
