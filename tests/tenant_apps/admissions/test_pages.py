"""The pages and the API: each verb at the desk, the whole way by API, the own case on the phone."""

from __future__ import annotations

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel import clock
from tenant_apps.admissions.models import Case, Paper, StepState
from tenant_apps.admissions.services import acting
from tests import cast
from tests.conftest import FacingClient
from tests.tenant_apps.admissions.walking import (
    DAYS,
    TIMES,
    answers,
    applicant,
    day,
    identity,
    inspected,
    opened,
    walk,
)

DECISIONS = {
    "activist_filing", "candidate_superior", "prereview", "approval", "conversion_approval",
}  # fmt: skip
EARLIER = {act: f"{int(on[:4]) - 2}{on[4:]}" for act, on in DAYS.items()}


@pytest.fixture(autouse=True)
def _in_2029(monkeypatch):
    """The pages read the clock; the invented way ends in 2027."""
    monkeypatch.setattr(clock, "today", lambda: TIMES["today"])


@pytest.fixture
def desk(alpha, world):
    return cast.officer(FacingClient(), alpha, role="secretary", scope=world.tree.l1.path)


@pytest.fixture
def committee(alpha, world):
    return cast.officer(FacingClient(), alpha, role="unit_admin", name="艾达")


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


class TestOpen:
    def form(self, **fields):
        return {
            "name": "苏晓梅", "identity": identity(), "phone": "13900001111", "ethnicity": "汉族",
            "education": "大学本科", "occupation": "PROFESSIONAL", "applied_on": "2026-05-20",
            "layout": "25", **fields,
        }  # fmt: skip

    def test_the_one_branch_is_chosen_by_itself(self, desk, world):
        assert "接收申请" in page(desk, "/admissions/new/")
        response = desk.post("/admissions/new/", self.form())
        case = Case.objects.get()
        assert (response.status_code, response["Location"]) == (302, f"/admissions/{case.pk}/")
        assert case.org_id == world.tree.l1.pk

    def test_of_several_one_is_chosen_first(self, committee, world):
        assert "先选择接收申请的党支部" in page(committee, "/admissions/new/")
        assert "r1" in page(committee, "/admissions/new/?branch=r1")
        url = f"/admissions/new/?org={world.tree.r1.pk}"
        assert committee.post(url, self.form()).status_code == 302
        assert Case.objects.get().org_id == world.tree.r1.pk

    def test_what_is_wrong_stands_beside_the_field(self, desk):
        answer = desk.post("/admissions/new/", self.form(identity="320303199502031000"))
        assert answer.status_code == 422
        assert "校验位不对" in answer.content.decode()


class TestLists:
    def test_board_work_and_what_has_ended(self, desk, world):
        opened(world)
        walk(world, opened(world, name="周正"), "nothing")
        assert "苏晓梅" in page(desk, "/admissions/")
        work = page(desk, "/admissions/work/?sort=talk")
        assert "苏晓梅" in work
        assert "依据细则（2014）" in work
        assert "周正" in page(desk, "/admissions/ended/")

    def test_empty_and_without_a_result(self, desk):
        assert "还没有办理中的发展党员工作" in page(desk, "/admissions/")
        assert "没有待办事项" in page(desk, "/admissions/work/")
        assert "没有符合条件" in page(desk, "/admissions/?q=没有")

    def test_the_first_page_says_what_waits(self, desk, world):
        opened(world)
        assert "名入党申请人待派人谈话" in page(desk, "/")


