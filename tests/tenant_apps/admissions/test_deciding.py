"""The committee: two persons, terms, what approval makes of a person (rulebook 2.4, 12.2)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.clock import months_later
from kernel.errors import Forbidden
from tenant_apps.admissions.models import Category, State, StepState
from tenant_apps.admissions.services import acting, deciding, going, inputs
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Change, Member
from tests.factories.organizations import admin
from tests.tenant_apps.admissions.walking import (
    DAYS,
    TIMES,
    answers,
    day,
    decided,
    do,
    inspected,
    opened,
    walk,
)


def submitted(world, act="approval", on=None, actor=None):
    case = walk(world, opened(world), act)
    acting.record(
        case=case, act=act, on=day(on or DAYS[act]), given=answers(world, act),
        actor=actor or world.secretary, **TIMES,
    )  # fmt: skip
    return case


class TestTwoPersons:
    def test_who_submitted_does_not_decide(self, world):
        case = submitted(world, actor=world.organiser)
        with pytest.raises(deciding.SecondPersonNeeded):
            decided(world, case, day("2026-10-20"), actor=world.organiser)
        step = decided(world, case, day("2026-10-20"), actor=world.other_admin)
        assert step.state == StepState.DONE
        event = audit.events_about(case.pk).first()
        assert (event.code, event.data["verdict"]) == ("admission.decided", "AGREE")

    def test_nor_does_a_branch(self, world):
        case = submitted(world)
        for actor in (world.secretary, admin(world.tree.left.path)):
            with pytest.raises(Forbidden):
                decided(world, case, day("2026-10-20"), actor=actor)

    def test_of_two_who_decide_at_once_the_second_is_refused(self, world):
        case = submitted(world)
        decided(world, case, day("2026-10-20"))
        with pytest.raises(deciding.NothingSubmitted):
            decided(world, case, day("2026-10-20"), "REFUSE", "不同意", world.other_admin)
        assert case.steps.filter(act="approval").count() == 1
        assert Member.objects.filter(joined_on=day("2026-09-20")).count() == 1

    def test_a_notice_that_runs_is_not_decided(self, world):
        case = walk(world, opened(world), "candidate_notice")
        acting.record(
            case=case, act="candidate_notice", on=day("2026-06-01"),
            given=answers(world, "candidate_notice"), actor=world.secretary, **TIMES,
        )  # fmt: skip
        with pytest.raises(deciding.NothingSubmitted):
            decided(world, case, day("2026-06-05"))

    def test_what_was_submitted_can_be_taken_back(self, world):
        case = submitted(world)
        step = acting.take_back(
            case=case, reason="补充材料", actor=world.secretary, now=TIMES["now"]
        )
        assert step.state == StepState.TAKEN_BACK
        with pytest.raises(deciding.NothingSubmitted):
            decided(world, case, day("2026-10-20"))


class TestVerdicts:
    def test_returned_for_completion_it_is_submitted_again(self, world):
        case = submitted(world)
        with pytest.raises(deciding.OpinionNeeded):
            decided(world, case, day("2026-10-20"), "RETURN")
        decided(world, case, day("2026-10-20"), "RETURN", "请补充会议记录")
        case.refresh_from_db()
        assert case.act == "approval"
        assert do(world, case, "approval", "2026-10-25").attempt == 2

    def test_refused_it_goes_back_to_the_meeting(self, world):
        case = submitted(world)
        step = decided(world, case, day("2026-10-20"), "REFUSE", "程序不合规")
        case.refresh_from_db()
        assert (step.state, case.act, case.category) == (
            StepState.REFUSED, "meeting", Category.CANDIDATE,
        )  # fmt: skip
        assert not Member.objects.filter(joined_on=day("2026-09-20")).exists()

    def test_an_unknown_verdict_and_days_out_of_order(self, world):
        case = submitted(world)
        with pytest.raises(deciding.UnknownVerdict):
            decided(world, case, day("2026-10-20"), "MAYBE", "x")
        for on in ("2026-10-19", "2029-07-01"):
            with pytest.raises(going.DayRefused):
                decided(world, case, day(on))

    def test_a_document_number_is_needed(self, world):
        with pytest.raises(inputs.InputRefused):
            decided(world, submitted(world), day("2026-10-20"), document=" ")


class TestTerms:
    """Meeting on 2026-09-20: due by 2026-12-20, in special cases by 2027-03-20."""

    def test_after_three_months_it_needs_the_special_case(self, world):
        case = submitted(world)
        with pytest.raises(going.LateReasonNeeded):
            decided(world, case, day("2026-12-21"))
        step = decided(world, case, day("2026-12-21"), late_reason="党委换届期间")
        assert step.late_reason == "党委换届期间"

    def test_after_six_months_it_is_too_late_whatever_the_reason(self, world):
        case = submitted(world)
        with pytest.raises(going.TooLate) as late:
            decided(world, case, day("2027-03-21"), late_reason="特殊情况")
        assert late.value.data["hard_on"] == day("2027-03-20")
        decided(world, case, day("2027-03-21"), "REFUSE", "超过六个月，退回重新讨论")


class TestAdmitted:
    def test_joins_on_the_day_of_the_meeting_not_of_the_approval(self, world):
        case = submitted(world)
        decided(world, case, day("2026-10-20"))
        case.refresh_from_db()
        member = Member.objects.get(pk=case.member_id)
        assert (member.joined_on, member.category) == (day("2026-09-20"), "PROBATIONARY")
        assert member.probation_until == day("2027-09-20")
        assert (member.org_id, member.occupation, member.joined_kind) == (
            world.tree.l1.pk, "PROFESSIONAL", "NEW",
        )  # fmt: skip
        change = Change.objects.get(member=member)
        assert (change.kind, change.happened_on) == ("ADMITTED", day("2026-10-20"))
        assert (case.joined_on, case.approved_on, case.category) == (
            day("2026-09-20"), day("2026-10-20"), Category.PROBATIONARY,
        )  # fmt: skip


class TestProbation:
    """Rulebook 2.4."""

    def resolved(self, world, result, on="2027-09-25", **more):
        case = walk(world, opened(world), "conversion_meeting")
        return case, acting.record(
            case=case, act="conversion_meeting", on=day(on),
            given={**answers(world, "conversion_meeting"), "result": result, **more},
            actor=world.secretary, **TIMES,
        )  # fmt: skip

    def approved(self, world, case, on="2027-10-10"):
        do(world, case, "conversion_approval", on)
        case.refresh_from_db()
        return Member.objects.get(pk=case.member_id)

    def test_on_time_full_from_the_end_of_probation_however_late_the_approval(self, world):
        case, _ = self.resolved(world, "ON_TIME")
        member = self.approved(world, case)
        assert (member.category, member.full_on) == ("FULL", day("2027-09-20"))
        assert (case.category, case.conversion, case.converted_on) == (
            "FULL", "ON_TIME", day("2027-10-10"),
        )  # fmt: skip

    def test_before_the_end_it_is_too_early(self, world):
        case = walk(world, opened(world), "conversion_application")
        do(world, case, "conversion_application", "2027-09-19")
        with pytest.raises(going.TooEarly) as early:
            do(world, case, "conversion_meeting", "2027-09-19")
        assert early.value.data["opens_on"] == day("2027-09-20")

    @pytest.mark.parametrize(("months", "until"), [(6, "2028-03-20"), (12, "2028-09-20")])
    def test_extended_once_and_full_from_the_end_of_the_extension(self, world, months, until):
        case, _ = self.resolved(world, "EXTEND", extend_months=months)
        member = self.approved(world, case)
        assert (member.category, member.probation_until) == ("PROBATIONARY", day(until))
        assert (case.act, case.extensions, case.is_open) == ("probation", 1, True)
        inspected(world, case, until, until)
        after = months_later(day(until), 1).isoformat()
        do(world, case, "probation", until)
        do(world, case, "conversion_application", until)
        with pytest.raises(inputs.ExtensionRefused, match="只能延长一次"):
            do(world, case, "conversion_meeting", until, result="EXTEND", extend_months=6)
        do(world, case, "conversion_meeting", until)
        do(world, case, "conversion_approval", after)
        member.refresh_from_db()
        case.refresh_from_db()
        assert (member.full_on, member.conversion) == (day(until), "EXTENDED")
        assert case.conversion == "EXTENDED"

    @pytest.mark.parametrize("months", [None, 0, 5, 13])
    def test_an_extension_is_six_to_twelve_months(self, world, months):
        with pytest.raises(inputs.ExtensionRefused):
            self.resolved(world, "EXTEND", extend_months=months)

    def test_months_without_an_extension_are_refused(self, world):
        with pytest.raises(inputs.ExtensionRefused):
            self.resolved(world, "ON_TIME", extend_months=6)

    def test_cancelled_leaves_the_party_and_the_file_stays(self, world):
        case, _ = self.resolved(world, "CANCEL", ground="SETTLED_ABROAD")
        member = self.approved(world, case)
        assert (member.is_active, member.left_kind) == (False, "CANCELLED")
        assert Change.objects.get(member=member, kind="CANCELLED").data["ground"] == (
            "SETTLED_ABROAD"
        )
        assert (case.state, case.category, case.conversion) == (
            State.CANCELLED, Category.MASSES, "CANCELLED",
        )  # fmt: skip
        assert case.steps.count() > 20

    def test_cancelling_does_not_wait_for_the_end(self, world):
        case = walk(world, opened(world), "conversion_application")
        do(world, case, "conversion_application", "2027-09-18")
        step = do(world, case, "conversion_meeting", "2027-09-19", result="CANCEL")
        assert step.state == StepState.DONE


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 200))
def test_whenever_it_is_decided_it_holds_or_says_why(world, late):
    """Property: within three months it passes, within six with a reason, later never."""
    case = submitted(world)
    on = day("2026-10-20") + dt.timedelta(days=late)
    due, hard = day("2026-12-20"), day("2027-03-20")
    if on <= due:
        assert decided(world, case, on).state == StepState.DONE
    elif on <= hard:
        with pytest.raises(going.LateReasonNeeded):
            decided(world, case, on)
    else:
        with pytest.raises(going.TooLate):
            decided(world, case, on, late_reason="特殊情况")
