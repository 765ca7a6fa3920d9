"""Whoever applied signs in by phone: the own case, and no right of a member (rulebook 12.1)."""

from __future__ import annotations

import base64
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.papers import Upload
from kernel.permissions import can, table
from kernel.unit import shared_context, unit_context
from onboarding.services import recounting
from shared_apps.people import selectors as people
from shared_apps.people.models import Affiliation
from shared_apps.people.services import affiliations, sessions, sign_in
from shared_apps.usage.models import Outbox, UnitTotal
from tenant_apps.admissions import selectors
from tenant_apps.admissions.models import Case, NoteKind, State
from tenant_apps.admissions.services import acting, closing, going, notes, opening, papers
from tenant_apps.audit import selectors as audit
from tests import cast
from tests.conftest import FacingClient
from tests.factories.people import sms_code
from tests.flows.doors import hidden
from tests.tenant_apps.admissions.walking import (
    LATE,
    TIMES,
    answers,
    applicant,
    day,
    do,
    identity,
    opened,
    walk,
)

PDF = b"%PDF-1.7 invented"
PHONE = "13900007777"


def person(case, **fields):
    """The actor that the middleware makes of an applicant."""
    return Actor(
        kind="person", name=case.name, person_id=uuid7(), applicant_id=case.pk,
        holdings=(Holding("applicant", case.org_path),), **fields,
    )  # fmt: skip


def affiliation(case):
    with shared_context():
        return Affiliation.objects.filter(member_id=case.pk).first()


@pytest.fixture
def _in_2029(monkeypatch):
    monkeypatch.setattr(clock, "today", lambda: TIMES["today"])


def test_an_applicant_may_see_the_own_case_and_what_everybody_may():
    actor = Actor(
        kind="person", person_id=uuid7(), applicant_id=uuid7(),
        holdings=(Holding("applicant", "0001"),),
    )  # fmt: skip
    assert {permission for permission in table() if can(actor, permission)} == {
        "admissions:own", "library:read", "onboarding:home_enter", "people:account", "rules:read",
    }  # fmt: skip