class TestTheWay:
    def test_the_whole_way_by_the_forms(self, desk, committee, world):
        """Two years earlier than elsewhere, so that the conversion is not in the future."""
        case = opened(world, applied="2023-01-31", layout="29")
        case.refresh_from_db()
        while case.is_open:
            act = case.act
            if act == "cultivation":
                inspected(world, case, "2023-09-10", "2024-03-10")
            if act == "probation":
                inspected(world, case, "2025-03-10", "2025-09-10")
            base = f"/admissions/{case.pk}/"
            is_committees = act in {"committee_talk", "filing", "archive"}
            who = committee if is_committees else desk
            assert "依据" in page(who, f"{base}steps/{act}/")
            given = {**answers(world, act), "day": EARLIER[act]}
            response = who.post(f"{base}steps/{act}/", given)
            assert response.status_code == 302, response.content.decode()[:3000]
            self.second(act, base, desk, committee)
            page(desk, base)
            case.refresh_from_db()
            assert case.act != act or not case.is_open
        assert (case.state, case.category) == ("DONE", "FULL")
        for what in ("notice", "register", "probation", "resolution", "file"):
            assert "苏晓梅" in page(desk, f"/admissions/{case.pk}/print/{what}/")

    def second(self, act, base, desk, committee):
        if act in DECISIONS:
            assert "报送的内容" in page(committee, f"{base}decision/")
            given = {"verdict": "AGREE", "day": EARLIER[act], "document": "党委〔2026〕8号"}
            response = committee.post(f"{base}decision/", given)
            assert response.status_code == 302, response.content.decode()[:3000]
        if act == "candidate_notice":
            assert "公示" in page(desk, f"{base}print/notice/")
            ended = desk.post(f"{base}notice/", {"day": "2024-06-05", "result": "CLEAR"})
            assert ended.status_code == 302, ended.content.decode()[:3000]

    def test_a_step_out_of_order_is_told(self, desk, world):
        case = opened(world)
        assert "现在应办理" in page(desk, f"/admissions/{case.pk}/steps/meeting/", 409)

    def test_too_early_and_late_stand_in_the_form(self, desk, world):
        case = opened(world)
        given = {**answers(world, "talk"), "day": "2025-03-01"}
        answer = desk.post(f"/admissions/{case.pk}/steps/talk/", given)
        assert answer.status_code == 422
        assert "请填写逾期原因" in answer.content.decode()

    def test_who_submitted_is_told_to_leave_it_to_another(self, committee, alpha, world):
        case = walk(world, opened(world), "activist_filing")
        given = {"day": "2025-03-20"}
        assert (
            committee.post(f"/admissions/{case.pk}/steps/activist_filing/", given).status_code
            == 302
        )
        assert "须由另一位同志审批" in page(committee, f"/admissions/{case.pk}/decision/")
        given = {"verdict": "AGREE", "day": "2025-03-20", "document": "x"}
        answer = committee.post(f"/admissions/{case.pk}/decision/", given)
        assert "须由另一位同志审批" in answer.content.decode()
        other = cast.officer(FacingClient(), alpha, name="白露")
        assert other.post(f"/admissions/{case.pk}/decision/", given).status_code == 302

    def test_a_secretary_does_not_decide(self, desk, world):
        case = walk(world, opened(world), "activist_filing")
        assert desk.get(f"/admissions/{case.pk}/decision/").status_code == 403

    def test_taken_back_from_the_page(self, desk, world):
        case = walk(world, opened(world), "activist_filing")
        assert desk.post(f"/admissions/{case.pk}/take-back/", {"reason": "填错"}).status_code == 302
        case.refresh_from_db()
        assert case.act == "activist"
        assert "已撤回" in page(desk, f"/admissions/{case.pk}/")


