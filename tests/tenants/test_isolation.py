"""The database itself refuses what a lost or wrong unit would ask."""

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.models import ForeignRow
from kernel.unit import NoUnit, current_unit_id, shared_context, unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record


def refused(sql):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


class TestARoleOfItsOwn:
    def test_cannot_read_another_units_schema(self, alpha, beta):
        refused(f"SELECT * FROM {beta.schema_name}.audit_event")

    def test_cannot_read_the_directory_of_units(self, alpha):
        refused("SELECT * FROM tenants_unit")

    def test_cannot_read_identities(self, alpha):
        refused("SELECT * FROM people_person")

    def test_cannot_change_the_record(self, alpha):
        record("thing.done", actor=Actor.system("test"), now=now())
        refused("UPDATE audit_event SET code = 'x'")
        refused("DELETE FROM audit_event")
        refused("TRUNCATE audit_event")

    def test_cannot_make_tables(self, alpha):
        refused("CREATE TABLE sneaky (id int)")

    def test_survives_a_rollback_to_a_savepoint_across_a_switch(self, alpha, beta):
        with pytest.raises(ValueError), transaction.atomic():
            with unit_context(beta.id):
                record("beta.done", actor=Actor.system("test"), now=now())
            raise ValueError
        assert list(audit.all_events()) == []
        assert current_unit_id() == alpha.id

    def test_survives_an_error_of_the_database_across_a_switch(self, alpha, beta):
        """The savepoint is rolled back although the switch back cannot be sent before it."""
        with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic(), \
                unit_context(beta.id), connection.cursor() as cursor:  # fmt: skip
            cursor.execute("SELECT * FROM no_such_table")
        record("thing.done", actor=Actor.system("test"), now=now())
        assert [event.code for event in audit.all_events()] == ["thing.done"]


class TestALostUnit:
    def test_raises_instead_of_reading_other_rows(self, db):
        with pytest.raises(NoUnit):
            list(audit.all_events())

    def test_raises_at_the_database_too(self, db):
        refused("SELECT * FROM audit_event")

    def test_of_a_missing_role_raises(self, alpha):
        connection.set_schema("t_" + "a" * 26)
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1")


class TestARowReadInOneUnit:
    def test_cannot_be_saved_in_another(self, alpha, beta):
        record("thing.done", actor=Actor.system("test"), now=now())
        event = audit.all_events().get()
        with unit_context(beta.id), pytest.raises(ForeignRow):
            event.save()

    def test_query_built_in_one_unit_does_not_run_in_another(self, alpha, beta):
        events = audit.all_events()
        with unit_context(beta.id), pytest.raises(ForeignRow):
            list(events)

    def test_is_invisible_to_another(self, alpha, beta):
        record("thing.done", actor=Actor.system("test"), now=now())
        with unit_context(beta.id):
            assert list(audit.all_events()) == []

    def test_with_statement_of_django_tenants_is_banned(self, alpha):
        with pytest.raises(RuntimeError), alpha:
            pass


def test_shared_context_comes_back_to_the_unit(alpha):
    with shared_context(), pytest.raises(NoUnit):
        current_unit_id()
    assert current_unit_id() == alpha.id
