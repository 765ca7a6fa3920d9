"""Inside the unit: exactly what was agreed, written down, never longer, nowhere else."""

import datetime as dt

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from kernel.clock import Month, today
from kernel.clock import now as current
from kernel.unit import shared_context
from shared_apps.people.models import PlatformGrant, Session
from shared_apps.support.models import Access, Ending, Pass, State
from shared_apps.support.services import accesses
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Member
from tenant_apps.members.views import lists
from tests.cast import officer, staff
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member
from tests.tenants.life import put

COOKIE = settings.SIGN_IN_COOKIE
OUT = {302, 401, 403}


def is_out(client, path="/members/"):
    answer = client.get(path)
    return answer.status_code in OUT and "/sign-in/" in answer.headers.get("Location", "")


def looks():
    found = Event.objects.filter(actor_kind="support", data__has_key="path").order_by("at", "id")
    return [(event.code, event.data["method"], event.data["path"]) for event in found]


class TestTheWayIn:
    def test_is_a_page_then_a_session_of_its_own(self, play):
        play.ask()
        play.accept()
        token = play.token()
        page = play.visitor.get(f"/support/enter/{token}/").content.decode()
        assert "只读" in page
        assert play.enter(token=token).status_code == 302
        assert play.access().state == State.ACTIVE
        assert play.visitor.cookies[COOKIE].value != play.console.cookies[COOKIE].value
        with shared_context():
            held = Session.objects.get(pk=play.access().session_id)
        assert (held.kind, held.audience) == ("support", f"unit:{play.unit.id}")

    def test_is_good_once(self, play):
        play.ask()
        play.accept()
        token = play.token()
        assert play.enter(token=token).status_code == 302
        assert (
            play.enter(client=FacingClient(SERVER_NAME="alpha.test"), token=token).status_code
            == 403
        )

    def test_is_good_for_a_minute(self, play):
        play.ask()
        play.accept()
        token = play.token()
        with shared_context():
            Pass.objects.update(made_at=current() - dt.timedelta(seconds=61))
        assert play.enter(token=token).status_code == 403

    def test_is_good_for_this_unit_browser_and_session(self, play, beta):
        play.ask()
        play.accept()
        token = play.token()
        elsewhere = FacingClient(SERVER_NAME="beta.test")
        assert play.enter(client=elsewhere, token=token).status_code == 403
        other = FacingClient(SERVER_NAME="alpha.test", HTTP_USER_AGENT="another")
        assert play.enter(client=other, token=token).status_code == 403
        assert play.enter(token=token[:-2] + "xx").status_code == 403
        play.console.post("/sign-out/")
        assert play.enter(token=token).status_code == 403
        assert play.access().state == State.ACCEPTED

    def test_is_not_there_before_the_answer(self, play):
        access = play.ask()
        assert play.console.post(f"/support/{access.id}/enter/").status_code == 409

    def test_a_second_entry_takes_the_place_of_the_first(self, play):
        first = play.all_the_way()
        second = FacingClient(SERVER_NAME="alpha.test")
        assert play.enter(client=second).status_code == 302
        assert is_out(first)
        assert second.get("/members/").status_code == 200


