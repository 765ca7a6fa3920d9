"""The assembly, the votes of assembly and plenum, round by round (rulebook 1.5 and 1.6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record
from tenant_apps.elections.models import (
    WITHOUT_VOTE,
    Act,
    Assembly,
    Attendance,
    Ballot,
    Election,
    Excuse,
    Office,
    Presence,
)
from tenant_apps.elections.selectors import electors
from tenant_apps.elections.services import counting, votes
from tenant_apps.elections.services.acting import Paper, act_on, locked, refuse_out_of_turn
from tenant_apps.elections.services.counting import CountSheet, Seeking
from tenant_apps.elections.services.preparing import DELEGATES_FROM, refuse_unapproved_day


class CountCannotBe(Invalid):
    code = "election_count_cannot_be"
    sentence = "{problem}"


class TooFewPresent(Conflict):
    code = "election_too_few_present"
    sentence = (
        "应到 {expected} 人，实到 {present} 人，不足五分之四（至少 {least} 人），不能进行选举。"
    )


class VoterUnknown(Invalid):
    code = "election_voter_unknown"
    sentence = "名单中有人不是本组织（含下级）的正式党员，请刷新页面后重新登记。"


class ExclusionNeedsApproval(Invalid):
    code = "election_exclusion_needs_approval"
    sentence = "不计入应到会的，须逐人选择情形并填写批准的上级党组织。"


class DelegatesNotAllowed(Conflict):
    code = "election_delegates_not_allowed"
    sentence = (
        "党员不足 {limit} 人，召开党员代表大会须经上级党委同意：请在批复中注明，或改开党员大会。"
    )


class RoundTaken(Conflict):
    code = "election_round_taken"
    sentence = "{office}第 {round} 轮计票已由 {who} 登记，请刷新页面核对。"


class VoteNotSettled(Conflict):
    code = "election_vote_not_settled"
    sentence = "{office}应选 {seats} 名，已选出 {elected} 名，还不能结束选举。"


class VoteSettled(Conflict):
    code = "election_vote_settled"
    sentence = "{office}已经选满，不再计票。"


class SeatsStay(Conflict):
    code = "election_seats_stay"
    sentence = (
        "减少名额须已有人当选且未选满，并经到会有选举权人数的半数以上同意（至少 {least} 人）。"
    )


class NothingToStrike(Conflict):
    code = "election_nothing_to_strike"
    sentence = "没有可以撤回的计票。"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a voter is not counted among those expected, and who approved."""

    excuse: Excuse
    approved_by: str


@dataclass(frozen=True, slots=True)
class Roll:
    """Who came: by name in a general meeting, by number in an assembly of delegates."""

    present: frozenset[UUID] = frozenset()
    excluded: Mapping[UUID, Exclusion] | None = None
    delegates_expected: int = 0
    delegates_present: int = 0


def assemble(
    *, election: Election, roll: Roll, paper: Paper, actor: Actor, now: dt.datetime
) -> Election:
    """Keeps who came; of how anybody votes nothing will ever be stored.

    Raises VoterUnknown, ExclusionNeedsApproval, DelegatesNotAllowed, TooFewPresent (four fifths
    of those expected), ShiftNotApproved for a day after the term.
    """

    def change(held: Election) -> Mapping[str, Any]:
        refuse_unapproved_day(held, paper.happened_on)
        if held.assembly == Assembly.DELEGATES:
            expected, present = _delegates(held, roll)
        else:
            expected, present = _called(held, roll)
        if not votes.may_elect(expected=expected, present=present):
            least = votes.fewest_to_elect(expected)
            raise TooFewPresent(expected=expected, present=present, least=least)
        held.held_on, held.expected, held.present = paper.happened_on, expected, present
        return {"expected": expected, "present": present}

    return act_on(
        election=election, act=Act.ASSEMBLE, paper=paper, change=change, actor=actor, now=now
    )


def _delegates(held: Election, roll: Roll) -> tuple[int, int]:
    members = electors.full_members(held.org_path).count()
    if members < DELEGATES_FROM and not held.may_have_delegates:
        raise DelegatesNotAllowed(limit=DELEGATES_FROM)
    if roll.delegates_present > roll.delegates_expected:
        raise CountCannotBe(problem="实到代表多于应到代表。")
    return roll.delegates_expected, roll.delegates_present


