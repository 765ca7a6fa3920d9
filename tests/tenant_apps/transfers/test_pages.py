"""The pages and the API of transfers: they do it, they refuse it, another unit sees nothing."""

import json

import pytest

from kernel.clock import now as current
from kernel.clock import today
from kernel.unit import unit_context
from tenant_apps.members.models import Member
from tenant_apps.transfers.models import Handover, Side, State
from tenant_apps.transfers.services import drafting, publishing
from tenants.models import UnitState
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.tenant_apps.transfers.conftest import DAY, again, at, carry, incoming, online, sent
from tests.tenant_apps.transfers.test_letters import OUTSIDE
from tests.tenants.life import put

TODAY = today().isoformat()


@pytest.fixture
def secretary(alpha, here):
    return cast.officer(FacingClient(), alpha, role="secretary", scope=here.one.path, name="孙志远")


@pytest.fixture
def chief(alpha, here):
    return cast.officer(FacingClient(), alpha, name="艾达")


@pytest.fixture
def theirs(beta, there):
    return cast.officer(FacingClient(), beta, name="贝蒂")


def begin(client, member, **more):
    data = {"way": "outside", "ids": member.pk, "reason": "WORK", "kind": "INTER_PROVINCE"}
    return client.post("/transfers/new/", {**data, "other_name": "中共青山市委组织部", **more})


def test_from_the_search_to_the_printed_letter(secretary, chief, zeng):
    page = secretary.get("/transfers/new/?q=曾国强").content.decode()
    assert f'value="{zeng.pk}"' in page
    assert begin(secretary, zeng).status_code == 302
    handover = Handover.objects.get()
    assert handover.state == State.SUBMITTED
    own = secretary.get(f"/transfers/{handover.pk}/").content.decode()
    assert "/approve/" not in own
    assert "曾国强" in chief.get("/transfers/?tab=mine").content.decode()
    assert chief.post(f"/transfers/{handover.pk}/approve/", {"days": "30"}).status_code == 302
    letter = secretary.get(f"/transfers/{handover.pk}/letter/").content.decode()
    for part in ("存根", "中国共产党党员组织关系介绍信", "回执", "曾国强", "第 000001 号"):
        assert part in letter
    code = again(handover).code
    checked = FacingClient().post("/transfers/check/", {"code": code}, SERVER_NAME="alpha.test")
    text = checked.content.decode()
    scanned = FacingClient().get(f"/transfers/check/?code={code}", SERVER_NAME="alpha.test")
    assert "介绍信有效" in scanned.content.decode()
    assert "介绍信有效" in text
    assert "曾国强" not in text
    chief.post(f"/transfers/{handover.pk}/dispatch/")
    chief.post(f"/transfers/{handover.pk}/receipt/", {"on": TODAY})
    assert again(handover).state == State.CLOSED
    assert not Member.objects.get().is_active


def test_what_is_refused_says_why_and_changes_nothing(secretary, chief, zeng):
    assert begin(secretary, zeng, other_name="").status_code == 422
    assert begin(secretary, zeng, reason="").status_code == 422
    assert not Handover.objects.exists()
    begin(secretary, zeng)
    handover = Handover.objects.get()
    refused = chief.post(f"/transfers/{handover.pk}/approve/", {"days": "91"})
    assert refused.status_code == 422
    assert "1 至 90 天" in refused.content.decode()
    assert again(handover).state == State.SUBMITTED
    assert secretary.post(f"/transfers/{handover.pk}/approve/").status_code == 403


def test_two_units_by_their_pages(alpha, secretary, chief, theirs, there, zeng):
    found = secretary.get(f"/transfers/new/?ids={zeng.pk}&way=unit&find=root").content.decode()
    assert str(there.unit.id) in found
    data = {"way": "unit", "ids": zeng.pk, "unit_id": there.unit.id, "reason": "WORK"}
    assert secretary.post("/transfers/new/", data).status_code == 302
    handover = Handover.objects.get()
    chief.post(f"/transfers/{handover.pk}/approve/")
    carry(current())
    with at(there):
        came = incoming()
    page = theirs.get(f"/transfers/{came.pk}/").content.decode()
    assert "曾国强" in page
    assert "****" in page
    assert theirs.post(f"/transfers/{came.pk}/accept/").status_code == 422
    theirs.post(f"/transfers/{came.pk}/accept/", {"branch": there.one.pk})
    theirs.post(f"/transfers/{came.pk}/place/")
    carry(current())
    assert again(handover).state == State.CLOSED
    assert "已办结" in chief.get("/transfers/?tab=done").content.decode()
    assert theirs.get(f"/transfers/{came.pk}/slip/").status_code == 200
    assert theirs.get(f"/transfers/{handover.pk}/").status_code == 404
    assert chief.get(f"/transfers/{came.pk}/").status_code == 404


