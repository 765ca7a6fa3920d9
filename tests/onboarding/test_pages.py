"""The console's pages: a unit opened in the browser, by whom and by whom not."""

import hashlib
import json

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart
from django.test.utils import CaptureQueriesContext

from kernel.clock import now
from kernel.unit import shared_context, unit_context
from onboarding.models import ImportState, Opening, RegistrationDraft, RosterImport
from onboarding.services import importing, reading
from shared_apps.usage.services import outbox, rollups
from tenant_apps.members.models import Member
from tests import cast
from tests.conftest import FacingClient
from tests.onboarding.conftest import registration_of
from tests.onboarding.test_reading import upload

CODE = "91350100M000100Y43"
FORM = {
    "name": "青石镇供销社",
    "credit_code": CODE,
    "city": "320300",
    "county": "320303",
    "label": "qszgxs",
    "contact_name": "宋佳",
    "contact_phone": "13812340000",
    "agreed_on": "2026-11-01",
    "agreement_ends_on": "2029-10-31",
    "bank_branch": "彭城支行",
    "profile": "agency",
}


@pytest.fixture
def outreach(db):
    return cast.staff(FacingClient(), "outreach")


@pytest.fixture
def operator(db):
    return cast.staff(FacingClient(), "operator")


@pytest.fixture
def in_review(opening, roster, officer):
    row = upload(opening, roster, officer)
    reading.read(import_id=row.id)
    row.refresh_from_db()
    return row


@pytest.fixture
def imported(in_review, officer):
    importing.approve(held=in_review, actor=officer, now=now())
    importing.store(import_id=in_review.id)
    in_review.refresh_from_db()
    return in_review


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def _stored(folder=""):
    """Every file in the storage."""
    folders, files = default_storage.listdir(folder)
    return sorted(
        files + [one for each in folders for one in _stored(f"{folder}/{each}".strip("/"))]
    )


class TestRegistering:
    def test_leads_on_to_the_upload(self, outreach):
        answer = outreach.post("/units/new/", FORM)
        made = Opening.objects.get()
        assert answer["Location"] == f"/units/{made.unit_id}/rosters/new/"
        assert made.unit.region_code == "320303"
        assert "上传名册" in text_of(outreach.get(answer["Location"]))

    def test_shows_each_mistake_at_its_field(self, outreach):
        page = text_of(outreach.post("/units/new/", {**FORM, "credit_code": CODE[:-1] + "4"}), 422)
        assert "校验码不对" in page
        page = text_of(outreach.post("/units/new/", {}), 422)
        assert "还有 10 处需要修改" in page

    def test_refuses_a_county_of_another_city(self, outreach):
        page = text_of(outreach.post("/units/new/", {**FORM, "county": "330303"}), 422)
        assert "与所选的省、市不一致" in page

    def test_tells_who_was_first_and_leads_there(self, outreach):
        outreach.post("/units/new/", FORM)
        first = Opening.objects.get()
        page = text_of(outreach.post("/units/new/", {**FORM, "label": "other"}), 409)
        assert f"/units/{first.unit_id}/" in page

    def test_keeps_a_draft_and_lets_it_go_when_it_is_registered(self, outreach):
        said = text_of(outreach.post("/units/new/draft/", {"name": "青石镇供销社"}))
        assert "草稿已自动保存" in said
        draft = RegistrationDraft.objects.get()
        assert "未完成的登记" in text_of(outreach.get("/"))
        assert "青石镇供销社" in text_of(outreach.get(f"/units/new/?draft={draft.id}"))
        outreach.post("/units/new/", {**FORM, "draft": str(draft.id)})
        assert not RegistrationDraft.objects.exists()

    def test_a_draft_can_be_thrown_away(self, outreach):
        outreach.post("/units/new/draft/", {"name": "青石镇供销社"})
        draft = RegistrationDraft.objects.get()
        assert outreach.post(f"/units/drafts/{draft.id}/delete/").status_code == 302
        assert not RegistrationDraft.objects.exists()

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("label/?name=彭城水务集团", "建议使用"),
            ("label/?label=qszgxs", "可以使用"),
            ("label/?label=console", "已被使用"),
            ("label/?label=-x", "小写字母"),
            (f"code/?credit_code={CODE}", "校验码正确"),
            (f"code/?credit_code={CODE[:-1]}4", "校验码不对"),
            ("code/?credit_code=12", "18 位"),
        ],
    )
    def test_checks_while_one_types(self, outreach, query, said):
        assert said in text_of(outreach.get(f"/units/new/{query}"))


