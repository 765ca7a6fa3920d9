"""A forgotten password at a unit's desk: the whole way, and every way that leads nowhere."""

import datetime as dt
import re

import pytest
from django.conf import settings

from kernel.actor import Actor
from kernel.clock import now as current
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Person, SecurityEvent, Session
from shared_apps.people.services import password_reset as resets
from shared_apps.people.services import passwords, second_factor, sessions, sms_codes, throttle
from tenant_apps.access.models import Grant
from tenant_apps.access.services import grants, password_reset
from tenant_apps.audit import selectors as audit
from tests.conftest import FacingClient
from tests.factories.people import (
    DESK,
    PASSWORD,
    SECRET,
    last_sms,
    make_administrator,
    sms_code,
    totp,
)

pytestmark = pytest.mark.django_db
COOKIE = settings.SIGN_IN_COOKIE
PHONE, STRANGER = "13900000001", "13900000009"
NEW = "春暖花开-2026-spring"
START = "/sign-in/forgotten/"
API = "/api/v1/sign-in/forgotten/"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def desk(alpha):
    return FacingClient(headers={"host": "alpha.test"})


def administrator(unit, secret=SECRET):
    ada = make_administrator(PHONE, secret=secret)
    with unit_context(unit.id):
        grants.grant(
            person_id=ada.id,
            person_name="艾达",
            role="unit_admin",
            scope="",
            actor=Actor.system("test"),
            now=current(),
        )
    return ada


def send(client, address, **body):
    return client.post(address, body, content_type="application/json")


def ask(client, phone=PHONE):
    page = client.post(START, {"phone": phone}).content.decode()
    return re.search(r'name="phone" value="([^"]+)"', page)[1]


def prove(client, handle, code=None):
    return client.post(f"{START}code/", {"phone": handle, "code": code or sms_code()})


def prove_device(client, code=None):
    return client.post(f"{START}second-factor/", {"code": code or totp(current())})


def come_to_the_password(client):
    prove(client, ask(client))
    prove_device(client)


def is_password(person, password):
    with shared_context():
        return passwords.is_right(Person.objects.get(pk=person.id), password)


def seat(person, unit):
    """A session of the person in which everything was proven."""
    audience = sessions.Audience("unit", unit.id)
    half = sessions.open_half(
        person=person, kind="administrator", audience=audience, actor=DESK, now=current()
    )
    return sessions.complete(session=half.session, second_factor_at=current(), now=current())


class TestTheWholeWay:
    def test_leads_from_the_sign_in_page_to_a_new_password(self, desk, alpha):
        ada = administrator(alpha)
        assert START in desk.get("/sign-in/").content.decode()
        assert prove(desk, ask(desk))["Location"] == f"{START}second-factor/"
        assert desk.get(f"{START}second-factor/").status_code == 200
        assert prove_device(desk)["Location"] == f"{START}password/"
        assert desk.get(f"{START}password/").status_code == 200
        done = desk.post(f"{START}password/", {"password": NEW})
        assert done["Location"] == "/sign-in/"
        assert desk.cookies[COOKIE].value == ""
        assert is_password(ada, NEW)
        signed_in = desk.post("/sign-in/", {"phone": PHONE, "password": NEW})
        assert signed_in["Location"] == "/sign-in/code/"

    def test_says_in_the_message_what_the_code_is_for(self, desk, alpha):
        ask(desk)
        assert last_sms()["purpose"] == "重置密码"

    def test_takes_a_recovery_code_in_the_devices_place(self, desk, alpha):
        ada = administrator(alpha)
        with shared_context():
            codes = second_factor.renew_recovery_codes(
                person=ada, code=totp(current()), actor=DESK, now=current()
            )
        prove(desk, ask(desk))
        assert prove_device(desk, codes[0])["Location"] == f"{START}password/"

    def test_ends_every_session_and_is_recorded_on_both_sides(self, desk, alpha):
        ada = administrator(alpha)
        seat(ada, alpha)
        come_to_the_password(desk)
        desk.post(f"{START}password/", {"password": NEW})
        with shared_context():
            assert not Session.objects.filter(person=ada, ended_at=None).exists()
            event = SecurityEvent.objects.get(code="password.reset")
        assert (event.person_id, event.unit_id, event.data) == (ada.id, alpha.id, {"ended": 1})
        codes = [event.code for event in audit.events_about(ada.id)]
        assert "administrator.password_reset" in codes

    def test_a_weak_password_is_refused_and_the_next_one_taken(self, desk, alpha):
        ada = administrator(alpha)
        come_to_the_password(desk)
        for weak in ("short", f"我的手机号{PHONE}号"):
            assert desk.post(f"{START}password/", {"password": weak}).status_code == 422
        assert is_password(ada, PASSWORD)
        assert desk.post(f"{START}password/", {"password": NEW}).status_code == 302

    def test_the_interface_goes_the_same_way(self, desk, alpha):
        ada = administrator(alpha)
        seat(ada, alpha)
        assert send(desk, f"{API}code/", phone=PHONE).status_code == 204
        assert send(desk, API, phone=PHONE, code=sms_code()).status_code == 204
        early = send(desk, f"{API}password/", password=NEW)
        assert early.json()["code"] == "password_reset_not_begun"
        code = totp(current())
        assert send(desk, f"{API}second-factor/", code=code).status_code == 204
        assert send(desk, f"{API}password/", password=NEW).status_code == 204
        assert is_password(ada, NEW)
        with shared_context():
            assert not Session.objects.filter(person=ada, ended_at=None).exists()
        again = send(desk, f"{API}password/", password=PASSWORD)
        assert again.status_code == 409


