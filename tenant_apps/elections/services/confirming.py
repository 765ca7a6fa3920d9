"""The acts after the vote: report, confirm, hand over.  Confirming writes posts and term."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
from tenant_apps.elections.selectors import electors, inspection, posts
from tenant_apps.elections.selectors.composition import (
    DEPUTY,
    OTHER_MEMBER,
    POSTS,
    RENEWED,
    REPLACED,
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
    ended those of the old board and begun a new term, for the commission beside the committee too
    (rulebook 1.1).  A by-election does not reset the term (rulebook 1.5).  Whoever has left since
    the vote is not seated.  Raises SecondPerson, DocumentNeeded, ReasonNeeded for a return.
    """

    def change(held: Election) -> Mapping[str, Any]:
        if not is_approved:
            if not paper.note.strip():
                raise ReasonNeeded
            return {}
        if not paper.document.strip():
            raise DocumentNeeded
        left = _begin_term(held, paper, actor, now)
        return {
            "ends_on": held.new_ends_on.isoformat() if held.new_ends_on else "",
            "not_seated": left,
        }

    return act_on(
        election=election, act=Act.CONFIRM, paper=paper, change=change, actor=actor, now=now,
        verdict=Verdict.APPROVED if is_approved else Verdict.RETURNED,
    )  # fmt: skip


def archive(*, election: Election, paper: Paper, actor: Actor, now: dt.datetime) -> Election:
    """Hands over and files: minutes, sealed ballots, roster.  Ends the case."""
    return act_on(election=election, act=Act.ARCHIVE, paper=paper, actor=actor, now=now)


def _begin_term(held: Election, paper: Paper, actor: Actor, now: dt.datetime) -> list[str]:
    """Ends the old board, seats the new one and its commission, and begins the term.  Returns the
    names of those elected who have left since and are not seated.
    """
    day = held.held_on
    if day is None:  # the assembly was concluded, so it has a day
        raise DivisionDoesNotFit(problem="没有登记大会日期。")
    codes = _codes_of(held)
    present = electors.eligible(held, [UUID(one) for body in codes.values() for one in body])
    is_renewal = held.kind == CaseKind.REELECTION
    bodies = [held.org]
    if held.inspectors:
        bodies.append(_commission(held))
    concerned: set[UUID] = set()
    for body, chosen in zip(bodies, codes.values(), strict=False):
        gone = _end_board(body, day) if is_renewal else _relieve_secretary(held, day)
        seated = {UUID(pk): code for pk, code in chosen.items() if UUID(pk) in present}
        _seat(held, body, seated, Sealed(day, paper.document, actor, now))
        concerned |= {*gone, *seated}
        if is_renewal:
            concerned |= _renew(held, body, Sealed(day, paper.document, actor, now))
    renewed = [body.path for body in bodies] if is_renewal else []
    texts = posts.texts_of(concerned, on=day, renewed=renewed)
    posting.keep(texts=texts, actor=actor, now=now)
    names = {pk: name for body in elected_by(held).values() for pk, name in body}
    return sorted({names[pk] for body in codes.values() for pk in body if UUID(pk) not in present})


@dataclass(frozen=True, slots=True)
class Sealed:
    """On which day people elected, by which document it was approved, by whom, when."""

    day: dt.date
    document: str
    actor: Actor
    now: dt.datetime


def _commission(held: Election) -> Any:
    found = inspection.commission_of(held.org)
    if found is None:
        raise DivisionDoesNotFit(problem="组织架构中没有找到本党委的纪委，请先设立，再登记批复。")
    return found


def _renew(held: Election, body: Any, sealed: Sealed) -> set[UUID]:
    """Begins the term of a body; returns whose file named a post there, as a roster brought it."""
    ends_on = term_end(sealed.day, term_years(held.org.kind, held.profile))
    if body.pk == held.org_id:
        held.old_ends_on, held.new_ends_on = held.org.term_ends_on, ends_on
    terms.set_term_end(
        org_id=body.pk, ends_on=ends_on, document=sealed.document,
        actor=sealed.actor, now=sealed.now,
    )  # fmt: skip
    words = tuple(label for code, label in POSTS.items() if is_of_board(code))
    return set(posting.named_in(org_id=body.pk, words=words))


def _end_board(body: Any, day: dt.date) -> list[UUID]:
    """The old board leaves office on the day of the election."""
    rows = [
        one
        for one in Post.objects.filter(org_id=body.pk, ended_on__isnull=True)
        if is_of_board(one.code)
    ]
    return _end(rows, day, RENEWED)


def _relieve_secretary(held: Election, day: dt.date) -> list[UUID]:
    """A secretary elected between elections takes the place of the one before."""
    if not held.secretaries:
        return []
    rows = Post.objects.filter(org_id=held.org_id, ended_on__isnull=True, code=SECRETARY)
    return _end(list(rows), day, REPLACED)


def _end(rows: Iterable[Post], day: dt.date, why: str) -> list[UUID]:
    ended = []
    for one in rows:
        one.ended_on, one.end_reason = max(day, one.began_on), why
        one.save(update_fields=["ended_on", "end_reason"])
        ended.append(one.member_id)
    return ended


def _codes_of(held: Election) -> dict[str, dict[str, str]]:
    """The posts of those elected, by body: the committee, and the commission beside it."""
    found = elected_by(held)
    reported = held.steps.filter(act=Act.REPORT).order_by("-at").first()
    committee = dict(reported.data["division"]) if reported else {}
    committee |= {member: code for office, code in _LEADING.items() for member, _ in found[office]}
    commission = {member: OTHER_MEMBER for member, _ in found[Office.INSPECTOR]}
    commission |= {member: SECRETARY for member, _ in found[Office.INSP_HEAD]}
    return {"committee": committee, "commission": commission}


def _seat(held: Election, body: Any, codes: Mapping[UUID, str], sealed: Sealed) -> None:
    """Writes the posts of those elected, begun on the day of the election (rulebook 1.4)."""
    is_renewal = held.kind == CaseKind.REELECTION
    kept = set(
        Post.objects.filter(org_id=body.pk, ended_on__isnull=True).values_list("member_id", "code")
    )
    Post.objects.bulk_create(
        Post(
            member_id=member, org_id=body.pk, org_path=body.path, code=code,
            began_on=sealed.day, reason=Reason.ELECTED if is_renewal else Reason.BY_ELECTION,
            election=held, document=sealed.document.strip()[:80],
            recorded_by=sealed.actor.person_id, recorded_at=sealed.now,
        )
        for member, code in codes.items()
        if (member, code) not in kept
    )  # fmt: skip