class TestHandingIn:
    def test_reads_it_in_a_job_and_shows_the_progress(
        self, outreach, opening, roster, django_capture_on_commit_callbacks
    ):
        address = f"/units/{opening.unit_id}/rosters/new/"
        file = SimpleUploadedFile(roster.filename, roster.content)
        answer = outreach.post(
            address, {"roster": file, "complete": "1"}, headers={"HX-Request": "true"}
        )
        row = RosterImport.objects.get()
        assert answer["HX-Redirect"] == f"/rosters/{row.id}/"
        assert "等待识别" in text_of(outreach.get(f"/rosters/{row.id}/"))
        assert "等待识别" in text_of(outreach.get(f"/rosters/{row.id}/progress/"))
        reading.read(import_id=row.id)
        moved = outreach.get(f"/rosters/{row.id}/progress/")
        assert moved["HX-Redirect"] == f"/rosters/{row.id}/"

    def test_of_nothing_or_of_the_wrong_kind_says_so(self, outreach, opening):
        address = f"/units/{opening.unit_id}/rosters/new/"
        assert "请选择名册文件" in text_of(outreach.post(address), 422)
        page = outreach.post(
            address, {"roster": SimpleUploadedFile("a.docx", b"x"), "complete": "1"}
        )
        assert "只能读取" in text_of(page, 422)
        assert not RosterImport.objects.exists()

    def test_that_is_cut_off_leaves_nothing_half(self, outreach, opening, roster):
        before, boundary = _stored(), "gongjianboundary"
        body = encode_multipart(
            boundary, {"roster": SimpleUploadedFile("a.csv", b"x" * 9000), "complete": "1"}
        )
        for cut in (4000, 9050, len(body) - 60):
            answer = outreach.generic(
                "POST", f"/units/{opening.unit_id}/rosters/new/", body[:cut],
                f"multipart/form-data; boundary={boundary}",
            )  # fmt: skip
            assert answer.status_code in {400, 422}
        assert not RosterImport.objects.exists()
        assert _stored() == before

    def test_of_the_same_file_twice_leads_to_the_first(self, outreach, in_review, roster):
        address = f"/units/{in_review.unit_id}/rosters/new/"
        file = SimpleUploadedFile(roster.filename, roster.content)
        page = text_of(outreach.post(address, {"roster": file, "complete": "1"}), 422)
        assert "没有重复处理" in page
        assert f"/rosters/{in_review.id}/" in page

    def test_offers_a_template(self, outreach):
        answer = outreach.get("/rosters/template/")
        assert answer.content.startswith(b"PK")
        assert "attachment" in answer["Content-Disposition"]


