"""A unit lets somebody of the platform in, or does not: who may ask, who may answer, and how."""

import datetime as dt

import pytest
from django.db.models import F

from kernel.unit import shared_context
from shared_apps.support import selectors
from shared_apps.support.models import Access, State
from shared_apps.support.services import accesses
from tenant_apps.audit.models import Event
from tests.cast import officer, person, staff
from tests.conftest import FacingClient
from tests.shared_apps.support.conftest import FORM, WHY, code_of
from tests.tenants.life import put


def codes():
    found = Event.objects.filter(code__startswith="support.").order_by("at", "id")
    return list(found.values_list("code", flat=True))


class TestAsking:
    def test_is_written_in_the_unit_and_shown_to_its_administrators(self, play):
        access = play.ask()
        assert (access.state, access.reason, access.hours) == (State.ASKED, WHY, 24)
        assert access.changes == []
        assert codes() == ["support.asked"]
        page = play.desk.get("/").content.decode()
        assert "申请访问本单位" in page
        assert f"/support/{access.id}/" in page
        told = play.desk.get(f"/support/{access.id}/").content.decode()
        for words in ("省分行 科技运营部", WHY, "党员名册", "24 小时", "无，只读"):
            assert words in told

    @pytest.mark.parametrize(
        ("changes", "status", "words"),
        [
            ({"reason": "太短"}, 422, "10"),
            ({"areas": []}, 422, "请至少选择一项"),
            ({"areas": ["money"]}, 422, "money"),
            ({"hours": 2}, 422, "3"),
            ({"hours": 169}, 422, "168"),
            ({"changes": ["members:reveal"]}, 422, "members:reveal"),
            ({"areas": ["dues"], "changes": ["members:edit"]}, 422, "须同时申请查看"),
            ({"office": ""}, 422, ""),
        ],
    )
    def test_refuses_what_is_not_meant(self, play, changes, status, words):
        answer = play.console.post(f"/support/ask/{play.unit.id}/", {**FORM, **changes})
        assert answer.status_code == status
        assert words in answer.content.decode()
        with shared_context():
            assert not Access.objects.exists()

    @pytest.mark.parametrize("role", ["outreach", "system_admin", "security_admin", "audit_admin"])
    def test_is_for_operators_only(self, play, role):
        client = staff(FacingClient(), role)
        assert client.get(f"/support/ask/{play.unit.id}/").status_code == 403
        assert client.post(f"/support/ask/{play.unit.id}/", FORM).status_code == 403
        with shared_context():
            assert not Access.objects.exists()

    def test_one_at_a_time(self, play):
        play.ask()
        again = play.console.post(f"/support/ask/{play.unit.id}/", FORM)
        assert again.status_code == 409
        assert "未结束的申请或访问" in again.content.decode()

    def test_three_times_a_day_at_most(self, play):
        for _ in range(3):
            access = play.ask()
            assert play.console.post(f"/support/{access.id}/withdraw/").status_code == 302
        again = play.console.post(f"/support/ask/{play.unit.id}/", FORM)
        assert again.status_code == 409
        assert "24 小时内您已向该单位申请 3 次" in again.content.decode()
        with shared_context():
            assert Access.objects.count() == 3
            Access.objects.update(asked_at=F("asked_at") - dt.timedelta(days=1))
        play.ask()

    def test_only_of_a_unit_that_serves(self, play):
        with shared_context():
            put(type(play.unit).objects.get(pk=play.unit.pk), "suspended")
        answer = play.console.post(f"/support/ask/{play.unit.id}/", FORM)
        assert answer.status_code == 409

    def test_is_withdrawn_by_who_asked(self, play):
        access = play.ask()
        assert play.console.post(f"/support/{access.id}/withdraw/").status_code == 302
        assert play.access().state == State.WITHDRAWN
        assert play.accept().status_code == 409
        assert codes() == ["support.asked", "support.withdrawn"]

    def test_lapses_after_72_hours(self, play):
        access = play.ask()
        assert access.deadline_at - access.asked_at == dt.timedelta(hours=72)
        with shared_context():
            accesses.sweep(now=access.asked_at + dt.timedelta(hours=71, minutes=59))
            assert play.access().state == State.ASKED
            accesses.sweep(now=access.asked_at + dt.timedelta(hours=72))
        assert play.access().state == State.EXPIRED
        assert play.accept().status_code == 409
        assert codes() == ["support.asked", "support.expired"]

    def test_is_shown_no_longer_than_it_waits_whatever_is_kept(self, play):
        access = play.ask()
        last = access.deadline_at - dt.timedelta(seconds=1)
        assert [one.id for one in selectors.present_in(play.unit.id, now=last)] == [access.id]
        assert selectors.present_in(play.unit.id, now=access.deadline_at) == []


