"""Shared rows of a unit that an older archive holds: columns that came later have defaults."""

from __future__ import annotations

from django.db import connection

from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people.models import Affiliation
from tenants.archive import tables

_OLD = "id,unit_id,unit_role,member_id,phone_index,identity_index,activated_at,person_id"


def test_a_row_written_before_a_column_was_there_comes_back_with_its_default(alpha):
    member = uuid7()
    row = f"{uuid7()},{alpha.id},{alpha.schema_name},{member},,\\x01,,{uuid7()}"
    csv = f"{_OLD}\n{row}\n".encode()
    with shared_context(), connection.cursor() as cursor:
        table = tables.of_schema(cursor, "public")["people_affiliation"]
        tables.add_missing(cursor, table, [csv[:10], csv[10:]])
        kept = Affiliation.objects.get(member_id=member)
    assert (kept.kind, kept.person_id) == ("MEMBER", None)
