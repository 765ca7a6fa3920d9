"""Passwords: length and rarity, nothing else; changing one ends every other session."""

import datetime as dt

import pytest

from config.settings import base
from kernel.unit import shared_context
from shared_apps.people.models import SecurityEvent, SessionKind
from shared_apps.people.services import passwords, sessions, throttle
from tests.factories.people import DESK, PASSWORD, make_staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
NEW = "一壶清茶两本书三里路"[:10] + "-2026"


def session_of(person, audience="console"):
    half = sessions.open_half(
        person=person,
        kind=SessionKind.ADMINISTRATOR,
        audience=sessions.Audience(audience),
        actor=DESK,
        now=NOW,
    )
    return sessions.complete(session=half.session, second_factor_at=NOW, now=NOW)


class TestRequireStrong:
    @pytest.mark.parametrize(
        "password", ["correct horse battery", "向阳花木易为春向阳花木", "12 词 也可以 一句话"]
    )
    def test_takes_anything_long_and_rare(self, password):
        passwords.require_strong(password.ljust(12, "。"))

    @pytest.mark.parametrize(
        ("password", "says"),
        [
            ("short-one1!", "至少需要 12"),
            ("x" * 5 + "abc" * 60, "最长 128"),
            ("aaaaaaaaaaaaaa", "重复的字符太多"),
            ("abababababab", "重复的字符太多"),
            ("1234567890123456", "太常见"),
            ("13900000001-abc", "不能包含登录名或手机号"),
        ],
    )
    def test_refuses_and_says_why(self, password, says):
        common = passwords._common().passwords
        common.add("1234567890123456")
        with pytest.raises(passwords.PasswordTooWeak, match=says):
            passwords.require_strong(password, account="13900000001")


class TestChange:
    def change(self, opened, current=PASSWORD, new=NEW):
        return passwords.change(
            session=opened.session, current=current, new=new, actor=DESK, now=NOW
        )

    def test_sets_the_password_and_records_it(self):
        ada = make_staff()
        self.change(session_of(ada))
        with shared_context():
            ada.refresh_from_db()
            assert SecurityEvent.objects.filter(code="password.changed").exists()
        assert passwords.is_right(ada, NEW)

    def test_ends_every_other_session_and_renews_this_one(self):
        ada = make_staff()
        here, elsewhere = session_of(ada), session_of(ada)
        renewed = self.change(here)
        assert renewed.token != here.token
        with shared_context():
            elsewhere.session.refresh_from_db()
            here.session.refresh_from_db()
        assert elsewhere.session.ended_at == NOW
        assert here.session.ended_at is None

    def test_refuses_without_the_old_one_and_counts(self):
        ada = make_staff()
        opened = session_of(ada)
        for _ in range(5):
            with pytest.raises(passwords.WrongPassword):
                self.change(opened, current="不是这个密码-wrong")
        with pytest.raises(throttle.TooManyAttempts):
            self.change(opened)

    def test_refuses_a_weak_new_one(self):
        with pytest.raises(passwords.PasswordTooWeak):
            self.change(session_of(make_staff()), new="short")


def test_is_hashed_with_argon2_outside_tests():
    """Tests hash cheaply; a deployment does not."""
    assert base.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
