"""The acts after the vote: report, confirm, hand over.  Confirming writes posts and term."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid
from tenant_apps.elections.models import (
    Act,
    CaseKind,
    Election,
    Office,
    Post,
    Reason,
    Verdict,
)
from tenant_apps.elections.selectors import posts
from tenant_apps.elections.selectors.composition import (
    DEPUTY,
    OTHER_MEMBER,
    POSTS,
    SECRETARY,
    is_of_board,
)
from tenant_apps.elections.selectors.terms import term_end, term_years
from tenant_apps.elections.services.acting import (
    DocumentNeeded,
    Paper,
    ReasonNeeded,
    act_on,
)
from tenant_apps.members.services import posting
from tenant_apps.organizations.services import terms

_LEADING: Final = {Office.SECRETARY: SECRETARY, Office.DEPUTY: DEPUTY}


class DivisionDoesNotFit(Invalid):
    code = "election_division_does_not_fit"
    sentence = "{problem}"


def elected_by(election: Election) -> dict[Office, list[tuple[str, str]]]:
    """Who was elected to what, as the concluded votes say: (member id, name)."""
    found: dict[Office, list[tuple[str, str]]] = {office: [] for office in Office}
    for ballot in election.ballots.order_by("round"):
        names = {row["member"]: row["name"] for row in [*ballot.candidates, *ballot.others]}
        found[Office(ballot.office)] += [(member, names[member]) for member in ballot.elected]
    return found


def ordinary_of(election: Election) -> list[tuple[str, str]]:
    """Those elected to the committee who lead nothing: the division of work is about them."""
    found = elected_by(election)
    leading = {member for office in _LEADING for member, _ in found[office]}
    return [one for one in found[Office.COMMITTEE] if one[0] not in leading]


def report(
    *,
    election: Election,
    division: Mapping[UUID, str],
    paper: Paper,
    actor: Actor,
    now: dt.datetime,
) -> Election:
    """Reports the result with the division of work: member -> code of the post (rulebook 1.4).

    Raises DocumentNeeded, and DivisionDoesNotFit for somebody not elected or a leading post.
    """

    def change(held: Election) -> Mapping[str, Any]:
        if not paper.document.strip():
            raise DocumentNeeded
        return {"division": _divided(held, division)}

    return act_on(
        election=election, act=Act.REPORT, paper=paper, change=change, actor=actor, now=now
    )


def _divided(held: Election, division: Mapping[UUID, str]) -> dict[str, str]:
    names = dict(ordinary_of(held))
    for member_id, code in division.items():
        if str(member_id) not in names:
            raise DivisionDoesNotFit(problem="分工名单中有人没有当选委员，请刷新页面后重新填写。")
        if code not in POSTS or not is_of_board(code) or code in _LEADING.values():
            raise DivisionDoesNotFit(
                problem=f"「{POSTS.get(code, code)}」不能在委员分工中确定，书记、副书记由选举产生。"
            )
    return {member: division.get(UUID(member), OTHER_MEMBER) for member in names}


@transaction.atomic
def confirm(
    *, election: Election, is_approved: bool, paper: Paper, actor: Actor, now: dt.datetime
) -> Election:
    """The committee above approves secretary and deputies and files the members.

    From then on the posts are on record, begun on the day of the election, and a re-election has
    ended those of the old board and begun a new term.  A by-election does not reset the term
    (rulebook 1.5).  Raises SecondPerson, DocumentNeeded, ReasonNeeded for a return.
    """

    def change(held: Election) -> Mapping[str, Any]:
        if not is_approved:
            if not paper.note.strip():
                raise ReasonNeeded
            return {}
        if not paper.document.strip():
            raise DocumentNeeded
        _begin_term(held, paper, actor, now)
        return {"ends_on": held.new_ends_on.isoformat() if held.new_ends_on else ""}

    return act_on(
        election=election, act=Act.CONFIRM, paper=paper, change=change, actor=actor, now=now,
        verdict=Verdict.APPROVED if is_approved else Verdict.RETURNED,
    )  # fmt: skip


def archive(*, election: Election, paper: Paper, actor: Actor, now: dt.datetime) -> Election:
    """Hands over and files: minutes, sealed ballots, roster.  Ends the case."""
    return act_on(election=election, act=Act.ARCHIVE, paper=paper, actor=actor, now=now)


def _begin_term(held: Election, paper: Paper, actor: Actor, now: dt.datetime) -> None:
    day = held.held_on
    if day is None:  # the assembly was concluded, so it has a day
        raise DivisionDoesNotFit(problem="没有登记大会日期。")
    is_renewal = held.kind == CaseKind.REELECTION
    gone = _end_board(held, day) if is_renewal else _relieve_secretary(held, day)
    come = _seat(held, day, paper, actor, now)
    concerned = set(gone) | set(come)
    if is_renewal:
        words = tuple(label for code, label in POSTS.items() if is_of_board(code))
        concerned |= set(posting.named_in(org_id=held.org_id, words=words))
        held.old_ends_on = held.org.term_ends_on
        held.new_ends_on = term_end(day, term_years(held.org.kind, held.profile))
        terms.set_term_end(
            org_id=held.org_id, ends_on=held.new_ends_on, document=paper.document,
            actor=actor, now=now,
        )  # fmt: skip
    posting.keep(texts=posts.texts_of(concerned, on=day), actor=actor, now=now)


def _end_board(held: Election, day: dt.date) -> list[UUID]:
    """The old board leaves office on the day of the election."""
    rows = [
        one
        for one in Post.objects.filter(org_id=held.org_id, ended_on__isnull=True)
        if is_of_board(one.code)
    ]
    return _end(rows, day, "届满换届")


def _relieve_secretary(held: Election, day: dt.date) -> list[UUID]:
    """A secretary elected between elections takes the place of the one before."""
    if not held.secretaries:
        return []
    rows = Post.objects.filter(org_id=held.org_id, ended_on__isnull=True, code=SECRETARY)
    return _end(list(rows), day, "增补改选")


def _end(rows: Iterable[Post], day: dt.date, why: str) -> list[UUID]:
    ended = []
    for one in rows:
        one.ended_on, one.end_reason = max(day, one.began_on), why
        one.save(update_fields=["ended_on", "end_reason"])
        ended.append(one.member_id)
    return ended


def _seat(held: Election, day: dt.date, paper: Paper, actor: Actor, now: dt.datetime) -> list[UUID]:
    """Writes the posts of those elected, begun on the day of the election (rulebook 1.4)."""
    found = elected_by(held)
    codes = {member: code for office, code in _LEADING.items() for member, _ in found[office]}
    reported = held.steps.filter(act=Act.REPORT).order_by("-at").first()
    codes = {**(reported.data["division"] if reported else {}), **codes}
    is_renewal = held.kind == CaseKind.REELECTION
    kept = set(
        Post.objects.filter(org_id=held.org_id, ended_on__isnull=True).values_list(
            "member_id", "code"
        )
    )
    Post.objects.bulk_create(
        Post(
            member_id=UUID(member), org_id=held.org_id, org_path=held.org_path, code=code,
            began_on=day, reason=Reason.ELECTED if is_renewal else Reason.BY_ELECTION,
            election=held, document=paper.document.strip()[:80],
            recorded_by=actor.person_id, recorded_at=now,
        )
        for member, code in codes.items()
        if (UUID(member), code) not in kept
    )  # fmt: skip
    return [UUID(member) for member in codes]
