"""Members: a code before anything is said, one identity per phone, activation."""

import datetime as dt

import pytest

from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import Person, SecurityEvent
from shared_apps.people.services import member_sign_in, sessions, sms_codes
from tenants.models import Unit, UnitState
from tests.factories.people import DESK, affiliate, sms_code

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
PHONE = "13800000002"
ANYWHERE = sessions.Audience("member")


def ask(audience=ANYWHERE, phone=PHONE, at=NOW):
    member_sign_in.request_code(phone=phone, audience=audience, actor=DESK, now=at)
    return sms_code()


def prove(code, audience=ANYWHERE, phone=PHONE, at=NOW):
    return member_sign_in.prove(
        phone=phone, code=code, audience=audience, device="", actor=DESK, now=at
    )


def choose(proven, number=0, at=NOW):
    return member_sign_in.choose(
        session=proven.opened.session, choice_id=proven.choices[number].id, actor=DESK, now=at
    )


class TestRequestCode:
    def test_says_nothing_about_the_phone(self, alpha):
        affiliate(alpha, uuid7())
        known = ask()
        unknown = ask(phone="13800000009")
        assert len(known) == len(unknown) == 6


class TestProve:
    def test_without_the_code_nobody_learns_who_is_on_a_roster(self, alpha):
        affiliate(alpha, uuid7())
        refusals = set()
        for phone in (PHONE, "13800000009"):
            ask(phone=phone)
            with pytest.raises(sms_codes.CodeWrong) as refused:
                prove("000000" if sms_code() != "000000" else "000001", phone=phone)
            refusals.add((refused.value.code, refused.value.message))
        assert len(refusals) == 1

    def test_tells_the_holder_that_the_phone_is_on_no_roster(self):
        with pytest.raises(member_sign_in.NotOnRoster) as refused:
            prove(ask())
        assert "请联系所在党支部核对" in refused.value.message

    def test_finds_the_units_of_a_phone_with_one_code(self, alpha, beta):
        affiliate(alpha, uuid7())
        affiliate(beta, uuid7())
        assert {choice.unit_name for choice in prove(ask()).choices} == {alpha.name, beta.name}

    def test_on_a_units_host_finds_that_unit_only(self, alpha, beta):
        affiliate(alpha, uuid7())
        affiliate(beta, uuid7())
        audience = sessions.Audience("unit", alpha.id)
        assert [choice.unit_id for choice in prove(ask(audience), audience).choices] == [alpha.id]

    def test_leaves_out_units_that_do_not_answer(self, alpha, beta):
        affiliate(alpha, uuid7())
        affiliate(beta, uuid7())
        with shared_context():
            Unit.objects.filter(pk=beta.pk).update(state=UnitState.SUSPENDED)
        assert [choice.unit_id for choice in prove(ask()).choices] == [alpha.id]

    def test_opens_a_session_that_is_worth_nothing_yet(self, alpha):
        affiliate(alpha, uuid7())
        assert not sessions.is_complete(prove(ask()).opened.session)


class TestChoose:
    def test_activates_once_and_changes_the_token(self, alpha):
        member = uuid7()
        affiliate(alpha, member)
        proven = prove(ask())
        signed_in = choose(proven)
        assert (signed_in.unit_id, signed_in.member_id) == (alpha.id, member)
        assert signed_in.is_first
        assert signed_in.opened.token != proven.opened.token
        assert selectors.activated_count(alpha.id) == 1
        later = NOW + dt.timedelta(minutes=2)
        assert not choose(prove(ask(at=later), at=later), at=later).is_first

    def test_is_one_identity_whatever_the_number_of_units(self, alpha, beta):
        affiliate(alpha, uuid7())
        affiliate(beta, uuid7())
        choose(prove(ask()), 0)
        later = NOW + dt.timedelta(minutes=2)
        choose(prove(ask(at=later), at=later), 1, later)
        with shared_context():
            assert Person.objects.exclude(phone_index=None).count() == 1

    def test_refuses_somebody_elses_member(self, alpha, beta):
        affiliate(alpha, uuid7())
        affiliate(beta, uuid7(), phone="13800000009")
        others = prove(ask(phone="13800000009"), phone="13800000009")
        with pytest.raises(member_sign_in.NotOneOfYours):
            member_sign_in.choose(
                session=prove(ask()).opened.session,
                choice_id=others.choices[0].id,
                actor=DESK,
                now=NOW,
            )

    def test_is_recorded_with_the_unit(self, alpha):
        affiliate(alpha, uuid7())
        choose(prove(ask()))
        with shared_context():
            event = SecurityEvent.objects.get(code="member_sign_in.succeeded")
        assert event.unit_id == alpha.id
