"""Signing in at the console and at a unit's desk; how long it lasts; what is refused."""

import datetime as dt
import re

import pytest

from kernel.clock import now as current
from kernel.unit import shared_context
from shared_apps.people.models import Session
from shared_apps.people.services import sessions
from tenant_apps.access.models import Grant
from tenant_apps.audit import selectors as audit
from tests.conftest import FacingClient
from tests.factories.people import (
    DESK,
    PASSWORD,
    make_staff,
    totp,
)
from tests.flows.doors import (
    COOKIE,
    PHONE,
    administrator,
    is_inside,
    sign_in_at_the_desk,
    sign_in_on_console,
)

pytestmark = pytest.mark.django_db


class TestConsole:
    def test_lets_in_after_both_steps_and_back_to_where_one_was_going(self, console):
        make_staff()
        asked = console.get("/account/password/")
        assert asked.status_code == 302
        first = console.post(asked["Location"], {"login": "ada.lin", "password": PASSWORD})
        assert first["Location"].startswith("/sign-in/code/?next=")
        assert not is_inside(console)
        second = console.post(first["Location"], {"code": totp(current())})
        assert second["Location"] == "/account/password/"
        assert is_inside(console)

    def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_hosts(self, console):
        make_staff()
        sign_in_on_console(console)
        morsel = console.cookies[COOKIE]
        assert (morsel["httponly"], morsel["samesite"], morsel["domain"]) == (True, "Lax", "")

    def test_a_new_token_at_each_step(self, console):
        """Whatever cookie was planted before, and the half-done one, are worth nothing after."""
        make_staff()
        console.cookies[COOKIE] = planted = "planted-by-somebody-else"
        console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        half = console.cookies[COOKIE].value
        console.post("/sign-in/code/", {"code": totp(current())})
        full = console.cookies[COOKIE].value
        assert len({planted, half, full}) == 3
        for stale in (planted, half):
            console.cookies[COOKIE] = stale
            assert not is_inside(console)

    def test_an_administrator_without_a_device_binds_one_before_anything_else(self, console):
        make_staff(secret=None)
        first = console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        assert first["Location"] == "/second-factor/"
        assert not is_inside(console)
        page = console.get("/second-factor/").content.decode()
        assert "<svg" in page
        secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        done = console.post("/second-factor/", {"code": totp(current(), secret)})
        assert done.content.decode().count("<li>") == 10
        assert is_inside(console)
        assert console.get("/second-factor/")["Location"] == "/account/"

    def test_refuses_a_code_twice(self, console):
        make_staff()
        code = totp(current())
        console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        console.post("/sign-in/code/", {"code": code})
        console.post("/sign-out/")
        console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        assert console.post("/sign-in/code/", {"code": code}).status_code == 422
        assert not is_inside(console)

    def test_locks_with_a_sentence(self, console):
        make_staff()
        for _ in range(5):
            wrong = console.post("/sign-in/", {"login": "ada.lin", "password": "x" * 12})
            assert wrong.status_code == 422
        locked = console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        assert locked.status_code == 429
        assert "15 分钟后再试" in locked.content.decode()

    def test_says_the_same_to_unknown_and_wrong(self, console):
        make_staff()
        pages = {
            re.sub(
                r"[0-9a-f]{32}|[A-Za-z0-9]{64}|nobody.at|ada.lin",
                "",
                console.post("/sign-in/", {"login": login, "password": "x" * 12}).content.decode(),
            )
            for login in ("ada.lin", "nobody.at")
        }
        assert len(pages) == 1

    @pytest.mark.parametrize(
        "wanted",
        ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"],
    )
    def test_never_leads_to_another_host(self, console, wanted):
        make_staff()
        console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        done = console.post(f"/sign-in/code/?next={wanted}", {"code": totp(current())})
        assert done["Location"] == "/"

    def test_signing_out_ends_it_on_the_server(self, console):
        make_staff()
        sign_in_on_console(console)
        token = console.cookies[COOKIE].value
        console.post("/sign-out/")
        console.cookies[COOKIE] = token
        assert not is_inside(console)

    def test_asks_for_the_csrf_token(self):
        make_staff()
        strict = FacingClient(headers={"host": "console.test"}, enforce_csrf_checks=True)
        answer = strict.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        assert answer.status_code == 403


class TestLife:
    def ages(self, **by):
        with shared_context():
            Session.objects.update(**{key: current() - age for key, age in by.items()})

    def test_idle_half_an_hour_ends_it(self, console):
        make_staff()
        sign_in_on_console(console)
        self.ages(seen_at=dt.timedelta(minutes=29))
        assert is_inside(console)
        self.ages(seen_at=dt.timedelta(minutes=30))
        assert not is_inside(console)

    def test_twelve_hours_end_it_whatever_is_done(self, console):
        make_staff()
        sign_in_on_console(console)
        self.ages(created_at=dt.timedelta(hours=12))
        assert not is_inside(console)

    def test_half_a_sign_in_waits_ten_minutes(self, console):
        make_staff()
        console.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
        self.ages(created_at=dt.timedelta(minutes=10))
        late = console.post("/sign-in/code/", {"code": totp(current())})
        assert late["Location"] == "/sign-in/"


class TestDesk:
    def test_lets_an_administrator_in_and_the_unit_remembers_it(self, desk, alpha):
        ada = administrator(alpha)
        sign_in_at_the_desk(desk)
        assert is_inside(desk, "/access/")
        codes = [event.code for event in audit.events_about(ada.id)]
        assert "administrator.signed_in" in codes

    def test_refuses_whoever_has_no_role_here_like_a_wrong_password(self, desk, alpha, beta):
        administrator(beta)
        here = desk.post("/sign-in/", {"phone": PHONE, "password": PASSWORD})
        wrong = desk.post("/sign-in/", {"phone": PHONE, "password": "x" * 12})
        assert here.status_code == wrong.status_code == 422
        assert "账号或密码不正确" in here.content.decode()

    @pytest.mark.parametrize("host", ["beta.test", "console.test", "m.test", "pay.test"])
    def test_its_cookie_is_worth_nothing_elsewhere(self, desk, alpha, beta, host):
        administrator(alpha)
        administrator(beta)
        sign_in_at_the_desk(desk)
        token = desk.cookies[COOKIE].value
        elsewhere = FacingClient(headers={"host": host})
        elsewhere.cookies[COOKIE] = token
        address = {"m.test": "/m/account/", "pay.test": "/"}.get(host, "/account/")
        assert not is_inside(elsewhere, address)
        assert is_inside(desk)

    def test_a_revoked_role_counts_at_once(self, desk, alpha):
        administrator(alpha)
        administrator(alpha, number="13900000002")
        sign_in_at_the_desk(desk)
        assert is_inside(desk, "/access/")
        Grant.objects.filter(person_name="艾达").update(revoked_at=current())
        assert desk.get("/access/").status_code == 403

    def test_without_a_second_factor_a_session_holds_nothing(self, desk, alpha):
        ada = administrator(alpha)
        half = sessions.open_half(
            person=ada,
            kind="administrator",
            audience=sessions.Audience("unit", alpha.id),
            actor=DESK,
            now=current(),
        )
        desk.cookies[COOKIE] = half.token
        assert desk.get("/access/").status_code == 302
        assert desk.get("/api/v1/grants/").status_code in {401, 403}
