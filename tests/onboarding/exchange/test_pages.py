"""导入与导出 at the desk and in the API: what each role meets, end to end."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.unit import unit_context
from onboarding.services import update_reading
from tenant_apps.members.models import Export, Member, Update, UpdateRow
from tenant_apps.members.services import applying, restoring
from tests import cast
from tests.conftest import FacingClient
from tests.onboarding.browsing import text_of
from tests.onboarding.exchange import sheets
from tests.onboarding.exchange.sheets import line, somebody, table


@pytest.fixture
def desk(alpha, tree):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def second(alpha, tree):
    return cast.officer(FacingClient(), alpha, name="多拉")


def upload(client, content: bytes, what: str = "member_2017"):
    file = SimpleUploadedFile("名册.csv", content, content_type="text/csv")
    return client.post("/exchange/imports/new/", {"what": what, "file": file})


def reviewed(client, content: bytes, what: str = "member_2017") -> Update:
    assert upload(client, content, what).status_code == 302
    made = Update.objects.latest("requested_at")
    update_reading.read(update_id=made.pk)
    return made


class TestImportPages:
    def test_from_the_file_to_the_undo(self, tree, desk):
        member = somebody(tree.l1)
        made = reviewed(desk, table(line(member, tree.l2, 学历="博士", 联系电话="13911112222")))
        base = f"/exchange/imports/{made.pk}/"
        page = text_of(desk.get(base))
        for words in ("大学本科", "博士研究生", "信息完整度", "调整支部", "139****2222"):
            assert words in page
        assert "13911112222" not in page
        answer = desk.post(
            f"{base}decisions/", {"all": "1", "kind": "CHANGE", "decision": "accept"}
        )
        assert answer.status_code == 302
        desk.post(f"{base}confirmation/")
        assert "正在更新档案" in text_of(desk.get(base))
        assert desk.get(f"{base}progress/").status_code == 200
        applying.apply(update_id=made.pk)
        assert desk.get(f"{base}progress/")["HX-Redirect"] == base
        assert "已更新 1 项" in text_of(desk.get(base))
        member.refresh_from_db()
        assert (member.education, member.org_id) == ("博士研究生", tree.l1.pk)
        desk.post(f"{base}undo/")
        restoring.restore(update_id=made.pk)
        assert "已撤销 1 项" in text_of(desk.get(base))

    def test_ticked_rows_are_decided_alone(self, tree, desk):
        first, second = somebody(tree.l1, "曾国强"), somebody(tree.l1, "林晓")
        made = reviewed(
            desk, table(line(first, tree.l1, 学历="博士"), line(second, tree.l1, 学历="博士"))
        )
        row = UpdateRow.objects.get(update_of=made, member_id=second.pk)
        desk.post(
            f"/exchange/imports/{made.pk}/decisions/",
            {"id": [str(row.pk), "nonsense"], "kind": "CHANGE", "decision": "accept"},
        )
        decided = UpdateRow.objects.exclude(decision="OPEN").values_list("pk", flat=True)
        assert list(decided) == [row.pk]

    def test_the_report_names_cell_and_rule_and_can_be_taken(self, tree, desk):
        member = somebody(tree.l1)
        bad = {**line(member, tree.l1), "学历": "神童"}
        made = reviewed(desk, table(bad))
        base = f"/exchange/imports/{made.pk}/"
        page = text_of(desk.get(base))
        assert "代码表里没有这个值" in page
        assert "神童" in page
        assert desk.get(f"{base}report/").content.startswith(b"PK")
        assert desk.get(f"{base}refused/").content.startswith(b"PK")

    @pytest.mark.parametrize("what", ["member_2017", "nothing"])
    def test_a_wrong_file_comes_back_with_words(self, desk, what):
        answer = desk.post("/exchange/imports/new/", {"what": what})
        assert answer.status_code == 422
        assert "请选择要导入的文件" in answer.content.decode()

    def test_discarding_goes_back_to_nothing(self, tree, desk):
        made = reviewed(desk, table(line(somebody(tree.l1), tree.l1, 学历="博士")))
        desk.post(f"/exchange/imports/{made.pk}/discard/")
        made.refresh_from_db()
        assert made.state == Update.State.DISCARDED
        assert "已放弃" in text_of(desk.get("/exchange/"))

    def test_blank_tables_say_what_to_fill_in(self, desk):
        for name in ("member_2017", "member_base", "member_soe", "organization_soe", "master"):
            assert desk.get(f"/exchange/templates/{name}/").content.startswith(b"PK")
        assert desk.get("/exchange/templates/nothing/").status_code == 404


class TestExportPages:
    def test_a_masked_file_is_there_at_once(self, tree, desk):
        somebody(tree.l1)
        assert "二十七列" in text_of(desk.get("/exchange/exports/new/"))
        answer = desk.post("/exchange/exports/new/", {"set_name": "member_base", "form": "csv"})
        assert "文件已生成" in text_of(desk.get(answer["Location"]))
        assert desk.get(f"{answer['Location']}file/").content.startswith(b"PK")
        assert "党员基本信息" in text_of(desk.get("/exchange/?tab=exports"))

    def test_full_numbers_go_past_two_people(self, tree, desk, second):
        somebody(tree.l1)
        data = {"set_name": "member_base", "form": "csv", "is_full": "on"}
        assert desk.post("/exchange/exports/new/", data).status_code == 422
        answer = desk.post("/exchange/exports/new/", {**data, "reason": "报送上级"})
        address = answer["Location"]
        assert "等待另一名管理员批准" in text_of(desk.get(address))
        assert "批准导出" not in text_of(desk.get(address))
        own = desk.post(f"{address}decision/", {"decision": "approve"})
        assert own.status_code == 409
        assert "批准导出" in text_of(second.get(address))
        second.post(f"{address}decision/", {"decision": "approve", "note": "同意"})
        assert Export.objects.get().state == Export.State.WAITING

    def test_nobody_to_export_says_so(self, desk):
        answer = desk.post("/exchange/exports/new/", {"set_name": "member_base", "form": "csv"})
        assert answer.status_code == 422
        assert "没有符合条件的记录" in answer.content.decode()


class TestCodePage:
    def test_shows_finds_and_gives_away_the_tables(self, desk):
        page = text_of(desk.get("/rules/codes/"))
        assert "GB/T 3304-1991" in page
        assert "赫哲族" in text_of(desk.get("/rules/codes/?q=hz"))
        assert "没有符合条件的代码" in text_of(desk.get("/rules/codes/?q=没有这样的词"))
        assert desk.get("/rules/codes/file/").content.startswith(b"PK")

    def test_is_in_the_api(self, desk):
        tables = desk.get("/api/v1/rules/codes/").json()
        assert {one["key"] for one in tables} >= {"ethnicity", "education", "region"}
        one = desk.get("/api/v1/rules/codes/ethnicity/").json()
        assert one["count"] == len(one["entries"]) == 58
        assert desk.get("/api/v1/rules/codes/nothing/").status_code == 404
        assert desk.get("/api/v1/rules/codes/gender/?version=0.1").status_code == 404


class TestDuties:
    def test_the_first_page_says_what_waits_and_for_whom(self, tree, desk, second):
        reviewed(desk, table(line(somebody(tree.l1), tree.l1, 学历="博士")))
        full = {"set_name": "member_base", "form": "csv", "is_full": "on", "reason": "报送上级"}
        desk.post("/exchange/exports/new/", full)
        own, other = text_of(desk.get("/")), text_of(second.get("/"))
        assert "导入文件待确认" in own
        assert "含完整号码的导出待批准" not in own
        assert "含完整号码的导出待批准" in other


class TestRights:
    ADDRESSES = ("/exchange/", "/exchange/imports/new/", "/exchange/exports/new/")

    @pytest.mark.parametrize("role", ["secretary", "treasurer"])
    def test_only_administrators_exchange(self, alpha, tree, role):
        client = cast.officer(FacingClient(), alpha, role=role, scope=tree.l1.path)
        assert {client.get(address).status_code for address in self.ADDRESSES} == {403}
        assert client.get("/api/v1/exchange/sets/").status_code == 403

    def test_another_unit_finds_nothing(self, tree, desk, beta):
        made = reviewed(desk, table(line(somebody(tree.l1), tree.l1, 学历="博士")))
        with unit_context(beta.id):
            other = cast.officer(FacingClient(), beta)
        for path in ("", "progress/", "report/", "refused/"):
            assert other.get(f"/exchange/imports/{made.pk}/{path}").status_code == 404
        assert other.get(f"/api/v1/exchange/imports/{made.pk}/rows/").status_code == 404


def post(client, path: str, data: dict, **more):
    return client.post(f"/api/v1/{path}", json.dumps(data), content_type="application/json", **more)


class TestMasterData:
    """K1: the HR system sends names, posts, departments; people decide on each difference."""

    def rows(self, member, **other):
        return [{"identity": member.number, "name": member.name, "staff_number": "A001", **other}]

    def test_maps_by_identity_then_by_staff_number(self, tree, desk):
        member = somebody(tree.l1)
        sent = post(desk, "master-data/", {"system": "人事", "rows": self.rows(member)})
        assert sent.status_code == 202
        update_reading.read(update_id=sent.json()["id"])
        rows = desk.get(f"/api/v1/exchange/imports/{sent.json()['id']}/rows/").json()["results"]
        assert rows[0]["lines"] == [{"field": "工号", "old": "", "new": "A001"}]
        Member.objects.update(staff_number="A001")
        row = {"staff_number": "A001", "name": member.name, "department": "财务部"}
        again = post(desk, "master-data/", {"system": "人事", "rows": [row]}).json()
        update_reading.read(update_id=again["id"])
        row = UpdateRow.objects.get(update_of=again["id"])
        assert (row.member_id, row.fields) == (member.pk, {"department": ["", "财务部"]})

    def test_overwrites_nothing_before_somebody_accepts(self, tree, desk):
        member = somebody(tree.l1)
        rows = self.rows(member, department="财务部", job_title="会计", name="曾国墙")
        sent = post(desk, "master-data/", {"system": "人事", "rows": rows}).json()
        update_reading.read(update_id=sent["id"])
        member.refresh_from_db()
        assert (member.name, member.department) == ("曾国强", "")
        base = f"exchange/imports/{sent['id']}/"
        assert post(desk, f"{base}decisions/", {"accept": True}).json() == {"count": 1}
        assert post(desk, f"{base}confirmation/", {}).status_code == 202
        applying.apply(update_id=sent["id"])
        member.refresh_from_db()
        assert (member.name, member.department, member.job_title) == ("曾国墙", "财务部", "会计")
        assert member.name_initials == "zgq"

    def test_takes_duty_and_rank_by_code_or_name(self, tree, desk):
        member = somebody(tree.l1)
        rows = self.rows(member, technical_post="082", duty_level="正处级")
        sent = post(desk, "master-data/", {"system": "人事", "rows": rows}).json()
        update_reading.read(update_id=sent["id"])
        found = desk.get(f"/api/v1/exchange/imports/{sent['id']}/rows/").json()["results"][0]
        assert {one["field"]: one["new"] for one in found["lines"]} == {
            "工号": "A001", "专业技术职务": "高级工程师", "专业技术职务级别": "副高级",
            "职务级别": "县处级正职",
        }  # fmt: skip

    def test_staff_who_are_no_members_are_only_counted(self, tree, desk):
        row = {"identity": sheets.identity(), "name": "路人", "department": "财务部"}
        sent = post(desk, "master-data/", {"system": "人事", "rows": [row]}).json()
        update_reading.read(update_id=sent["id"])
        detail = desk.get(f"/api/v1/exchange/imports/{sent['id']}/").json()
        assert detail["counts"]["no_member"] == 1
        assert not UpdateRow.objects.exists()
        assert not Member.objects.exists()

    def test_the_same_key_is_answered_once(self, tree, desk):
        data = {"system": "人事", "rows": self.rows(somebody(tree.l1))}
        first = post(desk, "master-data/", data, headers={"Idempotency-Key": "k1"})
        again = post(desk, "master-data/", data, headers={"Idempotency-Key": "k1"})
        assert first.json() == again.json()
        assert Update.objects.count() == 1
        other = {"system": "人事", "rows": []}
        refused = post(desk, "master-data/", other, headers={"Idempotency-Key": "k1"})
        assert refused.status_code == 409

    @pytest.mark.parametrize(
        ("data", "code"),
        [({"system": "人事", "rows": []}, "master_data_empty"), ({"system": "人事"}, ""),
         ({"system": "人事", "rows": [{"name": "甲", "salary": "1"}]}, "")],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, desk, data, code):
        answer = post(desk, "master-data/", data)
        assert answer.status_code == 422
        assert code in answer.json()["code"] or not code

    def test_a_file_does_the_same(self, tree, desk):
        member = somebody(tree.l1)
        content = (
            f"工号,身份证号,姓名,所在部门,岗位\nA001,{member.number},{member.name},财务部,会计\n"
        )
        made = reviewed(desk, content.encode(), what="MASTER")
        row = UpdateRow.objects.get(update_of=made)
        assert row.fields == {
            "staff_number": ["", "A001"],
            "department": ["", "财务部"],
            "job_title": ["", "会计"],
        }


class TestApi:
    def test_exports_by_order_and_decision(self, tree, desk, second):
        somebody(tree.l1)
        names = {one["name"] for one in desk.get("/api/v1/exchange/sets/").json()}
        assert {"member_2017", "member_soe", "organization_soe", "master"} <= names
        made = post(desk, "exchange/exports/", {"set": "member_soe"})
        assert (made.status_code, made.json()["state"]) == (201, "DONE")
        path = f"/api/v1/exchange/exports/{made.json()['id']}/"
        assert desk.get(path).json()["total"] == 1
        assert desk.get(f"{path}file/").content.startswith(b"PK")
        full = {"set": "member_soe", "is_full": True, "reason": "报送上级"}
        waiting = post(desk, "exchange/exports/", full).json()
        assert waiting["state"] == "AWAITING"
        decision = f"exchange/exports/{waiting['id']}/decision/"
        assert post(desk, decision, {"approve": True}).status_code == 409
        assert post(second, decision, {"approve": False}).json()["state"] == "REFUSED"

    def test_imports_and_their_report(self, tree, desk):
        file = SimpleUploadedFile(
            "名册.csv", table({**line(somebody(tree.l1), tree.l1), "学历": "神童"})
        )
        made = desk.post("/api/v1/exchange/imports/", {"what": "member_2017", "file": file})
        assert made.status_code == 202
        path = f"exchange/imports/{made.json()['id']}/"
        update_reading.read(update_id=made.json()["id"])
        faults = desk.get(f"/api/v1/{path}faults/").json()
        assert [(one["row"], one["column"], one["rule"]) for one in faults] == [
            (2, "学历", "code_unknown")
        ]
        assert post(desk, f"{path}discard/", {}).json()["state"] == "DISCARDED"
        assert post(desk, f"{path}undo/", {}).status_code == 409
        assert re.search("已放弃", post(desk, f"{path}undo/", {}).json()["title"])