class TestReview:
    def test_shows_what_was_understood(self, outreach, in_review, roster):
        page = text_of(outreach.get(f"/rosters/{in_review.id}/"))
        assert f"确认导入 {in_review.accepted_count} 人" in page
        assert "组织树" in page
        assert page.count("怎么改") > len(roster.truth.rejected)

    def test_never_shows_a_whole_identity_number_or_phone(self, outreach, in_review, roster):
        page = text_of(outreach.get(f"/rosters/{in_review.id}/"))
        for refused in reading.review.load(in_review).rejections:
            if refused.value[:-1].isdigit() and len(refused.value) >= 11:
                assert refused.value not in page

    def test_filters_the_refused_rows_by_rule(self, outreach, in_review):
        rule = reading.review.load(in_review).rejections[0].rule
        page = text_of(outreach.get(f"/rosters/{in_review.id}/?rule={rule}&size=50"))
        assert page.count("怎么改：") == page.count("怎么改：")
        assert f"rule={rule}" in page

    def test_takes_corrections_by_select_boxes(self, outreach, in_review):
        shown = reading.review.load(in_review)
        sheet = next(s for s in shown.sheets if s.role == "members")
        place = shown.sheets.index(sheet)
        phone = next(c for c in sheet.columns if c.field == "phone")
        posted = {f"column-{place}-{c.index}": c.field or "" for c in sheet.columns if c != phone}
        answer = outreach.post(f"/rosters/{in_review.id}/corrections/", posted)
        assert answer.status_code == 302
        reading.read(import_id=in_review.id)
        in_review.refresh_from_db()
        again = reading.review.load(in_review).sheets[place]
        assert all(column.field != "phone" for column in again.columns)

    def test_is_confirmed_once(self, outreach, in_review, officer):
        importing.approve(held=in_review, actor=officer, now=now())
        page = text_of(outreach.post(f"/rosters/{in_review.id}/confirmation/"), 409)
        assert "陆远" in page
        assert f"/rosters/{in_review.id}/" in page

    def test_is_given_up(self, outreach, in_review):
        answer = outreach.post(f"/rosters/{in_review.id}/discard/")
        assert answer["Location"] == f"/units/{in_review.unit_id}/"
        in_review.refresh_from_db()
        assert in_review.state == ImportState.DISCARDED
        assert "已放弃" in text_of(outreach.get(f"/rosters/{in_review.id}/"))

    def test_hands_out_the_refused_rows_and_records_it(self, outreach, in_review):
        answer = outreach.get(f"/rosters/{in_review.id}/refused/")
        assert answer.content.startswith(b"PK")
        assert "下载退回的行" in text_of(outreach.get(f"/units/{in_review.unit_id}/"))


class TestResult:
    def test_gives_address_workbook_and_undo(self, outreach, imported):
        page = text_of(outreach.get(f"/rosters/{imported.id}/"))
        assert "http://alpha.test" in page
        assert "下载退回的行" in page
        assert "撤销这次导入" in page

    def test_undo_wants_the_name_and_then_is_done(self, outreach, imported):
        page = text_of(outreach.post(f"/rosters/{imported.id}/undo/", {"typed": "x"}), 422)
        assert "没有撤销" in page
        outreach.post(f"/rosters/{imported.id}/undo/", {"typed": imported.unit.name})
        assert "已撤销" in text_of(outreach.get(f"/rosters/{imported.id}/"))

    def test_of_a_failure_says_why_and_goes_on(self, outreach, imported):
        RosterImport.objects.filter(pk=imported.pk).update(
            state=ImportState.FAILED, error_message="数据库暂时不可用。"
        )
        assert "数据库暂时不可用" in text_of(outreach.get(f"/rosters/{imported.id}/"))
        assert outreach.post(f"/rosters/{imported.id}/resume/").status_code == 302

    def test_shows_how_far_the_import_is(self, outreach, imported):
        RosterImport.objects.filter(pk=imported.pk).update(
            state=ImportState.IMPORTING, done_rows=20
        )
        page = text_of(outreach.get(f"/rosters/{imported.id}/progress/"))
        assert f"20 / {imported.accepted_count} 人" in page