class TestBeside:
    def test_a_note_is_kept_and_struck(self, desk, world):
        case = opened(world)
        base = f"/admissions/{case.pk}/notes/INSPECTION/"
        page(desk, base)
        given = {"on": "2025-09-10", "by": "林致远", "text": "表现良好"}
        assert desk.post(base, given).status_code == 302
        note = case.notes.get()
        assert desk.post(f"/admissions/notes/{note.pk}/strike/").status_code == 302
        assert page(desk, f"/admissions/{case.pk}/notes/NOTHING/", 404)

    def test_a_file_is_uploaded_fetched_and_struck(self, desk, world):
        case = opened(world)
        base = f"/admissions/{case.pk}/papers/application/"
        page(desk, base)
        file = SimpleUploadedFile("申请书.pdf", b"%PDF-1.7 x")
        answer = desk.post(base, {"kind": "application", "file": file}, HTTP_HX_REQUEST="true")
        assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/admissions/{case.pk}/")
        paper = Paper.objects.get()
        fetched = desk.get(f"/admissions/papers/{paper.pk}/")
        assert (fetched.content, fetched["Cache-Control"]) == (b"%PDF-1.7 x", "no-store")
        assert "attachment" in fetched["Content-Disposition"]
        wrong = SimpleUploadedFile("x.pdf", b"nothing")
        refused = desk.post(base, {"kind": "application", "file": wrong})
        assert refused.status_code == 422
        assert desk.post(f"/admissions/papers/{paper.pk}/strike/").status_code == 302
        assert "申请书.pdf" not in page(desk, f"/admissions/{case.pk}/")

    def test_corrected_handed_over_and_closed(self, committee, world):
        case = opened(world)
        base = f"/admissions/{case.pk}/"
        page(committee, f"{base}edit/")
        given = {"name": "苏小梅", "workplace": "设计二室"}
        assert committee.post(f"{base}edit/", given).status_code == 302
        assert "r1" in page(committee, f"{base}move/")
        assert committee.post(f"{base}move/", {"to": str(world.tree.r1.pk)}).status_code == 302
        page(committee, f"{base}close/")
        given = {"state": "WITHDRAWN", "on": "2025-03-01", "reason": "本人申请撤回"}
        assert committee.post(f"{base}close/", given).status_code == 302
        case.refresh_from_db()
        assert (case.name, case.org_id, case.state) == ("苏小梅", world.tree.r1.pk, "WITHDRAWN")
        assert "本人撤回" in page(committee, base)

    def test_what_is_not_there_yet_is_not_printed(self, desk, world):
        case = opened(world)
        page(desk, f"/admissions/{case.pk}/print/resolution/", 404)
        page(desk, f"/admissions/{case.pk}/print/nothing/", 404)


class TestRights:
    @pytest.mark.parametrize("path", ["", "edit/", "close/", "steps/talk/", "print/file/"])
    def test_out_of_scope_there_is_nothing(self, alpha, world, path):
        case = opened(world)
        other = cast.officer(FacingClient(), alpha, role="secretary", scope=world.tree.l2.path)
        page(other, f"/admissions/{case.pk}/{path}", 404)

    def test_a_treasurer_has_no_business_here(self, alpha, world):
        opened(world)
        treasurer = cast.officer(FacingClient(), alpha, role="treasurer")
        page(treasurer, "/admissions/", 403)

    def test_another_unit_sees_nothing(self, beta, world):
        case = opened(world)
        other = cast.officer(FacingClient(), beta)
        page(other, f"/admissions/{case.pk}/", 404)
        assert "苏晓梅" not in page(other, "/admissions/")

    def test_numbers_stay_masked(self, desk, world):
        number = identity()
        case = opened(world, identity=number)
        for path in ("", "edit/", "print/register/", "print/file/"):
            assert number not in page(desk, f"/admissions/{case.pk}/{path}")


class TestPhone:
    def test_a_member_sees_the_own_way_and_reports(self, alpha, world):
        case = walk(world, opened(world), "oath")
        phone = cast.member(FacingClient(), alpha, case.member_id)
        assert "/m/admission/" in page(phone, "/m/me/")
        assert "入党宣誓" in page(phone, "/m/admission/")
        page(phone, "/m/admission/reports/new/")
        assert phone.post("/m/admission/reports/new/", {"text": "近期思想汇报"}).status_code == 302
        assert case.notes.get(kind="THOUGHT").text == "近期思想汇报"
        assert "近期思想汇报" in page(phone, "/m/admission/reports/")
        assert phone.post("/m/admission/reports/new/", {"text": " "}).status_code == 422

    def test_the_members_file_leads_to_it(self, desk, world):
        case = walk(world, opened(world), "oath")
        assert f"/admissions/{case.pk}/" in page(desk, f"/members/{case.member_id}/")

    def test_who_has_none_is_told(self, alpha, world):
        phone = cast.member(FacingClient(), alpha, world.people[0].pk)
        assert "/m/admission/" not in page(phone, "/m/me/")
        assert "没有您的发展党员记录" in page(phone, "/m/admission/", 404)


