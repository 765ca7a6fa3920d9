"""What surrounds a case: looks at masked numbers, codes on papers, members and branches that go."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel import clock
from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.admissions import selectors
from tenant_apps.admissions.models import Case, Category, NoteKind, State, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import (
    acting,
    checking,
    moving,
    notes,
    opening,
    papers,
    revealing,
)
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import ChangeKind, Member
from tenant_apps.members.services import changes, departures
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors.open_matters import matters_of
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import admin
from tests.tenant_apps.admissions.walking import (
    LATE,
    TIMES,
    answers,
    day,
    do,
    identity,
    opened,
    walk,
)


class TestReveal:
    def reveal(self, world, case, what="identity", reason="核对政审材料"):
        return revealing.reveal(
            case=case, what=what, reason=reason, actor=world.secretary, now=LATE
        )

    def test_shows_it_and_the_look_stays(self, world):
        number = identity()
        case = opened(world, identity=number, phone="13900005555")
        assert self.reveal(world, case) == number
        assert self.reveal(world, case, "phone") == "13900005555"
        event = audit.events_about(case.pk).first()
        assert (event.code, event.data) == (
            "admission.revealed", {"what": "phone", "reason": "核对政审材料"},
        )  # fmt: skip
        assert number not in str([one.data for one in audit.events_about(case.pk)])

    def test_refuses_without_a_reason_and_where_there_is_nothing(self, world):
        case = opened(world, phone="")
        with pytest.raises(revealing.RevealReasonNeeded):
            self.reveal(world, case, reason=" 看看 ")
        with pytest.raises(revealing.NothingToReveal):
            self.reveal(world, case, "phone")

    def test_on_the_page_by_right_and_never_kept(self, alpha, world):
        number = identity()
        case = opened(world, identity=number)
        desk = cast.officer(FacingClient(), alpha, role="secretary", scope=world.tree.l1.path)
        given = {"what": "identity", "reason": "核对政审材料"}
        shown = desk.post(f"/admissions/{case.pk}/reveal/", given)
        assert number in shown.content.decode()
        assert shown["Cache-Control"] == "no-store"
        assert number not in desk.get(f"/admissions/{case.pk}/").content.decode()
        refused = desk.post(f"/admissions/{case.pk}/reveal/", {**given, "reason": "看"})
        assert refused.status_code == 422
        api = f"/api/v1/admissions/{case.pk}/reveal/"
        assert desk.post(api, given, content_type="application/json").json()["value"] == number
        other = cast.officer(FacingClient(), alpha, role="secretary", scope=world.tree.l2.path)
        assert other.post(f"/admissions/{case.pk}/reveal/", given).status_code == 404
        treasurer = cast.officer(FacingClient(), alpha, role="treasurer")
        assert treasurer.post(f"/admissions/{case.pk}/reveal/", given).status_code == 403


class TestCheck:
    def code(self, case, what, act=None, now=LATE):
        step = case.steps.filter(act=act).order_by("-attempt").first() if act else None
        return checking.code_for(case=case, what=what, step=step, now=now)

    def test_a_resolution_holds_until_it_is_taken_back(self, world):
        case = walk(world, opened(world), "meeting")
        do(world, case, "meeting")
        code = self.code(case, "resolution", "meeting")
        found = checking.check(code, now=LATE)
        assert (found.title, found.name_masked, found.on) == (
            "支部大会决议", "苏**", day("2026-09-20"),
        )  # fmt: skip
        assert not (found.is_void or found.is_outdated)
        acting.take_back(case=case, reason="票数填错", actor=world.secretary, now=LATE)
        assert checking.check(code, now=LATE).is_void

    def test_a_register_says_that_the_case_went_on(self, world):
        case = opened(world)
        code = self.code(case, "register")
        assert not checking.check(code, now=LATE).is_outdated
        later = LATE + dt.timedelta(hours=1)
        acting.record(
            case=case, act="talk", on=day("2025-02-28"), given=answers(world, "talk"),
            actor=world.secretary, today=TIMES["today"], now=later,
        )  # fmt: skip
        assert checking.check(code, now=later).is_outdated

    def test_what_is_made_up_or_of_another_unit_is_not_found(self, world, beta):
        code = self.code(opened(world), "file")
        assert checking.check(code[:-3] + "abc", now=LATE) is None
        with unit_context(beta.id):
            assert checking.check(code, now=LATE) is None

    def test_the_paper_bears_it_and_anybody_may_ask(self, alpha, world):
        case = opened(world)
        desk = cast.officer(FacingClient(), alpha, role="secretary", scope=world.tree.l1.path)
        assert "查验本件真伪" in desk.get(f"/admissions/{case.pk}/print/file/").content.decode()
        anybody = FacingClient(headers={"host": f"{alpha.label}.test"})
        code = self.code(case, "file", now=clock.now())
        page = anybody.get(f"/admissions/check/{code}/").content.decode()
        assert "材料属实" in page
        assert case.name not in page
        assert "没有查到" in anybody.get("/admissions/check/nothing/").content.decode()


class TestLeaving:
    """A member who leaves takes the open case along to its end (rulebook 2.5)."""

    def leave(self, world, case, kind=ChangeKind.DIED):
        member = Member.objects.get(pk=case.member_id)
        return changes.leave(
            member=member, kind=kind, on=day("2027-03-01"), document="党组〔2027〕1号", reason="",
            actor=world.organiser, now=LATE,
        )  # fmt: skip

    def test_ends_the_case_and_what_waits_and_comes_back_with_the_undo(self, world):
        case = walk(world, opened(world), "conversion_approval")
        acting.record(
            case=case, act="conversion_approval", on=day("2027-10-10"), given={},
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        member = Member.objects.get(pk=case.member_id)
        told = departures.preview(member, actor=world.organiser)
        assert told.ended == ["办理中的发展党员材料（上级党委审批转正）"]
        change = self.leave(world, case)
        case.refresh_from_db()
        assert (case.state, case.closed_on, case.closed_reason) == (
            State.LEFT, day("2027-03-01"), "党员死亡",
        )  # fmt: skip
        assert not case.steps.filter(state=StepState.SUBMITTED).exists()
        assert audit.events_about(case.pk).first().code == "admission.left"
        changes.undo(change=change, actor=world.organiser, now=LATE)
        case.refresh_from_db()
        assert (case.state, case.closed_on) == (State.OPEN, None)
        assert case.steps.filter(state=StepState.SUBMITTED).count() == 1
        assert audit.events_about(case.pk).first().code == "admission.reopened"

    def test_an_undo_leaves_it_closed_where_another_is_open(self, world):
        case = walk(world, opened(world), "oath")
        change = self.leave(world, case)
        left = Case.objects.get(pk=case.pk)
        left.pk, left.member_id, left.state, left.closed_on = uuid7(), None, State.OPEN, None
        left._state.adding = True
        left.save()
        changes.undo(change=change, actor=world.organiser, now=LATE)
        case.refresh_from_db()
        assert case.state == State.LEFT

    def test_a_membership_cancelled_elsewhere_is_cancelled_here(self, world):
        case = walk(world, opened(world), "oath")
        self.leave(world, case, ChangeKind.CANCELLED)
        case.refresh_from_db()
        assert (case.state, case.category, case.conversion) == (
            State.CANCELLED, Category.MASSES, "CANCELLED",
        )  # fmt: skip

    def test_a_case_that_ends_the_membership_itself_is_told_once(self, world):
        case = walk(world, opened(world), "conversion_meeting")
        do(world, case, "conversion_meeting", result="CANCEL")
        do(world, case, "conversion_approval")
        case.refresh_from_db()
        assert case.state == State.CANCELLED
        codes = [event.code for event in audit.events_about(case.pk)]
        assert "admission.left" not in codes


class TestBranchThatEnds:
    def test_open_cases_go_along_or_hold_it(self, world):
        opened(world)
        (matter,) = [one for one in matters_of([world.tree.l1.pk]) if "发展党员" in one.text]
        assert (matter.count, matter.carries) == (1, True)
        assert matter.url == f"/admissions/?org={world.tree.l1.pk}"
        assert not matters_of([world.tree.l2.pk])

    def test_nothing_is_opened_in_or_handed_to_a_branch_that_ended_meanwhile(self, world):
        case = opened(world)
        ended = Organization.objects.filter(pk__in=[world.tree.l1.pk, world.tree.l2.pk])
        ended.update(ended_on=day("2026-01-01"))
        with pytest.raises(opening.CannotAdmit, match="已撤销的组织"):
            opened(world, name="周正")
        with pytest.raises(opening.CannotAdmit, match="已撤销的组织"):
            moving.move(case=case, org=world.tree.l2, actor=world.organiser, now=LATE)


def test_the_right_to_look_is_the_branchs(world):
    case = opened(world)
    to = AdmissionPermission.REVEAL
    assert selectors.case_for(world.secretary, case.pk, to=to) == case
    with pytest.raises(selectors.CaseNotFound):
        selectors.case_for(admin(world.tree.l2.path), case.pk, to=to)


def test_deciding_is_asked_of_the_committee_not_of_the_branch(world):
    case = opened(world)
    to = AdmissionPermission.DECIDE
    assert selectors.case_for(world.organiser, case.pk, to=to) == case
    with pytest.raises(Forbidden):
        selectors.case_for(admin(world.tree.left.path), case.pk, to=to)


def test_papers_and_notes_are_the_branchs(world):
    case, outside = opened(world), admin(world.tree.l2.path)
    note = notes.add(
        case=case, kind=NoteKind.OTHER, on=day("2025-03-01"), by="", text="x",
        actor=world.secretary, **TIMES,
    )  # fmt: skip
    paper = papers.hand_in(
        case=case, act="application", kind="application", title="", file_name="a.pdf",
        content=b"%PDF-1.7", actor=world.secretary, now=LATE,
    )  # fmt: skip
    for gate, key in ((selectors.note_for, note.pk), (selectors.paper_for, paper.pk)):
        with pytest.raises(selectors.CaseNotFound):
            gate(outside, key, to=AdmissionPermission.BROWSE)