class TestSignIn:
    def enter(self, host="m.test"):
        phone = FacingClient(headers={"host": host})
        handle = hidden(phone.post("/m/sign-in/", {"phone": PHONE}), "phone")
        answer = phone.post("/m/sign-in/code/", {"phone": handle, "code": sms_code()})
        return phone, answer

    def test_by_phone_and_code_to_the_own_case_only(self, alpha, world):
        case = opened(world, phone=PHONE)
        phone, answer = self.enter()
        assert answer["Location"] == "/m/"
        assert phone.get("/m/")["Location"] == "/m/admission/"
        own = phone.get("/m/admission/").content.decode()
        assert "党组织派人谈话" in own
        assert "入党历程" in own, "the tabs of an applicant"
        assert "/m/dues/" not in own
        for address in ("/m/me/", "/m/dues/", "/m/receipts/", "/m/card/", "/m/transfer/"):
            assert phone.get(address).status_code == 403, address
        assert phone.get("/m/account/").status_code == 200
        codes = [event.code for event in audit.events_about(case.pk)]
        assert "admission.activated" in codes
        with shared_context():
            kinds = set(Outbox.objects.values_list("kind", flat=True))
        assert not kinds & {"activations", "sign_ins"}, "figures of members stay what they are"
        assert people.activated_count(alpha.id) == 0
        with shared_context():
            recounting.recount_unit(unit_id=alpha.id, now=LATE)
            assert UnitTotal.objects.get(unit_id=alpha.id).activated == 0

    def test_at_the_units_own_host_no_desk_opens(self, alpha, world):
        opened(world, phone=PHONE)
        phone, _ = self.enter(f"{alpha.label}.test")
        assert phone.get("/m/admission/").status_code == 200
        for address in ("/admissions/", "/members/", "/organizations/"):
            assert phone.get(address).status_code == 403, address

    def test_a_phone_that_a_member_has_too_is_asked_which(self, alpha, world):
        opened(world, phone=PHONE)
        affiliations.record(
            unit_id=alpha.id, unit_role=alpha.schema_name,
            rows=[(world.people[0].pk, PHONE, identity())],
        )  # fmt: skip
        phone, answer = self.enter()
        assert answer["Location"] == "/m/sign-in/choose/"
        page = phone.get("/m/sign-in/choose/").content.decode()
        assert page.count("入党申请人") == 1

    def test_ends_with_the_case_and_with_a_new_phone(self, alpha, world):
        case = opened(world, phone=PHONE)
        seat = cast.applicant(FacingClient(), alpha, case.pk)
        assert seat.get("/m/admission/").status_code == 200
        opening.correct(
            case=case, applicant=applicant(identity="", phone="13900008888"),
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        assert seat.get("/m/admission/").status_code == 302, "another phone, another holder"
        cast.applicant(seat, alpha, case.pk)
        closing.close(
            case=case, state=State.WITHDRAWN, on=day("2025-03-01"), reason="本人申请撤回",
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        assert affiliation(case) is None
        assert seat.get("/m/admission/").status_code == 302

    def test_a_closed_case_lets_nobody_in_even_where_sign_in_was_not_told(self, alpha, world):
        case = opened(world)
        seat = cast.applicant(FacingClient(), alpha, case.pk)
        Case.objects.filter(pk=case.pk).update(state=State.DISQUALIFIED)
        assert seat.get("/m/admission/").status_code == 302

    def test_whoever_was_admitted_signs_in_as_a_member(self, alpha, world):
        case = walk(world, opened(world, phone=PHONE), "approval")
        seat = cast.applicant(FacingClient(), alpha, case.pk)
        do(world, case, "approval")
        case.refresh_from_db()
        assert affiliation(case) is None
        assert seat.get("/m/admission/").status_code == 302
        with shared_context():
            kept = Affiliation.objects.get(member_id=case.member_id)
        assert kept.kind == "MEMBER"

    def test_an_office_is_not_made_an_applicant_by_the_same_phone(self, alpha, world):
        case = opened(world, phone=PHONE)
        cast.applicant(FacingClient(), alpha, case.pk)
        with shared_context():
            holder = Affiliation.objects.get(member_id=case.pk).person
        audience = sessions.Audience("unit", alpha.id)
        opened_half = sign_in.begin(
            person=holder, audience=audience, device="", actor=cast.NOBODY, now=LATE
        )
        assert opened_half.session.member_id is None

    def test_an_applicant_elsewhere_is_no_member_elsewhere(self, alpha, world):
        number = identity()
        opened(world, identity=number)
        known = affiliations.known_elsewhere(identity_numbers=[number], unit_id=None)
        assert known == set()

    def test_an_affiliation_of_a_member_never_becomes_one_of_a_case(self, alpha, world):
        member = world.people[0].pk
        told = {"unit_id": alpha.id, "unit_role": alpha.schema_name}
        affiliations.record(**told, rows=[(member, PHONE, identity())])
        rows = [(member, "13900009999", identity())]
        affiliations.record(**told, rows=rows, kind=affiliations.APPLICANT)
        with shared_context():
            kept = Affiliation.objects.get(member_id=member)
        assert kept.kind == "MEMBER"
        index = people.platform_cipher().index(PHONE, purpose="phone")
        assert bytes(kept.phone_index) == index


class TestOwn:
    def test_sees_what_is_due_by_which_article_and_what_happened(self, world):
        case = walk(world, opened(world), "cultivation")
        notes.add(
            case=case, kind=NoteKind.NOTICE, on=day("2025-05-01"), by="林致远",
            text="请于周五参加党课", actor=world.secretary, **TIMES,
        )  # fmt: skip
        own = selectors.own_view(case, today=day("2025-06-01"))
        assert own.view.current.act.key == "cultivation"
        assert "依据细则（2014）" in own.view.current.clocks[0].explanation
        assert (own.report.next_due, own.is_report_late) == (day("2025-06-15"), False)
        assert selectors.own_view(case, today=day("2025-06-16")).is_report_late
        assert [one.label for one in own.asked] == ["入党申请书"]
        assert (own.told[0].title, own.told[0].text) == ("党支部通知", "请于周五参加党课")
        assert ("党支部为您指定了培养联系人", "林致远、沈建国") in [
            (one.title, one.text) for one in own.told
        ]

    def test_what_is_kept_about_somebody_is_not_told(self, alpha, world, _in_2029):
        case = walk(world, opened(world), "candidate")
        secret = "群众反映此人不宜"
        acting.record(
            case=case, act="candidate", on=day("2026-05-12"),
            given={**answers(world, "candidate"), "masses_opinion": secret, "minutes": secret},
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        notes.add(
            case=case, kind=NoteKind.INSPECTION, on=day("2026-04-01"), by="林致远", text=secret,
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        phone = cast.applicant(FacingClient(), alpha, case.pk)
        for address in ("/m/admission/", "/m/admission/reports/", "/api/v1/admissions/own/"):
            assert secret not in phone.get(address).content.decode()

    def test_reports_in_writing_or_by_a_scan(self, world):
        case = walk(world, opened(world), "cultivation")
        actor = person(case)
        written = notes.report_own(case=case, text="近期学习体会", actor=actor, **TIMES)
        scanned = notes.report_own(
            case=case, text="", file=Upload("汇报.pdf", PDF), actor=actor, **TIMES
        )
        assert (written.kind, written.by) == ("THOUGHT", case.name)
        assert "见附件" in scanned.text
        assert selectors.own_view(case, today=TIMES["today"]).report.made == 2
        with pytest.raises(notes.NoteRefused):
            notes.report_own(case=case, text=" ", actor=actor, **TIMES)
        with pytest.raises(papers.PaperRefused):
            notes.report_own(case=case, text="", file=Upload("x.exe", PDF), actor=actor, **TIMES)
        assert case.notes.count() == 2

    def hand_in(self, case, act="application", kind="application", actor=None, content=PDF):
        return papers.hand_in_own(
            case=case, act=act, kind=kind, file=Upload("申请书.pdf", content),
            actor=actor or person(case), now=LATE,
        )  # fmt: skip

    def test_hands_in_what_is_asked_for(self, world):
        case = opened(world)
        paper = self.hand_in(case)
        assert (paper.title, paper.uploaded_by_name) == ("入党申请书", case.name)
        own = selectors.own_view(case, today=day("2025-02-01"))
        assert (own.asked, [one.pk for one in own.handed]) == ((), [paper.pk])
        assert selectors.own_paper_for(person(case), paper.pk).pk == paper.pk
        assert audit.events_about(case.pk).first().code == "admission.paper_added"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"act": "talk", "kind": "talk"}, "由党组织办理"),
            ({"act": "training", "kind": "certificate"}, "还没有办到"),
            ({"act": "nothing"}, "由党组织办理"),
            ({"content": b"x"}, "扩展名不符"),
        ],
    )
    def test_refuses_what_is_not(self, world, given, said):
        with pytest.raises(papers.PaperRefused, match=said):
            self.hand_in(opened(world), **given)

    def test_no_more_than_a_few_of_a_kind(self, world, monkeypatch):
        monkeypatch.setattr(papers, "MOST_OWN", 1)
        case = opened(world)
        self.hand_in(case)
        with pytest.raises(papers.PaperRefused, match="已上传 1 个"):
            self.hand_in(case)

    def test_never_another_ones_case(self, world):
        mine, other = opened(world), opened(world, name="周正")
        paper, actor = self.hand_in(other), person(mine)
        assert selectors.own_case(actor).pk == mine.pk
        with pytest.raises(selectors.PaperNotFound):
            selectors.own_paper_for(actor, paper.pk)
        with pytest.raises(Case.DoesNotExist):
            self.hand_in(other, actor=actor)
        with pytest.raises(Case.DoesNotExist):
            notes.report_own(case=other, text="x", actor=actor, **TIMES)
        stranger = Actor(kind="person", person_id=uuid7())
        with pytest.raises(selectors.NoOwnCase):
            selectors.own_case(stranger)
        with pytest.raises(Case.DoesNotExist):
            notes.report_own(case=other, text="x", actor=stranger, **TIMES)

    def test_an_ended_case_takes_nothing(self, world):
        case = opened(world)
        actor = person(case)
        Case.objects.filter(pk=case.pk).update(state=State.DISQUALIFIED)
        with pytest.raises(going.CaseClosed):
            notes.report_own(case=case, text="x", actor=actor, **TIMES)

    def test_a_paper_of_the_branch_is_not_the_persons(self, world):
        case = walk(world, opened(world), "activist")
        paper = papers.hand_in(
            case=case, act="talk", kind="talk", title="", file_name="谈话.pdf", content=PDF,
            actor=world.secretary, now=LATE,
        )  # fmt: skip
        with pytest.raises(selectors.PaperNotFound):
            selectors.own_paper_for(person(case), paper.pk)
        assert selectors.own_view(case, today=TIMES["today"]).handed == ()

    def test_in_another_unit_there_is_nothing(self, world, beta):
        actor = person(opened(world))
        with unit_context(beta.id), pytest.raises(selectors.NoOwnCase):
            selectors.own_case(actor)

    def test_nobody_handles_the_own_application(self, world):
        case = opened(world)
        with pytest.raises(going.OwnCase):
            acting.record(
                case=case, act="talk", on=day("2025-02-28"), given=answers(world, "talk"),
                actor=person(case), **TIMES,
            )  # fmt: skip


