"""The states of rulebook 1.5: order, sides, days, two persons, terms, posts."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.elections import selectors
from tenant_apps.elections.models import Act, CaseKind, Election, Office, Post, Profile, Reason
from tenant_apps.elections.selectors import timeline
from tenant_apps.elections.selectors.procedure import RULES, Side, State, acts_of, state_of
from tenant_apps.elections.services import acting, confirming, meeting, opening, preparing
from tenant_apps.elections.services.preparing import Nominee, Plan
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tests.factories.elections import ENDS, branch, drive, nominees, paper, roll
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(alpha):
    return branch()


class TestTable:
    def test_has_the_twelve_states_by_number(self):
        assert [state.value for state in State] == list(range(12))
        assert {rule.state for rule in RULES.values()} == set(State) - {State.REMINDER}

    def test_the_superior_answers_and_nothing_else(self):
        above = {act for act, rule in RULES.items() if rule.side is Side.SUPERIOR}
        assert above == {Act.REPLY, Act.EXAMINE, Act.CONFIRM}

    @pytest.mark.parametrize(
        ("act", "state"),
        [
            (Act.DECIDE, State.REMINDER),
            (Act.REQUEST, State.DECIDE),
            (Act.REPLY, State.REQUEST),
            (Act.PROPOSE, State.REPLY1),
            (Act.EXAMINE, State.REPLY1),
            (Act.PUBLICISE, State.NOMINATE),
            (Act.ASSEMBLE, State.PUBLICISE),
            (Act.ELECT, State.ASSEMBLY),
            (Act.PLENUM, State.ELECT),
            (Act.REPORT, State.FIRST_PLENUM),
            (Act.CONFIRM, State.REPORT),
            (Act.ARCHIVE, State.REPLY2),
            (Act.DONE, State.HANDOVER),
        ],
    )
    def test_the_state_is_what_has_been_done(self, act, state):
        case = Election(kind=CaseKind.REELECTION, act=act, has_committee=True, secretaries=1)
        assert state_of(case) == state

    def test_without_a_committee_there_is_no_plenum(self):
        case = Election(kind=CaseKind.REELECTION, act=Act.REPORT, has_committee=False)
        assert Act.PLENUM not in acts_of(case)
        assert state_of(case) == State.ELECT

    def test_a_by_election_of_members_alone_has_no_plenum(self):
        case = Election(kind=CaseKind.BY_ELECTION, has_committee=True, secretaries=0, deputies=0)
        assert Act.PLENUM not in acts_of(case)


class TestWholeCourse:
    def test_a_reelection_writes_posts_and_the_term(self, place):
        case = drive(place, Act.DONE)
        assert case.closed_at == NOW
        assert (case.old_ends_on, case.new_ends_on) == (ENDS, dt.date(2029, 11, 22))
        place.org.refresh_from_db()
        assert place.org.term_ends_on == dt.date(2029, 11, 22)
        posts = list(selectors.posts_of(place.org.pk, on=TODAY))
        assert [(one.code, one.member.name) for one in posts] == [
            ("01", "党员01"), ("19", "党员02"), ("19", "党员03"),
        ]  # fmt: skip
        assert {one.began_on for one in posts} == {case.held_on}
        assert {one.reason for one in posts} == {Reason.ELECTED}

    def test_the_file_of_a_member_says_the_post(self, place):
        drive(place, Act.DONE)
        texts = Member.objects.filter(org=place.org).exclude(posts="").order_by("name")
        assert list(texts.values_list("name", "posts")) == [
            ("党员01", "书记"), ("党员02", "委员"), ("党员03", "委员"),
        ]  # fmt: skip

    def test_the_old_board_leaves_on_the_day_of_the_election(self, place):
        old = Post.objects.create(
            member=place.people[9], org=place.org, org_path=place.org.path, code="01",
            began_on=dt.date(2024, 1, 31), reason=Reason.ELECTED, recorded_at=NOW,
        )  # fmt: skip
        Member.objects.filter(pk=place.people[9].pk).update(posts="书记")
        drive(place, Act.DONE)
        old.refresh_from_db()
        assert (old.ended_on, old.end_reason) == (TODAY, "届满换届")
        assert Member.objects.get(pk=place.people[9].pk).posts == ""

    def test_posts_that_a_roster_named_are_gone_with_the_old_board(self, place):
        Member.objects.filter(pk=place.people[8].pk).update(posts="宣传委员")
        drive(place, Act.DONE)
        assert Member.objects.get(pk=place.people[8].pk).posts == ""

    def test_every_act_is_recorded(self, place):
        case = drive(place, Act.DONE)
        events = audit.events_about(case.pk)
        acts = [one.data["act"] for one in events.filter(code="election.acted").order_by("at")]
        assert set(acts) == {act.value for act in RULES} | {"OPEN"}
        assert events.filter(code="election.counted").count() == 2

    def test_is_invisible_to_another_unit(self, place, beta):
        drive(place, Act.REPLY)
        with unit_context(beta.id):
            assert not selectors.elections_visible_to(place.ada).exists()

    def test_a_branch_without_a_committee_elects_its_secretary_in_the_meeting(self, alpha):
        place = branch(5)
        case = drive(place, Act.DONE, has_committee=False, seats=0)
        (post,) = selectors.posts_of(place.org.pk, on=TODAY)
        assert (post.code, post.member.name) == ("01", "党员01")
        assert case.steps.filter(act=Act.PLENUM).count() == 0

    def test_a_deputy_is_elected_by_the_plenum(self, place):
        drive(place, Act.DONE, deputies=1)
        codes = [one.code for one in selectors.posts_of(place.org.pk, on=TODAY)]
        assert codes == ["01", "02", "19"]

    def test_a_village_has_five_years(self, place):
        case = drive(place, Act.DONE, profile=Profile.VILLAGE)
        assert case.new_ends_on == dt.date(2031, 11, 22)


class TestOrder:
    def test_a_step_out_of_order_is_refused(self, place):
        case = drive(place, Act.REQUEST)
        with pytest.raises(acting.StepOutOfOrder) as refused:
            preparing.publicise(
                election=case, notice_until=TODAY, paper=paper(), actor=place.ben, now=NOW
            )
        assert "呈报请示" in refused.value.message

    def test_of_two_who_decide_the_second_learns_who_was_first(self, place):
        case = drive(place, Act.REPLY)
        stale = Election.objects.get(pk=case.pk)
        preparing.reply(election=case, is_approved=True, paper=paper(), actor=place.ada, now=NOW)
        with pytest.raises(acting.StepTaken) as refused:
            preparing.reply(
                election=stale, is_approved=False, paper=paper(note="不同意"),
                actor=somebody(("unit_admin", ""), name="卡尔"), now=NOW,
            )  # fmt: skip
        assert "艾达" in refused.value.message
        assert case.steps.filter(act=Act.REPLY).count() == 1

    @pytest.mark.parametrize("act", [Act.REPLY, Act.EXAMINE, Act.CONFIRM])
    def test_who_submitted_does_not_answer(self, place, act):
        case = drive(place, act)
        answer = {
            Act.REPLY: preparing.reply,
            Act.EXAMINE: preparing.examine,
            Act.CONFIRM: confirming.confirm,
        }[act]
        with pytest.raises(acting.SecondPerson):
            answer(election=case, is_approved=True, paper=paper(), actor=place.ben, now=NOW)
        answer(election=case, is_approved=True, paper=paper(), actor=place.ada, now=NOW)

    @pytest.mark.parametrize(
        ("act", "back"),
        [(Act.REPLY, Act.REQUEST), (Act.EXAMINE, Act.PROPOSE), (Act.CONFIRM, Act.REPORT)],
    )
    def test_what_is_returned_is_submitted_again(self, place, act, back):
        case = drive(place, act)
        answer = {
            Act.REPLY: preparing.reply,
            Act.EXAMINE: preparing.examine,
            Act.CONFIRM: confirming.confirm,
        }[act]
        with pytest.raises(acting.ReasonNeeded):
            answer(election=case, is_approved=False, paper=paper(), actor=place.ada, now=NOW)
        case = answer(
            election=case, is_approved=False, paper=paper(note="请核对"), actor=place.ada, now=NOW
        )
        assert case.act == back
        assert not Post.objects.exists()

    def test_no_day_lies_in_the_future_or_before_the_last_step(self, place):
        case = drive(place, Act.REPLY)
        for day in (TODAY + dt.timedelta(days=1), case.acted_on - dt.timedelta(days=1)):
            with pytest.raises(acting.DayDoesNotFit):
                preparing.reply(
                    election=case, is_approved=True, paper=paper(day), actor=place.ada, now=NOW
                )

    def test_the_assembly_opens_when_the_notice_is_over(self, place):
        case = drive(place, Act.PUBLICISE)
        case = preparing.publicise(
            election=case, notice_until=TODAY, paper=paper(), actor=place.ben, now=NOW
        )
        coming = timeline.next_of(case, TODAY)
        assert (coming.is_open, coming.gate.opens_on) == (False, TODAY + dt.timedelta(days=1))
        with pytest.raises(acting.StepNotOpen) as refused:
            meeting.assemble(
                election=case, roll=roll(place.people), paper=paper(), actor=place.ben, now=NOW
            )
        assert "2026-11-23" in refused.value.message

    def test_a_notice_does_not_end_before_it_is_given(self, place):
        case = drive(place, Act.PUBLICISE)
        with pytest.raises(acting.DayDoesNotFit):
            preparing.publicise(
                election=case, notice_until=TODAY - dt.timedelta(days=1), paper=paper(),
                actor=place.ben, now=NOW,
            )  # fmt: skip

    def test_a_closed_case_takes_nothing_more(self, place):
        case = drive(place, Act.REQUEST)
        opening.cancel(election=case, reason="并入其他支部", actor=place.ben, now=NOW)
        with pytest.raises(acting.CaseClosed):
            preparing.request(election=case, paper=paper(), actor=place.ben, now=NOW)
        with pytest.raises(acting.CaseClosed):
            opening.cancel(election=case, reason="再次", actor=place.ben, now=NOW)

    def test_giving_up_takes_a_reason(self, place):
        case = drive(place, Act.REQUEST)
        with pytest.raises(acting.ReasonNeeded):
            opening.cancel(election=case, reason=" ", actor=place.ben, now=NOW)


class TestOpening:
    def test_one_case_at_a_time(self, place):
        drive(place, Act.DECIDE)
        for kind in (CaseKind.REELECTION, CaseKind.BY_ELECTION):
            with pytest.raises(opening.AlreadyOpen):
                opening.start(
                    org=place.org, kind=kind, paper=paper(), is_reminder=False,
                    actor=place.ben, now=NOW,
                )  # fmt: skip

    def test_nothing_is_opened_on_a_day_to_come(self, place):
        with pytest.raises(acting.DayDoesNotFit):
            opening.start(
                org=place.org, kind=CaseKind.REELECTION, paper=paper(TODAY + dt.timedelta(days=1)),
                is_reminder=False, actor=place.ben, now=NOW,
            )  # fmt: skip

    def test_what_is_appointed_or_temporary_is_not_elected(self, place):
        for kind in ("LEADING_GROUP", "TEMP_BRANCH", "WORK_COMMITTEE", "GROUP"):
            place.org.kind = kind
            with pytest.raises(opening.NotElected) as refused:
                opening.refuse_appointed(place.org)
            assert "由上级委派" in refused.value.message
        place.org.kind = "DISCIPLINE_COMMITTEE"
        with pytest.raises(opening.NotElected) as refused:
            opening.start(
                org=place.org, kind=CaseKind.REELECTION, paper=paper(), is_reminder=False,
                actor=place.ben, now=NOW,
            )  # fmt: skip
        assert "同一次大会上选举产生" in refused.value.message


class TestPlan:
    def test_an_early_election_needs_a_reason_and_the_approval_of_the_superior(self, alpha):
        place = branch(ends_on=dt.date(2028, 1, 31))
        case = drive(place, Act.DECIDE)
        plan = Plan(planned_on=TODAY, has_committee=True, seats=3)
        who = {"actor": place.ben, "now": NOW}
        with pytest.raises(acting.ReasonNeeded):
            preparing.decide(election=case, plan=plan, paper=paper(), **who)
        case = preparing.decide(election=case, plan=plan, paper=paper(note="书记调离"), **who)
        case = preparing.request(election=case, paper=paper(), **who)
        with pytest.raises(preparing.ShiftNotApproved):
            preparing.reply(
                election=case, is_approved=True, paper=paper(), actor=place.ada, now=NOW
            )
        case = preparing.reply(
            election=case, is_approved=True, approves_shift=True, paper=paper(),
            actor=place.ada, now=NOW,
        )  # fmt: skip
        assert case.act == Act.PROPOSE

    def test_a_meeting_after_the_term_waits_for_an_extension(self, alpha):
        place = branch(ends_on=TODAY + dt.timedelta(days=5))
        case = drive(place, Act.ASSEMBLE)
        Organization.objects.filter(pk=place.org.pk).update(term_ends_on=TODAY - dt.timedelta(1))
        who = {"actor": place.ben, "now": NOW}
        with pytest.raises(preparing.ShiftNotApproved):
            meeting.assemble(election=case, roll=roll(place.people), paper=paper(), **who)
        extension = opening.ask_extension(
            org=place.org, until=TODAY + dt.timedelta(days=90), paper=paper(note="项目未完"), **who
        )
        preparing.reply(
            election=extension, is_approved=True, paper=paper(), actor=place.ada, now=NOW
        )
        case = meeting.assemble(election=case, roll=roll(place.people), paper=paper(), **who)
        assert case.act == Act.ELECT

    def test_a_plan_that_cannot_be_is_refused(self, place):
        case = drive(place, Act.DECIDE)
        plans = [
            Plan(planned_on=TODAY - dt.timedelta(days=1), has_committee=True, seats=3),
            Plan(planned_on=TODAY, has_committee=True, seats=0),
            Plan(planned_on=TODAY, has_committee=True, seats=3, secretaries=0),
            Plan(planned_on=TODAY, has_committee=True, seats=3, secretaries=2),
            Plan(planned_on=TODAY, has_committee=True, seats=3, deputies=3),
            Plan(planned_on=TODAY, has_committee=True, seats=1, deputies=1),
            Plan(planned_on=TODAY, has_committee=True, seats=22),
        ]
        for plan in plans:
            with pytest.raises(preparing.PlanDoesNotFit):
                preparing.decide(election=case, plan=plan, paper=paper(), actor=place.ben, now=NOW)


class TestNominees:
    def test_too_few_candidates_are_refused(self, place):
        case = drive(place, Act.PROPOSE)
        listed = nominees(place, case)
        with pytest.raises(preparing.TooFewCandidates) as refused:
            preparing.propose(
                election=case, nominees=listed[1:], paper=paper(), actor=place.ben, now=NOW
            )
        assert refused.value.data["least"] == 4

    def test_a_probationary_member_does_not_stand(self, place):
        case = drive(place, Act.PROPOSE)
        new = make_member(place.org, "预备", category="PROBATIONARY", full_on=None)
        listed = [*nominees(place, case), Nominee(new.pk, Office.COMMITTEE)]
        with pytest.raises(preparing.NomineeNotEligible):
            preparing.propose(
                election=case, nominees=listed, paper=paper(), actor=place.ben, now=NOW
            )

    def test_somebody_of_another_branch_does_not_stand(self, place):
        case = drive(place, Act.PROPOSE)
        other = make_member(place.tree.r1, "外支部")
        listed = [*nominees(place, case), Nominee(other.pk, Office.COMMITTEE)]
        with pytest.raises(preparing.NomineeNotEligible):
            preparing.propose(
                election=case, nominees=listed, paper=paper(), actor=place.ben, now=NOW
            )

    def test_a_secretary_stands_for_the_committee_too(self, place):
        case = drive(place, Act.PROPOSE)
        listed = [one for one in nominees(place, case) if one.office is Office.COMMITTEE]
        listed.append(Nominee(place.people[9].pk, Office.SECRETARY))
        with pytest.raises(preparing.NomineeNotEligible):
            preparing.propose(
                election=case, nominees=listed, paper=paper(), actor=place.ben, now=NOW
            )

    def test_the_committee_elects_among_as_many_as_there_are_seats(self, place):
        case = drive(place, Act.PROPOSE)
        listed = [*nominees(place, case), Nominee(place.people[1].pk, Office.SECRETARY)]
        with pytest.raises(preparing.NomineeNotEligible):
            preparing.propose(
                election=case, nominees=listed, paper=paper(), actor=place.ben, now=NOW
            )
