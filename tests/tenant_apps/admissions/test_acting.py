"""The acts in their order: days, terms, votes, inspections, notices (rulebook 1.6, 2.2, 2.3)."""

from __future__ import annotations

import copy
import datetime as dt
import json

import pytest

from kernel.errors import Forbidden
from shared_apps.rules.models import RulePack
from shared_apps.rules.selectors import admission_packs
from tenant_apps.admissions.models import Category, StepState
from tenant_apps.admissions.services import acting, going, inputs
from tenant_apps.audit import selectors as audit
from tests.factories.organizations import somebody
from tests.tenant_apps.admissions.walking import (
    TALLY,
    TIMES,
    answers,
    day,
    do,
    inspected,
    opened,
    walk,
)


def record(world, case, act, on, actor=None, late_reason="", **given):
    return acting.record(
        case=case, act=act, on=day(on), given={**answers(world, act), **given},
        actor=actor or world.secretary, late_reason=late_reason, **TIMES,
    )  # fmt: skip


class TestOrder:
    def test_records_the_next_act_and_goes_on(self, world):
        case = opened(world)
        step = do(world, case, "talk")
        case.refresh_from_db()
        assert (step.state, step.attempt, step.given_by) == (
            StepState.DONE, 1, world.secretary.person_id,
        )  # fmt: skip
        assert (case.act, case.act_began_on) == ("activist", day("2025-02-28"))
        event = audit.events_about(case.pk).first()
        assert (event.code, event.data["act"]) == ("admission.step_done", "talk")
        assert "谈了" not in json.dumps(event.data, ensure_ascii=False)

    def test_refuses_a_step_out_of_order(self, world):
        with pytest.raises(going.OutOfOrder, match="现在应办理「党组织派人谈话」"):
            record(world, opened(world), "activist", "2025-03-15")

    def test_refuses_an_unknown_step(self, world):
        with pytest.raises(going.OutOfOrder):
            record(world, opened(world), "nothing", "2025-03-15")

    def test_who_comes_second_is_told_who_was_quicker(self, world):
        case = opened(world)
        do(world, case, "talk")
        with pytest.raises(going.AlreadyDone, match="已由 林致远 办理"):
            record(world, case, "talk", "2025-02-27")
        assert case.steps.filter(act="talk").count() == 1

    def test_dates_out_of_order_are_refused(self, world):
        case = opened(world)
        with pytest.raises(going.DayRefused, match="不能早于前一步骤的日期 2025-01-31"):
            record(world, case, "talk", "2025-01-30")
        with pytest.raises(going.DayRefused, match="不能晚于今天"):
            record(world, case, "talk", "2029-07-01")

    def test_a_missing_or_strange_answer_is_refused(self, world):
        case = opened(world)
        with pytest.raises(inputs.InputRefused) as refused:
            record(world, case, "talk", "2025-02-28", content=" ")
        assert refused.value.data["field"] == "content"
        with pytest.raises(inputs.InputRefused):
            record(world, case, "talk", "2025-02-28", secret="x")

    def test_nobody_acts_in_the_own_case(self, world):
        case = walk(world, opened(world), "oath")
        self_made = somebody(("unit_admin", ""), member_id=case.member_id)
        with pytest.raises(going.OwnCase):
            record(world, case, "oath", "2026-11-01", actor=self_made)

    def test_what_is_the_committees_is_not_the_branchs(self, world):
        case = walk(world, opened(world), "committee_talk")
        with pytest.raises(Forbidden):
            record(world, case, "committee_talk", "2026-10-01")
        record(world, case, "committee_talk", "2026-10-01", actor=world.organiser)

    def test_takes_back_the_last_act_and_keeps_the_row(self, world):
        case = walk(world, opened(world), "activist_filing")
        step = acting.take_back(
            case=case, reason="日期填错", actor=world.secretary, now=TIMES["now"]
        )
        case.refresh_from_db()
        assert (step.act, step.state) == ("activist", StepState.TAKEN_BACK)
        assert (case.act, case.category, case.activist_on) == ("activist", "APPLICANT", None)
        assert do(world, case, "activist", "2025-03-14").attempt == 2

    def test_what_a_committee_decided_is_not_taken_back(self, world):
        case = walk(world, opened(world), "contacts")
        with pytest.raises(acting.NothingToTakeBack):
            acting.take_back(case=case, reason="", actor=world.secretary, now=TIMES["now"])


