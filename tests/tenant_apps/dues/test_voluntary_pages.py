"""Extras over HTTP: from the phone to the channel, from the desk to the Centre."""

from __future__ import annotations

import pytest

from kernel.clock import today
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import Contribution, HandUp, Receipt
from tests import cast
from tests.conftest import FacingClient
from tests.tenant_apps.dues.test_pages import desk, phone

JSON = "application/json"


@pytest.fixture
def ben(alpha):
    return cast.officer(FacingClient(), alpha, role="treasurer", name="本")


@pytest.fixture
def ada(alpha):
    return cast.officer(FacingClient(), alpha, role="cashier", name="阿达")


@pytest.fixture
def me(alpha, cleo):
    return cast.member(FacingClient(), alpha, cleo.id)


def transferred(**typed):
    return {
        "amount": "1,000.00",
        "bank": "1001",
        "received_on": f"{today()}",
        "number": "A-1",
    } | typed


class TestPhone:
    @pytest.mark.parametrize(
        "amount", ["", "0", "-5", "１００", "1e3", "1.005", "NaN", "99999999.00"]
    )
    def test_refuses_what_is_no_amount(self, me, channel, amount):
        answer = me.post(phone("extra"), {"amount": amount})
        assert answer.status_code == 422
        assert not Contribution.objects.exists()

    def test_from_the_amount_to_the_cashier_and_the_receipt(self, me, channel, pay, notify):
        page = me.get(phone("extra")).content.decode()
        assert "第十一条" in page
        assert "1,000.00" in page
        answer = me.post(phone("extra"), {"amount": "1000"})
        one = Contribution.objects.get()
        assert answer["Location"] == phone("open", one.order_id)
        notify(pay(payments.order_by_id(one.order_id)))
        assert "大额党费" in me.get(phone("order", one.order_id)).content.decode()
        assert "待上缴" in me.get(phone("extra")).content.decode()
        assert "大额党费" in me.get(phone("receipts")).content.decode()
        assert "大额党费" in me.get(phone("receipt", Receipt.objects.get().pk)).content.decode()
        mine = me.get("/api/v1/my/contributions/").json()
        assert [row["kind"] for row in mine] == ["LARGE"]

    def test_by_api(self, me, channel):
        answer = me.post("/api/v1/my/contributions/", {"amount_fen": 5_000}, content_type=JSON)
        assert answer.status_code == 201
        assert answer.json()["cashier_url"]
        assert Contribution.objects.get().kind == "VOLUNTARY"


class TestDesk:
    def test_entered_listed_and_handed_up_by_two(self, ben, ada, cleo):
        address = desk("contribution_enter", cleo.id)
        assert "第十一条" in ben.get(address).content.decode()
        assert ben.post(address, transferred(amount="1.005")).status_code == 422
        assert ben.post(address, transferred()).status_code == 302
        again = ben.post(address, transferred(amount="5"))
        assert again.status_code == 409
        assert "A-1 已经登记过" in again.content.decode()
        receipt = Receipt.objects.get()
        paper = ben.get(desk("receipt", receipt.pk)).content.decode()
        assert "由中央组织部给本人开具正式收据" in paper
        assert "大额党费" in ben.get(desk("receipt_refund", receipt.pk)).content.decode()
        page = ben.get(desk("contributions"), {"kind": "LARGE"}).content.decode()
        assert "克莱" in page
        assert ben.get(desk("contributions"), {"export": "xlsx"}).content[:2] == b"PK"
        assert "开列上缴清单" in ben.get(desk("hand_ups")).content.decode()
        assert ben.post(desk("hand_ups")).status_code == 302
        held = HandUp.objects.get()
        facts = {"bank": "1001", "paid_on": f"{today()}", "reference": "HU-1"}
        assert ben.get(desk("hand_up", held.pk), {"export": "xlsx"}).content[:2] == b"PK"
        assert ben.post(desk("hand_up_confirm", held.pk), facts).status_code == 403
        assert ada.post(desk("hand_up_confirm", held.pk), {}).status_code == 422
        assert ada.post(desk("hand_up_confirm", held.pk), facts).status_code == 302
        assert "已上缴" in ada.get(desk("hand_up", held.pk)).content.decode()
        one = Contribution.objects.get()
        told = {"number": "中组收 1 号", "received_on": f"{today()}"}
        assert ben.get(desk("central_receipt", one.pk)).status_code == 200
        assert ben.post(desk("central_receipt", one.pk), told).status_code == 302
        assert "中组收 1 号" in ben.get(desk("contributions")).content.decode()

    def test_by_api(self, ben, ada, cleo):
        body = {
            "amount_fen": 100_000, "bank": "1001", "number": "A-1", "received_on": f"{today()}",
        }  # fmt: skip
        made = ben.post(f"/api/v1/dues/members/{cleo.id}/contributions/", body, content_type=JSON)
        assert (made.status_code, made.json()["kind"]) == (201, "LARGE")
        (row,) = ben.get("/api/v1/dues/contributions/").json()
        drawn = ben.post("/api/v1/dues/hand-ups/", {}, content_type=JSON).json()
        address = f"/api/v1/dues/hand-ups/{drawn['id']}/"
        facts = {"bank": "1001", "paid_on": f"{today()}", "reference": "HU-1"}
        assert ben.post(address, facts, content_type=JSON).status_code == 403
        assert ada.post(address, facts, content_type=JSON).json()["state"] == "done"
        assert ada.delete(address).status_code == 409
        told = {"number": "1 号", "received_on": f"{today()}"}
        where = f"/api/v1/dues/contributions/{row['id']}/central-receipt/"
        assert ben.put(where, told, content_type=JSON).json()["central_receipt"] == "1 号"
        assert len(ada.get("/api/v1/dues/hand-ups/").json()) == 1

    def test_a_secretary_sees_none_of_it(self, alpha, cleo):
        secretary = cast.officer(FacingClient(), alpha, role="secretary", name="书")
        for name in ("contributions", "hand_ups"):
            assert secretary.get(desk(name)).status_code == 403

    def test_below_the_whole_unit_nothing_is_handed_up(self, alpha, cleo):
        low = cast.officer(
            FacingClient(), alpha, role="treasurer", scope=cleo.org_path, name="支部"
        )
        assert "由单位党委办理" in low.get(desk("hand_ups")).content.decode()
        assert low.post(desk("hand_ups")).status_code == 403
