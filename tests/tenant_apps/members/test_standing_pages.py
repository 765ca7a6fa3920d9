"""Pages and API of entering, ending, states, former members and two files."""

import json
from uuid import uuid4

import pytest

from kernel import clock
from tenant_apps.members.models import Change, Export, Member, Proposal, SavedList
from tenant_apps.members.selectors.states import StateKind
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member

ENTER = {
    "name": "蒋雅琴", "identity": "320303199102030042", "category": "FULL",
    "joined_on": "2012-07-01", "full_on": "2013-07-01", "on": "2026-03-02",
    "document": "苏组批〔2026〕2 号",
}  # fmt: skip
REMOVE = {"kind": "REMOVED", "on": "2026-03-02", "document": "苏组批〔2026〕5 号",
          "reason": "长期不参加组织生活", "ground": "ABSENT"}  # fmt: skip


def text_of(response):
    return response.content.decode()


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def eve(alpha, tree):
    """A second administrator."""
    return cast.officer(FacingClient(), alpha, name="夏晴")


def send(client, address, data):
    return client.post(
        f"/api/v1{address}", json.dumps(data), content_type="application/json",
        headers={"Idempotency-Key": uuid4().hex},
    )  # fmt: skip


class TestEntering:
    def test_takes_somebody_into_the_roll(self, ada, tree):
        assert "补录到" in text_of(ada.get(f"/members/new/?org={tree.l1.id}"))
        answer = ada.post("/members/new/", {**ENTER, "org": tree.l1.id})
        member = Member.objects.get()
        assert answer["Location"] == f"/members/{member.id}/"
        again = ada.post("/members/new/", {**ENTER, "org": tree.l2.id})
        assert again.status_code == 422 and "只能有一个正式组织关系" in text_of(again)

    def test_by_the_api(self, ada, tree):
        made = send(ada, "/members/enter/", {**ENTER, "org_id": str(tree.l1.id)})
        assert made.status_code == 201 and made.json()["is_active"]
        wrong = send(ada, "/members/enter/", {**ENTER, "org_id": str(tree.left.id)})
        assert wrong.status_code == 409


class TestEnding:
    def test_from_submission_to_the_former_file(self, ada, eve, tree):
        member = make_member(tree.l1, "温书豪")
        page = text_of(ada.get(f"/members/{member.id}/leave/"))
        assert 'value="REMOVED"' in page and 'value="CANCELLED"' not in page
        ada.post(f"/members/{member.id}/leave/", REMOVE)
        proposal = Proposal.objects.get()
        address = f"/members/turns/{proposal.id}/"
        assert "提交人不能审批自己的提交" in text_of(ada.get(address))
        own = ada.post(address, {"word": "approve"})
        assert own.status_code == 422 and "提交人以外" in text_of(own)
        assert "温书豪" in text_of(eve.get("/members/turns/"))
        assert eve.post(address, {"word": "refuse"}).status_code == 422
        assert eve.post(address, {"word": "approve"}).status_code == 302
        assert ada.get(f"/members/{member.id}/").status_code == 404
        assert "温书豪" in text_of(ada.get("/members/former/?kind=REMOVED"))
        former = text_of(ada.get(f"/members/former/{member.id}/"))
        assert "五年内不得重新入党" in former and "苏组批〔2026〕5 号" in former
        assert member.identity_masked in former
        assert "温书豪" in text_of(ada.get("/members/turns/?tab=past"))

    def test_a_mistake_is_taken_back(self, ada, tree):
        member = make_member(tree.l1)
        ada.post(f"/members/{member.id}/leave/", {"kind": "DIED", "on": "2026-03-02"})
        change = Change.objects.get()
        address = f"/members/changes/{change.id}/undo/"
        assert ada.post(address, {"reason": "错"}).status_code == 422
        assert ada.post(address, {"reason": "登记错了人"})["Location"] == f"/members/{member.id}/"
        assert Member.objects.get().is_active

    def test_by_the_api(self, ada, eve, tree):
        member = make_member(tree.l1)
        sent = send(ada, f"/members/{member.id}/leave/", REMOVE).json()
        key = sent["proposal"]["id"]
        assert send(ada, f"/members/proposals/{key}/approve/", {}).status_code == 403
        assert len(eve.get("/api/v1/members/proposals/").json()) == 1
        assert send(eve, f"/members/proposals/{key}/refuse/", {"note": " "}).status_code == 422
        change = send(eve, f"/members/proposals/{key}/approve/", {"note": "同意"}).json()
        assert change["kind"] == "REMOVED"
        assert eve.get("/api/v1/members/former/?kind=REMOVED").json()["results"][0]["id"] == str(
            member.id
        )
        undone = send(eve, f"/members/changes/{change['id']}/undo/", {"reason": "登记有误"})
        assert undone.json()["is_active"]

    def test_is_not_there_for_the_other_unit(self, ada, tree, alpha, beta):
        member = make_member(tree.l1)
        other = cast.officer(FacingClient(), beta)
        for address in ("leave/", "contact/", "states/away/begin/"):
            assert other.get(f"/members/{member.id}/{address}").status_code == 404


