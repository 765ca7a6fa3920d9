"""Codes by message: ten minutes, one use, five tries, one a minute, ten a day."""

import datetime as dt

import pytest

from kernel.unit import shared_context
from shared_apps.people.models import SmsCode
from shared_apps.people.services import sms_codes, throttle
from tests.factories.people import DESK, last_sms, sms_code

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
PHONE = "13800000002"


def ask(phone=PHONE, audience="member", at=NOW, actor=DESK):
    sms_codes.request(phone=phone, audience=audience, purpose="登录", actor=actor, now=at)
    return sms_code()


def prove(code, phone=PHONE, audience="member", at=NOW):
    sms_codes.prove(phone=phone, audience=audience, code=code, actor=DESK, now=at)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


class TestPhoneOf:
    @pytest.mark.parametrize("text", ["13800000002", "138 0000 0002", "+86 138-0000-0002"])
    def test_reads_a_phone_as_people_type_it(self, text):
        assert sms_codes.phone_of(text) == PHONE

    @pytest.mark.parametrize("text", ["", "12345678901", "1380000000", "０１０-12345678", "x"])
    def test_refuses_what_is_none(self, text):
        with pytest.raises(sms_codes.NotAPhone):
            sms_codes.phone_of(text)


class TestRequest:
    def test_sends_six_digits_and_keeps_only_a_digest(self):
        code = ask()
        assert len(code) == 6
        assert code.isdigit()
        with shared_context():
            kept = SmsCode.objects.get()
        assert code.encode() not in bytes(kept.digest)
        assert last_sms()["minutes"] == "10"

    def test_refuses_a_second_one_within_a_minute(self):
        ask()
        with pytest.raises(sms_codes.CodeAskedTooSoon) as refused:
            ask(at=NOW + dt.timedelta(seconds=20))
        assert refused.value.data["seconds"] == 40
        ask(at=NOW + MINUTE)

    def test_refuses_the_eleventh_of_a_day(self):
        for number in range(10):
            ask(at=NOW + number * MINUTE)
        with pytest.raises(sms_codes.CodeLimitReached):
            ask(at=NOW + 10 * MINUTE)
        ask(at=NOW + DAY + 10 * MINUTE)

    def test_refuses_an_address_that_asks_for_hundreds_of_phones(self):
        for _ in range(200):
            throttle.take(limit=throttle.CODE_ADDRESS, value=DESK.ip, now=NOW)
        with pytest.raises(sms_codes.CodeLimitReached):
            ask()


class TestProve:
    def test_accepts_the_code_once(self):
        code = ask()
        prove(code)
        with pytest.raises(sms_codes.CodeSpent):
            prove(code)

    def test_refuses_after_ten_minutes(self):
        code = ask()
        with pytest.raises(sms_codes.CodeSpent):
            prove(code, at=NOW + 10 * MINUTE)

    def test_five_wrong_tries_spend_it(self):
        code = ask()
        for left in (4, 3, 2, 1):
            with pytest.raises(sms_codes.CodeWrong) as refused:
                prove(wrong(code))
            assert refused.value.data["left"] == left
        with pytest.raises(sms_codes.CodeSpent):
            prove(wrong(code))
        with pytest.raises(sms_codes.CodeSpent):
            prove(code)

    def test_a_new_code_makes_the_old_one_worthless(self):
        old = ask()
        new = ask(at=NOW + MINUTE)
        if old != new:
            with pytest.raises(sms_codes.CodeWrong):
                prove(old, at=NOW + MINUTE)
        prove(new, at=NOW + MINUTE)

    def test_opens_only_what_it_was_asked_for(self):
        code = ask(audience="unit:alpha")
        for audience in ("unit:beta", "member", "invitation:1"):
            with pytest.raises(sms_codes.CodeSpent):
                prove(code, audience=audience)
        prove(code, audience="unit:alpha")

    def test_of_another_phone_is_worth_nothing(self):
        code = ask()
        with pytest.raises(sms_codes.CodeSpent):
            prove(code, phone="13800000003")

    def test_wrong_ones_count_against_the_address(self):
        for _ in range(throttle.ADDRESS.tries):
            with pytest.raises(sms_codes.CodeSpent):
                prove("000000")
        with pytest.raises(throttle.TooManyAttempts):
            prove("000000")
