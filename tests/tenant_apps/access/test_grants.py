"""Roles: within the own scope, never the last one, recorded, at once, in one unit only."""

import datetime as dt

import pytest

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.people import selectors as people
from shared_apps.people.models import SessionKind
from shared_apps.people.services import sessions
from shared_apps.usage.models import Outbox
from tenant_apps.access import selectors
from tenant_apps.access.models import Grant
from tenant_apps.access.services import grants
from tenant_apps.audit import selectors as audit
from tests.factories.people import make_administrator

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
JOB = Actor.system("test")


def holder(*holdings):
    return Actor(kind="person", person_id=uuid7(), name="艾达", holdings=holdings)


ADA = holder(Holding("unit_admin", ""))


def give(role="secretary", scope="0001", actor=ADA, person_id=None, name="本"):
    return grants.grant(
        person_id=person_id or uuid7(),
        person_name=name,
        role=role,
        scope=scope,
        actor=actor,
        now=NOW,
    )


def codes(grant):
    return [event.code for event in audit.events_about(grant.person_id)]


class TestGrant:
    def test_gives_the_role_in_its_scope(self, alpha):
        made = give()
        assert selectors.holdings_of(made.person_id) == (Holding("secretary", "0001"),)

    def test_is_recorded_and_reported(self, alpha):
        made = give(role="unit_admin", scope="")
        assert codes(made) == ["grant.given"]
        with shared_context():
            numbers = Outbox.objects.get(unit_id=alpha.id, kind="state").numbers
        assert numbers == {"administrators": 1, "second_factors": 0}

    def test_twice_changes_nothing(self, alpha):
        made = give()
        again = give(person_id=made.person_id)
        assert again.id == made.id
        assert codes(made) == ["grant.given"]

    @pytest.mark.parametrize(
        "actor",
        [
            holder(Holding("unit_admin", "00010002")),
            holder(Holding("secretary", "")),
            holder(Holding("member", "")),
            Actor(),
        ],
    )
    def test_refuses_beyond_the_own_scope(self, alpha, actor):
        with pytest.raises(grants.BeyondOwnScope):
            give(scope="00010001", actor=actor)
        with pytest.raises(grants.BeyondOwnScope):
            give(scope="", actor=actor)
        assert not Grant.objects.exists()

    def test_reaches_down_the_own_sub_tree(self, alpha):
        give(scope="000100020003", actor=holder(Holding("unit_admin", "00010002")))

    def test_refuses_a_role_that_does_not_exist(self, alpha):
        with pytest.raises(grants.RoleUnknown):
            give(role="outreach")

    def test_is_invisible_to_beta(self, alpha, beta):
        made = give()
        with unit_context(beta.id):
            assert selectors.holdings_of(made.person_id) == ()

    def test_ends_the_persons_sessions_in_this_unit(self, alpha):
        ada = make_administrator()
        half = sessions.open_half(
            person=ada,
            kind=SessionKind.ADMINISTRATOR,
            audience=sessions.Audience("unit", alpha.id),
            actor=JOB,
            now=NOW,
        )
        opened = sessions.complete(session=half.session, second_factor_at=NOW, now=NOW)
        give(person_id=ada.id)
        found = people.session_by_digest(
            sessions.digest_of(opened.token), audience=f"unit:{alpha.id}"
        )
        assert found is None


class TestRevoke:
    def test_takes_the_role_at_once_and_records_it(self, alpha):
        made = give()
        grants.revoke(grant=made, actor=ADA, now=NOW)
        assert selectors.holdings_of(made.person_id) == ()
        assert codes(made) == ["grant.revoked", "grant.given"]

    def test_refuses_the_last_administrator(self, alpha):
        only = give(role="unit_admin", scope="")
        give(role="unit_admin", scope="0001")
        with pytest.raises(grants.LastAdministrator):
            grants.revoke(grant=only, actor=ADA, now=NOW)
        give(role="unit_admin", scope="")
        grants.revoke(grant=only, actor=ADA, now=NOW)

    def test_refuses_twice_and_beyond_the_own_scope(self, alpha):
        made = give()
        with pytest.raises(grants.BeyondOwnScope):
            grants.revoke(grant=made, actor=holder(Holding("unit_admin", "0002")), now=NOW)
        grants.revoke(grant=made, actor=ADA, now=NOW)
        with pytest.raises(grants.GrantRevoked):
            grants.revoke(grant=made, actor=ADA, now=NOW)

    def test_is_undone_by_restoring(self, alpha):
        made = give()
        grants.revoke(grant=made, actor=ADA, now=NOW)
        grants.restore(grant_id=made.id, actor=ADA, now=NOW)
        assert selectors.holdings_of(made.person_id) == (Holding("secretary", "0001"),)
        with pytest.raises(grants.NothingToRestore):
            grants.restore(grant_id=uuid7(), actor=ADA, now=NOW)


class TestVisible:
    def test_shows_the_own_sub_trees_only(self, alpha):
        inside, outside = give(scope="00010002"), give(scope="0001")
        actor = holder(Holding("unit_admin", "00010002"))
        assert list(selectors.grants_visible_to(actor)) == [inside]
        assert set(selectors.grants_visible_to(ADA)) == {inside, outside}
        assert list(selectors.grants_visible_to(holder(Holding("secretary", "")))) == []
        assert len(selectors.grants_visible_to(JOB)) == 2

    def test_hides_others_behind_not_found(self, alpha):
        outside = give(scope="0001")
        actor = holder(Holding("unit_admin", "00010002"))
        for ask, key in (
            (selectors.grant_for, outside.id),
            (selectors.colleague_for, outside.person_id),
        ):
            with pytest.raises(Exception, match="没有找到"):
                ask(actor, key)
            assert ask(ADA, key) == outside

    def test_an_office_is_one_query(self, alpha, django_assert_num_queries):
        made = give()
        assert Grant.objects.exists()
        with django_assert_num_queries(1):
            office = selectors.office_of(made.person_id)
        assert office.name == "本"


def test_scopes_follow_a_sub_tree_that_moves(alpha):
    moved, stays = give(scope="000100020001"), give(scope="00010003")
    assert grants.follow(old="00010002", new="000100030001") == 1
    assert grants.follow(old="", new="0001") == 0
    moved.refresh_from_db()
    stays.refresh_from_db()
    assert (moved.scope, stays.scope) == ("0001000300010001", "00010003")