class TestStates:
    def test_from_registering_to_the_end(self, ada, tree):
        member = make_member(tree.l1, "冯嘉怡")
        data = {"on": "2026-01-05", "destination": "浙江省杭州市", "reason": "务工"}
        wrong = ada.post(f"/members/{member.id}/states/away/begin/", {**data, "destination": ""})
        assert wrong.status_code == 422
        ada.post(f"/members/{member.id}/states/away/begin/", data)
        page = text_of(ada.get("/members/states/?kind=away"))
        assert "冯嘉怡" in page and "浙江省杭州市" in page and "应联系一次" in page
        assert "流动党员" in text_of(ada.get(f"/members/{member.id}/"))
        assert "流动党员应联系" in text_of(ada.get("/"))
        ada.post(f"/members/{member.id}/contact/", {"on": clock.today(), "way": "电话"})
        assert "流动党员应联系" not in text_of(ada.get("/"))
        ada.post(f"/members/{member.id}/states/away/end/", {"on": clock.today(), "note": ""})
        assert "没有登记" in text_of(ada.get("/members/states/?kind=away"))

    @pytest.mark.parametrize("kind", list(StateKind))
    def test_every_list_opens(self, ada, tree, kind):
        assert ada.get(f"/members/states/?kind={kind}").status_code == 200

    def test_suspension_is_not_begun_here(self, ada, tree):
        member = make_member(tree.l1)
        assert ada.get(f"/members/{member.id}/states/suspended/begin/").status_code == 422
        assert ada.get(f"/members/{member.id}/states/nothing/begin/").status_code == 422

    def test_by_the_api(self, ada, tree):
        member = make_member(tree.l1)
        amends = {"reason": "不交纳党费", "document": "1 号", "until": "2026-06-30"}
        made = send(ada, f"/members/{member.id}/states/amends/begin/",
                    {"on": "2026-01-05", "details": amends})  # fmt: skip
        assert made.status_code == 201
        (row,) = ada.get("/api/v1/members/states/?kind=amends").json()
        assert row["due_on"] == "2026-06-30"
        contact = {"on": "2026-02-01", "way": "走访"}
        assert send(ada, f"/members/{member.id}/contact/", contact).status_code == 201
        ended = send(ada, f"/members/{member.id}/states/amends/end/", {"on": "2026-07-01"})
        assert ended.status_code == 200
        wrong = send(ada, f"/members/{member.id}/states/nothing/end/", {"on": "2026-07-01"})
        assert wrong.status_code == 422


