"""Units to move through their states, and what tests ask of them."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection, connections

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import shared_context
from tenants.models import Transition, Unit, UnitState
from tenants.services.grants import unit_models
from tests.database import leaving_nothing


def operator(name: str = "顾明", *roles: str) -> Actor:
    return Actor(
        kind="person",
        name=name,
        person_id=uuid7(),
        holdings=tuple(Holding(role) for role in roles or ("operator",)),
        is_second_factor_passed=True,
    )


def put(unit: Unit, state: UnitState) -> Unit:
    """The unit in that state, without a way there."""
    with shared_context():
        Unit.objects.filter(pk=unit.pk).update(state=state)
        return Unit.objects.get(pk=unit.pk)


def fingerprint(unit: Unit) -> dict[str, str]:
    """A hash of every row of every table of the unit's schema, as the owner sees it."""
    found = {}
    with connections["owner"].cursor() as cursor:
        for model in unit_models():
            table = f'{unit.schema_name}."{model._meta.db_table}"'
            cursor.execute(
                "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                f" FROM {table} t"
            )
            found[model._meta.db_table] = cursor.fetchone()[0]
    return found


@contextmanager
def written(label: str, blocker):
    """A unit whose commits last; its rows and its state are put back by the owner."""
    with blocker.unblock(), leaving_nothing():
        connection.set_schema_to_public()
        unit = Unit.objects.get(label=label)
        before = unit.state
        try:
            yield unit
        finally:
            connection.set_schema_to_public()
            own = [f'{unit.schema_name}."{m._meta.db_table}"' for m in unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(
                    "TRUNCATE payments_channelevent, payments_orderitem, payments_order,"
                    " payments_channelconfig, payments_rejectedcallback, usage_outbox,"
                    f" people_session, {', '.join(own)} CASCADE"
                )
            Transition.objects.using("owner").filter(unit=unit).delete()
            Unit.objects.using("owner").filter(pk=unit.pk).update(state=before, closes_at=None)
            connection.close()


def as_superuser(sql: str, *values):
    """Asks the database past all roles."""
    name = settings.DATABASES["owner"]["NAME"]
    server = settings.TEST_DATABASE_SERVER.rpartition("/")[0]
    with psycopg.connect(f"{server}/{name}") as raw:
        return raw.execute(sql, values).fetchall()
