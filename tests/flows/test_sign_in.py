"""Signing in over HTTP, on every face: console, desk, phone, invitation; and what is refused."""

import datetime as dt
import re
from uuid import UUID

import pytest
from django.conf import settings

from kernel.clock import now as current
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Attempts, Session
from shared_apps.people.services import affiliations, sessions
from shared_apps.usage.models import Outbox
from tenant_apps.access.models import Grant
from tenant_apps.access.services import grants, invitations
from tenant_apps.audit import selectors as audit
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member
from tests.factories.people import (
    DESK,
    PASSWORD,
    affiliate,
    make_administrator,
    make_staff,
    sms_code,
    totp,
)

pytestmark = pytest.mark.django_db
COOKIE = settings.SIGN_IN_COOKIE
PHONE = "13900000001"


@pytest.fixture
def console():
    return FacingClient(headers={"host": "console.test"})


@pytest.fixture
def desk(alpha):
    return FacingClient(headers={"host": "alpha.test"})


@pytest.fixture
def phone(db):
    return FacingClient(headers={"host": "m.test"})


def administrator(unit, role="unit_admin", number=PHONE):
    ada = make_administrator(number)
    with unit_context(unit.id):
        grants.grant(
            person_id=ada.id,
            person_name="艾达",
            role=role,
            scope="",
            actor=DESK.system("test"),
            now=current(),
        )
    return ada


def sign_in_on_console(client):
    client.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
    return client.post("/sign-in/code/", {"code": totp(current())})


def sign_in_at_the_desk(client):
    client.post("/sign-in/", {"phone": PHONE, "password": PASSWORD})
    return client.post("/sign-in/code/", {"code": totp(current())})


