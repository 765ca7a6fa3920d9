"""What the operator types: opening an account, reading a demo account's code."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from kernel.actor import Actor
from kernel.clock import now
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import SecurityEvent, Session
from shared_apps.people.services import passwords, second_factor, sign_in
from tests.factories.people import DESK, PASSWORD, make_administrator, make_staff

pytestmark = pytest.mark.django_db


class TestDemoCode:
    def test_prints_a_code_that_is_accepted(self, settings):
        settings.IS_DEMO = True
        ada = make_staff()
        out = io.StringIO()
        call_command("demo_code", "ada.lin", "--json", stdout=out)
        code = json.loads(out.getvalue())["code"]

        second_factor.verify(person=ada, code=code, now=now())

    def test_refuses_outside_the_demo(self, settings):
        settings.IS_DEMO = False
        make_staff()
        with pytest.raises(CommandError, match="演示环境"):
            call_command("demo_code", "ada.lin")

    def test_says_what_is_missing(self, settings):
        settings.IS_DEMO = True
        make_staff(secret=None)
        with pytest.raises(CommandError, match="没有找到"):
            call_command("demo_code", "nobody")
        with pytest.raises(CommandError, match="还没有绑定"):
            call_command("demo_code", "ada.lin")


class TestStaffAdd:
    def add(self, monkeypatch, *roles, password=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        options = [item for role in roles for item in ("--role", role)]
        call_command("staff_add", "ada.lin", "--name", "林晓岚", *options, stdout=io.StringIO())

    def test_opens_an_account_that_must_bind_a_device(self, monkeypatch):
        self.add(monkeypatch, "outreach", "operator")
        ada = selectors.person_by_account("ada.lin")
        assert passwords.is_right(ada, PASSWORD)
        assert not second_factor.is_enrolled(ada)

    @pytest.mark.parametrize(
        ("roles", "password", "says"),
        [
            (("system_admin", "audit_admin"), PASSWORD, "不同的人"),
            (("outreach",), "short", "至少需要 12"),
        ],
    )
    def test_refuses_in_a_sentence_and_leaves_nothing(self, monkeypatch, roles, password, says):
        with pytest.raises(CommandError, match=says):
            self.add(monkeypatch, *roles, password=password)
        assert selectors.person_by_account("ada.lin") is None


class TestStaffReset:
    new = "春暖花开-2026-spring"

    def reset(self, monkeypatch, *options, account="ada.lin", password=new):
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        out = io.StringIO()
        call_command("staff_reset", account, *options, stdout=out)
        return out.getvalue()

    def test_sets_the_password_ends_sessions_and_is_recorded(self, monkeypatch):
        ada = make_staff()
        sign_in.with_login(login="ada.lin", password=PASSWORD, device="", actor=DESK, now=now())
        assert "退出 1 个登录" in self.reset(monkeypatch)
        assert passwords.is_right(selectors.person_by_account("ada.lin"), self.new)
        with shared_context():
            assert not Session.objects.filter(person=ada, ended_at=None).exists()
            event = SecurityEvent.objects.get(code="account.reset")
        assert (event.person_id, event.data["is_factor_cleared"]) == (ada.id, False)

    def test_leaves_the_second_factor_unless_told(self, monkeypatch):
        ada = make_staff()
        self.reset(monkeypatch)
        assert second_factor.is_enrolled(ada)
        assert "重新绑定" in self.reset(monkeypatch, "--second-factor")
        assert not second_factor.is_enrolled(ada)

    def test_opens_a_locked_account(self, monkeypatch):
        make_staff()
        for _ in range(5):
            with pytest.raises(sign_in.WrongCredentials):
                sign_in.with_login(
                    login="ada.lin", password="x" * 12, device="", actor=DESK, now=now()
                )
        self.reset(monkeypatch)
        sign_in.with_login(login="ada.lin", password=self.new, device="", actor=Actor(), now=now())

    def test_takes_a_phone_as_well(self, monkeypatch):
        make_administrator("13900000001")
        self.reset(monkeypatch, account="13900000001")
        person = selectors.person_by_account("13900000001")
        assert passwords.is_right(person, self.new)

    @pytest.mark.parametrize(
        ("account", "password", "says"),
        [("nobody", new, "没有找到账号"), ("ada.lin", "short", "至少需要 12")],
    )
    def test_refuses_in_a_sentence_and_leaves_all_as_it_was(
        self, monkeypatch, account, password, says
    ):
        make_staff()
        with pytest.raises(CommandError, match=says):
            self.reset(monkeypatch, "--second-factor", account=account, password=password)
        ada = selectors.person_by_account("ada.lin")
        assert passwords.is_right(ada, PASSWORD)
        assert second_factor.is_enrolled(ada)
