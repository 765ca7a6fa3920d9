"""Administrators and staff: two factors, one answer for every refusal, lock-out, fixation."""

import datetime as dt

import pytest

from kernel.unit import shared_context
from shared_apps.people.models import Attempts, SecurityEvent, Session
from shared_apps.people.services import (
    passwords,
    second_factor,
    sessions,
    sign_in,
    staff,
    throttle,
)
from tests.factories.people import DESK, PASSWORD, SECRET, make_staff, totp

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, 5, tzinfo=dt.UTC)
STEP = dt.timedelta(seconds=30)


def first_step(login="ada.lin", password=PASSWORD, at=NOW):
    return sign_in.with_login(login=login, password=password, device="", actor=DESK, now=at)


def second_step(opened, at=NOW, code=None):
    return sign_in.with_second_factor(
        session=opened.session, code=code or totp(at), actor=DESK, now=at
    )


def refusal(call, *args, **kwargs):
    with pytest.raises(sign_in.WrongCredentials) as refused:
        call(*args, **kwargs)
    return refused.value.code, refused.value.message, refused.value.data


class TestFirstStep:
    def test_opens_half_a_session_that_is_worth_nothing(self):
        make_staff()
        opened = first_step()
        assert not sessions.is_complete(opened.session)
        assert sessions.ends_at(opened.session) == NOW + dt.timedelta(minutes=10)

    def test_does_not_mind_capitals_and_blanks_in_the_login(self):
        make_staff()
        first_step(login=" Ada.Lin ")

    def test_gives_one_answer_to_unknown_wrong_roleless_and_inactive(self):
        make_staff()
        make_staff(login="roleless", roles=())
        gone = make_staff(login="gone")
        gone.is_active = False
        with shared_context():
            gone.save()
        answers = {
            str(refusal(first_step, login="nobody")),
            str(refusal(first_step, password="不是这个密码-wrong")),
            str(refusal(first_step, login="roleless")),
            str(refusal(first_step, login="gone")),
        }
        assert len(answers) == 1

    def test_works_as_hard_for_an_unknown_account(self, monkeypatch):
        make_staff()
        checked = []
        real = passwords.check_password
        monkeypatch.setattr(
            passwords, "check_password", lambda *args: checked.append(args) or real(*args)
        )
        refusal(first_step, login="nobody")
        refusal(first_step, password="不是这个密码-wrong")
        assert len(checked) == 2

    @pytest.mark.parametrize("login", ["ada.lin", "nobody"])
    def test_locks_known_and_unknown_alike(self, login):
        make_staff()
        for _ in range(5):
            refusal(first_step, login=login, password="不是这个密码-wrong")
        with pytest.raises(throttle.TooManyAttempts):
            first_step(login=login)
        with pytest.raises(throttle.TooManyAttempts):
            first_step(login=login, at=NOW + dt.timedelta(minutes=14))

    def test_unlocks_after_fifteen_minutes(self):
        make_staff()
        for _ in range(5):
            refusal(first_step, password="不是这个密码-wrong")
        first_step(at=NOW + dt.timedelta(minutes=15))

    def test_counts_the_address_over_many_accounts(self):
        for number in range(throttle.ADDRESS.tries):
            refusal(first_step, login=f"nobody{number}")
        make_staff()
        with pytest.raises(throttle.TooManyAttempts):
            first_step()

    def test_right_passwords_use_up_no_tries(self):
        make_staff()
        for _ in range(12):
            first_step()

    def test_a_right_password_does_not_forgive_wrong_codes(self):
        """Or else the second factor could be guessed for ever by whoever knows the password."""
        make_staff()
        for _ in range(5):
            with pytest.raises(second_factor.SecondFactorWrong):
                second_step(first_step(), code="000000")
        with pytest.raises(throttle.TooManyAttempts):
            first_step()

    def test_records_refusals_with_the_address(self):
        ada = make_staff()
        refusal(first_step, password="不是这个密码-wrong")
        with shared_context():
            event = SecurityEvent.objects.get(code="sign_in.refused")
        assert (event.person_id, event.ip) == (ada.id, DESK.ip)

    def test_keeps_no_account_name_in_the_counters(self):
        refusal(first_step, login="nobody")
        with shared_context():
            assert all(b"nobody" not in bytes(row.key) for row in Attempts.objects.all())


