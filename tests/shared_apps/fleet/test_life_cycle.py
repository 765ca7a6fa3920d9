"""Operators move a unit through its states, give it another name or address, and leave a trace."""

import pytest

from kernel.unit import shared_context
from shared_apps.fleet.models import RenamedPart, Renaming
from tenants.models import Transition, Unit, UnitState
from tests.cast import staff
from tests.tenants.life import put

S = UnitState
WHY = "协议到期，续签材料未交齐"


@pytest.fixture
def unit(alpha):
    with shared_context():
        yield Unit.objects.get(pk=alpha.pk)


def page(unit):
    return f"/fleet/{unit.pk}/life-cycle/"


def state(unit):
    return Unit.objects.get(pk=unit.pk).state


class TestThePage:
    @pytest.mark.parametrize(
        ("now", "offered"),
        [
            (S.DRAFT, set()),
            (S.OPENING, set()),
            (S.TRIAL, {"转为正式", "设为只读", "暂停服务"}),
            (S.LIVE, {"设为只读", "暂停服务"}),
            (S.CLOSING, set()),
            (S.CLOSED, set()),
        ],
    )
    def test_offers_what_the_state_allows(self, unit, client, now, offered):
        put(unit, now)
        text = staff(client, "operator").get(page(unit)).content.decode()
        for label in ("转为正式", "设为只读", "暂停服务"):
            assert (f"<h2>{label}</h2>" in text) == (label in offered), label

    def test_suspends_with_reason_and_name_and_resumes_exactly(self, unit, client):
        staff(client, "operator")
        form = {"to": S.SUSPENDED, "seen": 0, "reason": WHY, "typed": unit.name}
        assert client.post(page(unit), form).status_code == 302
        assert state(unit) == S.SUSPENDED
        text = client.get(page(unit)).content.decode()
        assert "恢复为试用" in text
        assert WHY in text
        assert "恢复为正式" not in text
        form = {"to": S.TRIAL, "seen": 1, "reason": "材料已交齐"}
        assert client.post(page(unit), form).status_code == 302
        assert state(unit) == S.TRIAL
        told = Transition.objects.filter(unit=unit).order_by("number")
        assert [(t.was, t.to, t.actor_name) for t in told] == [
            (S.TRIAL, S.SUSPENDED, "staff-operator"),
            (S.SUSPENDED, S.TRIAL, "staff-operator"),
        ]

    @pytest.mark.parametrize(
        ("changes", "status", "words"),
        [
            ({"typed": "阿尔法"}, 422, "不一致"),
            ({"reason": ""}, 422, "事由"),
            ({"to": S.CLOSED}, 409, "不能改为"),
            ({"to": S.CLOSING}, 409, "不能改为"),
            ({"to": "nowhere"}, 422, ""),
            ({"seen": "-1"}, 422, ""),
        ],
    )
    def test_refuses_what_is_not_meant(self, unit, client, changes, status, words):
        staff(client, "operator")
        form = {"to": S.SUSPENDED, "seen": 0, "reason": WHY, "typed": unit.name, **changes}
        answer = client.post(page(unit), form)
        assert answer.status_code == status
        assert words in answer.content.decode()
        assert state(unit) == S.TRIAL
        assert not Transition.objects.filter(unit=unit).exists()

    def test_tells_the_second_operator_who_was_first(self, unit, client):
        staff(client, "operator")
        form = {"to": S.SUSPENDED, "seen": 0, "reason": WHY, "typed": unit.name}
        client.post(page(unit), form)
        answer = client.post(page(unit), {"to": S.LIVE, "seen": 0})
        assert answer.status_code == 409
        assert "staff-operator 已于" in answer.content.decode()
        assert state(unit) == S.SUSPENDED

    @pytest.mark.parametrize("role", ["audit_admin", "outreach", "system_admin"])
    def test_acts_for_operators_only(self, unit, client, role):
        staff(client, role)
        form = {"to": S.SUSPENDED, "seen": 0, "reason": WHY, "typed": unit.name}
        assert client.post(page(unit), form).status_code == 403
        assert client.post(f"/fleet/{unit.pk}/name/", {"name": "新名称"}).status_code == 403
        assert state(unit) == S.TRIAL

    def test_does_not_end_a_closing(self, unit, client):
        put(unit, S.CLOSING)
        staff(client, "operator")
        answer = client.post(page(unit), {"to": S.TRIAL, "seen": 0, "reason": WHY})
        assert answer.status_code == 409
        assert state(unit) == S.CLOSING


class TestNameAndAddress:
    def test_are_changed_and_recorded(self, unit, client):
        staff(client, "operator")
        client.post(f"/fleet/{unit.pk}/name/", {"name": " 临河 木器厂 "})
        client.post(f"/fleet/{unit.pk}/address/", {"label": "Linhe"})
        told = Unit.objects.get(pk=unit.pk)
        assert (told.name, told.label) == ("临河木器厂", "linhe")
        rows = Renaming.objects.filter(unit=unit).order_by("id")
        assert [(r.what, r.was, r.to, r.actor_name) for r in rows] == [
            (RenamedPart.NAME, "alpha单位", "临河木器厂", "staff-operator"),
            (RenamedPart.LABEL, "alpha", "linhe", "staff-operator"),
        ]
        assert "alpha.test" in client.get(page(unit)).content.decode()

    @pytest.mark.parametrize(
        ("path", "given", "status"),
        [
            ("name", {"name": "厂"}, 422),
            ("address", {"label": "beta"}, 409),
            ("address", {"label": "console"}, 422),
            ("address", {"label": "-x"}, 422),
        ],
    )
    def test_refuse_what_cannot_be(self, unit, client, path, given, status):
        staff(client, "operator")
        assert client.post(f"/fleet/{unit.pk}/{path}/", given).status_code == status
        assert not Renaming.objects.exists()


class TestTheApi:
    def test_does_the_same(self, unit, client):
        staff(client, "operator")
        base = f"/api/v1/fleet/{unit.pk}/life-cycle/"
        told = client.get(base).json()
        assert (told["state"], told["seen"]) == ("trial", 0)
        assert set(told["allowed"]) == {"live", "read_only", "suspended"}
        given = {"to": "suspended", "seen": 0, "reason": WHY, "typed": unit.name}
        told = client.post(base, given, content_type="application/json").json()
        assert (told["state"], told["seen"]) == ("suspended", 1)
        assert told["transitions"][0]["reason"] == WHY
        again = client.post(base, given, content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "unit_state_changed")

    def test_renames(self, unit, client):
        staff(client, "operator")
        answer = client.put(
            f"/api/v1/fleet/{unit.pk}/name/", {"name": "新名称"}, content_type="application/json"
        )
        assert answer.json() == {"name": "新名称", "label": "alpha"}
        answer = client.put(
            f"/api/v1/fleet/{unit.pk}/address/", {"label": "xmc"}, content_type="application/json"
        )
        assert answer.json()["label"] == "xmc"
