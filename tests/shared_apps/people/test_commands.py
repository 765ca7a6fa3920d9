"""What the operator types: opening an account, reading a demo account's code."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from kernel.clock import now
from shared_apps.people import selectors
from shared_apps.people.services import passwords, second_factor
from tests.factories.people import PASSWORD, make_staff

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