class TestUnitPages:
    def test_list_shows_own_units_first_and_all_on_demand(self, outreach, opening):
        assert "您名下还没有单位" in text_of(outreach.get("/"))
        page = text_of(outreach.get("/?scope=all"))
        assert opening.unit.name in page
        assert "未收到名册" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [("q=alpha", True), ("q=查无", False), ("state=trial", True), ("state=closed", False),
         ("blocker=no_roster", True), ("blocker=no_bills", False), ("sort=-name&size=50", True)],
    )  # fmt: skip
    def test_list_keeps_its_filters_in_the_address(self, outreach, opening, query, found):
        page = text_of(outreach.get(f"/?scope=all&{query}"))
        assert (f"/units/{opening.unit_id}/" in page) is found
        assert ("没有符合条件的单位" in page) is not found

    def test_page_of_a_unit_shows_blocker_rosters_and_time_line(self, outreach, imported):
        page = text_of(outreach.get(f"/units/{imported.unit_id}/"))
        for words in ("名册", "导入完成", "登记资料", "开通进度"):
            assert words in page

    def test_unknown_ones_are_not_found(self, outreach):
        missing = "01900000-0000-7000-8000-000000000000"
        assert outreach.get(f"/units/{missing}/").status_code == 404
        assert outreach.get(f"/rosters/{missing}/").status_code == 404

    def test_list_is_exported_as_filtered(self, outreach, opening):
        assert outreach.get("/units/export/?scope=all").content.startswith(b"PK")


class TestOperations:
    def test_shows_figures_with_their_moment_and_the_funnel(self, operator, imported):
        with shared_context():
            rollups.drain(now=now())
        page = text_of(operator.get("/operations/"))
        for words in ("开通漏斗", "分地区", "截至", imported.unit.name):
            assert words in page
        assert operator.get("/operations/export/").content.startswith(b"PK")

    def test_never_enters_a_units_schema(self, operator, imported):
        with CaptureQueriesContext(connection) as queries:
            assert operator.get("/operations/?month=2026-10&blocker=no_bills").status_code == 200
        for query in queries:
            assert imported.unit.schema_name not in query["sql"]
            assert "members_member" not in query["sql"]
        assert len(queries) <= 12

    def test_suppresses_small_counts_of_people(self, operator, opening, alpha):
        outbox.emit(unit=alpha, kind="members", now=now(), delta=3)
        with shared_context():
            rollups.drain(now=now())
        page = text_of(operator.get("/operations/"))
        assert "&lt;5" in page
        assert "退回的" not in page


class TestWhoMayWhat:
    def test_operator_sees_the_list_but_handles_no_roster(self, operator, in_review):
        assert operator.get("/?scope=all").status_code == 200
        assert operator.get(f"/units/{in_review.unit_id}/").status_code == 200
        for address in (
            "/units/new/", f"/units/{in_review.unit_id}/rosters/new/",
            f"/rosters/{in_review.id}/", f"/rosters/{in_review.id}/refused/",
        ):  # fmt: skip
            assert operator.get(address).status_code == 403

    def test_outreach_sees_no_operations(self, outreach):
        assert outreach.get("/operations/").status_code == 403

    def test_administrators_see_no_units(self, db):
        auditor = cast.staff(FacingClient(), "audit_admin")
        assert auditor.get("/")["Location"] == "/permissions/"
        assert auditor.get("/operations/").status_code == 403
        assert auditor.get("/units/export/").status_code == 403

    def test_nobody_is_sent_to_sign_in(self, db, client):
        answer = client.get("/", headers={"host": "console.test"})
        assert answer["Location"].startswith("/sign-in/")


class TestWorkbench:
    def test_shows_what_is_left_to_do(self, imported, alpha):
        page = text_of(cast.officer(FacingClient(), alpha).get("/"))
        for words in ("开通清单", "核定党费标准", "本月账单还没有生成", "党员登录激活"):
            assert words in page

    def test_sends_a_member_to_the_phone_pages(self, imported, alpha):
        with unit_context(alpha.id):
            member = Member.objects.first()
        client = cast.member(FacingClient(), alpha, member.id)
        assert client.get("/")["Location"] == "/m/"

    def test_takes_few_queries(self, imported, alpha):
        ada = cast.officer(FacingClient(), alpha)
        ada.get("/")
        with CaptureQueriesContext(connection) as queries:
            ada.get("/")
        assert len([one for one in queries if "SET ROLE" not in one["sql"]]) <= 30