class TestTwoFiles:
    def test_are_compared_made_one_and_two_again(self, ada, tree):
        kept = make_member(tree.l1, "袁志明", education="")
        gone = make_member(tree.l2, "袁志明", education="大学本科")
        assert "姓名与出生日期相同" in text_of(ada.get("/members/duplicates/"))
        address = f"/members/{kept.id}/merge/{gone.id}/"
        assert "保留的档案" in text_of(ada.get(address))
        ada.post(address, {"word": "merge", "take_education": "gone"})
        assert Member.objects.get(is_active=True).education == "大学本科"
        ada.post(f"/members/merges/{Change.objects.get().id}/undo/")
        assert Member.objects.filter(is_active=True).count() == 2
        ada.post(address, {"word": "apart"})
        assert "没有疑似重复的档案" in text_of(ada.get("/members/duplicates/"))

    def test_by_the_api(self, ada, tree):
        kept, gone = make_member(tree.l1, "袁志明"), make_member(tree.l2, "袁志明")
        (pair,) = ada.get("/api/v1/members/duplicates/").json()
        assert pair["name"] == "袁志明"
        merged = send(ada, f"/members/{kept.id}/merge/{gone.id}/", {"take": ["phone"]}).json()
        assert send(ada, f"/members/merges/{merged['id']}/undo/", {}).status_code == 200
        assert send(ada, f"/members/{kept.id}/apart/{gone.id}/", {}).status_code == 204


class TestListOfOnesOwn:
    def test_keeps_a_name_without_what_was_searched_for(self, ada, eve, tree):
        ada.post("/members/lists/save/", {"name": "少数民族", "address": "ethnicity=minority&q=1"})
        saved = SavedList.objects.get()
        assert saved.address == "ethnicity=minority"
        assert "少数民族" in text_of(ada.get("/members/"))
        assert eve.post(f"/members/lists/{saved.id}/drop/").status_code == 404
        ada.post(f"/members/lists/{saved.id}/drop/")
        assert not SavedList.objects.exists()

    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("ethnicity=minority", "少数民族"), ("education=20", "大学本科教育"),
            ("education=college", "大专及以上学历"), ("age=31-35", "年龄 31–35 岁"),
            ("age=61-", "年龄 61 岁以上"), ("party_age=-4", "党龄 4 年以下"),
            ("state=lost", "失联"), ("posts=any", "担任党内职务"), ("occupation=WORKER", "工人"),
            ("gender=F", "女"), ("mark=migrant", "农民工"), ("front_line=any", "在一线"),
        ],
    )  # fmt: skip
    def test_says_what_it_is_narrowed_to(self, ada, tree, address, shown):
        page = text_of(ada.get(f"/members/?{address}"))
        assert shown in page and "没有符合条件的党员" in page


class TestFullExport:
    def test_waits_for_a_second_administrator(self, ada, eve, tree):
        make_member(tree.l1)
        data = {"address": "", "ids": "", "form": "csv", "is_full": "on", "reason": "年度统计上报"}
        page = ada.get(ada.post("/members/export/", data)["Location"])
        export = Export.objects.get()
        assert "等待另一名管理员批准" in text_of(page)
        assert ada.get(f"/members/exports/{export.id}/file/").status_code == 409
        assert (
            ada.post(f"/members/exports/{export.id}/decide/", {"word": "approve"}).status_code
            == 404
        )
        assert "年度统计上报" in text_of(eve.get("/members/exports/"))
        eve.post(f"/members/exports/{export.id}/decide/", {"word": "approve"})
        assert ada.get(f"/members/exports/{export.id}/file/").status_code == 200

    def test_is_refused_by_the_api(self, ada, eve, tree):
        make_member(tree.l1)
        data = {"address": "", "ids": "", "form": "csv", "is_full": "on", "reason": "年度统计上报"}
        ada.post("/members/export/", data)
        key = Export.objects.get().id
        assert send(ada, f"/members/exports/{key}/decide/", {"approve": True}).status_code == 404
        assert (
            send(eve, f"/members/exports/{key}/decide/", {"approve": False}).json()["state"]
            == "REFUSED"
        )