class TestInside:
    def test_shows_what_was_agreed_and_nothing_else(self, play):
        member = make_owing_member()
        visitor = play.all_the_way(areas=["members"])
        assert visitor.get("/").headers["Location"] == "/support/visit/"
        assert visitor.get("/support/visit/").status_code == 200
        page = visitor.get("/members/").content.decode()
        assert member.name in page
        file = visitor.get(f"/members/{member.id}/")
        assert file.status_code == 200
        for path in (
            "/organizations/", "/dues/", "/dues/receipts/", "/dues/standards/", "/access/",
            "/takeouts/", "/outside/", "/permissions/", "/account/", "/support/",
            f"/members/{member.id}/edit/", "/dues/checks/", "/rules/dues/",
        ):  # fmt: skip
            assert visitor.get(path).status_code == 403, path
        assert visitor.post(
            f"/members/{member.id}/reveal/", {"reason": "要核对一下"}
        ).status_code in {403, 404}

    def test_every_page_bears_the_banner_and_the_way_out(self, play):
        visitor = play.all_the_way()
        for path in ("/members/", "/organizations/", "/support/visit/"):
            page = visitor.get(path).content.decode()
            assert "平台支持人员 staff-operator 正在查看，剩余 23 小时 59 分" in page
            assert 'action="/support/visit/end/"' in page
        page = play.desk.get("/members/").content.decode()
        assert "平台支持人员 staff-operator 可以访问本单位" in page
        assert f'action="/support/{play.access().id}/end/"' in page

    def test_every_request_is_written_in_the_unit_and_only_counted_outside(self, play):
        member = make_owing_member()
        visitor = play.all_the_way()
        visitor.get(f"/members/{member.id}/?from=list")
        visitor.get("/api/v1/members/")
        visitor.get("/dues/")
        visitor.post("/members/export/", {})
        assert looks() == [
            ("support.looked", "GET", f"/members/{member.id}/"),
            ("support.looked", "GET", "/api/v1/members/"),
            ("support.looked", "GET", "/dues/"),
            ("support.denied", "POST", "/members/export/"),
        ]
        event = Event.objects.get(data__path=f"/members/{member.id}/")
        access = play.access()
        assert (event.subject_id, event.actor_name) == (access.id, "staff-operator")
        assert event.data["objects"] == {"member_id": str(member.id)}
        assert event.data["support"] == str(access.id)
        assert (access.pages, access.writes, access.refusals) == (3, 0, 1)
        told = play.desk.get(f"/support/{access.id}/").content.decode()
        assert f"/members/{member.id}/" in told
        assert str(member.id) not in play.console.get(f"/support/{access.id}/").content.decode()

    def test_reads_only_at_the_gate(self, play):
        member = make_owing_member()
        visitor = play.all_the_way()
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(visitor, method)(f"/members/{member.id}/edit/", {"name": "改"})
            assert answer.status_code == 403
            assert "不能修改数据" in answer.content.decode()
        api = visitor.post("/api/v1/members/", {}, content_type="application/json")
        assert (api.status_code, api.json()["code"]) == (403, "support_not_allowed")

    def test_reads_only_in_the_database(self, play, monkeypatch):
        make_owing_member()
        visitor = play.all_the_way()
        tried = []

        def writing(self, request, *args, **kwargs):
            try:
                with transaction.atomic():
                    Member.objects.update(name="改")
            except DatabaseError as refused:
                tried.append(str(refused))
            return old(self, request, *args, **kwargs)

        old = lists.Members.get
        monkeypatch.setattr(lists.Members, "get", writing)
        visitor.get("/members/")
        assert len(tried) == 1
        assert "read-only transaction" in tried[0]
        assert not Member.objects.filter(name="改").exists()

    def test_takes_no_file_away_where_the_page_itself_is_open(self, play):
        make_owing_member()
        visitor = play.all_the_way(areas=["dues"])
        assert visitor.get("/dues/").status_code == 200
        path = f"/dues/{Month.of(today())}/?export=xlsx"
        answer = visitor.get(path)
        assert answer.status_code == 403
        assert "不能导出数据" in answer.content.decode()
        assert play.desk.get(path).headers["Content-Disposition"]
        assert play.access().refusals == 1

    def test_prints_nothing(self, play):
        visitor = play.all_the_way(areas=["dues"])
        answer = visitor.get(f"/dues/receipts/{play.unit.id}/")
        assert answer.status_code == 403
        assert "不能打印" in answer.content.decode()

    def test_changes_only_what_was_named(self, play):
        member = make_owing_member()
        visitor = play.all_the_way(areas=["members"], changes=["members:edit"])
        api = f"/api/v1/members/{member.id}/"
        done = visitor.patch(api, {"posts": "组织委员"}, content_type="application/json")
        assert done.status_code == 200
        member.refresh_from_db()
        assert member.posts == "组织委员"
        told = {"what": "phone", "reason": "要核对一下"}
        answer = visitor.post(f"{api}reveal/", told, content_type="application/json")
        assert answer.status_code == 403
        access = play.access()
        assert (access.pages, access.writes) == (0, 2)
        own = Event.objects.filter(code__startswith="member.", data__support=str(access.id))
        assert own.get().actor_kind == "support"


