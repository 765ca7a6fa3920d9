"""Inviting from the desk: within the own scope, recorded, for this unit."""

import datetime as dt

import pytest

from kernel.actor import Actor, Holding
from kernel.crypto import BadLink
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Invitation
from shared_apps.people.services import invitations as links
from tenant_apps.access import selectors
from tenant_apps.access.services import grants, invitations
from tenant_apps.audit import selectors as audit
from tests.factories.people import DESK, PASSWORD, sms_code

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
ADA = Actor(kind="person", person_id=uuid7(), name="艾达", holdings=(Holding("unit_admin", ""),))
BRANCH = Actor(
    kind="person", person_id=uuid7(), name="本", holdings=(Holding("unit_admin", "0002"),)
)


def invite(role="secretary", scope="0001", actor=ADA, phone="13900000001"):
    return invitations.invite(
        role=role, scope=scope, name="克莱", phone=phone, actor=actor, now=NOW
    )


def proof_of(invited, unit):
    links.send_code(unit_id=unit.id, token=invited.token, actor=DESK, now=NOW)
    return invitations.prove_phone(token=invited.token, code=sms_code(), actor=DESK, now=NOW)


def accept(invited, proof, at=NOW):
    return invitations.accept(
        token=invited.token, proof=proof, password=PASSWORD, device="", actor=DESK, now=at
    )


class TestInvite:
    def test_is_recorded_without_name_and_phone(self, alpha):
        invited = invite()
        event = audit.events_about(invited.id).get()
        assert event.data == {"role": "secretary", "scope": "0001"}

    def test_refuses_beyond_the_own_scope(self, alpha):
        with pytest.raises(grants.BeyondOwnScope):
            invite(actor=BRANCH)
        with shared_context():
            assert not Invitation.objects.exists()

    def test_refuses_an_unknown_role(self, alpha):
        with pytest.raises(grants.RoleUnknown):
            invite(role="operator")


class TestAccept:
    def test_grants_exactly_what_was_offered(self, alpha):
        invited = invite()
        opened = accept(invited, proof_of(invited, alpha))
        person = opened.session.person_id
        assert selectors.holdings_of(person) == (Holding("secretary", "0001"),)
        assert selectors.office_of(person).name == "克莱"
        assert "invitation.accepted" in [event.code for event in audit.events_about(person)]
        assert opened.session.second_factor_at is None

    def test_refuses_an_old_proof(self, alpha):
        invited = invite()
        proof = proof_of(invited, alpha)
        with pytest.raises(BadLink):
            accept(invited, proof, NOW + dt.timedelta(minutes=16))

    def test_refuses_the_proof_of_another_unit(self, alpha, beta):
        with unit_context(beta.id):
            theirs = invite()
            proof = proof_of(theirs, beta)
        invited = invite(phone="13900000002")
        with pytest.raises(BadLink):
            accept(invited, proof)

    def test_refuses_a_second_time(self, alpha):
        invited = invite()
        proof = proof_of(invited, alpha)
        accept(invited, proof)
        with pytest.raises(links.InvitationUsed):
            accept(invited, proof)


class TestRevoke:
    def test_voids_the_link_and_is_recorded(self, alpha):
        invited = invite()
        invitations.revoke(invitation_id=invited.id, actor=ADA, now=NOW)
        codes = {event.code for event in audit.events_about(invited.id)}
        assert codes == {"invitation.sent", "invitation.revoked"}
        with pytest.raises(links.InvitationRevoked):
            links.opened(unit_id=alpha.id, token=invited.token, now=NOW)

    def test_refuses_beyond_the_own_scope_and_leaves_it_open(self, alpha):
        invited = invite()
        with pytest.raises(grants.BeyondOwnScope):
            invitations.revoke(invitation_id=invited.id, actor=BRANCH, now=NOW)
        assert links.opened(unit_id=alpha.id, token=invited.token, now=NOW)