def test_a_branch_goes_with_everybody_in_it(here, secretary, chief, theirs, there):
    branch = here.one.pk
    for name in ("甲", "乙", "丙"):
        make_member(here.one, name)
    data = {"way": "unit", "branch": branch, "unit_id": there.unit.id, "reason": "RESTRUCTURING"}
    assert secretary.post("/transfers/new/", data).status_code == 302
    first = Handover.objects.first()
    assert Handover.objects.filter(is_whole=True, state=State.SUBMITTED).count() == 3
    chief.post(f"/transfers/{first.pk}/approve/")
    carry(current())
    with at(there):
        came = Handover.objects.filter(side=Side.IN).first()
        parent = there.second.pk
    theirs.post(f"/transfers/{came.pk}/accept/")
    assert theirs.post(f"/transfers/{came.pk}/place/").status_code == 422
    theirs.post(f"/transfers/{came.pk}/place/", {"branch": parent})
    carry(current())
    with at(there):
        members = list(Member.objects.select_related("org"))
        assert {one.name for one in members} == {"甲", "乙", "丙"}
        assert {one.org.parent_id for one in members} == {parent}
        assert set(Handover.objects.values_list("state", flat=True)) == {State.CLOSED}
    assert not Member.objects.filter(is_active=True).exists()


def test_the_pocket_list_reminds(secretary, here, zeng):
    handover = sent(here, zeng, OUTSIDE, now=current() - 20 * DAY, days=10)
    page = secretary.get("/transfers/?tab=pocket").content.decode()
    assert "逾期 10 天" in page
    assert secretary.post(f"/transfers/{handover.pk}/remind/").status_code == 302
    assert again(handover).reminders == 1
    assert secretary.post(f"/transfers/{handover.pk}/remind/").status_code == 429


def test_the_list_is_taken_away_as_it_is_seen(alpha, secretary, here, zeng):
    sent(here, zeng, OUTSIDE)
    answer = secretary.get("/transfers/export/?tab=open")
    assert answer.content.startswith(b"PK")
    other = cast.officer(FacingClient(), alpha, role="secretary", scope=here.two.path, name="吴")
    assert "曾国强" not in other.get("/transfers/").content.decode()


def test_a_paper_letter_that_came_in(secretary, chief, here):
    data = {
        "kind": "INTRA_PROVINCE", "other_name": "中共青山区委", "letter": "青 88",
        "issued_on": TODAY, "valid_until": TODAY, "paid_to": "2026-10", "branch": here.one.pk,
        "name": "何静", "identity": "320303198505050027", "gender": "F", "category": "FULL",
        "birth_on": "1985-05-05", "joined_on": "2010-07-01", "full_on": "2011-07-01",
    }  # fmt: skip
    assert secretary.post("/transfers/paper/", {**data, "paid_to": "去年"}).status_code == 422
    assert secretary.post("/transfers/paper/", data).status_code == 302
    handover = Handover.objects.get()
    assert "320303198505050027" not in chief.get(f"/transfers/{handover.pk}/").content.decode()
    chief.post(f"/transfers/{handover.pk}/accept/", {"branch": here.one.pk})
    secretary.post(f"/transfers/{handover.pk}/place/")
    chief.post(f"/transfers/{handover.pk}/receipt/")
    assert again(handover).state == State.CLOSED
    assert Member.objects.get().name == "何静"


def test_the_first_page_tells_what_waits(chief, here, zeng):
    (made,) = drafting.draft(members=[zeng], plan=OUTSIDE, actor=here.secretary, now=current())
    drafting.submit(handover=made, actor=here.secretary, now=current())
    assert "组织关系转接待办理" in chief.get("/").content.decode()