class TestAnswering:
    def test_takes_the_second_factor(self, play):
        play.ask()
        answer = play.accept(code="000000")
        assert answer.status_code == 422
        assert play.access().state == State.ASKED
        assert play.accept().status_code == 302
        access = play.access()
        assert (access.state, access.decided_by_name) == (State.ACCEPTED, "艾达")
        assert codes() == ["support.asked", "support.accepted"]

    def test_may_shorten_hours_and_scope_and_never_widen(self, play):
        play.ask()
        assert play.accept(hours=25).status_code == 422
        assert play.accept(areas=["dues"]).status_code == 422
        assert play.access().state == State.ASKED
        assert play.accept(hours=4, areas=["organizations"]).status_code == 302
        access = play.access()
        assert (access.hours, access.areas) == (4, ["organizations"])
        assert (access.asked_hours, len(access.asked_areas)) == (24, 2)
        assert (access.deadline_at - access.decided_at).total_seconds() == 4 * 3600

    def test_refusing_says_why_to_who_asked(self, play):
        access = play.ask()
        url = f"/support/{access.id}/refuse/"
        assert play.desk.post(url, {"reason": ""}).status_code == 422
        assert play.desk.post(url, {"reason": "本周正在换届，请下周再来"}).status_code == 302
        assert play.access().state == State.REFUSED
        page = play.console.get(f"/support/{access.id}/").content.decode()
        assert "本周正在换届" in page
        assert play.accept().status_code == 409

    @pytest.mark.parametrize(
        ("role", "scope"), [("secretary", ""), ("treasurer", ""), ("unit_admin", "0001.")]
    )
    def test_is_for_who_administers_the_whole_unit(self, play, role, scope):
        access = play.ask()
        client = officer(FacingClient(), play.unit, role=role, scope=scope, name="本")
        assert client.get("/support/").status_code == 403
        assert client.post(f"/support/{access.id}/accept/", {}).status_code == 403
        assert client.post(f"/support/{access.id}/refuse/", {"reason": "不"}).status_code == 403
        assert "申请访问本单位" not in client.get("/").content.decode()

    def test_nobody_answers_the_own_request(self, play):
        access = play.ask()
        desk = officer(FacingClient(), play.unit, name="我")
        with shared_context():
            Access.objects.update(operator_id=person(f"我-unit_admin--{play.unit.label}").id)
        answer = desk.post(f"/support/{access.id}/refuse/", {"reason": "我自己来"})
        assert answer.status_code == 403
        assert "这是您本人提出的申请" in answer.content.decode()
        assert play.access().state == State.ASKED

    def test_another_units_request_is_unknown(self, play, beta):
        access = play.ask()
        elsewhere = officer(FacingClient(), beta)
        assert elsewhere.get(f"/support/{access.id}/").status_code == 404
        assert elsewhere.post(f"/support/{access.id}/end/").status_code == 404
        assert WHY not in elsewhere.get("/support/").content.decode()


class TestTheConsole:
    def test_lists_and_follows(self, play):
        access = play.ask()
        for role, status in (("audit_admin", 200), ("security_admin", 200), ("outreach", 403)):
            client = staff(FacingClient(), role)
            assert client.get("/support/").status_code == status
            assert client.get(f"/support/{access.id}/").status_code == status
            assert client.post(f"/support/{access.id}/enter/").status_code == 403
        assert play.unit.name in play.console.get("/support/?view=open").content.decode()

    def test_only_the_owner_acts(self, play):
        access = play.ask()
        with shared_context():
            Access.objects.update(operator_id=person("somebody").id)
        for verb in ("withdraw", "end", "enter"):
            assert play.console.post(f"/support/{access.id}/{verb}/").status_code == 403

    def test_the_time_line_of_the_unit_tells(self, play):
        play.all_the_way()
        page = play.console.get(f"/fleet/{play.unit.id}/?kind=support").content.decode()
        for words in ("申请支持访问", "单位同意支持访问", "支持人员进入"):
            assert words in page


class TestTheApi:
    def test_does_the_same(self, play):
        given = {**FORM, "unit_id": str(play.unit.id)}
        made = play.console.post(
            "/api/v1/support/accesses/", given, content_type="application/json"
        )
        assert made.status_code == 201
        key = made.json()["id"]
        told = play.desk.get(f"/api/v1/support-accesses/{key}/").json()
        assert [act["title"] for act in told["acts"]] == ["提出申请"]
        done = play.desk.post(
            f"/api/v1/support-accesses/{key}/accept/",
            {"hours": 3, "areas": ["members"], "code": code_of(play.administrator)},
            content_type="application/json",
        )
        assert (done.status_code, done.json()["state"]) == (200, "accepted")
        way = play.console.post(f"/api/v1/support/accesses/{key}/enter/").json()
        assert way["host"] == "alpha.test"
        entered = play.visitor.post(
            "/api/v1/support-visit/enter/",
            {"token": way["token"]},
            content_type="application/json",
        )
        assert entered.json()["state"] == "active"
        assert play.visitor.get("/api/v1/members/").status_code == 200
        assert play.visitor.post("/api/v1/support-visit/end/").status_code == 204
        assert play.console.get(f"/api/v1/support/accesses/{key}/").json()["state"] == "ended"
        assert play.visitor.get("/api/v1/members/").status_code in {401, 403}