class TestTheEnd:
    def test_by_the_unit_is_at_once(self, play):
        visitor = play.all_the_way()
        assert visitor.get("/members/").status_code == 200
        assert play.desk.post(f"/support/{play.access().id}/end/").status_code == 302
        assert is_out(visitor)
        access = play.access()
        assert (access.state, access.ending, access.ended_by_name) == (
            State.ENDED,
            Ending.UNIT,
            "艾达",
        )
        assert play.console.post(f"/support/{access.id}/enter/").status_code == 409
        assert "可以访问本单位" not in play.desk.get("/members/").content.decode()

    def test_by_the_visitor_and_by_the_operator(self, play):
        visitor = play.all_the_way()
        assert visitor.post("/support/visit/end/").status_code == 200
        assert play.access().ending == Ending.OPERATOR
        assert is_out(visitor)
        codes = list(
            Event.objects.filter(subject_id=play.access().id).values_list("code", flat=True)
        )
        assert codes[0] == "support.ended"

    def test_by_time_in_the_middle_of_a_session(self, play):
        visitor = play.all_the_way()
        with shared_context():
            Access.objects.update(deadline_at=current() - dt.timedelta(seconds=1))
        assert is_out(visitor)
        assert (play.access().state, play.access().ending) == (State.ENDED, Ending.TIME)

    @pytest.mark.parametrize("state", ["suspended", "closing", "closed"])
    def test_by_the_units_state(self, play, state):
        visitor = play.all_the_way()
        put(play.unit, state)
        with shared_context():
            accesses.sweep(now=current())
        put(play.unit, "trial")
        if state == "closing":
            assert play.access().state == State.ACTIVE
        else:
            assert play.access().ending == Ending.STATE
            assert is_out(visitor)

    def test_by_the_loss_of_the_role(self, play):
        visitor = play.all_the_way()
        with shared_context():
            PlatformGrant.objects.filter(role="operator").delete()
        assert is_out(visitor)
        assert play.access().ending == Ending.ROLE


class TestNowhereElse:
    def test_the_cookie_is_worth_nothing_at_another_face(self, play, beta):
        play.all_the_way()
        token = play.visitor.cookies[COOKIE].value
        for host, page in (("beta.test", "/"), ("console.test", "/"), ("m.test", "/m/")):
            client = FacingClient(SERVER_NAME=host)
            client.cookies[COOKIE] = token
            assert is_out(client, page), host

    def test_nor_in_another_browser(self, play):
        play.all_the_way()
        client = FacingClient(SERVER_NAME="alpha.test", HTTP_USER_AGENT="another")
        client.cookies[COOKIE] = play.visitor.cookies[COOKIE].value
        assert is_out(client)

    def test_the_consoles_cookie_is_worth_nothing_in_the_unit(self, play):
        play.all_the_way()
        client = FacingClient(SERVER_NAME="alpha.test")
        client.cookies[COOKIE] = play.console.cookies[COOKIE].value
        assert is_out(client)

    def test_a_visitor_answers_nobody(self, play):
        play.all_the_way()
        staff(FacingClient(), "operator")
        for verb in ("accept", "refuse", "end"):
            answer = play.visitor.post(f"/support/{play.access().id}/{verb}/", {"reason": "可以"})
            assert answer.status_code == 403
        assert play.access().state == State.ACTIVE

    def test_administrators_of_another_unit_see_no_banner(self, play, beta):
        play.all_the_way()
        assert "平台支持人员" not in officer(FacingClient(), beta).get("/").content.decode()