class TestTerms:
    def test_late_needs_a_reason_and_names_the_term(self, world):
        case = opened(world)
        with pytest.raises(going.LateReasonNeeded) as late:
            record(world, case, "talk", "2025-03-01")
        assert late.value.data["due_on"] == day("2025-02-28")
        step = record(world, case, "talk", "2025-03-01", late_reason="谈话人出差")
        assert step.late_reason == "谈话人出差"

    def test_a_year_of_cultivation_blocks_and_names_the_day(self, world):
        case = walk(world, opened(world), "cultivation")
        inspected(world, case, "2025-09-10", "2026-03-10")
        with pytest.raises(going.TooEarly) as early:
            record(world, case, "cultivation", "2026-03-14")
        assert early.value.data["opens_on"] == day("2026-03-15")
        assert "依据细则（2014）" in early.value.message
        record(world, case, "cultivation", "2026-03-15")

    def test_a_missing_inspection_blocks(self, world):
        case = walk(world, opened(world), "cultivation")
        inspected(world, case, "2025-09-10")
        with pytest.raises(going.InspectionsMissing, match="应有 2 次半年考察，已记录 1 次"):
            record(world, case, "cultivation", "2026-03-16")

    def test_the_meeting_after_a_month_needs_a_reason(self, world):
        case = walk(world, opened(world), "meeting")
        with pytest.raises(going.LateReasonNeeded) as late:
            record(world, case, "meeting", "2026-10-01")
        assert late.value.data["due_on"] == day("2026-09-30")


class TestNotice:
    def begun(self, world, on="2026-11-12"):
        case = walk(world, opened(world), "candidate_notice")
        step = record(world, case, "candidate_notice", on)
        assert step.state == StepState.BEGUN
        return case

    def end(self, world, case, on, result="CLEAR"):
        return acting.end_notice(
            case=case, on=day(on), given={"result": result}, actor=world.secretary, **TIMES
        )

    def test_ends_when_five_working_days_are_full(self, world):
        case = self.begun(world)
        with pytest.raises(going.TooEarly) as early:
            self.end(world, case, "2026-11-17")
        assert early.value.data["opens_on"] == day("2026-11-18")
        step = self.end(world, case, "2026-11-18")
        case.refresh_from_db()
        assert (step.state, step.done_on) == (StepState.DONE, day("2026-11-18"))
        assert (case.act, case.category, case.candidate_on) == (
            "introducers", Category.CANDIDATE, day("2026-11-18"),
        )  # fmt: skip

    def test_ends_within_its_days(self, world):
        case = self.begun(world)
        for on in ("2026-11-11", "2029-07-01"):
            with pytest.raises(going.DayRefused):
                self.end(world, case, on)

    def test_an_objection_that_is_upheld_stops_it(self, world):
        case = self.begun(world)
        assert self.end(world, case, "2026-11-18", "UPHELD").state == StepState.FAILED
        case.refresh_from_db()
        assert (case.act, case.category) == ("candidate_notice", Category.ACTIVIST)

    def test_nothing_else_is_done_meanwhile_and_it_ends_once(self, world):
        case = self.begun(world)
        with pytest.raises(going.StepPending, match="公示中"):
            record(world, case, "candidate_notice", "2026-11-13")
        self.end(world, case, "2026-11-18")
        with pytest.raises(acting.NoNotice):
            self.end(world, case, "2026-11-18")


class TestVotes:
    """Rulebook 1.6: with 25 expected, 13 present and 13 votes pass; 15 and 12 do not."""

    def hold(self, world, **tally):
        case = walk(world, opened(world), "meeting")
        votes = {**TALLY, "against": 0, "abstain": 0, **tally}
        step = record(world, case, "meeting", "2026-09-20", **votes)
        case.refresh_from_db()
        return case, step

    @pytest.mark.parametrize(
        ("tally", "is_passed"),
        [
            ({"present": 13, "for": 13}, True),
            ({"present": 15, "for": 12}, False),
            ({"present": 12, "written": 5, "for": 17}, False),
            ({"present": 13, "written": 4, "for": 13, "against": 4}, True),
        ],
    )
    def test_vectors(self, world, tally, is_passed):
        case, step = self.hold(world, **tally)
        assert step.state == (StepState.DONE if is_passed else StepState.FAILED)
        assert case.act == ("committee_talk" if is_passed else "meeting")
        assert ("probation_start" in case.dates) == is_passed

    def test_a_failed_vote_stays_and_another_meeting_may_be_held(self, world):
        case, failed = self.hold(world, present=15, **{"for": 12})
        again = record(world, case, "meeting", "2026-09-25")
        assert (again.attempt, again.state) == (2, StepState.DONE)
        failed.refresh_from_db()
        assert failed.state == StepState.FAILED

    @pytest.mark.parametrize(
        "tally",
        [
            {"present": 26, "for": 20},
            {"present": 20, "written": 6, "for": 20},
            {"present": 20, "for": 20, "against": 1},
            {"expected": 0, "present": 0, "for": 0},
        ],
    )
    def test_votes_that_cannot_be(self, world, tally):
        with pytest.raises(inputs.VotesDoNotAdd):
            self.hold(world, **tally)

    def test_a_negative_count(self, world):
        with pytest.raises(inputs.InputRefused):
            self.hold(world, present=-1)


