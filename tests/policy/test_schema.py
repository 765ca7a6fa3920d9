"""The budget and the shape of a unit's schema, and the rights on shared tables."""

import pytest
from django.db import connections

from kernel.models import UnitBoundShared
from tenants.services import grants
from tenants.services.template import TEMPLATE_SCHEMA

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def ask(sql, *params):
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def names(kind, schema=TEMPLATE_SCHEMA):
    rows = ask(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind = %s",
        schema,
        kind,
    )
    return {name for (name,) in rows}


def test_a_unit_keeps_within_its_object_budget():
    assert len(names("r")) <= 60
    assert len(names("i")) <= 180
    assert names("S") == set(), "a sequence: keys are UUIDv7"
    assert names("v") | names("m") | names("f") | names("p") == set()


def test_an_empty_unit_takes_at_most_two_megabytes():
    ((size,),) = ask(
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s"
        " AND c.relkind = 'r'",
        TEMPLATE_SCHEMA,
    )
    assert size <= 2 * 1024 * 1024


def test_every_table_has_a_primary_key():
    keyed = {
        name
        for (name,) in ask(
            "SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND k.contype = 'p'",
            TEMPLATE_SCHEMA,
        )
    }
    assert names("r") == keyed


def test_foreign_keys_are_checked_at_once():
    late = ask("SELECT conname FROM pg_constraint WHERE contype = 'f' AND condeferred")
    assert late == []


def test_no_table_name_stands_in_public_and_in_a_unit():
    assert names("r") & names("r", "public") == set()


def test_nothing_crosses_schemas():
    crossing = ask(
        "SELECT conname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid"
        " JOIN pg_class b ON b.oid = k.confrelid"
        " WHERE k.contype = 'f' AND a.relnamespace <> b.relnamespace"
    )
    assert crossing == []


def test_a_unit_holds_rights_on_no_other_schema_than_its_own():
    wrong = ask(
        "SELECT grantee, table_schema, table_name FROM information_schema.role_table_grants"
        " WHERE grantee LIKE 't\\_%%' AND table_schema <> grantee"
    )
    assert wrong == []


def test_rows_of_units_in_shared_tables_are_under_row_level_security():
    bound = {m._meta.db_table for m in grants.shared_models() if issubclass(m, UnitBoundShared)}
    secured = {
        name
        for (name,) in ask(
            "SELECT relname FROM pg_class WHERE relrowsecurity"
            " AND relnamespace = 'public'::regnamespace"
        )
    }
    assert bound
    assert bound <= secured


def test_what_a_unit_may_touch_of_the_shared_tables_is_this_and_no_more():
    """Reviewed by hand: a new line here is a decision about isolation."""
    rows = ask(
        "SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type)"
        " FROM information_schema.role_table_grants"
        " WHERE grantee = %s GROUP BY 1 ORDER BY 1",
        grants.UNIT_GROUP,
    )
    declared = {
        m._meta.db_table: m.unit_access for m in grants.shared_models() if hasattr(m, "unit_access")
    }
    assert {table: set(rights.split()) for table, rights in rows} == {
        table: {right.strip() for right in rights.split(",")} for table, rights in declared.items()
    }
    unsecured = {
        m._meta.db_table
        for m in grants.shared_models()
        if getattr(m, "unit_access", "") not in {"", "SELECT"}
        and not issubclass(m, UnitBoundShared)
    }
    assert unsecured == set(), "a unit could write rows that belong to nobody"