class TestSecondStep:
    def test_completes_the_session_under_a_new_token(self):
        make_staff()
        half = first_step()
        before = sessions.digest_of(half.token)
        full = second_step(half)
        assert sessions.is_complete(full.session)
        assert full.token != half.token
        with shared_context():
            assert not Session.objects.filter(digest=before).exists()

    def test_forgives_what_came_before(self):
        make_staff()
        for _ in range(4):
            refusal(first_step, password="不是这个密码-wrong")
        second_step(first_step())
        for _ in range(4):
            refusal(first_step, password="不是这个密码-wrong")
        first_step()

    def test_refuses_a_code_that_was_used(self):
        make_staff()
        second_step(first_step())
        with pytest.raises(second_factor.SecondFactorWrong):
            second_step(first_step())

    def test_accepts_a_recovery_code_and_says_so(self):
        ada = make_staff()
        codes = second_factor.renew_recovery_codes(person=ada, code=totp(NOW), actor=DESK, now=NOW)
        second_step(first_step(), code=codes[0])
        with shared_context():
            event = SecurityEvent.objects.get(code="sign_in.succeeded")
        assert event.data["by"] == "recovery_code"

    def test_wrong_codes_are_recorded(self):
        make_staff()
        with pytest.raises(second_factor.SecondFactorWrong):
            second_step(first_step(), code="123456")
        with shared_context():
            assert SecurityEvent.objects.filter(code="second_factor.refused").exists()


class TestFirstSignIn:
    def enrol(self, half):
        shown = second_factor.begin(person=half.session.person, now=NOW)
        return sign_in.with_enrolment(
            session=half.session, code=totp(NOW, shown.secret), actor=DESK, now=NOW
        )

    def test_binds_a_device_and_completes_the_session(self):
        make_staff(secret=None)
        half = first_step()
        full, codes = self.enrol(half)
        assert sessions.is_complete(full.session)
        assert full.token != half.token
        assert len(codes) == 10

    def test_a_password_never_replaces_a_device(self):
        """Also not while its owner is in the middle of replacing it."""
        ada = make_staff()
        shown = second_factor.replace(person=ada, code=totp(NOW), actor=DESK, now=NOW)
        with pytest.raises(second_factor.AlreadyEnrolled):
            sign_in.with_enrolment(
                session=first_step().session,
                code=totp(NOW, shown.secret),
                actor=DESK,
                now=NOW,
            )

    def test_wrong_codes_count(self):
        make_staff(secret=None)
        half = first_step()
        second_factor.begin(person=half.session.person, now=NOW)
        for _ in range(5):
            with pytest.raises(second_factor.SecondFactorWrong):
                sign_in.with_enrolment(session=half.session, code="000000", actor=DESK, now=NOW)
        with pytest.raises(throttle.TooManyAttempts):
            sign_in.with_enrolment(session=half.session, code="000000", actor=DESK, now=NOW)


class TestOwnDevice:
    """Changing the device of a signed-in account stands under the same lock-out."""

    def test_wrong_proofs_lock(self):
        ada = make_staff()
        for _ in range(5):
            with pytest.raises(second_factor.SecondFactorWrong):
                sign_in.renew_recovery_codes(person=ada, code="000000", actor=DESK, now=NOW)
        with pytest.raises(throttle.TooManyAttempts):
            sign_in.replace_device(person=ada, code=totp(NOW), actor=DESK, now=NOW)

    def test_goes_through_with_a_proof(self):
        ada = make_staff()
        shown = sign_in.replace_device(person=ada, code=totp(NOW), actor=DESK, now=NOW)
        later = NOW + STEP
        codes = sign_in.confirm_device(
            person=ada, code=totp(later, shown.secret), actor=DESK, now=later
        )
        assert len(codes) == 10
        assert (
            len(
                sign_in.renew_recovery_codes(
                    person=ada,
                    code=totp(later + STEP, shown.secret),
                    actor=DESK,
                    now=later + STEP,
                )
            )
            == 10
        )


class TestStaff:
    def test_refuses_a_login_that_is_taken(self):
        make_staff()
        with pytest.raises(staff.LoginTaken):
            make_staff(login="ADA.LIN")

    @pytest.mark.parametrize("login", ["", "ab", "1ada", "艾达", "a b c"])
    def test_refuses_an_odd_login(self, login):
        with pytest.raises(staff.LoginInvalid):
            make_staff(login=login)

    def test_of_a_phone_keeps_the_password_it_has(self):
        def enrol(password):
            return staff.enrol_by_phone(
                phone="139 0000 0001",
                password=password,
                second_factor_secret=SECRET,
                actor=DESK,
                now=NOW,
            )

        first = enrol(PASSWORD)
        again = enrol("另一句很长的密码-other")
        assert again.id == first.id
        assert passwords.is_right(again, PASSWORD)
