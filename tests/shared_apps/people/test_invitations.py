"""Invitations: one use, seven days, one phone, one unit, revocable."""

import datetime as dt

import pytest

from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import Invitation
from shared_apps.people.services import invitations, passwords, sms_codes
from tests.factories.people import (
    DESK,
    PASSWORD,
    last_sms,
    make_administrator,
    sms_code,
)

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PHONE = "13900000001"


def invite(unit, phone=PHONE, role="unit_admin", at=NOW):
    return invitations.invite(
        unit_id=unit.id,
        unit_role=unit.schema_name,
        role=role,
        name="艾达",
        phone=phone,
        actor=DESK,
        now=at,
    )


def opened(unit, invited, at=NOW):
    return invitations.opened(unit_id=unit.id, token=invited.token, now=at)


def accept(unit, invited, at=NOW, password=PASSWORD):
    return invitations.accept(
        unit_id=unit.id, token=invited.token, password=password, actor=DESK, now=at
    )


class TestInvite:
    def test_makes_a_link_of_which_only_a_digest_is_kept(self, alpha):
        invited = invite(alpha)
        assert len(invited.token) >= 43
        with shared_context():
            row = Invitation.objects.get()
        assert invited.token.encode() not in bytes(row.digest)
        assert PHONE.encode() not in bytes(row.phone_sealed)
        assert "艾达".encode() not in bytes(row.name_sealed)

    def test_tells_the_phone_without_the_link(self, alpha):
        invited = invite(alpha)
        told = last_sms("invitation")
        assert told["unit"] == alpha.name
        assert invited.token not in str(told)

    def test_again_voids_the_earlier_link(self, alpha):
        first, second = invite(alpha), invite(alpha)
        with pytest.raises(invitations.InvitationRevoked):
            opened(alpha, first)
        assert opened(alpha, second).role == "unit_admin"

    def test_to_another_role_leaves_the_first_alone(self, alpha):
        first = invite(alpha)
        invite(alpha, role="treasurer")
        assert opened(alpha, first).name == "艾达"

    def test_refuses_what_is_no_phone(self, alpha):
        with pytest.raises(sms_codes.NotAPhone):
            invite(alpha, phone="021-555")


class TestOpened:
    def test_is_unknown_on_another_units_host(self, alpha, beta):
        with pytest.raises(invitations.InvitationUnknown):
            opened(beta, invite(alpha))

    def test_is_unknown_for_a_guess(self, alpha):
        with pytest.raises(invitations.InvitationUnknown):
            invitations.opened(unit_id=alpha.id, token="x" * 43, now=NOW)

    def test_expires_after_seven_days(self, alpha):
        invited = invite(alpha)
        assert opened(alpha, invited, NOW + 7 * DAY - dt.timedelta(seconds=1))
        with pytest.raises(invitations.InvitationExpired):
            opened(alpha, invited, NOW + 7 * DAY)

    def test_each_end_says_its_own_sentence(self):
        sentences = {
            kind.sentence
            for kind in (
                invitations.InvitationUnknown,
                invitations.InvitationUsed,
                invitations.InvitationExpired,
                invitations.InvitationRevoked,
            )
        }
        assert len(sentences) == 4


class TestProvePhone:
    def test_sends_the_code_to_the_invited_phone_only(self, alpha):
        invited = invite(alpha)
        invitations.send_code(unit_id=alpha.id, token=invited.token, actor=DESK, now=NOW)
        proven = invitations.prove_phone(
            unit_id=alpha.id, token=invited.token, code=sms_code(), actor=DESK, now=NOW
        )
        assert proven == opened(alpha, invited).id

    def test_refuses_a_sign_in_code_of_the_same_phone(self, alpha):
        invited = invite(alpha)
        sms_codes.request(
            phone=PHONE, audience=f"unit:{alpha.id}", purpose="登录", actor=DESK, now=NOW
        )
        with pytest.raises(sms_codes.CodeSpent):
            invitations.prove_phone(
                unit_id=alpha.id, token=invited.token, code=sms_code(), actor=DESK, now=NOW
            )


class TestAccept:
    def test_makes_the_identity_and_uses_the_link_up(self, alpha):
        invited = invite(alpha)
        accepted = accept(alpha, invited)
        assert passwords.is_right(accepted.person, PASSWORD)
        assert (accepted.role, accepted.scope, accepted.name) == ("unit_admin", "", "艾达")
        with pytest.raises(invitations.InvitationUsed):
            accept(alpha, invited)
        with pytest.raises(invitations.InvitationUsed):
            opened(alpha, invited)

    def test_refuses_a_weak_password_and_stays_open(self, alpha):
        invited = invite(alpha)
        with pytest.raises(passwords.PasswordTooWeak):
            accept(alpha, invited, password="short")
        assert opened(alpha, invited)

    def test_never_replaces_the_password_somebody_has(self, alpha):
        ada = make_administrator(PHONE)
        accepted = accept(alpha, invite(alpha), password="另一句很长的密码-other")
        assert accepted.person.id == ada.id
        assert passwords.is_right(accepted.person, PASSWORD)

    def test_asks_somebody_with_an_account_for_its_password(self, alpha):
        make_administrator(PHONE)
        invited = invite(alpha)
        assert opened(alpha, invited).has_password
        with pytest.raises(passwords.WrongPassword):
            invitations.require_own_password(
                unit_id=alpha.id,
                token=invited.token,
                password="另一句很长的密码-other",
                actor=DESK,
                now=NOW,
            )


class TestRevoke:
    def test_makes_the_link_worthless(self, alpha):
        invited = invite(alpha)
        invitations.revoke(unit_id=alpha.id, invitation_id=invited.id, actor=DESK, now=NOW)
        with pytest.raises(invitations.InvitationRevoked):
            opened(alpha, invited)
        assert selectors.open_invitations(alpha.id, now=NOW) == []

    def test_refuses_another_units_and_what_is_not_there(self, alpha, beta):
        invited = invite(beta)
        for unknown in (invited.id, uuid7()):
            with pytest.raises(invitations.InvitationUnknown):
                invitations.revoke(unit_id=alpha.id, invitation_id=unknown, actor=DESK, now=NOW)


def test_the_list_shows_open_ones_only(alpha, beta):
    waiting, used, gone = (
        invite(alpha),
        invite(alpha, role="secretary"),
        invite(alpha, "13900000003"),
    )
    invite(beta)
    accept(alpha, used)
    with shared_context():
        Invitation.objects.filter(pk=gone.id).update(expires_at=NOW)
    assert [row.id for row in selectors.open_invitations(alpha.id, now=NOW)] == [waiting.id]
