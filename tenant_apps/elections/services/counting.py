"""The count sheet: what cannot be, said before it is stored, and how far a vote has come.

Nothing here writes.  The page asks ``problems_of`` while somebody types, the service before it
keeps a round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenant_apps.elections.models import (
    OF_INSPECTION,
    Act,
    Ballot,
    CaseKind,
    Election,
    Office,
)
from tenant_apps.elections.selectors.composition import is_of_board
from tenant_apps.elections.selectors.posts import posts_of
from tenant_apps.elections.services import votes


@dataclass(frozen=True, slots=True)
class CandidateCount:
    member_id: UUID
    name: str
    votes_for: int
    against: int
    abstained: int


@dataclass(frozen=True, slots=True)
class OtherCount:
    """A name that voters wrote in the place of a candidate; ``member_id`` once it is known."""

    name: str
    votes_for: int
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CountSheet:
    """What the tellers counted.  ``issued`` and ``returned`` are sheets of paper."""

    expected: int
    present: int
    issued: int
    returned: int
    valid: int
    candidates: tuple[CandidateCount, ...]
    others: tuple[OtherCount, ...] = ()

    @property
    def is_void(self) -> bool:
        return not votes.ballots_valid(issued=self.issued, returned=self.returned)


def problems_of(sheet: CountSheet, *, seats: int) -> list[str]:
    """Why a count cannot be, or the vote may not be held; nothing if it is in order.

    A void vote (more ballots back than given out) is no problem of the sheet: it is kept, elects
    nobody, and is held again, so its counts are not looked at.
    """
    found = _of_turnout(sheet)
    if sheet.is_void or found:
        return found
    if sheet.valid > sheet.returned:
        found.append(f"有效票 {sheet.valid} 张，多于收回的 {sheet.returned} 张。")
    for one in sheet.candidates:
        found += _of_candidate(one, sheet.valid)
    return found + _of_choices(sheet, seats)


def _of_turnout(sheet: CountSheet) -> list[str]:
    least = votes.fewest_to_elect(sheet.expected)
    checks = [
        (
            sheet.present > sheet.expected,
            f"实到 {sheet.present} 人，多于应到 {sheet.expected} 人。",
        ),
        (
            not votes.may_elect(expected=sheet.expected, present=sheet.present),
            f"应到 {sheet.expected} 人，不足五分之四到会（至少 {least} 人），不能进行选举。",
        ),
        (
            sheet.issued > sheet.present,
            f"发出选票 {sheet.issued} 张，多于实到有选举权的 {sheet.present} 人。",
        ),
        (sheet.issued == 0, "请填写发出的选票数。"),
    ]
    return [text for is_wrong, text in checks if is_wrong]


def _of_candidate(one: CandidateCount, valid: int) -> list[str]:
    total = one.votes_for + one.against + one.abstained
    if total == valid:
        return []
    counts = f"赞成 {one.votes_for}、反对 {one.against}、弃权 {one.abstained}"
    return [f"{one.name}：{counts}，合计 {total} 票，应等于有效票 {valid} 张。"]


def _of_choices(sheet: CountSheet, seats: int) -> list[str]:
    """All ballots together choose no more than each of them may, and other names stand in for
    candidates voted against.
    """
    chosen = sum(one.votes_for for one in sheet.candidates)
    others = sum(one.votes_for for one in sheet.others)
    against = sum(one.against for one in sheet.candidates)
    names = [one.name for one in sheet.candidates]
    names += [one.name.strip() for one in sheet.others]
    checks = [
        (
            chosen + others > sheet.valid * seats,
            f"共选 {chosen + others} 人次，多于有效票 {sheet.valid} 张 × 应选 {seats} 名。",
        ),
        (
            others > against,
            f"另选他人 {others} 票，多于反对 {against} 票；反对的可以另选他人，弃权的不能。",
        ),
        (
            any(one.votes_for > sheet.valid for one in sheet.others),
            f"另选他人的票数多于有效票 {sheet.valid} 张。",
        ),
        (any(not name for name in names), "另选他人请填写姓名。"),
        (len(set(names)) != len(names), "同一人出现了两次，请合并后填写。"),
    ]
    return [text for is_wrong, text in checks if is_wrong]


@dataclass(frozen=True, slots=True)
class Seeking:
    """One office in a vote: how many seats are still open, and who stands in the next round.

    ``choices`` is how many of ``candidates`` are put to the vote: all of them in the assembly, as
    many as seats (等额) where a committee elects its secretary and deputies.
    """

    office: Office
    seats: int
    elected: tuple[tuple[str, str], ...]
    open_seats: int
    round: int
    candidates: tuple[tuple[str, str], ...]
    choices: int
    is_runoff: bool
    is_settled: bool
    last: Ballot | None

    @property
    def label(self) -> str:
        return self.office.label


def offices_of(election: Election, act: Act) -> list[tuple[Office, int]]:
    """Which offices a vote fills, with their seats (rulebook 1.5, states 7 and 8).

    The congress elects the committee and, where there is one, the commission beside it; each of
    the two then elects its secretary in a plenum of its own.
    """
    leading = [(Office.SECRETARY, election.secretaries), (Office.DEPUTY, election.deputies)]
    bodies = [(Office.COMMITTEE, election.seats), (Office.INSPECTOR, election.inspectors)]
    head = (Office.INSP_HEAD, int(election.inspectors > 0))
    if election.has_committee:
        wanted = bodies if act is Act.ELECT else [*leading, head]
    else:
        wanted = leading if act is Act.ELECT else []
    return [(office, seats) for office, seats in wanted if seats]


def seeking(election: Election, act: Act) -> list[Seeking]:
    """How far each office of a vote has come."""
    ballots = list(election.ballots.order_by("round"))
    return [
        _seeking(
            election, office, seats, [one for one in ballots if one.office == office],
            plenum_of(election, office) if act is Act.PLENUM else None,
        )
        for office, seats in offices_of(election, act)
    ]  # fmt: skip


def plenum_of(election: Election, office: Office) -> dict[str, str]:
    """Who votes in the plenum that fills ``office``: those elected now to the committee or to the
    commission, with those in office in a by-election.
    """
    found: dict[str, str] = {}
    body = Office.INSPECTOR if office in OF_INSPECTION else Office.COMMITTEE
    if election.kind == CaseKind.BY_ELECTION and election.held_on:
        board = posts_of(election.org_id, on=election.held_on)
        found = {str(one.member_id): one.member.name for one in board if is_of_board(one.code)}
    for ballot in election.ballots.filter(office=body).order_by("round"):
        names = names_of(ballot)
        found |= {member: names[member] for member in ballot.elected}
    return found


def _seeking(
    election: Election,
    office: Office,
    seats: int,
    ballots: Sequence[Ballot],
    committee: Mapping[str, str] | None,
) -> Seeking:
    nominated = {one["member"]: one["name"] for one in election.nominees if one["office"] == office}
    names = nominated
    if committee is not None:
        first = {member: name for member, name in nominated.items() if member in committee}
        names = {**first, **committee}
    for ballot in ballots:
        names = {**names, **names_of(ballot)}
    elected = [member for ballot in ballots for member in ballot.elected]
    last = ballots[-1] if ballots else None
    wanted = last.reduced_to if last is not None and last.reduced_to is not None else seats
    tied = _tied(ballots)
    standing = tied or [member for member in names if member not in elected]
    still_open = wanted - len(elected)
    return Seeking(
        office=office,
        seats=wanted,
        elected=tuple((member, names[member]) for member in elected),
        open_seats=still_open,
        round=len(ballots) + 1,
        candidates=tuple((member, names[member]) for member in standing),
        choices=len(standing) if committee is None else still_open,
        is_runoff=bool(tied),
        is_settled=still_open <= 0,
        last=last,
    )


def _tied(ballots: Sequence[Ballot]) -> list[str]:
    """Between whom the next round is: those level at the edge of the last one that counted."""
    counted = [one for one in ballots if not one.is_void]
    return list(counted[-1].tied) if counted else []


def outcome_of(sheet: CountSheet, *, seats: int) -> votes.Outcome[str]:
    """Whom a sheet elects; the base is those present (rulebook 1.6).

    Names that voters wrote in count like candidates once it is known who they are.
    """
    if sheet.is_void:
        return votes.Outcome((), (), (), seats)
    tallies = [votes.Tally(str(one.member_id), one.votes_for) for one in sheet.candidates]
    tallies += [
        votes.Tally(str(one.member_id), one.votes_for) for one in sheet.others if one.member_id
    ]
    return votes.outcome(seats=seats, present=sheet.present, tallies=tallies)


def names_of(ballot: Ballot) -> Mapping[str, str]:
    rows: list[dict[str, Any]] = [*ballot.candidates, *ballot.others]
    return {row["member"]: row["name"] for row in rows if row["member"]}
