"""Signing in through the API, on every face."""

from uuid import UUID

import pytest

from kernel.clock import now as current
from kernel.models import uuid7
from kernel.unit import unit_context
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member
from tests.factories.people import (
    PASSWORD,
    affiliate,
    make_staff,
    sms_code,
    totp,
)
from tests.flows.doors import PHONE, sign_in_on_console

pytestmark = pytest.mark.django_db


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
