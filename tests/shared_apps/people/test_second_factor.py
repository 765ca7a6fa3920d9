"""TOTP: each step once, one step early or late, recovery codes, replacing a device."""

import datetime as dt

import pyotp
import pytest

from kernel.unit import shared_context
from shared_apps.people.models import SecondFactor, SecurityEvent
from shared_apps.people.services import second_factor
from tests.factories.people import DESK, SECRET, make_staff, totp

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, 5, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=30)


def verify(person, at=NOW, code=None):
    return second_factor.verify(person=person, code=code or totp(at), now=at)


class TestVerify:
    def test_accepts_the_present_code(self):
        assert verify(make_staff()) is False

    @pytest.mark.parametrize("steps", [-1, 1])
    def test_accepts_one_step_early_or_late(self, steps):
        verify(make_staff(), code=totp(NOW + steps * STEP))

    @pytest.mark.parametrize("steps", [-2, 2])
    def test_refuses_two_steps_away(self, steps):
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(make_staff(), code=totp(NOW + steps * STEP))

    def test_refuses_the_same_code_again(self):
        ada = make_staff()
        verify(ada)
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ada)

    def test_refuses_an_earlier_step_after_a_later_one(self):
        ada = make_staff()
        verify(ada, code=totp(NOW + STEP))
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ada, code=totp(NOW))

    @pytest.mark.parametrize("code", ["", "000000", "abcdef", "１２３４５６", "12345678901"])
    def test_refuses_anything_else(self, code):
        with pytest.raises(second_factor.SecondFactorWrong):
            second_factor.verify(person=make_staff(), code=code, now=NOW)

    def test_refuses_whoever_has_no_device(self):
        with pytest.raises(second_factor.NotEnrolled):
            verify(make_staff(secret=None))

    def test_keeps_the_secret_sealed(self):
        make_staff()
        with shared_context():
            sealed = bytes(SecondFactor.objects.get().secret_sealed)
        assert b"JBSWY3DP" not in sealed


class TestEnrolment:
    def enrol(self, person, at=NOW):
        shown = second_factor.begin(person=person, now=at)
        return second_factor.confirm(
            person=person, code=totp(at, shown.secret), actor=DESK, now=at
        ), shown

    def test_confirms_by_a_code_and_gives_ten_recovery_codes(self):
        ada = make_staff(secret=None)
        codes, shown = self.enrol(ada)
        assert second_factor.is_enrolled(ada)
        assert len(set(codes)) == 10
        assert "issuer=%E5%85%B1%E5%BB%BA%E4%BA%91" in shown.uri

    def test_the_confirming_code_does_not_sign_in_again(self):
        ada = make_staff(secret=None)
        _, shown = self.enrol(ada)
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ada, code=totp(NOW, shown.secret))

    def test_shows_the_same_secret_until_it_is_confirmed(self):
        ada = make_staff(secret=None)
        first = second_factor.begin(person=ada, now=NOW)
        assert second_factor.begin(person=ada, now=NOW) == first

    def test_refuses_a_wrong_code(self):
        ada = make_staff(secret=None)
        second_factor.begin(person=ada, now=NOW)
        with pytest.raises(second_factor.SecondFactorWrong):
            second_factor.confirm(person=ada, code="000000", actor=DESK, now=NOW)
        assert not second_factor.is_enrolled(ada)

    def test_a_password_alone_never_shows_a_new_secret(self):
        with pytest.raises(second_factor.AlreadyEnrolled):
            second_factor.begin(person=make_staff(), now=NOW)

    def test_refuses_to_confirm_what_was_not_begun(self):
        with pytest.raises(second_factor.NotEnrolled):
            second_factor.confirm(person=make_staff(), code="1", actor=DESK, now=NOW)

    def test_is_recorded(self):
        self.enrol(make_staff(secret=None))
        with shared_context():
            assert SecurityEvent.objects.filter(code="second_factor.enrolled").count() == 1


class TestRecoveryCodes:
    def codes(self, person):
        return second_factor.renew_recovery_codes(
            person=person, code=totp(NOW), actor=DESK, now=NOW
        )

    def test_each_works_once_however_it_is_typed(self):
        ada = make_staff()
        code = self.codes(ada)[3]
        assert verify(ada, code=code.lower().replace("-", " ")) is True
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ada, code=code)

    def test_new_ones_make_the_old_ones_worthless(self):
        ada = make_staff()
        old = self.codes(ada)[0]
        second_factor.renew_recovery_codes(
            person=ada, code=totp(NOW + STEP), actor=DESK, now=NOW + STEP
        )
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ada, code=old)

    def test_of_somebody_else_are_worth_nothing(self):
        ada, ben = make_staff(), make_staff(login="ben.zhou")
        code = self.codes(ada)[0]
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ben, code=code)


class TestReplace:
    def test_the_old_device_goes_on_until_the_new_one_is_confirmed(self):
        ada = make_staff()
        shown = second_factor.replace(person=ada, code=totp(NOW), actor=DESK, now=NOW)
        later = NOW + 2 * STEP
        verify(ada, at=later)
        second_factor.confirm(person=ada, code=totp(later, shown.secret), actor=DESK, now=later)
        with pytest.raises(second_factor.SecondFactorWrong):
            verify(ada, at=later + 2 * STEP)
        verify(ada, at=later + 2 * STEP, code=totp(later + 2 * STEP, shown.secret))

    def test_refuses_without_a_proof(self):
        with pytest.raises(second_factor.SecondFactorWrong):
            second_factor.replace(person=make_staff(), code="000000", actor=DESK, now=NOW)


class TestCurrentCode:
    def test_is_accepted_even_right_after_another_one(self):
        ada = make_staff()
        verify(ada)
        code, seconds = second_factor.current_code(person=ada, now=NOW)
        assert 0 < seconds <= 90
        verify(ada, code=code)


def test_codes_are_six_digits_of_thirty_seconds():
    """Any authenticator people have: RFC 6238 defaults."""
    assert pyotp.TOTP(SECRET).digits == second_factor.DIGITS
    assert pyotp.TOTP(SECRET).interval == second_factor.STEP
