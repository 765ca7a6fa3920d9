"""The API: the same acts as the pages, in JSON, with problem documents."""

from __future__ import annotations

import pytest

from kernel.models import uuid7
from tenant_apps.dues.models import Bill, Receipt
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_member, make_owing_member, make_standard

JSON = "application/json"


@pytest.fixture
def ben(alpha):
    return cast.officer(FacingClient(), alpha, role="treasurer", name="本")


class TestDesk:
    def test_previews_issues_lists_and_takes_back(self, ben):
        make_standard(make_member())
        address = "/api/v1/dues/months/2026-11/issue/"
        assert ben.get(address).json()["count"] == 1
        issued = ben.post(address, {}, content_type=JSON, headers={"idempotency-key": "k1"})
        assert issued.status_code == 201
        assert issued.json()["due_fen"] == 12_900
        again = ben.post(address, {}, content_type=JSON, headers={"idempotency-key": "k1"})
        assert again.json() == issued.json()
        bills = ben.get("/api/v1/dues/months/2026-11/bills/", {"state": "UNPAID"}).json()
        assert [bill["month"] for bill in bills["results"]] == ["2026-11"]
        totals = ben.get("/api/v1/dues/months/2026-11/").json()["totals"]
        assert (totals["due_fen"], totals["rate"]) == (12_900, 0)
        assert ben.delete(address).json() == {"count": 1}
        assert not Bill.objects.exists()

    def test_a_refusal_is_a_problem_with_a_code(self, ben):
        answer = ben.post("/api/v1/dues/months/2027-06/issue/", {}, content_type=JSON)
        assert (answer.status_code, answer.json()["code"]) == (422, "dues_month_too_far")
        assert answer["Content-Type"] == "application/problem+json"

    def test_fixes_a_standard(self, ben):
        member = make_member()
        address = f"/api/v1/dues/members/{member.id}/standards/"
        body = {"category": "RETIRED", "base_fen": 420_000, "month": "2026-01"}
        made = ben.post(address, body, content_type=JSON)
        assert (made.status_code, made.json()["amount_fen"]) == (201, 2_100)
        assert len(ben.get(address).json()) == 1
        assert ben.post(address, {**body, "x": 1}, content_type=JSON).status_code == 422
        assert ben.post(address, {**body, "month": "x"}, content_type=JSON).status_code == 422
        assert len(ben.get("/api/v1/dues/standards/", {"year": 2026}).json()["results"]) == 1

    def test_exempts_and_reinstates(self, ben):
        make_owing_member()
        bill = Bill.objects.get()
        address = f"/api/v1/dues/bills/{bill.id}/exemption/"
        body = {"reason": "患病", "approved_by": "中共甲市委员会"}
        assert ben.post(address, body, content_type=JSON).json()["state"] == "EXEMPT"
        assert ben.delete(address).json()["state"] == "UNPAID"
        assert ben.delete(address).status_code == 409

    def test_checks_and_rules(self, ben):
        assert all(check["holds"] for check in ben.get("/api/v1/dues/checks/").json())
        rules = ben.get("/api/v1/rules/dues/").json()
        assert rules["month_cap_fen"] == 100_000
        assert rules["rated"][0]["brackets"][0]["rate_bp"] == 50
        old = ben.get("/api/v1/rules/dues/", {"on": "2010-01-01"}).json()
        assert old["month_cap_fen"] is None
        assert ben.get("/api/v1/rules/dues/", {"on": "x"}).status_code == 422


class TestMine:
    def test_pays_once_for_one_key(self, alpha, cleo, channel, pay, notify, core):
        client = cast.member(FacingClient(), alpha, cleo.id)
        assert len(client.get("/api/v1/my/bills/").json()) == 3
        body = {"months": ["2026-09"], "return_url": "http://alpha.test/m/dues/"}
        first, second = (
            client.post(
                "/api/v1/my/payments/",
                body,
                content_type=JSON,
                headers={"idempotency-key": "one"},
            )
            for _ in range(2)
        )
        assert first.status_code == 201
        assert first.json() == second.json()
        assert first.json()["cashier_url"].startswith("https://pay.channel.test/")
        number = first.json()["number"]
        paid = core.pay(core.books.orders_numbered(number)[0].prepay_id)
        notify(paid)
        order = client.get(f"/api/v1/my/orders/{first.json()['id']}/").json()
        assert order["is_paid"]
        receipts = client.get("/api/v1/my/receipts/").json()
        assert receipts[0]["months"] == ["2026-09"]
        assert client.get("/api/v1/my/cards/").json()[0]["card"]["title"]
        receipt = Receipt.objects.get()
        anybody = FacingClient(SERVER_NAME="alpha.test")
        body = {"serial": receipt.serial, "code": receipt.verify_code}
        address = "/api/v1/dues/receipts/verify/"
        assert anybody.post(address, body, content_type=JSON).json()["is_genuine"]
        ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
        assert len(ben.get("/api/v1/dues/receipts/").json()["results"]) == 1
        assert ben.get(f"/api/v1/dues/receipts/{receipt.id}/").status_code == 200

    def test_others_orders_do_not_exist(self, alpha, cleo, start):
        order = start(cleo, 202609)
        dan = cast.member(FacingClient(), alpha, make_owing_member(name="丹").id)
        assert dan.get(f"/api/v1/my/orders/{order.pk}/").status_code == 404
        assert dan.get(f"/api/v1/my/orders/{uuid7()}/").status_code == 404
        assert dan.get("/api/v1/dues/receipts/").status_code == 403
