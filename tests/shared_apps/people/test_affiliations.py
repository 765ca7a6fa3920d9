"""Which phones belong to which members: set-based, repeatable, blind to other units."""

import pytest

from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import Affiliation
from shared_apps.people.services import affiliations
from tests.factories.people import affiliate, make_administrator

pytestmark = pytest.mark.django_db
IDENTITY = "320300199001011234"


def rows():
    with shared_context():
        return {row.member_id: row for row in Affiliation.objects.all()}


class TestRecord:
    def test_keeps_neither_phone_nor_identity_number_in_the_clear(self, alpha):
        affiliate(alpha, uuid7())
        ((_, row),) = rows().items()
        stored = bytes(row.phone_index) + bytes(row.identity_index)
        assert b"13800000002" not in stored
        assert IDENTITY.encode() not in stored
        assert (row.unit_id, row.unit_role) == (alpha.id, alpha.schema_name)

    def test_twice_changes_nothing(self, alpha):
        member = uuid7()
        affiliate(alpha, member)
        first = rows()[member].id
        affiliate(alpha, member)
        assert [row.id for row in rows().values()] == [first]

    def test_takes_thousands_in_a_few_statements(self, alpha, django_assert_max_num_queries):
        made = [(uuid7(), None, f"{number:018d}") for number in range(12_000)]
        with django_assert_max_num_queries(8):
            affiliations.record(unit_id=alpha.id, unit_role=alpha.schema_name, rows=made)
        assert len(rows()) == 12_000

    def test_a_changed_phone_takes_the_sign_in_away_from_the_old_one(self, alpha):
        member, ada = uuid7(), make_administrator()
        affiliate(alpha, member, phone="13900000001")
        with shared_context():
            Affiliation.objects.update(person=ada)
        affiliate(alpha, member, phone="13900000001")
        assert rows()[member].person_id == ada.id
        affiliate(alpha, member, phone="13900000009")
        assert rows()[member].person_id is None

    def test_never_touches_a_member_of_another_unit(self, alpha, beta):
        member = uuid7()
        affiliate(alpha, member)
        affiliate(beta, member, phone="13900000009")
        assert rows()[member].unit_id == alpha.id
        assert len(selectors.choices_of_phone(bytes(rows()[member].phone_index), unit_id=None)) == 1


class TestKnownElsewhere:
    def test_tells_that_but_never_whose(self, alpha, beta):
        affiliate(alpha, uuid7())
        found = affiliations.known_elsewhere(
            identity_numbers=[IDENTITY, "320300199001019999"], unit_id=beta.id
        )
        assert found == {IDENTITY}

    def test_leaves_out_the_unit_that_asks(self, alpha):
        affiliate(alpha, uuid7())
        assert not affiliations.known_elsewhere(identity_numbers=[IDENTITY], unit_id=alpha.id)
        assert affiliations.known_elsewhere(identity_numbers=[IDENTITY], unit_id=None)


class TestForget:
    def test_takes_the_sign_in_away(self, alpha):
        stays, goes = uuid7(), uuid7()
        affiliate(alpha, stays)
        affiliate(alpha, goes, identity="320300199001019999")
        affiliations.forget(member_ids=[goes])
        assert set(rows()) == {stays}


class TestIsolation:
    def test_a_unit_reads_its_own_rows_only(self, alpha, beta):
        affiliate(beta, uuid7())
        affiliate(alpha, mine := uuid7(), identity="320300199001019999")
        assert [row.member_id for row in Affiliation.objects.all()] == [mine]