class TestApi:
    def send(self, client, address, data=None):
        return client.post(
            f"/api/v1/{address}", json.dumps(data or {}), content_type="application/json"
        )

    def test_registers_lists_and_shows_units(self, outreach):
        given = registration_of(credit_code=CODE)
        data = {name: str(getattr(given, name)) for name in given.__slots__}
        made = self.send(outreach, "units/", data)
        assert made.status_code == 201, made.content
        assert made.json()["blocker"] == "no_roster"
        listed = outreach.get("/api/v1/units/").json()
        assert [one["id"] for one in listed["results"]] == [made.json()["id"]]
        assert outreach.get(f"/api/v1/units/{made.json()['id']}/").json()["host"] == "qszgxs.test"
        again = self.send(outreach, "units/", {**data, "label": "other"})
        assert (again.status_code, again.json()["code"]) == (409, "unit_registered_by")

    def test_carries_a_roster_all_the_way(self, outreach, opening, roster):
        address = f"/api/v1/units/{opening.unit_id}/rosters/"
        file = SimpleUploadedFile(roster.filename, roster.content)
        digest = hashlib.sha256(roster.content).hexdigest()
        made = outreach.post(address, {"roster": file, "sha256": digest})
        assert made.status_code == 202, made.content
        one = f"rosters/{made.json()['id']}/"
        reading.read(import_id=made.json()["id"])
        found = outreach.get(f"/api/v1/{one}understanding/").json()
        assert len(found["rejections"]) == len(roster.truth.rejected)
        assert found["organisations"]
        name = found["sheets"][0]["name"]
        sent = {"sheets": {name: {"columns": {"remarks": None}}}}
        assert self.send(outreach, f"{one}corrections/", sent).status_code == 202
        reading.read(import_id=made.json()["id"])
        assert self.send(outreach, f"{one}confirmation/").status_code == 202
        importing.store(import_id=made.json()["id"])
        assert outreach.get(f"/api/v1/{one}").json()["percent"] == 100
        assert outreach.get(f"/api/v1/{one}refused/").content.startswith(b"PK")
        assert len(outreach.get(address).json()) == 1
        wrong = self.send(outreach, f"{one}undo/", {"unit_name": "x"})
        assert wrong.json()["code"] == "undo_name_differs"
        undone = self.send(outreach, f"{one}undo/", {"unit_name": opening.unit.name})
        assert undone.json()["state"] == "UNDONE"

    def test_refuses_a_file_that_did_not_arrive_whole(self, outreach, opening, roster):
        file = SimpleUploadedFile(roster.filename, roster.content[:-100])
        digest = hashlib.sha256(roster.content).hexdigest()
        answer = outreach.post(
            f"/api/v1/units/{opening.unit_id}/rosters/", {"roster": file, "sha256": digest}
        )
        assert answer.json()["code"] == "roster_upload_cut_off"
        assert not RosterImport.objects.exists()

    def test_gives_a_roster_up_and_refuses_what_cannot_be(self, outreach, in_review):
        one = f"rosters/{in_review.id}/"
        wrong = {"sheets": {"x": {"columns": {"no_such_field": 1}}}}
        answer = self.send(outreach, f"{one}corrections/", wrong)
        assert answer.json()["code"] == "roster_correction_unknown"
        assert self.send(outreach, f"{one}resumption/").status_code == 404
        assert outreach.delete(f"/api/v1/{one}").status_code == 204

    def test_gives_figures_to_operators_only(self, operator, outreach, imported):
        found = operator.get("/api/v1/operations/?month=2026-11").json()
        assert found["units"] == 1
        assert found["funnel"][0]["reached"] == 1
        assert outreach.get("/api/v1/operations/").status_code == 403

    def test_is_closed_to_everybody_else(self, alpha, imported, client):
        ada = cast.officer(FacingClient(), alpha)
        for address in ("units/", f"rosters/{imported.id}/", "operations/"):
            assert ada.get(f"/api/v1/{address}", headers={"host": "console.test"}).status_code in {
                401, 403,
            }  # fmt: skip