@pytest.mark.usefixtures("_in_2029")
class TestPages:
    def test_the_whole_of_it_on_the_phone(self, alpha, world):
        case = walk(world, opened(world), "cultivation")
        phone = cast.applicant(FacingClient(), alpha, case.pk)
        home = phone.get("/m/admission/").content.decode()
        address = "/m/admission/papers/application/?kind=application"
        assert address in home
        assert "拍照或选择文件" in phone.get(address).content.decode()
        file = SimpleUploadedFile("申请书.pdf", PDF)
        sent = phone.post(address, {"file": file}, HTTP_HX_REQUEST="true")
        assert (sent.status_code, sent["HX-Redirect"]) == (204, "/m/admission/")
        paper = case.papers.get()
        fetched = phone.get(f"/m/admission/files/{paper.pk}/")
        assert (fetched.content, fetched["X-Content-Type-Options"]) == (PDF, "nosniff")
        wrong = SimpleUploadedFile("x.pdf", b"nothing")
        assert "扩展名不符" in phone.post(address, {"file": wrong}).content.decode()
        assert phone.post(address, {}).status_code == 422
        handwritten = SimpleUploadedFile("汇报.pdf", PDF)
        report = phone.post("/m/admission/reports/new/", {"text": "", "file": handwritten})
        assert report["Location"] == "/m/admission/reports/"
        assert "手写的思想汇报" in phone.get("/m/admission/reports/").content.decode()
        refused = phone.post("/m/admission/reports/new/", {"text": ""})
        assert "请填写内容" in refused.content.decode()

    def test_the_same_by_api(self, alpha, world):
        case = walk(world, opened(world), "cultivation")
        phone = cast.applicant(FacingClient(), alpha, case.pk)
        told = phone.get("/api/v1/admissions/own/").json()
        assert told["asked"][0]["kind"] == "application"
        assert told["next_report_on"] == "2025-06-15"
        content = base64.b64encode(PDF).decode()
        sent = {
            "act": "application", "kind": "application", "file_name": "x.pdf", "content": content,
        }  # fmt: skip
        for path, body, status in (
            ("papers/", sent, 201),
            ("papers/", {**sent, "act": "talk", "kind": "talk"}, 422),
            ("", {"text": "汇报", "file_name": "x.pdf", "content": content}, 201),
        ):
            answer = phone.post(
                f"/api/v1/admissions/own/{path}", json.dumps(body), content_type="application/json"
            )
            assert answer.status_code == status, answer.content
        mine = phone.get("/api/v1/admissions/own/papers/").json()
        assert {one["kind"] for one in mine} == {"application", "thought_report"}
        file = phone.get(f"/api/v1/admissions/own/papers/{mine[0]['id']}/")
        assert (file.content, file["Content-Disposition"]) == (
            PDF, "attachment; filename*=UTF-8''x.pdf",
        )  # fmt: skip
        desk = cast.officer(FacingClient(), alpha)
        assert desk.get(f"/api/v1/admissions/papers/{mine[0]['id']}/").content == PDF
        other = cast.applicant(FacingClient(), alpha, opened(world, name="周正").pk)
        for address in ("/api/v1/admissions/own/papers/", "/m/admission/files/"):
            assert other.get(f"{address}{mine[0]['id']}/").status_code == 404
