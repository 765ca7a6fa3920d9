"""A unit opened in the browser, from registering it to the result."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart

from kernel.clock import now
from onboarding.models import ImportState, Opening, RegistrationDraft, RosterImport
from onboarding.services import importing, reading
from tests.onboarding.browsing import CODE, FORM, stored_files, text_of


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
        before, boundary = stored_files(), "gongjianboundary"
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
        assert stored_files() == before

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