def _called(held: Election, roll: Roll) -> tuple[int, int]:
    excluded = dict(roll.excluded or {})
    voters = list(electors.full_members(held.org_path).values_list("pk", flat=True))
    if not (roll.present | set(excluded)) <= set(voters) or roll.present & set(excluded):
        raise VoterUnknown
    rows = []
    for voter in voters:
        exclusion = excluded.get(voter)
        if exclusion is not None and not _approver(held, exclusion):
            raise ExclusionNeedsApproval
        rows.append(
            Attendance(
                election=held,
                member_id=voter,
                presence=_presence(voter, roll, exclusion),
                excuse=exclusion.excuse if exclusion else "",
                approved_by=_approver(held, exclusion)[:120] if exclusion else "",
            )
        )
    Attendance.objects.bulk_create(rows, batch_size=500)
    return len(voters) - len(excluded), len(roll.present)


def _presence(voter: UUID, roll: Roll, exclusion: Exclusion | None) -> Presence:
    if exclusion is not None:
        return Presence.EXCLUDED
    return Presence.PRESENT if voter in roll.present else Presence.ABSENT


def _approver(held: Election, exclusion: Exclusion) -> str:
    """The five classes are approved by the superior; who has no vote has none by decision."""
    named = exclusion.approved_by.strip()
    return named or ("无表决权" if exclusion.excuse in WITHOUT_VOTE else "")


@transaction.atomic
def count(
    *, election: Election, office: Office, sheet: CountSheet, actor: Actor, now: dt.datetime
) -> Ballot:
    """Keeps one round of one vote and computes whom it elects.

    Raises CountCannotBe with every reason in ``problems``, VoteSettled, RoundTaken, StepTaken,
    StepOutOfOrder.  A void round is kept too, and is held again.
    """
    held = locked(election)
    wanted = _sought(held, office)
    if wanted.is_settled:
        raise VoteSettled(office=office.label)
    sheet = _placed(held, office, sheet)
    _refuse_candidates(wanted, sheet)
    problems = counting.problems_of(sheet, seats=wanted.open_seats)
    if problems:
        raise CountCannotBe(problem=" ".join(problems), problems=problems)
    found = counting.outcome_of(sheet, seats=wanted.open_seats)
    try:
        with transaction.atomic():
            ballot = _kept(held, wanted, sheet, found, actor, now)
    except IntegrityError as clash:
        taken = Ballot.objects.filter(election=held, office=office, round=wanted.round).first()
        if taken is None:
            raise
        raise RoundTaken(office=office.label, round=wanted.round, who=taken.by_name) from clash
    record(
        "election.counted",
        actor=actor, now=now, subject_type="election", subject_id=held.pk,
        office=office.value, round=ballot.round, present=ballot.present, valid=ballot.valid,
        elected=len(ballot.elected), is_void=ballot.is_void,
    )  # fmt: skip
    return ballot


@transaction.atomic
def strike(*, election: Election, office: Office, actor: Actor, now: dt.datetime) -> None:
    """Takes the last round of a vote back because it was entered wrongly, while the vote lasts."""
    held = locked(election)
    last = _sought(held, office).last
    if last is None:
        raise NothingToStrike
    record(
        "election.count_struck",
        actor=actor, now=now, subject_type="election", subject_id=held.pk,
        office=office.value, round=last.round, candidates=last.candidates, others=last.others,
        present=last.present, issued=last.issued, returned=last.returned, valid=last.valid,
    )  # fmt: skip
    last.delete()