class TestNobodyLearnsWhoIsKnown:
    def test_the_pages_before_the_code_are_the_same_for_everybody(self, desk, alpha):
        administrator(alpha)
        pages = {
            re.sub(
                r'value="[^"]*"|[0-9a-f]{32}|[A-Za-z0-9]{64}|139\*+\d{4}|nonce="[^"]*"', "", page
            )
            for page in (
                desk.post(START, {"phone": number}).content.decode() for number in (PHONE, STRANGER)
            )
        }
        assert len(pages) == 1

    def test_a_wrong_code_is_the_same_for_everybody(self, desk, alpha):
        administrator(alpha)
        answers = set()
        for number in (PHONE, STRANGER):
            send(desk, f"{API}code/", phone=number)
            wrong = "000000" if sms_code() != "000000" else "111111"
            answer = send(desk, API, phone=number, code=wrong)
            answers.add((answer.status_code, answer.json()["code"], answer.json()["title"]))
        assert len(answers) == 1

    def test_one_sentence_for_all_who_get_no_further(self, desk, alpha, beta):
        """Unknown, without a role here, without a device: and nobody is made on the way."""
        administrator(beta)
        make_administrator("13900000003")
        sentences = set()
        for number in (PHONE, "13900000003", STRANGER):
            answer = prove(desk, ask(desk, number))
            assert answer.status_code == 403
            assert desk.get(f"{START}second-factor/").status_code == 302
            sentences.add(re.search(r"请先联系本单位管理员[^<]+", answer.content.decode())[0])
        assert len(sentences) == 1
        with shared_context():
            assert Person.objects.count() == 2

    def test_without_a_second_factor_nobody_gets_through(self, desk, alpha):
        ada = administrator(alpha, secret=None)
        with shared_context():
            second_factor.begin(person=ada, now=current())
        assert prove(desk, ask(desk)).status_code == 403
        assert COOKIE not in desk.cookies
        with shared_context():
            assert SecurityEvent.objects.filter(code="password_reset.refused").count() == 1


class TestProofs:
    def test_a_code_is_good_once(self, desk, alpha):
        administrator(alpha)
        handle = ask(desk)
        code = sms_code()
        assert prove(desk, handle, code).status_code == 302
        assert prove(desk, handle, code).status_code == 422

    def test_five_wrong_codes_spend_the_right_one(self, desk, alpha):
        administrator(alpha)
        handle = ask(desk)
        right = sms_code()
        wrong = "000000" if right != "000000" else "111111"
        for _ in range(sms_codes.TRIES):
            assert prove(desk, handle, wrong).status_code == 422
        assert prove(desk, handle, right).status_code == 422

    def test_a_code_to_sign_in_opens_nothing_here_nor_the_other_way(self, desk, alpha):
        administrator(alpha)
        send(desk, "/api/v1/sign-in/member/code/", phone=PHONE)
        assert send(desk, API, phone=PHONE, code=sms_code()).json()["code"] == "code_spent"
        password_reset.request_code(phone=PHONE, actor=DESK, now=current() + MINUTE)
        other = send(desk, "/api/v1/sign-in/member/", phone=PHONE, code=sms_code())
        assert other.json()["code"] == "code_wrong"

    def test_a_code_of_another_unit_opens_nothing(self, desk, alpha, beta):
        administrator(alpha)
        administrator(beta)
        with unit_context(beta.id):
            password_reset.request_code(phone=PHONE, actor=DESK, now=current())
        assert send(desk, API, phone=PHONE, code=sms_code()).json()["code"] == "code_spent"

    def test_the_field_of_another_unit_opens_nothing(self, desk, alpha, beta):
        handle = ask(desk)
        other = FacingClient(headers={"host": "beta.test"})
        assert prove(other, handle)["Location"] == START

    def test_wrong_device_codes_lock_the_account_like_at_the_sign_in(self, desk, alpha):
        administrator(alpha)
        prove(desk, ask(desk))
        for _ in range(throttle.ACCOUNT.tries):
            assert prove_device(desk, "ABCDE-23456").status_code == 422
        assert prove_device(desk).status_code == 429
        assert desk.post("/sign-in/", {"phone": PHONE, "password": PASSWORD}).status_code == 429

    def test_a_used_device_code_is_refused(self, desk, alpha):
        ada = administrator(alpha)
        code = totp(current())
        with shared_context():
            second_factor.verify(person=ada, code=code, now=current())
        prove(desk, ask(desk))
        assert prove_device(desk, code).status_code == 422