class TestApi:
    def call(self, client, verb, path, data=None, status=200):
        response = getattr(client, verb)(
            f"/api/v1/admissions/{path}", json.dumps(data or {}), content_type="application/json"
        )
        assert response.status_code == status, response.content.decode()[:2000]
        return response.json()

    def test_open_list_read_correct(self, desk, world):
        person = applicant()
        sent = {
            "org_id": str(world.tree.l1.pk), "name": person.name, "identity": person.identity,
            "applied_on": "2026-05-20",
        }  # fmt: skip
        made = self.call(desk, "post", "", sent, 201)
        assert (made["category"], made["act"], made["act_version"]) == ("APPLICANT", "talk", "2026")
        assert person.identity not in json.dumps(made)
        assert desk.get("/api/v1/admissions/?state=OPEN").json()["results"][0]["id"] == made["id"]
        told = desk.get(f"/api/v1/admissions/{made['id']}/").json()
        assert told["acts"][1]["clocks"][0]["ends_on"] == "2026-06-20"
        fixed = self.call(desk, "put", f"{made['id']}/", {"name": "苏小梅"})
        assert fixed["name"] == "苏小梅"
        assert desk.get("/api/v1/admissions/work/").json()[0]["is_overdue"]

    def test_act_decide_take_back(self, desk, committee, world):
        case = opened(world)
        given = {"on": "2025-02-28", "answers": answers(world, "talk")}
        step = self.call(desk, "post", f"{case.pk}/steps/talk/", given, 201)
        assert step["state"] == StepState.DONE
        wrong = {"on": "2025-03-01", "answers": {}}
        problem = self.call(desk, "post", f"{case.pk}/steps/meeting/", wrong, 409)
        assert problem["code"] == "admission_out_of_order"
        self.call(desk, "post", f"{case.pk}/take-back/", {"reason": "填错"})
        walk(world, case, "activist_filing")
        self.call(desk, "post", f"{case.pk}/steps/activist_filing/", {"on": "2025-03-20"}, 201)
        decision = {"verdict": "AGREE", "on": "2025-03-21", "answers": {"document": "8号"}}
        self.call(desk, "post", f"{case.pk}/decision/", decision, 403)
        decided = self.call(committee, "post", f"{case.pk}/decision/", decision)
        assert decided["verdict"] == "AGREE"

    def test_notice(self, desk, world):
        case = walk(world, opened(world), "candidate_notice")
        acting.record(
            case=case, act="candidate_notice", on=day("2026-06-01"), given={"at": "公告栏"},
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        ended = {"on": "2026-06-05", "answers": {"result": "CLEAR"}}
        assert self.call(desk, "post", f"{case.pk}/notice/", ended)["done_on"] == "2026-06-05"

    def test_notes_and_papers(self, desk, world):
        case = opened(world)
        note = {"kind": "THOUGHT", "on": "2025-03-01", "text": "汇报"}
        made = self.call(desk, "post", f"{case.pk}/notes/", note, 201)
        assert desk.get(f"/api/v1/admissions/{case.pk}/notes/").json()[0]["id"] == made["id"]
        assert self.call(desk, "post", f"notes/{made['id']}/strike/")["struck_at"]
        content = base64.b64encode(b"%PDF-1.7 x").decode()
        sent = {"act": "application", "file_name": "x.pdf", "content": content}
        paper = self.call(desk, "post", f"{case.pk}/papers/", sent, 201)
        assert desk.get(f"/api/v1/admissions/{case.pk}/papers/").json()[0]["id"] == paper["id"]
        assert self.call(desk, "post", f"papers/{paper['id']}/strike/")["struck_at"]
        self.call(desk, "post", f"{case.pk}/papers/", {**sent, "content": "***"}, 422)

    def test_move_and_close(self, committee, world):
        case = opened(world)
        moved = self.call(committee, "post", f"{case.pk}/move/", {"org_id": str(world.tree.r1.pk)})
        assert moved["org_name"] == "中共r1"
        given = {"state": "DISQUALIFIED", "on": "2025-03-01", "reason": "不符合条件"}
        assert self.call(committee, "post", f"{case.pk}/close/", given)["state"] == "DISQUALIFIED"

    def test_the_own_case(self, alpha, world):
        case = walk(world, opened(world), "oath")
        phone = cast.member(FacingClient(), alpha, case.member_id)
        assert phone.get("/api/v1/admissions/own/").json()["id"] == str(case.pk)
        self.call(phone, "post", "own/", {"text": "思想汇报"}, 201)