@transaction.atomic
def reduce_seats(
    *, election: Election, office: Office, agreed: int, actor: Actor, now: dt.datetime
) -> Ballot:
    """Leaves the open seats open, as more than half of those present agreed.  Raises SeatsStay."""
    held = locked(election)
    wanted = _sought(held, office)
    last = wanted.last
    least = votes.fewest_to_win(last.present if last else 0)
    may = last is not None and votes.may_reduce_seats(
        seats=wanted.seats, elected=len(wanted.elected), present=last.present, agreed=agreed
    )
    if last is None or not may or office not in (Office.COMMITTEE, Office.INSPECTOR):
        raise SeatsStay(least=least)
    last.reduced_to = len(wanted.elected)
    last.save(update_fields=["reduced_to"])
    record(
        "election.seats_reduced",
        actor=actor, now=now, subject_type="election", subject_id=held.pk,
        office=office.value, old=wanted.seats, new=last.reduced_to, agreed=agreed,
    )  # fmt: skip
    return last


def conclude(*, election: Election, paper: Paper, actor: Actor, now: dt.datetime) -> Election:
    """Ends the vote of the assembly or of the plenum, when every office is filled.

    Raises VoteNotSettled.
    """
    act = Act.PLENUM if election.act == Act.PLENUM else Act.ELECT

    def change(held: Election) -> Mapping[str, Any]:
        found = counting.seeking(held, act)
        for one in found:
            if not one.is_settled:
                raise VoteNotSettled(office=one.label, seats=one.seats, elected=len(one.elected))
        return {
            "elected": [
                {"member": member, "name": name, "office": one.office.value}
                for one in found
                for member, name in one.elected
            ]
        }

    return act_on(election=election, act=act, paper=paper, change=change, actor=actor, now=now)


def _sought(held: Election, office: Office) -> Seeking:
    act = Act.PLENUM if held.act == Act.PLENUM else Act.ELECT
    refuse_out_of_turn(held, act)
    for one in counting.seeking(held, act):
        if one.office is office:
            return one
    raise CountCannotBe(problem=f"这次大会不选举{office.label}。")


def _placed(held: Election, office: Office, sheet: CountSheet) -> CountSheet:
    """The turnout is the one on the roll, or the plenum's own; names that voters wrote in are
    looked up among those who may be elected.
    """
    known = [
        replace(one, member_id=found[0] if len(found) == 1 else None)
        for one in sheet.others
        for found in [electors.named(held, office, one.name.strip())]
    ]
    sheet = replace(sheet, others=tuple(known))
    if held.act == Act.PLENUM:
        return replace(sheet, expected=len(counting.plenum_of(held, office)))
    return replace(sheet, expected=held.expected or 0, present=held.present or 0)


def _refuse_candidates(wanted: Seeking, sheet: CountSheet) -> None:
    standing = {member for member, _ in wanted.candidates}
    counted = {str(one.member_id) for one in sheet.candidates}
    if not counted <= standing or len(sheet.candidates) != wanted.choices:
        raise CountCannotBe(problem="计票的候选人与本轮候选人不符，请刷新页面后重新填写。")
    for one in sheet.others:
        passes = votes.wins(present=sheet.present, votes_for=one.votes_for)
        if one.member_id is None and passes:
            raise CountCannotBe(
                problem=f"另选他人「{one.name}」得票过半，但在本组织正式党员中没有找到唯一的同名者。"
            )


def _kept(
    held: Election,
    wanted: Seeking,
    sheet: CountSheet,
    found: votes.Outcome[str],
    actor: Actor,
    now: dt.datetime,
) -> Ballot:
    names = dict(wanted.candidates)
    kept: Ballot = Ballot.objects.create(
        election=held, office=wanted.office, round=wanted.round, seats=wanted.open_seats,
        expected=sheet.expected, present=sheet.present, issued=sheet.issued,
        returned=sheet.returned, valid=0 if sheet.is_void else sheet.valid,
        candidates=[
            {
                "member": str(one.member_id), "name": names[str(one.member_id)],
                "for": one.votes_for, "against": one.against, "abstained": one.abstained,
            }
            for one in sheet.candidates
        ],
        others=_told(sheet.others),
        elected=list(found.elected), tied=list(found.tied), is_void=sheet.is_void,
        by_id=actor.person_id, by_name=actor.name, at=now,
    )  # fmt: skip
    return kept


def _told(others: Sequence[counting.OtherCount]) -> list[dict[str, Any]]:
    return [
        {
            "member": str(one.member_id) if one.member_id else "",
            "name": one.name.strip()[:60],
            "for": one.votes_for,
        }
        for one in others
    ]