class TestTheHalfWay:
    def test_signs_nobody_in(self, desk, alpha):
        administrator(alpha)
        come_to_the_password(desk)
        assert desk.get("/account/").status_code == 302
        assert desk.post("/sign-in/code/", {"code": totp(current())})["Location"] == "/sign-in/"
        assert desk.get("/second-factor/")["Location"] == "/sign-in/"
        code = totp(current())
        assert send(desk, "/api/v1/sign-in/second-factor/", code=code).status_code == 409

    def test_a_half_sign_in_resets_nothing(self, desk, alpha):
        """Or else a guessed password and a device would do without the phone."""
        ada = administrator(alpha)
        desk.post("/sign-in/", {"phone": PHONE, "password": PASSWORD})
        assert prove_device(desk)["Location"] == START
        assert desk.post(f"{START}password/", {"password": NEW})["Location"] == START
        assert is_password(ada, PASSWORD)

    def test_the_password_waits_for_the_device(self, desk, alpha):
        ada = administrator(alpha)
        prove(desk, ask(desk))
        assert desk.get(f"{START}password/")["Location"] == f"{START}second-factor/"
        assert desk.post(f"{START}password/", {"password": NEW})["Location"] == START
        assert is_password(ada, PASSWORD)

    def test_its_cookie_is_worth_nothing_in_another_unit(self, desk, alpha, beta):
        ada = administrator(alpha)
        administrator(beta)
        come_to_the_password(desk)
        other = FacingClient(headers={"host": "beta.test"})
        other.cookies[COOKIE] = desk.cookies[COOKIE].value
        assert other.post(f"{START}password/", {"password": NEW})["Location"] == START
        assert is_password(ada, PASSWORD)

    def test_every_step_changes_the_token(self, desk, alpha):
        administrator(alpha)
        prove(desk, ask(desk))
        first = desk.cookies[COOKIE].value
        prove_device(desk)
        assert desk.cookies[COOKIE].value != first

    def test_waits_ten_minutes(self, desk, alpha):
        ada = administrator(alpha)
        come_to_the_password(desk)
        with shared_context():
            Session.objects.update(created_at=current() - 10 * MINUTE)
        assert desk.post(f"{START}password/", {"password": NEW})["Location"] == START
        assert is_password(ada, PASSWORD)

    def test_a_role_taken_away_meanwhile_ends_it(self, desk, alpha):
        ada = administrator(alpha)
        come_to_the_password(desk)
        Grant.objects.filter(person_id=ada.id).update(revoked_at=current())
        assert desk.post(f"{START}password/", {"password": NEW}).status_code == 403
        assert is_password(ada, PASSWORD)

    def test_is_good_for_one_password(self, desk, alpha):
        ada = administrator(alpha)
        come_to_the_password(desk)
        with shared_context():
            held = Session.objects.get(kind="reset")
        password_reset.finish(session=held, password=NEW, actor=DESK, now=current())
        with pytest.raises(resets.ResetNotBegun):
            password_reset.finish(session=held, password=PASSWORD, actor=DESK, now=current())
        assert is_password(ada, NEW)


class TestWithoutAWay:
    @pytest.mark.parametrize("step", ["code/", "second-factor/", "password/"])
    def test_a_later_step_leads_back_to_the_first(self, desk, step):
        assert desk.get(START + step)["Location"] == START
        assert desk.post(START + step, {})["Location"] == START

    def test_says_what_is_wrong_with_a_phone(self, desk):
        assert "11 位手机号" in desk.post(START, {"phone": "12"}).content.decode()
        assert desk.post(START, {}).status_code == 422

    def test_too_soon_again_is_said_beside_the_field(self, desk):
        handle = ask(desk)
        soon = desk.post(f"{START}code/", {"phone": handle, "again": "1"})
        assert soon.status_code == 429
        assert "秒后再获取" in soon.content.decode()
        assert ask(desk)