def hidden(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def is_inside(client, address="/account/"):
    return client.get(address).status_code == 200


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


class TestPhone:
    def begin(self, client, number="13800000002"):
        page = client.post("/m/sign-in/", {"phone": number})
        return hidden(page, "phone")

    def enter(self, client, handle, code=None):
        return client.post("/m/sign-in/code/", {"phone": handle, "code": code or sms_code()})

    def test_signs_in_on_the_common_host_and_activates(self, phone, alpha):
        member = make_owing_member(202611, name="陈雨桐")
        affiliate(alpha, member.id)
        done = self.enter(phone, self.begin(phone))
        assert done["Location"] == "/m/"
        assert is_inside(phone, "/m/account/")
        assert "member.activated" in [event.code for event in audit.events_about(member.id)]
        with shared_context():
            waiting = list(Outbox.objects.order_by("id").values_list("kind", "unit_id"))
        assert waiting[-2:] == [("activations", alpha.id), ("sign_ins", alpha.id)]

    def test_asks_which_one_where_a_phone_is_known_twice(self, phone, alpha, beta):
        ours = make_owing_member(202611, name="陈雨桐")
        affiliate(alpha, ours.id)
        with unit_context(beta.id):
            theirs = make_owing_member(202611, name="陈雨桐")
        affiliate(beta, theirs.id)
        assert self.enter(phone, self.begin(phone))["Location"] == "/m/sign-in/choose/"
        assert not is_inside(phone, "/m/account/")
        page = phone.get("/m/sign-in/choose/").content.decode()
        assert page.count("陈*桐") == 2
        assert "陈雨桐" not in page
        assert beta.name in page
        chosen = hidden(phone.get("/m/sign-in/choose/"), "choice")
        assert phone.post("/m/sign-in/choose/", {"choice": chosen})["Location"] == "/m/"
        assert is_inside(phone, "/m/account/")

    def test_tells_the_holder_of_an_unknown_phone_the_way_out(self, phone):
        refused = self.enter(phone, self.begin(phone))
        assert refused.status_code == 404
        assert "请联系所在党支部核对" in refused.content.decode()

    def test_the_pages_before_the_code_are_the_same_for_everybody(self, phone, alpha):
        affiliate(alpha, make_owing_member(202611).id)
        pages = {
            re.sub(r'value="[^"]*"|[0-9a-f]{32}|[A-Za-z0-9]{64}|138\*+\d{4}', "", page)
            for page in (
                phone.post("/m/sign-in/", {"phone": number}).content.decode()
                for number in ("13800000002", "13800000009")
            )
        }
        assert len(pages) == 1

    def test_a_wrong_code_says_how_many_tries_are_left(self, phone):
        handle = self.begin(phone)
        wrong = "000000" if sms_code() != "000000" else "000001"
        assert "还可以再试 4 次" in self.enter(phone, handle, wrong).content.decode()

    def test_the_phone_in_the_form_cannot_be_exchanged(self, phone):
        handle = self.begin(phone)
        forged = handle[:-3] + ("abc" if handle[-3:] != "abc" else "abd")
        assert self.enter(phone, forged)["Location"] == "/m/sign-in/"

    def test_a_member_who_left_is_out_at_once(self, client, alpha):
        member = make_owing_member(202611)
        cast.member(client, alpha, member.id)
        assert is_inside(client, "/m/account/")
        member.is_active = False
        member.save()
        assert not is_inside(client, "/m/account/")

    def test_a_member_whose_phone_changed_or_whose_import_was_undone_is_out(self, client, alpha):
        member = make_owing_member(202611)
        cast.member(client, alpha, member.id)
        assert is_inside(client, "/m/account/")
        affiliations.forget(member_ids=[member.id])
        assert not is_inside(client, "/m/account/")

    def test_a_members_session_opens_no_desk(self, client, alpha):
        cast.member(client, alpha, make_owing_member(202611).id)
        assert client.get("/access/").status_code == 403

    def test_the_connection_is_on_the_shared_tables_after_the_common_host(self, phone, alpha):
        member = make_owing_member(202611)
        cast.member(phone, alpha, member.id, host="m.test")
        assert is_inside(phone, "/m/account/")


class TestInvitation:
    def invite(self, role="unit_admin", number=PHONE):
        return invitations.invite(
            role=role,
            scope="",
            name="艾达",
            phone=number,
            actor=DESK.system("test"),
            now=current(),
        ).token

    def walk(self, client, token, password=PASSWORD):
        client.post(f"/invitation/{token}/")
        page = client.post(f"/invitation/{token}/code/", {"code": sms_code()})
        return client.post(
            f"/invitation/{token}/password/",
            {"proof": hidden(page, "proof"), "password": password},
        )

    def test_leads_from_the_link_to_the_desk(self, desk, alpha):
        token = self.invite()
        shown = desk.get(f"/invitation/{token}/").content.decode()
        assert all(word in shown for word in ("艾达", alpha.name, "单位管理员", "139****0001"))
        assert self.walk(desk, token)["Location"] == "/second-factor/"
        assert desk.get("/access/").status_code == 302
        page = desk.get("/second-factor/").content.decode()
        secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
        desk.post("/second-factor/", {"code": totp(current(), secret)})
        assert is_inside(desk, "/access/")

    def test_works_once(self, desk, alpha):
        token = self.invite()
        self.walk(desk, token)
        again = desk.get(f"/invitation/{token}/")
        assert again.status_code == 409
        assert "已经使用过" in again.content.decode()

    def test_is_unknown_at_another_unit(self, alpha, beta):
        token = self.invite()
        there = FacingClient(headers={"host": "beta.test"})
        assert there.get(f"/invitation/{token}/").status_code == 404

    def test_without_the_code_there_is_no_password_to_set(self, desk, alpha):
        token = self.invite()
        for proof in ("", "forged.proof"):
            refused = desk.post(
                f"/invitation/{token}/password/", {"proof": proof, "password": PASSWORD}
            )
            assert refused["Location"] == f"/invitation/{token}/"
        assert Grant.objects.count() == 0

    def test_the_proof_of_one_invitation_opens_no_other(self, desk, alpha):
        first, second = self.invite(), self.invite(number="13900000002")
        desk.post(f"/invitation/{first}/")
        page = desk.post(f"/invitation/{first}/code/", {"code": sms_code()})
        refused = desk.post(
            f"/invitation/{second}/password/",
            {"proof": hidden(page, "proof"), "password": PASSWORD},
        )
        assert refused["Location"] == f"/invitation/{second}/"
        assert Grant.objects.count() == 0

    def test_asks_an_administrator_of_another_unit_for_the_own_password(self, desk, alpha, beta):
        administrator(beta)
        token = self.invite()
        wrong = self.walk(desk, token, "另一句很长的密码-other")
        assert wrong.status_code == 422
        with shared_context():
            assert Attempts.objects.filter(count__gt=0).exists()
        page = desk.post(f"/invitation/{token}/code/", {"code": "000000"})
        assert page.status_code == 422


class TestApi:
    def post(self, client, address, **body):
        return client.post(address, body, content_type="application/json")

    def test_console_in_two_steps(self, console):
        make_staff()
        first = self.post(console, "/api/v1/sign-in/password/", login="ada.lin", password=PASSWORD)
        assert first.json() == {"next": "second_factor"}
        assert console.get("/api/v1/session/").status_code in {401, 403}
        second = self.post(console, "/api/v1/sign-in/second-factor/", code=totp(current()))
        assert second.status_code == 204
        who = console.get("/api/v1/session/").json()
        assert who["holdings"] == [{"role": "outreach", "scope": ""}]
        assert len(console.get("/api/v1/sessions/").json()) == 1

    def test_a_second_step_without_a_first_is_refused(self, console):
        refused = self.post(console, "/api/v1/sign-in/second-factor/", code="123456")
        assert (refused.status_code, refused.json()["code"]) == (409, "sign_in_not_begun")

    def test_binding_a_device(self, console):
        make_staff(secret=None)
        first = self.post(console, "/api/v1/sign-in/password/", login="ada.lin", password=PASSWORD)
        assert first.json() == {"next": "enrolment"}
        secret = console.get("/api/v1/sign-in/enrolment/").json()["secret"]
        done = self.post(console, "/api/v1/sign-in/enrolment/", code=totp(current(), secret))
        assert len(done.json()["recovery_codes"]) == 10

    def test_changing_the_password_and_signing_out(self, console):
        make_staff()
        sign_in_on_console(console)
        changed = console.put(
            "/api/v1/account/password/",
            {"current": PASSWORD, "password": "一壶清茶两本书-2026"},
            content_type="application/json",
        )
        assert changed.status_code == 204
        assert console.delete("/api/v1/session/").status_code == 204
        assert console.get("/api/v1/session/").status_code in {401, 403}

    def test_member_with_a_choice(self, phone, alpha, beta):
        for unit in (alpha, beta):
            with unit_context(unit.id):
                affiliate(unit, make_owing_member(202611).id)
        sent = self.post(phone, "/api/v1/sign-in/member/code/", phone="13800000002")
        assert sent.status_code == 204
        choices = self.post(
            phone, "/api/v1/sign-in/member/", phone="13800000002", code=sms_code()
        ).json()["choices"]
        chosen = self.post(phone, "/api/v1/sign-in/member/choice/", choice=choices[0]["id"])
        assert chosen.status_code == 204
        assert UUID(phone.get("/api/v1/session/").json()["member_id"])

    def test_refusals_are_problem_documents(self, phone):
        refused = self.post(phone, "/api/v1/sign-in/member/code/", phone="12")
        assert refused.status_code == 422
        assert refused["Content-Type"] == "application/problem+json"
        assert refused.json()["code"] == "phone_invalid"

    def test_invitations_and_grants(self, client, alpha):
        cast.officer(client, alpha)
        made = self.post(
            client, "/api/v1/invitations/", name="本", phone=PHONE, role="treasurer", scope=""
        )
        assert made.status_code == 201
        token = made.json()["link"].rstrip("/").rpartition("/")[2]
        guest = FacingClient(headers={"host": "alpha.test"})
        assert self.post(guest, "/api/v1/invitation/", token=token).json()["name"] == "本"
        assert self.post(guest, "/api/v1/invitation/code/", token=token).status_code == 204
        proof = self.post(guest, "/api/v1/invitation/proof/", token=token, code=sms_code())
        accepted = self.post(
            guest,
            "/api/v1/invitation/accept/",
            token=token,
            proof=proof.json()["proof"],
            password=PASSWORD,
        )
        assert accepted.json() == {"next": "enrolment"}
        listed = client.get("/api/v1/grants/").json()
        grant = next(row for row in listed if row["role"] == "treasurer")
        assert client.delete(f"/api/v1/grants/{grant['id']}/").status_code == 204
        other = self.post(
            client, "/api/v1/invitations/", name="本", phone=PHONE, role="secretary", scope=""
        )
        assert client.delete(f"/api/v1/invitations/{other.json()['id']}/").status_code == 204
        assert client.get("/api/v1/invitations/").json() == []
        assert client.delete(f"/api/v1/grants/{uuid7()}/").status_code == 404
