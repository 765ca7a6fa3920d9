"""Handing an office over: three different people, a frozen list, numbers that stay."""

import pytest
from django.db import IntegrityError, transaction

from tenant_apps.audit import selectors as audit
from tenant_apps.treasury.models import HandoverList
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import handovers as reading
from tenant_apps.treasury.services import handing, vouchers
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import somebody
from tests.tenant_apps.treasury.conftest import NOON, A, B, collect, entry, known


@pytest.fixture
def dan(books):
    """The next treasurer."""
    return somebody(("treasurer", ""), name="会计丹")


@pytest.fixture
def drawn(people):
    return handing.draw(role="treasurer", place=None, note="印鉴一枚", actor=people.ann, now=NOON)


class TestTheWay:
    def test_three_people_sign_and_the_audit_tells(self, people, dan, drawn):
        assert drawn.figures["balances"][0]["fen"] == A + B
        handing.receive(handover=drawn, actor=dan, now=NOON)
        done = handing.watch(handover=drawn, actor=people.ada, now=NOON)
        assert (done.state, done.watched_by_name) == ("DONE", "艾达")
        codes = [event.code for event in audit.events_about(drawn.pk)]
        assert {"treasury.handover_drawn", "treasury.handover_done"} <= set(codes)
        again = handing.draw(role="treasurer", place=None, note="", actor=dan, now=NOON)
        assert again.number == drawn.number + 1

    def test_freezes_what_is_open(self, people):
        vouchers.enter_expense(
            entry=entry(5_000, use="5001", payee="书店", summary="教材"),
            actor=people.ann,
            now=NOON,
        )
        held = handing.draw(role="treasurer", place=None, note="", actor=people.ann, now=NOON)
        assert [one["summary"] for one in held.figures["vouchers"]] == ["教材"]
        assert held.figures["whole"]["cases"] == {"count": 0, "fen": 0}
        collect("000100010001", 100, number=2)
        frozen = HandoverList.objects.get(pk=held.pk)
        assert frozen.figures["balances"][0]["fen"] == A + B

    def test_a_branch_hands_over_its_own(self, people):
        bob = somebody(("treasurer", "000100010002"), name="会计鲍")
        held = handing.draw(
            role="treasurer", place=known("000100010002"), note="", actor=bob, now=NOON
        )
        assert held.figures["whole"] == {}
        assert held.figures["balances"][0]["fen"] == B
        eve = somebody(("treasurer", "000100010001"), name="会计伊")
        with pytest.raises(reading.HandoverNotFound):
            reading.handover_for(eve, held.pk, to=TreasuryPermission.BROWSE)


class TestRefuses:
    def test_nobody_signs_twice(self, people, dan, drawn):
        with pytest.raises(handing.ThreePeople):
            handing.receive(handover=drawn, actor=people.ann, now=NOON)
        both = somebody(("treasurer", ""), ("unit_admin", ""), name="兼任")
        handing.receive(handover=drawn, actor=both, now=NOON)
        with pytest.raises(handing.ThreePeople):
            handing.watch(handover=drawn, actor=both, now=NOON)

    @pytest.mark.parametrize(
        "values",
        [
            {"received_by": "handed_by", "state": "RECEIVED"},
            {"received_by": None, "state": "RECEIVED"},
            {"watched_by": "handed_by", "state": "DONE"},
            {"watched_by": "received_by", "state": "DONE"},
            {"watched_by": None, "state": "DONE"},
        ],
    )
    def test_the_database_holds_it_too(self, people, dan, drawn, values):
        held = handing.receive(handover=drawn, actor=dan, now=NOON)
        given = {
            name: getattr(held, value) if value in {"handed_by", "received_by"} else value
            for name, value in values.items()
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            HandoverList.objects.filter(pk=held.pk).update(**given)

    def test_who_is_not_in_the_office(self, people, drawn):
        with pytest.raises(handing.NotTheirOffice):
            handing.receive(handover=drawn, actor=people.cas, now=NOON)
        with pytest.raises(handing.NotTheirOffice):
            handing.draw(role="cashier", place=None, note="", actor=people.ann, now=NOON)
        bob = somebody(("treasurer", "000100010002"), name="会计鲍")
        with pytest.raises(handing.NotTheirOffice):
            handing.draw(role="treasurer", place=None, note="", actor=bob, now=NOON)
        with pytest.raises(handing.NotTheirOffice):
            handing.withdraw(handover=drawn, actor=bob, now=NOON)

    def test_one_at_a_time_in_order(self, people, dan, drawn):
        with pytest.raises(handing.AlreadyDrawn):
            handing.draw(role="treasurer", place=None, note="", actor=dan, now=NOON)
        with pytest.raises(handing.HandoverMoved):
            handing.watch(handover=drawn, actor=people.ada, now=NOON)
        handing.withdraw(handover=drawn, actor=people.ann, now=NOON)
        with pytest.raises(handing.HandoverMoved):
            handing.receive(handover=drawn, actor=dan, now=NOON)


def test_over_http(books, alpha, beta):
    ann, dan, cas, ada = (
        cast.officer(FacingClient(), alpha, role=role, name=name)
        for role, name in (
            ("treasurer", "ann"), ("treasurer", "dan"), ("cashier", "cas"), ("unit_admin", "ada"),
        )
    )  # fmt: skip
    assert ada.get("/treasury/handovers/draw/").status_code == 403
    wrong = ann.post("/treasury/handovers/draw/", {"role": "cashier", "org": ""})
    assert wrong.status_code == 403
    page = ann.post("/treasury/handovers/draw/", {"role": "treasurer", "org": "", "note": "印鉴"})[
        "Location"
    ]
    assert "核对无误，接交" not in ann.get(page).content.decode()
    assert cas.post(f"{page}receive/").status_code == 403
    assert "核对无误，接交" in dan.get(page).content.decode()
    dan.post(f"{page}receive/")
    assert ann.post(f"{page}watch/").status_code == 403
    ada.post(f"{page}watch/")
    assert "移交已完成" in ada.get(page).content.decode()
    paper = cas.get(f"{page}print/").content.decode()
    assert "监交人" in paper
    assert "印鉴" in paper
    (told,) = ann.get("/api/v1/treasury/handovers/").json()
    assert told["state"] == "DONE"
    assert ann.get(f"/api/v1/treasury/handovers/{told['id']}/").json()["figures"]["balances"]
    made = ann.post(
        "/api/v1/treasury/handovers/new/", {"role": "treasurer"}, content_type="application/json"
    )
    assert made.status_code == 201
    key = made.json()["id"]
    for act, client in (("receive", dan), ("watch", ada)):
        assert client.post(f"/api/v1/treasury/handovers/{key}/{act}/").status_code == 200
    assert ann.post(f"/api/v1/treasury/handovers/{key}/withdraw/").status_code == 409
    assert cast.officer(FacingClient(), beta, role="treasurer").get(page).status_code == 404
