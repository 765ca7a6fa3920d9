"""What a connection has prepared in one unit is asked of the unit it is in, with its rights."""

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.unit import shared_context, unit_context
from tenant_apps.audit.services import record
from tenants.backends.unit.prepared import prepared_cursor

CODES = "SELECT code FROM audit_event WHERE code LIKE %(like)s"


def codes(like="%"):
    with prepared_cursor() as cursor:
        cursor.execute(CODES, {"like": like})
        return [code for (code,) in cursor.fetchall()]


def test_prepared_in_one_unit_it_reads_the_rows_of_the_unit_in_force(alpha, beta):
    record("alpha.done", actor=Actor.system("test"), now=now())
    with unit_context(beta.id):
        record("beta.done", actor=Actor.system("test"), now=now())
    for _ in range(6):  # from the sixth time on the server may keep a plan for any values
        assert codes() == ["alpha.done"]
        with unit_context(beta.id):
            assert codes() == ["beta.done"]
            assert codes("alpha%") == []


def test_prepared_in_a_unit_it_reads_nothing_outside_one(alpha):
    codes()
    with shared_context(), pytest.raises(DatabaseError), transaction.atomic():
        codes()
    assert codes() == []


def test_prepared_is_what_is_asked_for_and_nothing_else(alpha):
    def prepared():
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY 1")
            return [statement for (statement,) in cursor.fetchall()]

    before = prepared()
    codes()
    codes("alpha%")
    assert set(prepared()) - set(before) <= {CODES.replace("%(like)s", "$1")}
    assert CODES.replace("%(like)s", "$1") in prepared()
