"""The end of a unit on the console and for programs."""

import pytest

from kernel.clock import now
from kernel.unit import unit_context
from onboarding.models import Closing
from onboarding.services import closing_steps
from tenants.models import Unit, UnitState
from tests.cast import staff
from tests.factories.dues import NOVEMBER, make_owing_member
from tests.onboarding.closing.conftest import DAY, WHY, ask

S = UnitState


class TestThePages:
    def test_lead_from_asking_to_the_paper(self, gamma, client):
        staff(client, "operator")
        page = f"/units/{gamma.pk}/closing/"
        assert "已结清" in client.get(page).content.decode()
        form = {"reason": WHY, "typed": gamma.name}
        assert client.post(f"{page}request/", form).status_code == 302
        held = Closing.objects.get()
        own = client.get(page).content.decode()
        assert "等待复核" in own
        answer = client.post(f"/closings/{held.pk}/confirm/", {"typed": gamma.name})
        assert answer.status_code == 403
        staff(client, "system_admin")
        assert client.post(f"/closings/{held.pk}/confirm/", {"typed": "错"}).status_code == 422
        assert (
            client.post(f"/closings/{held.pk}/confirm/", {"typed": gamma.name}).status_code == 302
        )
        assert client.get(f"/closings/{held.pk}/certificate/").status_code == 404
        assert gamma.name in client.get("/closings/").content.decode()
        closing_steps.carry_out(closing_id=held.pk, now=now() + 31 * DAY)
        paper = client.get(f"/closings/{held.pk}/certificate/").content.decode()
        number = Closing.objects.get().number
        assert number in paper
        told = client.get(f"/closings/{held.pk}/certificate/?form=json").json()
        client.cookies.clear()
        check = told["signature"]["value"][:12]
        found = client.post("/certificates/", {"number": number, "check": check})
        assert "证明属实" in found.content.decode()
        found = client.post("/certificates/", {"number": number, "check": "f" * 12})
        assert "没有查到" in found.content.decode()

    def test_show_what_is_in_the_way(self, gamma, client):
        with unit_context(gamma.pk):
            make_owing_member(NOVEMBER.value)
        staff(client, "operator")
        answer = client.post(
            f"/units/{gamma.pk}/closing/request/", {"reason": WHY, "typed": gamma.name}
        )
        assert answer.status_code == 409
        assert "129.00" in answer.content.decode()

    @pytest.mark.parametrize(
        ("role", "path", "status"),
        [
            ("outreach", "/units/{unit}/closing/", 403),
            ("security_admin", "/closings/", 403),
            ("audit_admin", "/units/{unit}/closing/", 200),
            ("audit_admin", "/units/{unit}/closing/request/", 403),
            ("system_admin", "/units/{unit}/closing/request/", 403),
        ],
    )
    def test_are_for_those_who_may(self, gamma, client, role, path, status):
        staff(client, role)
        act = client.post if path.endswith("request/") else client.get
        assert act(path.format(unit=gamma.pk)).status_code == status
        assert not Closing.objects.exists()

    @pytest.mark.parametrize("role", ["outreach", "security_admin", "audit_admin"])
    def test_let_only_operators_and_system_administrators_confirm(self, gamma, client, role):
        held = ask(gamma)
        staff(client, role)
        form = {"typed": gamma.name}
        assert client.post(f"/closings/{held.pk}/confirm/", form).status_code == 403
        api = f"/api/v1/closings/{held.pk}/confirm/"
        assert client.post(api, form, content_type="application/json").status_code == 403
        assert Unit.objects.get(pk=gamma.pk).state == S.TRIAL

    def test_have_an_api(self, gamma, client):
        staff(client, "operator")
        base = f"/api/v1/units/{gamma.pk}/closing/"
        answer = client.post(
            f"{base}request/", {"reason": WHY, "typed": gamma.name}, content_type="application/json"
        )
        assert answer.status_code == 201
        closing_id = answer.json()["id"]
        answer = client.post(
            f"/api/v1/closings/{closing_id}/confirm/", {"typed": gamma.name},
            content_type="application/json",
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (403, "closing_second_person")
        answer = client.post(
            f"/api/v1/closings/{closing_id}/call-off/", {"reason": "单位改变决定"},
            content_type="application/json",
        )  # fmt: skip
        assert answer.json()["state"] == "called_off"
        told = client.get(base).json()
        assert [line["fen"] for line in told["money"]] == [0, 0, 0, 0, 0]
