"""Notes, papers, closing, handing over: kept, never erased; what waits (rulebook 2.1, 2.3)."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.unit import unit_context
from tenant_apps.admissions import selectors
from tenant_apps.admissions.models import Category, Note, NoteKind, Paper, State
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors import statistics
from tenant_apps.admissions.selectors.duties import AdmissionDuties
from tenant_apps.admissions.services import acting, closing, going, moving, notes, papers
from tenant_apps.admissions.services.opening import CannotAdmit
from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.selectors import Urgency
from tests.factories.organizations import admin, somebody
from tests.tenant_apps.admissions.walking import (
    LATE,
    TIMES,
    answers,
    day,
    do,
    opened,
    walk,
)

PDF = b"%PDF-1.7 invented"


def add(world, case, kind=NoteKind.INSPECTION, on="2025-09-10", text="表现良好"):
    return notes.add(
        case=case, kind=kind, on=day(on), by="林致远", text=text, actor=world.secretary, **TIMES
    )


class TestNotes:
    def test_adds_and_records_without_the_text(self, world):
        case = opened(world)
        note = add(world, case)
        assert (note.kind, note.on, note.by) == ("INSPECTION", day("2025-09-10"), "林致远")
        event = audit.events_about(case.pk).first()
        assert event.code == "admission.note_added"
        assert "表现良好" not in str(event.data)

    @pytest.mark.parametrize(
        ("on", "text"), [("2025-01-30", "x"), ("2029-07-01", "x"), ("2025-09-10", "  ")]
    )
    def test_refuses_days_out_of_order_and_nothing(self, world, on, text):
        with pytest.raises(notes.NoteRefused):
            add(world, opened(world), on=on, text=text)

    def test_an_objection_needs_a_notice(self, world):
        case = walk(world, opened(world), "candidate_notice")
        with pytest.raises(notes.NoNoticeRunning):
            add(world, case, NoteKind.OBJECTION, "2026-06-02")
        acting.record(
            case=case, act="candidate_notice", on=day("2026-06-01"),
            given=answers(world, "candidate_notice"), actor=world.secretary, **TIMES,
        )  # fmt: skip
        assert add(world, case, NoteKind.OBJECTION, "2026-06-02").kind == "OBJECTION"

    def test_struck_out_it_stays_and_counts_no_more(self, world):
        case = walk(world, opened(world), "cultivation")
        for on in ("2025-09-10", "2026-03-10"):
            note = add(world, case, on=on)
        notes.strike(note=note, actor=world.secretary, now=LATE)
        assert Note.objects.filter(case=case).count() == 2
        with pytest.raises(going.InspectionsMissing):
            do(world, case, "cultivation")

    def test_a_member_reports_in_the_own_case_only(self, world):
        case = walk(world, opened(world), "oath")
        own = somebody(member_id=case.member_id, name=case.name)
        note = notes.report_own(case=selectors.own_case(own), text="汇报", actor=own, **TIMES)
        assert (note.kind, note.by) == ("THOUGHT", case.name)
        stranger = somebody(member_id=world.people[0].pk)
        with pytest.raises(selectors.NoOwnCase):
            selectors.own_case(stranger)
        with pytest.raises(type(case).DoesNotExist):
            notes.report_own(case=case, text="汇报", actor=stranger, **TIMES)


class TestPapers:
    def hand_in(self, world, case, name="申请书.pdf", content=PDF, **more):
        given = {"act": "application", "kind": "application", "title": "", **more}
        return papers.hand_in(
            case=case, **given, file_name=name, content=content, actor=world.secretary, now=LATE
        )

    def test_keeps_it_among_the_units_files(self, world):
        case = opened(world)
        paper = self.hand_in(world, case)
        assert (paper.title, paper.size) == ("入党申请书", len(PDF))
        assert papers.read(paper) == PDF
        assert paper.file_key.startswith(f"units/{world.secretary.unit_id}/")
        assert audit.events_about(case.pk).first().code == "admission.paper_added"

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("x.exe", PDF),
            ("x.png", PDF),
            ("x.pdf", b""),
            ("x.pdf", b"%PDF-" + b"x" * (papers.MOST_BYTES + 1)),
        ],
    )
    def test_refuses_what_it_is_not(self, world, name, content):
        with pytest.raises(papers.PaperRefused):
            self.hand_in(world, opened(world), name, content)
        assert not Paper.objects.exists()

    def test_refuses_an_unknown_step_or_document(self, world):
        for given in ({"act": "nothing"}, {"kind": "nothing"}):
            with pytest.raises(papers.PaperRefused):
                self.hand_in(world, opened(world, name="周正"), **given)

    def test_the_time_line_names_what_is_missing(self, world):
        case = opened(world)
        view = selectors.view_of(case, today=day("2025-02-01"))
        assert view.acts[0].missing_papers == ("入党申请书",)
        self.hand_in(world, case)
        view = selectors.view_of(case, today=day("2025-02-01"))
        assert (view.acts[0].missing_papers, len(view.acts[0].papers)) == ((), 1)

    def test_struck_out_row_and_file_stay(self, world):
        paper = self.hand_in(world, opened(world))
        papers.strike(paper=paper, actor=world.secretary, now=LATE)
        paper.refresh_from_db()
        assert paper.struck_at
        assert papers.read(paper) == PDF

    def test_out_of_scope_and_in_another_unit_it_is_not_there(self, world, beta):
        paper = self.hand_in(world, opened(world))
        to = AdmissionPermission.BROWSE
        with pytest.raises(selectors.CaseNotFound):
            selectors.paper_for(admin(world.tree.l2.path), paper.pk, to=to)
        with unit_context(beta.id), pytest.raises(selectors.PaperNotFound):
            selectors.paper_for(admin(""), paper.pk, to=to)


class TestClosing:
    def close(self, world, case, state=State.DISQUALIFIED, on="2026-09-01", reason="政审不合格"):
        return closing.close(
            case=case, state=state, on=day(on), reason=reason, actor=world.secretary, **TIMES
        )

    def test_ends_it_and_keeps_everything(self, world):
        case = walk(world, opened(world), "branch_review")
        steps = case.steps.count()
        closed = self.close(world, case)
        assert (closed.state, closed.category, closed.steps.count()) == (
            State.DISQUALIFIED, Category.MASSES, steps,
        )  # fmt: skip
        assert audit.events_about(case.pk).first().code == "admission.closed"
        with pytest.raises(going.CaseClosed):
            do(world, case, "branch_review")

    @pytest.mark.parametrize(
        ("given", "error"),
        [
            ({"reason": "无"}, closing.ClosingReasonNeeded),
            ({"state": State.DONE}, closing.ClosingReasonNeeded),
            ({"on": "2024-01-01"}, going.DayRefused),
        ],
    )
    def test_refuses(self, world, given, error):
        with pytest.raises(error):
            self.close(world, opened(world), **given)

    def test_what_waits_is_taken_back_with_it(self, world):
        case = walk(world, opened(world), "activist_filing")
        acting.record(
            case=case, act="activist_filing", on=day("2025-03-20"), given={},
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        self.close(world, case)
        assert not case.steps.filter(state="SUBMITTED").exists()

    def test_a_probationary_member_is_not_ended_like_this(self, world):
        case = walk(world, opened(world), "oath")
        with pytest.raises(closing.MemberByNow):
            self.close(world, case, on="2027-01-01")


class TestMoving:
    def test_the_file_goes_along_and_the_time_goes_on(self, world):
        case = walk(world, opened(world), "cultivation")
        moved = moving.move(case=case, org=world.tree.r1, actor=world.organiser, now=LATE)
        assert (moved.org_path, moved.act_began_on) == (world.tree.r1.path, case.act_began_on)
        assert audit.events_about(case.pk).first().code == "admission.moved"
        assert not selectors.cases_visible_to(world.secretary).exists()

    def test_refuses(self, world):
        case = walk(world, opened(world), "activist_filing")
        with pytest.raises(CannotAdmit):
            moving.move(case=case, org=world.tree.left, actor=world.organiser, now=LATE)
        with pytest.raises(moving.NotToMove, match="已在这个支部"):
            moving.move(case=case, org=world.tree.l1, actor=world.organiser, now=LATE)
        acting.record(
            case=case, act="activist_filing", on=day("2025-03-20"), given={},
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        with pytest.raises(moving.NotToMove, match="正在等待审批"):
            moving.move(case=case, org=world.tree.l2, actor=world.organiser, now=LATE)

    def test_of_a_member_only_to_where_the_relation_is(self, world):
        case = walk(world, opened(world), "oath")
        with pytest.raises(moving.NotToMove, match="组织关系所在"):
            moving.move(case=case, org=world.tree.l2, actor=world.organiser, now=LATE)


class TestTimeLine:
    def test_an_early_step_shows_the_day_on_which_it_opens(self, world):
        case = walk(world, opened(world), "cultivation")
        view = selectors.view_of(case, today=day("2025-06-01"))
        now = view.current
        assert (now.progress, now.opens_on) == ("blocked", day("2026-03-15"))
        ahead = next(one for one in view.acts if one.act.key == "candidate")
        assert (ahead.progress, ahead.opens_on) == ("blocked", day("2026-03-15"))
        assert [kept.next_due for kept in now.kept] == [day("2025-09-15"), day("2025-06-15")]

    def test_done_steps_show_the_version_they_were_judged_by(self, world):
        view = selectors.view_of(walk(world, opened(world), "meeting"), today=day("2026-09-10"))
        versions = {one.act.key: (one.version, one.act.name) for one in view.acts}
        assert versions["talk"][0] == "2014"
        assert versions["candidate_superior"] == ("2026", "报上级党委同意")
        assert [stage.key for stage in view.stages][-1] == "PROBATION"

    def test_is_read_in_few_statements(self, world, django_assert_max_num_queries):
        case = walk(world, opened(world), "archive")
        with django_assert_max_num_queries(4):
            selectors.view_of(case, today=day("2027-10-15"))


class TestWork:
    def waiting(self, world, today, actor=None):
        return selectors.work_of(actor or world.secretary, today=day(today))

    def duty(self, world, today, actor=None):
        found = AdmissionDuties().duties(actor or world.secretary, today=day(today))
        return {duty.url.partition("sort=")[2]: duty for duty in found}

    def test_a_talk_is_due_then_overdue(self, world):
        opened(world)
        (work,) = self.waiting(world, "2025-02-20")
        assert (work.due_on, work.urgency) == (day("2025-02-28"), Urgency.SOON)
        (late,) = self.waiting(world, "2025-03-01")
        assert late.is_overdue
        duty = self.duty(world, "2025-03-01")["talk"]
        assert (duty.count, duty.urgency) == (1, Urgency.OVERDUE)

    def test_an_inspection_comes_before_the_year(self, world):
        walk(world, opened(world), "cultivation")
        (work,) = self.waiting(world, "2025-09-10")
        assert (work.sort, work.due_on) == ("inspection", day("2025-09-15"))
        assert "inspection" in self.duty(world, "2025-09-10")

    def test_what_waits_for_the_committee_is_its_duty(self, world):
        case = walk(world, opened(world), "approval")
        acting.record(
            case=case, act="approval", on=day("2026-10-20"), given={}, actor=world.secretary,
            **TIMES,
        )  # fmt: skip
        assert "approval" not in self.duty(world, "2026-10-21")
        duty = self.duty(world, "2026-12-10", world.organiser)["approval"]
        assert (duty.count, duty.due_on, duty.urgency) == (1, day("2026-12-20"), Urgency.SOON)

    def test_a_notice_ends(self, world):
        case = walk(world, opened(world), "candidate_notice")
        acting.record(
            case=case, act="candidate_notice", on=day("2026-11-12"),
            given=answers(world, "candidate_notice"), actor=world.secretary, **TIMES,
        )  # fmt: skip
        (work,) = self.waiting(world, "2026-11-13")
        assert (work.sort, work.due_on) == ("notice", day("2026-11-18"))

    def test_the_end_of_probation(self, world):
        walk(world, opened(world), "conversion_meeting")
        assert "probation" in self.duty(world, "2027-09-20")

    def test_the_board_has_them_by_stage_and_scope(self, world):
        walk(world, opened(world), "meeting")
        opened(world, name="周正")
        board = selectors.board_of(world.organiser, today=day("2026-09-10"))
        shown = {column.key: [one.case.name for one in column.work] for column in board.columns}
        assert (shown["APPLICATION"], shown["ADMISSION"]) == (["周正"], ["苏晓梅"])
        stranger = admin(world.tree.l2.path)
        assert selectors.board_of(stranger, today=day("2026-09-10")).total == 0
        assert selectors.board_of(world.organiser, q="zz", today=day("2026-09-10")).total == 1

    def test_is_read_in_few_statements(self, world, django_assert_max_num_queries):
        for name in ("周正", "吴敏", "郑洁"):
            opened(world, name=name)
        with django_assert_max_num_queries(5):
            selectors.work_of(world.organiser, today=day("2025-02-20"))


class TestStatistics:
    def test_admitted_and_converted_by_year(self, world):
        walk(world, opened(world), "nothing")
        walk(world, opened(world, name="周正", occupation="STUDENT"), "oath")
        rows = statistics.admitted_in(2026)
        assert sorted((row[0], row[1], row[3], row[-1]) for row in rows) == [
            ("PROFESSIONAL", "M", 31, 1), ("STUDENT", "M", 31, 1),
        ]  # fmt: skip
        assert statistics.admitted_in(2025) == []
        assert statistics.admitted_in(2026, org_path=world.tree.l2.path) == []
        assert statistics.converted_in(2027) == {"ON_TIME": 1}

    def test_who_is_on_the_way(self, world):
        opened(world)
        walk(world, opened(world, name="周正"), "contacts")
        walk(world, opened(world, name="吴敏"), "introducers")
        walk(world, opened(world, name="郑洁"), "oath")
        assert statistics.on_the_way(dt.date(2026, 12, 31)) == {
            "APPLICANT": 1, "ACTIVIST": 1, "CANDIDATE": 1,
        }  # fmt: skip
        assert statistics.begun_in(2025) == {"APPLICANT": 4, "ACTIVIST": 3, "CANDIDATE": 0}
        assert statistics.begun_in(2026)["CANDIDATE"] == 2
