"""Every line of the table of rulebook 1.6, every printed vector, and what holds for all numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.elections.services import votes

people = st.integers(min_value=1, max_value=2_000)


class TestPrintedVectors:
    """The line "Tests:" at the end of rulebook 1.6, and the row of candidates."""

    def test_twenty_of_twenty_five_may_elect(self):
        assert votes.may_elect(expected=25, present=20)

    def test_nineteen_of_twenty_five_may_not(self):
        assert not votes.may_elect(expected=25, present=19)

    @pytest.mark.parametrize(("votes_for", "is_elected"), [(11, True), (10, False)])
    def test_of_twenty_present_eleven_win_and_ten_lose(self, votes_for, is_elected):
        assert votes.wins(present=20, votes_for=votes_for) is is_elected

    @pytest.mark.parametrize(
        ("present", "votes_for", "passes"),
        [(13, 13, True), (12, 12, False), (13, 12, False), (15, 12, False), (15, 13, True)],
    )
    def test_an_admission_takes_thirteen_present_and_thirteen_for(self, present, votes_for, passes):
        assert votes.admission_passes(expected=25, present=present, votes_for=votes_for) is passes

    @pytest.mark.parametrize(
        ("seats", "candidates"), [(3, 4), (5, 6), (7, 9), (9, 11), (11, 14), (1, 2), (10, 12)]
    )
    def test_candidates_are_a_fifth_more_than_seats(self, seats, candidates):
        assert votes.fewest_candidates(seats) == candidates
        assert votes.enough_candidates(seats=seats, candidates=candidates)
        assert not votes.enough_candidates(seats=seats, candidates=candidates - 1)


class TestBases:
    def test_four_fifths_exactly_is_enough(self):
        """2020: 不少于; the 1990 rule said 超过."""
        assert votes.may_elect(expected=5, present=4)

    def test_exactly_half_neither_holds_a_meeting_nor_passes_anything(self):
        assert not votes.may_hold_meeting(expected=10, present=5)
        assert not votes.resolution_passes(expected=10, votes_for=5)
        assert votes.may_hold_meeting(expected=10, present=6)
        assert votes.resolution_passes(expected=10, votes_for=6)

    def test_half_of_a_committee_may_meet(self):
        """以上 includes the number (rulebook 0.2 rule 9)."""
        assert votes.committee_may_meet(members=4, present=2)
        assert not votes.committee_may_meet(members=5, present=2)
        assert not votes.committee_may_meet(members=0, present=0)

    def test_written_opinions_are_votes_but_nobody_present(self):
        assert votes.admission_passes(expected=25, present=13, votes_for=11, written_for=2)
        assert not votes.admission_passes(expected=25, present=12, votes_for=12, written_for=5)

    def test_nobody_expected_elects_nobody(self):
        assert not votes.may_elect(expected=0, present=0)
        assert not votes.same_number(seats=0, candidates=0)
        assert not votes.enough_candidates(seats=0, candidates=3)

    def test_a_plenum_elects_among_as_many_as_there_are_seats(self):
        assert votes.same_number(seats=1, candidates=1)
        assert not votes.same_number(seats=1, candidates=2)


class TestBallots:
    @pytest.mark.parametrize(("returned", "is_valid"), [(19, True), (20, True), (21, False)])
    def test_a_vote_is_void_when_more_come_back_than_went_out(self, returned, is_valid):
        assert votes.ballots_valid(issued=20, returned=returned) is is_valid

    @pytest.mark.parametrize(
        ("marks", "is_valid"),
        [
            ((3, 1, 0, 0), True),
            ((2, 2, 0, 1), True),
            ((4, 0, 0, 0), False),
            ((3, 1, 0, 1), False),
            ((2, 0, 2, 1), False),
            ((2, 1, 1, 1), True),
            ((1, 1, 2, 2), False),
            ((0, 0, 4, 0), True),
            ((-1, 5, 0, 0), False),
        ],
    )
    def test_one_ballot(self, marks, is_valid):
        """Three seats, four candidates: for, against, abstained, other names."""
        votes_for, against, abstained, others = marks
        assert (
            votes.ballot_valid(
                seats=3, votes_for=votes_for, against=against, abstained=abstained, others=others
            )
            is is_valid
        )


def counted(*numbers):
    return [votes.Tally(index, number) for index, number in enumerate(numbers)]


class TestOutcome:
    def test_as_many_passed_as_seats(self):
        found = votes.outcome(seats=3, present=20, tallies=counted(18, 15, 10, 11))
        assert found == votes.Outcome((0, 1, 3), (), (), 0)

    def test_more_passed_than_seats_the_most_votes_have_it(self):
        found = votes.outcome(seats=3, present=20, tallies=counted(12, 19, 15, 14))
        assert found == votes.Outcome((1, 2, 3), (), (0,), 0)

    def test_a_tie_at_the_edge_is_voted_on_again_between_them(self):
        found = votes.outcome(seats=3, present=20, tallies=counted(19, 15, 14, 14))
        assert found == votes.Outcome((0, 1), (2, 3), (), 1)

    def test_a_tie_above_the_edge_needs_no_vote(self):
        found = votes.outcome(seats=2, present=20, tallies=counted(15, 15, 12))
        assert found == votes.Outcome((0, 1), (), (2,), 0)

    def test_a_tie_for_every_seat_elects_nobody(self):
        found = votes.outcome(seats=2, present=20, tallies=counted(15, 15, 15))
        assert found == votes.Outcome((), (0, 1, 2), (), 2)

    def test_fewer_passed_leaves_seats_open(self):
        found = votes.outcome(seats=3, present=20, tallies=counted(18, 11, 10, 10))
        assert found == votes.Outcome((0, 1), (), (), 1)

    def test_who_passed_below_a_tie_is_beaten(self):
        found = votes.outcome(seats=2, present=20, tallies=counted(19, 15, 15, 12))
        assert found == votes.Outcome((0,), (1, 2), (3,), 1)

    @pytest.mark.parametrize(
        ("elected", "agreed", "may"),
        [(2, 11, True), (2, 10, False), (0, 20, False), (3, 20, False)],
    )
    def test_seats_are_reduced_by_more_than_half(self, elected, agreed, may):
        assert votes.may_reduce_seats(seats=3, elected=elected, present=20, agreed=agreed) is may

    def test_no_more_agree_than_came(self):
        assert not votes.may_reduce_seats(seats=3, elected=2, present=20, agreed=21)


class TestForAllNumbers:
    @given(people)
    def test_the_fewest_to_elect_may_and_one_less_may_not(self, expected):
        least = votes.fewest_to_elect(expected)
        assert votes.may_elect(expected=expected, present=least)
        assert not votes.may_elect(expected=expected, present=least - 1)

    @given(people)
    def test_the_fewest_to_win_do_and_one_less_does_not(self, present):
        least = votes.fewest_to_win(present)
        assert votes.wins(present=present, votes_for=least)
        assert not votes.wins(present=present, votes_for=least - 1)

    @given(people, people, people)
    def test_more_votes_never_lose(self, base, some, more):
        for judge in (
            lambda n: votes.wins(present=base, votes_for=n),
            lambda n: votes.resolution_passes(expected=base, votes_for=n),
            lambda n: votes.may_elect(expected=base, present=n),
            lambda n: votes.may_hold_meeting(expected=base, present=n),
        ):
            assert not judge(some) or judge(some + more)

    @given(people)
    def test_candidates_are_the_least_number_with_a_fifth_over(self, seats):
        least = votes.fewest_candidates(seats)
        assert least * 5 >= seats * 6 > (least - 1) * 5

    @given(
        st.integers(min_value=1, max_value=12),
        people,
        st.lists(st.integers(min_value=0, max_value=2_000), max_size=20),
    )
    def test_an_outcome_adds_up(self, seats, present, numbers):
        found = votes.outcome(seats=seats, present=present, tallies=counted(*numbers))
        passed = {i for i, n in enumerate(numbers) if votes.wins(present=present, votes_for=n)}
        assert set(found.elected) | set(found.tied) | set(found.beaten) == passed
        assert len(found.elected) + len(found.tied) + len(found.beaten) == len(passed)
        assert len(found.elected) + found.open_seats == seats
        assert not found.tied or len(found.tied) > found.open_seats
        assert (
            not found.beaten
            or min((numbers[i] for i in (*found.elected, *found.tied)), default=0)
            > max(numbers[i] for i in found.beaten)
            or not found.tied
        )

    @given(
        st.integers(min_value=1, max_value=12),
        people,
        st.lists(st.integers(min_value=0, max_value=2_000), max_size=20),
    )
    def test_nobody_elected_has_fewer_votes_than_somebody_left_out(self, seats, present, numbers):
        found = votes.outcome(seats=seats, present=present, tallies=counted(*numbers))
        left = [n for i, n in enumerate(numbers) if i not in found.elected]
        least = min((numbers[i] for i in found.elected), default=None)
        assert least is None or least > max(left, default=-1) or found.open_seats == 0
        assert least is None or least >= max(left, default=-1)