class TestPhone:
    @pytest.fixture
    def phone(self, alpha, here, zeng):
        return cast.member(FacingClient(), alpha, zeng.pk)

    def test_applies_sees_and_takes_back(self, phone, here, zeng):
        found = phone.get("/m/transfer/new/?way=within&find=two").content.decode()
        assert str(here.two.pk) in found
        sent_form = phone.post(
            "/m/transfer/new/", {"way": "within", "to": here.two.pk, "reason": "RESIDENCE"}
        )
        assert sent_form.status_code == 302
        handover = Handover.objects.get()
        assert "待支部审核" in phone.get(f"/m/transfer/{handover.pk}/").content.decode()
        phone.post(f"/m/transfer/{handover.pk}/")
        assert again(handover).state == State.WITHDRAWN
        assert phone.get("/m/transfer/").status_code == 200

    def test_sees_nobody_elses(self, phone, here):
        other = sent(here, make_member(here.one, "吴敏"), OUTSIDE)
        assert phone.get(f"/m/transfer/{other.pk}/").status_code == 404
        assert phone.get("/transfers/").status_code == 403


class TestApi:
    def send(self, client, address, **data):
        return client.post(f"/api/v1{address}", json.dumps(data, default=str),
                           content_type="application/json")  # fmt: skip

    def test_from_begin_to_close(self, secretary, chief, zeng):
        plan = {"kind": "SPECIAL", "other_name": "中共某部委员会", "reason": "WORK"}
        made = self.send(secretary, "/transfers/", member_ids=[zeng.pk], **plan)
        assert made.status_code == 201
        key = made.json()[0]["id"]
        assert self.send(secretary, f"/transfers/{key}/approve/").status_code == 403
        assert self.send(chief, f"/transfers/{key}/approve/", days=60).json()["state"] == (
            "SENDER_APPROVED"
        )
        detail = chief.get(f"/api/v1/transfers/{key}/").json()
        assert "withdrawn" in detail["verbs"]
        assert len(detail["timeline"]) == 3
        code = Handover.objects.get().code
        asked = self.send(FacingClient(SERVER_NAME="alpha.test"), "/transfers/check/", code=code)
        assert (asked.json()["worth"], asked.json()["name_masked"]) == ("valid", "曾**")
        self.send(chief, f"/transfers/{key}/dispatch/")
        assert self.send(chief, f"/transfers/{key}/receipt/", on=TODAY).json()["state"] == "CLOSED"
        rows = chief.get("/api/v1/transfers/?tab=done").json()["results"]
        assert [row["id"] for row in rows] == [key]

    def test_the_directory_and_who_publishes(self, secretary, chief, there):
        found = secretary.get("/api/v1/transfers/directory/?q=root").json()
        assert [one["unit_id"] for one in found] == [str(there.unit.id)]
        assert self.send(secretary, "/transfers/publish/", is_open=True).status_code == 403
        assert self.send(chief, "/transfers/publish/", is_open=True).json() == {"is_open": True}
        assert chief.get("/api/v1/transfers/publish/").json() == {"is_open": True}

    def test_the_member_applies(self, alpha, here, zeng):
        phone = cast.member(FacingClient(), alpha, zeng.pk)
        made = self.send(phone, "/own/transfers/", to=here.two.pk, reason="WORK")
        assert made.status_code == 201
        assert len(phone.get("/api/v1/own/transfers/").json()["results"]) == 1
        key = made.json()["id"]
        assert phone.delete(f"/api/v1/own/transfers/{key}/").json()["state"] == "WITHDRAWN"

    def test_another_units_is_not_found(self, chief, theirs, here, zeng):
        handover = sent(here, zeng, OUTSIDE)
        assert theirs.get(f"/api/v1/transfers/{handover.pk}/").status_code == 404
        assert (
            self.send(theirs, f"/transfers/{handover.pk}/withdraw/", reason="不去了").status_code
            == 404
        )
        assert theirs.get("/api/v1/transfers/").json()["results"] == []


def test_a_sender_sees_why_the_letter_waits(chief, here, there, zeng):
    handover = sent(here, zeng, online(there), now=current())
    put(there.unit, UnitState.SUSPENDED)
    carry(current())
    assert "对方单位暂停服务" in chief.get(f"/transfers/{handover.pk}/").content.decode()


def test_operators_read_counts(here, there, zeng):
    sent(here, zeng, online(there))
    page = cast.staff(FacingClient(), "operator").get("/exchange/").content.decode()
    assert "等待送达" in page
    assert "曾国强" not in page
    assert there.unit.name not in page
    with unit_context(there.unit.id):
        publishing.publish(is_open=False, actor=there.chief, now=current())
    figures = cast.staff(FacingClient(), "operator").get("/api/v1/exchange/").json()
    assert (figures["waiting"], figures["open_units"]) == (1, 0)