class TestChecks:
    def test_one_or_two_full_members_of_the_branch_are_contacts(self, world):
        case = walk(world, opened(world), "contacts")
        ids = [str(member.pk) for member in world.people]
        for people in ([], ids[:3], [str(case.pk)]):
            with pytest.raises(inputs.InputRefused):
                record(world, case, "contacts", "2025-03-21", people=people)
        step = record(world, case, "contacts", "2025-03-21", people=ids[:1])
        assert step.data["people"] == [{"id": ids[0], "name": "林致远"}]

    def test_two_introduce(self, world):
        case = walk(world, opened(world), "introducers")
        with pytest.raises(inputs.InputRefused, match="应为 2 名正式党员"):
            record(world, case, "introducers", "2026-06-09", people=[str(world.people[0].pk)])

    def test_who_fails_the_political_review_does_not_go_on(self, world):
        case = walk(world, opened(world), "political_review")
        step = record(world, case, "political_review", "2026-06-20", result="FAIL")
        case.refresh_from_db()
        assert (step.state, case.act) == (StepState.FAILED, "political_review")

    @pytest.mark.parametrize(
        "given", [{"days": 3}, {"days": 1, "hours": 24}, {"days": 0, "exception": "经批准"}]
    )
    def test_three_days_or_twenty_four_hours(self, world, given):
        case = walk(world, opened(world), "training")
        with pytest.raises(inputs.TrainingTooShort):
            record(world, case, "training", "2026-07-01", days=2, hours=23)
        assert record(world, case, "training", "2026-07-01", **given).state == StepState.DONE

    def test_more_came_than_there_are(self, world):
        case = walk(world, opened(world), "branch_review")
        with pytest.raises(inputs.InputRefused, match="不能多于应到会委员"):
            record(world, case, "branch_review", "2026-08-01", committee_present=6)

    def test_half_of_a_branch_committee(self, world):
        case = walk(world, opened(world), "branch_review")
        with pytest.raises(inputs.CommitteeNotQuorate):
            record(world, case, "branch_review", "2026-08-01", committee_present=2)


class TestVersions:
    """A step is judged by the version under which it was begun (rulebook 2.2)."""

    def test_a_case_passes_from_2014_to_2026(self, world):
        case = walk(world, opened(world), "prereview")
        versions = {step.act: step.version for step in case.steps.all()}
        assert versions["talk"] == versions["cultivation"] == versions["candidate"] == "2014"
        assert versions["candidate_superior"] == versions["candidate_notice"] == "2026"

    def test_begun_before_and_done_after_is_judged_by_the_old_one(self, world):
        case = walk(world, opened(world), "candidate_superior")
        case.act_version, case.act_began_on = "2014", day("2026-05-10")
        case.save()
        do(world, case, "candidate_superior", "2026-05-20")
        case.refresh_from_db()
        assert case.category == Category.CANDIDATE, "filed, as 2014 has it"
        assert (case.act, case.act_version) == ("candidate_notice", "2026")

    def test_finished_before_the_change_asks_for_no_notice(self, world):
        case = walk(world, opened(world), "candidate")
        do(world, case, "candidate", "2026-04-01")
        do(world, case, "candidate_superior", "2026-05-10")
        case.refresh_from_db()
        assert (case.act, case.act_version) == ("introducers", "2014")

    def test_a_pack_that_changes_in_the_middle_rewrites_nothing(self, world):
        case = walk(world, opened(world), "meeting")
        before = list(case.steps.order_by("id").values())
        row = RulePack.objects.get(code="admission", version="2026")
        content = copy.deepcopy(row.content)
        meeting = next(act for act in content["acts"] if act["key"] == "meeting")
        meeting["clocks"][0]["months"] = 2
        _replace(row, content, "2026-09-10")
        clock = going.clocks_of(case, going.current_act(case, "meeting"))[0]
        assert clock.ends_on == day("2026-09-30"), "begun on 2026-09-05, under the old one"
        do(world, case, "meeting")
        case.refresh_from_db()
        assert (case.act, case.act_version) == ("committee_talk", "2026b")
        assert list(case.steps.order_by("id").values())[: len(before)] == before

    @pytest.mark.parametrize("layout", ["25", "29"])
    def test_both_layouts_lead_to_the_end(self, world, layout):
        case = walk(world, opened(world, layout=layout), "nothing")
        assert (case.state, case.category, case.closed_on) == ("DONE", "FULL", day("2027-10-20"))
        acts = {step.act for step in case.steps.all()}
        assert ("approval_result" in acts) == (layout == "29")


@pytest.fixture(autouse=True)
def _forget_packs():
    yield
    admission_packs.forget()


def _replace(row, content, on):
    """A version that follows another one from ``on``."""
    row.effective_to = day(on) - dt.timedelta(days=1)
    row.content = {**row.content, "effective_to": row.effective_to.isoformat()}
    content |= {"version": "2026b", "effective_from": on}
    _as_owner(row, content)


def _as_owner(row, content):
    from kernel.unit import shared_context  # noqa: PLC0415 - rules are written outside units only

    with shared_context():
        row.save()
        RulePack.objects.create(
            code="admission", version="2026b", effective_from=content["effective_from"],
            content=content, checksum="x",
        )  # fmt: skip
    admission_packs.forget()
