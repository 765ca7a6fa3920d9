"""The arithmetic of votes (rulebook 1.6): whole numbers in, a judgement out, nothing else.

Four majorities with four bases, and no helper between them (rulebook 0.2 rule 4):
a meeting is held by more than half of those *expected*, a resolution is passed by more than half
of those *expected*, an election is held by four fifths of those *expected*, and a seat is won by
more than half of those *present*.  "Expected" and "present" count only who may vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K")
SURPLUS_PERCENT: Final = 20
"""差额: how many more candidates than seats there must at least be."""


def may_hold_meeting(*, expected: int, present: int) -> bool:
    """A general meeting may be held by more than half of its voters (支部工作条例第十一条)."""
    return present * 2 > expected


def resolution_passes(*, expected: int, votes_for: int) -> bool:
    """More than half of the voters expected, not of those present (发展党员工作细则第二十条)."""
    return votes_for * 2 > expected


def admission_passes(*, expected: int, present: int, votes_for: int, written_for: int = 0) -> bool:
    """A vote on a person: the meeting is held by those present, and the written opinions that
    absent voters gave before it count among the votes, yet never make anybody present.
    """
    return may_hold_meeting(expected=expected, present=present) and resolution_passes(
        expected=expected, votes_for=votes_for + written_for
    )


def may_elect(*, expected: int, present: int) -> bool:
    """An election is held by at least four fifths of the voters (选举工作条例)."""
    return expected > 0 and present * 5 >= expected * 4


def fewest_to_elect(expected: int) -> int:
    """How many have to come so that ``may_elect``."""
    return max(1, -(-expected * 4 // 5))


def committee_may_meet(*, members: int, present: int) -> bool:
    """A branch committee meets with half of its members or more (支部工作条例第十二条)."""
    return members > 0 and present * 2 >= members


def fewest_candidates(seats: int) -> int:
    """``ceil(seats × 1.2)``: 3 seats take 4 candidates, 5 take 6, 7 take 9."""
    return -(-seats * (100 + SURPLUS_PERCENT) // 100)


def enough_candidates(*, seats: int, candidates: int) -> bool:
    return seats > 0 and candidates >= fewest_candidates(seats)


def same_number(*, seats: int, candidates: int) -> bool:
    """等额, the way in which a committee elects its secretary and deputies."""
    return seats > 0 and candidates == seats


def wins(*, present: int, votes_for: int) -> bool:
    """Strictly more than half of the voters who came."""
    return votes_for * 2 > present


def fewest_to_win(present: int) -> int:
    return present // 2 + 1


def ballots_valid(*, issued: int, returned: int) -> bool:
    """More ballots in the box than were given out: the vote is void and is held again."""
    return returned <= issued


def ballot_valid(*, seats: int, votes_for: int, against: int, abstained: int, others: int) -> bool:
    """One ballot.  It chooses at most as many as there are seats; another name may only stand
    in for a candidate whom it votes against, for one who abstains may name nobody.
    """
    if min(votes_for, against, abstained, others) < 0:
        return False
    return votes_for + others <= seats and others <= against


def may_reduce_seats(*, seats: int, elected: int, present: int, agreed: int) -> bool:
    """Fewer passed than seats: more than half of the voters may agree to leave the rest open."""
    return 0 < elected < seats and agreed <= present and agreed * 2 > present


@dataclass(frozen=True, slots=True)
class Tally(Generic[K]):
    """Votes for one person; ``key`` is whatever the caller knows the person by."""

    key: K
    votes_for: int


@dataclass(frozen=True, slots=True)
class Outcome(Generic[K]):
    """Who is elected, who must be voted on again because of a tie at the edge, who passed half
    without a seat, and how many seats are still open.
    """

    elected: tuple[K, ...]
    tied: tuple[K, ...]
    beaten: tuple[K, ...]
    open_seats: int


def outcome(*, seats: int, present: int, tallies: Sequence[Tally[K]]) -> Outcome[K]:
    """Those with more than half, the most votes first, as many as there are seats.

    Where the last seat falls between equal numbers of votes, none of these has it: there is
    another vote between them alone.
    """
    passed = [one for one in tallies if wins(present=present, votes_for=one.votes_for)]
    passed.sort(key=lambda one: -one.votes_for)
    if len(passed) <= seats:
        return Outcome(tuple(one.key for one in passed), (), (), seats - len(passed))
    edge = passed[seats].votes_for
    above = [one for one in passed if one.votes_for > edge]
    level = [one for one in passed if one.votes_for == edge]
    below = [one for one in passed if one.votes_for < edge]
    if len(above) == seats:
        return Outcome(_keys(above), (), _keys(level + below), 0)
    return Outcome(_keys(above), _keys(level), _keys(below), seats - len(above))


def _keys(tallies: Sequence[Tally[K]]) -> tuple[K, ...]:
    return tuple(one.key for one in tallies)
