"""From an invitation's link to the desk."""

import re

import pytest

from kernel.clock import now as current
from kernel.unit import shared_context
from shared_apps.people.models import Attempts
from tenant_apps.access.models import Grant
from tenant_apps.access.services import invitations
from tests.conftest import FacingClient
from tests.factories.people import (
    DESK,
    PASSWORD,
    sms_code,
    totp,
)
from tests.flows.doors import PHONE, administrator, hidden, is_inside

pytestmark = pytest.mark.django_db


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
