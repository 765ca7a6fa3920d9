"""Turnout, count sheets, rounds: what cannot be is refused with the reason (rulebook 1.6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from tenant_apps.audit import selectors as audit
from tenant_apps.elections.models import (
    Act,
    Attendance,
    Ballot,
    CaseKind,
    Election,
    Excuse,
    Office,
    Presence,
)
from tenant_apps.elections.selectors import electors
from tenant_apps.elections.services import acting, counting, meeting, preparing
from tenant_apps.elections.services.counting import CandidateCount, CountSheet, OtherCount
from tenant_apps.elections.services.meeting import Exclusion, Roll
from tests.factories.elections import branch, drive, paper, roll, sheet, sought, vote
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(alpha):
    """A branch of twenty-five voters, as in the vectors of the rulebook."""
    return branch(25)


def assemble(place, case, given):
    return meeting.assemble(election=case, roll=given, paper=paper(), actor=place.ben, now=NOW)


def count(place, case, given, office=Office.COMMITTEE):
    return meeting.count(election=case, office=office, sheet=given, actor=place.ben, now=NOW)


class TestTurnout:
    def test_twenty_of_twenty_five_may_elect(self, place):
        case = assemble(place, drive(place, Act.ASSEMBLE), roll(place.people[:20]))
        assert (case.expected, case.present, case.act) == (25, 20, Act.ELECT)

    def test_nineteen_of_twenty_five_may_not(self, place):
        case = drive(place, Act.ASSEMBLE)
        with pytest.raises(meeting.TooFewPresent) as refused:
            assemble(place, case, roll(place.people[:19]))
        assert refused.value.data == {"expected": 25, "present": 19, "least": 20}
        assert not Attendance.objects.exists()

    def test_who_is_excluded_with_approval_is_not_expected(self, place):
        case = drive(place, Act.ASSEMBLE)
        excluded = {
            place.people[24].pk: Exclusion(Excuse.BEDRIDDEN, "第一党委"),
            place.people[23].pk: Exclusion(Excuse.PROBATION, ""),
        }
        case = assemble(place, case, roll(place.people[:19], excluded=excluded))
        assert (case.expected, case.present) == (23, 19)
        told = electors.turnout_of(case)
        assert (told.voters, told.excluded, told.without_vote) == (25, 1, 1)

    def test_each_of_the_five_classes_takes_an_approval(self, place):
        case = drive(place, Act.ASSEMBLE)
        classes = [one for one in Excuse if one not in ("PROBATION", "DETAINED")]
        assert len(classes) == 5
        for excuse in classes:
            excluded = {place.people[24].pk: Exclusion(excuse, " ")}
            with pytest.raises(meeting.ExclusionNeedsApproval):
                assemble(place, case, roll(place.people[:24], excluded=excluded))

    def test_probationary_members_are_not_expected(self, place):
        make_member(place.org, "预备", category="PROBATIONARY", full_on=None)
        case = assemble(place, drive(place, Act.ASSEMBLE), roll(place.people[:20]))
        assert case.expected == 25

    def test_a_stranger_is_not_counted(self, place):
        case = drive(place, Act.ASSEMBLE)
        other = make_member(place.tree.r1, "外支部")
        with pytest.raises(meeting.VoterUnknown):
            assemble(place, case, roll([*place.people[:20], other]))

    def test_nobody_is_present_and_excluded(self, place):
        case = drive(place, Act.ASSEMBLE)
        excluded = {place.people[0].pk: Exclusion(Excuse.ABROAD, "第一党委")}
        with pytest.raises(meeting.VoterUnknown):
            assemble(place, case, roll(place.people, excluded=excluded))

    def test_a_small_body_holds_no_assembly_of_delegates_unasked(self, place):
        case = drive(place, Act.ASSEMBLE)
        Election.objects.filter(pk=case.pk).update(assembly="DELEGATES")
        given = Roll(delegates_expected=100, delegates_present=90)
        with pytest.raises(meeting.DelegatesNotAllowed):
            assemble(place, case, given)
        Election.objects.filter(pk=case.pk).update(may_have_delegates=True)
        case = assemble(place, case, given)
        assert (case.expected, case.present) == (100, 90)

    def test_says_nothing_of_how_anybody_voted(self, place):
        """Anonymous where it is stored: no column of a vote names a voter (rulebook 12.2)."""
        case = vote(drive(place, Act.ELECT), place.ben, TODAY)
        columns = {field.name for field in Attendance._meta.get_fields()}
        assert columns == {"id", "election", "member", "presence", "excuse", "approved_by"}
        absent = {str(one.pk) for one in place.people[4:]}
        (ballot,) = Ballot.objects.filter(election=case)
        told = f"{ballot.candidates} {ballot.others} {ballot.elected} {ballot.tied}"
        assert not any(member in told for member in absent)


class TestCountSheets:
    @pytest.fixture
    def case(self, place):
        """Twenty present, three seats, four candidates."""
        return assemble(place, drive(place, Act.ASSEMBLE), roll(place.people[:20]))

    def test_eleven_of_twenty_win_and_ten_lose(self, place, case):
        ballot = count(place, case, sheet(sought(case), 20, 11, 10, 10, present=20))
        assert [name_of(ballot, one) for one in ballot.elected] == ["党员01", "党员02"]
        assert sought(case).open_seats == 1

    def test_a_count_that_cannot_be_says_why(self, place, case):
        wrong = [
            ({"issued": 21}, "多于实到"),
            ({"valid": 21, "returned": 20}, "多于收回"),
            ({"issued": 0, "returned": 0}, "发出的选票数"),
            ({"others": (OtherCount("某人", 1),)}, "多于反对"),
            ({"others": (OtherCount("党员01", 0),)}, "出现了两次"),
            ({"others": (OtherCount(" ", 0),)}, "填写姓名"),
        ]
        for change, reason in wrong:
            given = replace(sheet(sought(case), 20, 20, 20, 0, present=20), **change)
            if "多于反对" in reason:
                rows = [replace(one, against=0, abstained=one.against) for one in given.candidates]
                given = replace(given, candidates=tuple(rows))
            with pytest.raises(meeting.CountCannotBe) as refused:
                count(place, case, given)
            assert any(reason in problem for problem in refused.value.data["problems"]), reason
        assert not Ballot.objects.exists()

    def test_the_votes_of_each_candidate_are_the_valid_ballots(self, place, case):
        given = sheet(sought(case), 20, 20, 20, 0, present=20)
        first = replace(given.candidates[0], votes_for=19)
        with pytest.raises(meeting.CountCannotBe) as refused:
            count(place, case, replace(given, candidates=(first, *given.candidates[1:])))
        assert "合计 19 票，应等于有效票 20 张" in refused.value.message

    def test_nobody_votes_for_more_than_the_seats(self, place, case):
        with pytest.raises(meeting.CountCannotBe) as refused:
            count(place, case, sheet(sought(case), 20, 20, 20, 1, present=20))
        assert "应选 3 名" in refused.value.message

    def test_more_ballots_back_than_given_out_is_void_and_held_again(self, place, case):
        given = replace(sheet(sought(case), 20, 20, 20, 0, present=20), returned=21)
        ballot = count(place, case, given)
        assert (ballot.is_void, ballot.elected, ballot.valid) == (True, [], 0)
        assert sought(case).round == 2
        ballot = count(place, case, sheet(sought(case), 20, 20, 20, 0, present=20))
        assert len(ballot.elected) == 3

    def test_the_turnout_is_that_of_the_roll_whatever_is_sent(self, place, case):
        given = replace(sheet(sought(case), 20, 20, 20, 0, present=20), present=25, expected=25)
        ballot = count(place, case, given)
        assert (ballot.expected, ballot.present) == (25, 20)

    def test_a_tie_at_the_edge_is_voted_on_between_them(self, place, case):
        count(place, case, sheet(sought(case), 20, 18, 11, 11, present=20))
        again = sought(case)
        assert again.is_runoff
        assert [name for _, name in again.candidates] == ["党员03", "党员04"]
        ballot = count(place, case, sheet(again, 8, 12, present=20))
        assert [name_of(ballot, one) for one in ballot.elected] == ["党员04"]
        assert sought(case).is_settled

    def test_a_name_that_voters_wrote_in_wins_like_a_candidate(self, place, case):
        given = sheet(sought(case), 20, 20, 5, 0, present=20)
        given = replace(given, others=(OtherCount("党员09", 12),))
        ballot = count(place, case, given)
        assert str(place.people[8].pk) in ballot.elected
        assert sought(case).is_settled

    def test_a_name_that_nobody_bears_cannot_win(self, place, case):
        given = sheet(sought(case), 20, 20, 5, 0, present=20)
        with pytest.raises(meeting.CountCannotBe) as refused:
            count(place, case, replace(given, others=(OtherCount("查无此人", 12),)))
        assert "查无此人" in refused.value.message
        count(place, case, replace(given, others=(OtherCount("查无此人", 3),)))

    def test_the_candidates_are_those_of_the_round(self, place, case):
        given = sheet(sought(case), 20, 20, 20, 0, present=20)
        stranger = CandidateCount(place.people[20].pk, "党员21", 20, 0, 0)
        with pytest.raises(meeting.CountCannotBe):
            count(place, case, replace(given, candidates=(stranger, *given.candidates[1:])))

    def test_of_two_counts_at_once_one_stays(self, place, case):
        given = sheet(sought(case), 20, 20, 20, 0, present=20)
        ballot = count(place, case, given)
        with pytest.raises(meeting.VoteSettled):
            count(place, case, given)
        with pytest.raises(IntegrityError), transaction.atomic():
            Ballot.objects.create(
                election=case, office=ballot.office, round=ballot.round, seats=3, expected=25,
                present=20, issued=20, returned=20, valid=20, candidates=[], at=NOW,
            )  # fmt: skip

    def test_the_database_itself_refuses_ballots_that_do_not_add_up(self, place, case):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ballot.objects.create(
                election=case, office=Office.COMMITTEE, round=1, seats=3, expected=25,
                present=20, issued=21, returned=20, valid=20, candidates=[], at=NOW,
            )  # fmt: skip

    def test_a_round_entered_wrongly_is_taken_back_with_a_record(self, place, case):
        count(place, case, sheet(sought(case), 20, 11, 10, 10, present=20))
        meeting.strike(election=case, office=Office.COMMITTEE, actor=place.ben, now=NOW)
        assert not Ballot.objects.exists()
        event = audit.events_about(case.pk).get(code="election.count_struck")
        assert [one["for"] for one in event.data["candidates"]] == [20, 11, 10, 10]
        with pytest.raises(meeting.NothingToStrike):
            meeting.strike(election=case, office=Office.COMMITTEE, actor=place.ben, now=NOW)

    def test_seats_are_left_open_when_more_than_half_agree(self, place, case):
        count(place, case, sheet(sought(case), 20, 11, 10, 10, present=20))
        who = {"election": case, "office": Office.COMMITTEE, "actor": place.ben, "now": NOW}
        with pytest.raises(meeting.SeatsStay):
            meeting.reduce_seats(agreed=10, **who)
        meeting.reduce_seats(agreed=11, **who)
        case = meeting.conclude(election=case, paper=paper(), actor=place.ben, now=NOW)
        assert case.act == Act.PLENUM
        assert len(counting.plenum_of(case, Office.SECRETARY)) == 2

    def test_the_vote_does_not_end_with_open_seats(self, place, case):
        count(place, case, sheet(sought(case), 20, 11, 10, 10, present=20))
        with pytest.raises(meeting.VoteNotSettled):
            meeting.conclude(election=case, paper=paper(), actor=place.ben, now=NOW)

    def test_after_the_end_nothing_is_counted_or_taken_back(self, place, case):
        case = vote(case, place.ben, TODAY)
        Election.objects.filter(pk=case.pk).update(act=Act.REPORT)
        with pytest.raises(acting.StepTaken):
            meeting.strike(election=case, office=Office.COMMITTEE, actor=place.ben, now=NOW)

    def test_an_office_that_is_not_voted_on_is_refused(self, place, case):
        with pytest.raises(meeting.CountCannotBe):
            count(place, case, sheet(sought(case), 20, present=20), Office.SECRETARY)


class TestPlenum:
    @pytest.fixture
    def case(self, place):
        return drive(place, Act.PLENUM)

    def test_elects_the_secretary_among_the_committee(self, place, case):
        one = sought(case, Office.SECRETARY)
        assert (one.choices, one.candidates[0][1]) == (1, "党员01")
        assert {name for _, name in one.candidates} == {"党员01", "党员02", "党员03"}
        count(place, case, sheet(one, 3, present=3), Office.SECRETARY)
        assert sought(case, Office.SECRETARY).is_settled

    def test_two_of_three_is_more_than_half_one_is_not(self, place, case):
        one = sought(case, Office.SECRETARY)
        ballot = count(place, case, sheet(one, 1, present=3), Office.SECRETARY)
        assert ballot.elected == []
        one = sought(case, Office.SECRETARY)
        other = replace(one, candidates=one.candidates[1:])
        ballot = count(place, case, sheet(other, 2, present=3), Office.SECRETARY)
        assert [name_of(ballot, member) for member in ballot.elected] == ["党员02"]

    def test_four_fifths_of_the_committee_come(self, place, case):
        one = sought(case, Office.SECRETARY)
        with pytest.raises(meeting.CountCannotBe) as refused:
            count(place, case, sheet(one, 2, present=2), Office.SECRETARY)
        assert "五分之四" in refused.value.message

    def test_who_is_not_of_the_committee_is_not_elected_by_it(self, place, case):
        stranger = CandidateCount(place.people[9].pk, "党员10", 3, 0, 0)
        given = CountSheet(3, 3, 3, 3, 3, (stranger,))
        with pytest.raises(meeting.CountCannotBe):
            count(place, case, given, Office.SECRETARY)

    def test_a_by_election_asks_the_whole_committee(self, place):
        drive(place, Act.DONE)
        place.people = place.people[10:] + place.people[:10]
        case = drive(place, Act.PLENUM, kind=CaseKind.BY_ELECTION, seats=1, secretaries=1)
        assert len(counting.plenum_of(case, Office.SECRETARY)) == 4


def name_of(ballot, member):
    return counting.names_of(ballot)[member]


def test_attendance_is_unique_in_the_database(place):
    case = assemble(place, drive(place, Act.ASSEMBLE), roll(place.people))
    with pytest.raises(IntegrityError), transaction.atomic():
        Attendance.objects.create(election=case, member=place.people[0], presence=Presence.ABSENT)


def test_an_exclusion_without_an_approver_is_refused_by_the_database(place):
    case = drive(place, Act.ASSEMBLE)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attendance.objects.create(
            election=case, member=place.people[0], presence=Presence.EXCLUDED, excuse="ABROAD"
        )


def test_nominees_cannot_change_once_the_superior_examined_them(place):
    case = drive(place, Act.PUBLICISE)
    with pytest.raises(acting.StepTaken):
        preparing.propose(
            election=case, nominees=[], paper=paper(TODAY - dt.timedelta(1)), actor=place.ben,
            now=NOW,
        )  # fmt: skip
