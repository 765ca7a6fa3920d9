"""Ending a membership at the desk: one person submits, another decides (rulebook 12.2).

A death is recorded at once.  Everything else waits for a second person with the right to decide
over the member; only the approval writes the event.  The system never decides membership.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from tenant_apps.audit.services import record
from tenant_apps.members.models import Change, ChangeKind, Member, Proposal
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import grounds, turns
from tenant_apps.members.services import changes

State = Proposal.State


class SecondPersonNeeded(Forbidden):
    code = "member_second_person"
    sentence = "须由提交人以外的另一位党委管理员审批，提交人不能审批自己的提交。"


class NotAtDesk(Invalid):
    code = "member_turn_not_at_desk"
    sentence = "「{label}」请在组织关系转接中办理。"


class ProposalWaits(Conflict):
    code = "member_proposal_waits"
    sentence = "「{name}」已有一项变动正在等待审批，请先处理。"


class ProposalPast(Conflict):
    code = "member_proposal_past"
    sentence = "这项变动当前是「{state}」，不能再这样操作。"


class GroundNeeded(Invalid):
    code = "member_leaving_ground_needed"
    sentence = "请选择{kind}的原因：{grounds}。"


class NoteNeeded(Invalid):
    code = "member_proposal_note_needed"
    sentence = "请写明不通过的原因。"


@dataclass(frozen=True, slots=True)
class Details:
    """What only some ways of leaving or returning ask for: a code of the table
    ``leaving_ground``, the day of the written application to be restored.
    """

    ground: str = ""
    applied_on: dt.date | None = None


@transaction.atomic
def submit(
    *,
    member: Member,
    kind: ChangeKind,
    on: dt.date,
    document: str,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    details: Details | None = None,
) -> Proposal | Change:
    """Records at once what needs one person, submits what needs two.

    What the rules shut out is refused now and again when it is decided.  Raises WrongTurn,
    TooEarly, NotAtDesk, GroundNeeded, ProposalWaits.
    """
    details = details or Details()
    _refuse(member, kind, on, document, details.applied_on, now)
    data = _data(member, kind, details)
    turn = turns.LEAVING.get(kind)
    if turn is not None and not turn.second:
        return changes.leave(
            member=member, kind=kind, on=on, document=document, reason=reason, actor=actor, now=now
        )
    if actor.person_id is None:
        raise Forbidden
    try:
        with transaction.atomic():
            made = Proposal.objects.create(
                member=member,
                kind=kind,
                happened_on=on,
                document=document.strip(),
                reason=reason.strip(),
                data=data,
                submitted_by=actor.person_id,
                submitted_by_name=actor.name,
                submitted_at=now,
            )
    except IntegrityError as second:
        raise ProposalWaits(name=member.name) from second
    _told("member.turn_submitted", made, actor, now)
    return made


@transaction.atomic
def approve(*, proposal: Proposal, note: str, actor: Actor, now: dt.datetime) -> Change:
    """The second person's word: the event is written as it was submitted.

    Raises SecondPersonNeeded, ProposalPast, and what ``changes`` raises where the file has
    changed since.
    """
    held = _held(proposal)
    require(actor, MemberPermission.DECIDE, held.member)
    if actor.person_id is None or actor.person_id == held.submitted_by:
        raise SecondPersonNeeded
    change = _carried_out(held, actor, now)
    _decided(held, State.APPROVED, note, actor, now)
    _told("member.turn_approved", held, actor, now, change=str(change.pk))
    return change


@transaction.atomic
def refuse(*, proposal: Proposal, note: str, actor: Actor, now: dt.datetime) -> Proposal:
    """The second person says no, and why.  Raises SecondPersonNeeded, ProposalPast, NoteNeeded."""
    held = _held(proposal)
    require(actor, MemberPermission.DECIDE, held.member)
    if actor.person_id is None or actor.person_id == held.submitted_by:
        raise SecondPersonNeeded
    if not note.strip():
        raise NoteNeeded
    _decided(held, State.REFUSED, note, actor, now)
    _told("member.turn_refused", held, actor, now, note=note.strip())
    return held


@transaction.atomic
def withdraw(*, proposal: Proposal, actor: Actor, now: dt.datetime) -> Proposal:
    """Who submitted takes it back before it is decided.  Raises ProposalPast."""
    held = _held(proposal)
    if actor.person_id != held.submitted_by:
        raise Forbidden
    _decided(held, State.WITHDRAWN, "", None, now)
    _told("member.turn_withdrawn", held, actor, now)
    return held


def _refuse(
    member: Member,
    kind: ChangeKind,
    on: dt.date,
    document: str,
    applied_on: dt.date | None,
    now: dt.datetime,
) -> None:
    if kind == ChangeKind.RESTORED:
        changes.refuse_restoring(
            member=member, applied_on=applied_on, on=on, document=document, today=day_of(now)
        )
        return
    turn = turns.LEAVING.get(kind)
    if turn is None or not turn.at_desk:
        raise NotAtDesk(label=ChangeKind(kind).label)
    changes.refuse_leaving(member=member, turn=turn, on=on, document=document, today=day_of(now))


def _data(member: Member, kind: ChangeKind, details: Details) -> dict[str, str]:
    """What is kept of the details, as JSON holds it."""
    applied_on = details.applied_on
    found = {
        "ground": _ground(member, kind, details.ground),
        "applied_on": applied_on.isoformat() if applied_on else "",
    }
    return {key: value for key, value in found.items() if value}


def _ground(member: Member, kind: ChangeKind, told: str) -> str:
    """Why the person leaves the Party: as told where there are several grounds."""
    offered = grounds.to_be_told(kind, member.standing)
    if not offered:
        return grounds.known(kind, member.standing)
    if told not in {one.code for one in offered}:
        labels = "、".join(one.label for one in offered)
        raise GroundNeeded(kind=kind.label, grounds=labels)
    return told


def _carried_out(held: Proposal, actor: Actor, now: dt.datetime) -> Change:
    common: dict[str, Any] = {
        "member": held.member, "on": held.happened_on, "document": held.document,
        "actor": actor, "now": now,
    }  # fmt: skip
    if held.kind == ChangeKind.RESTORED:
        applied_on = dt.date.fromisoformat(held.data["applied_on"])
        return changes.restore(applied_on=applied_on, **common)
    return changes.leave(
        kind=ChangeKind(held.kind),
        reason=held.reason,
        data={
            "submitted_by": held.submitted_by_name,
            "ground": held.data.get("ground", ""),
            "approved_by": actor.name,
            "proposal": str(held.pk),
        },
        **common,
    )


def _held(proposal: Proposal) -> Proposal:
    held = Proposal.objects.select_for_update(of=("self",)).select_related("member")
    found: Proposal = held.get(pk=proposal.pk)
    if found.state != State.WAITING:
        raise ProposalPast(state=State(found.state).label)
    return found


def _decided(held: Proposal, state: State, note: str, by: Actor | None, now: dt.datetime) -> None:
    held.state, held.note, held.decided_at = state, note.strip()[:200], now
    if by is not None:
        held.decided_by, held.decided_by_name = by.person_id, by.name
    held.save()


def _told(code: str, held: Proposal, actor: Actor, now: dt.datetime, **more: str) -> None:
    record(
        code,
        actor=actor, now=now, subject_type="member", subject_id=held.member_id,
        kind=held.kind, on=held.happened_on.isoformat(), document=held.document,
        reason=held.reason, proposal=str(held.pk), **more,
    )  # fmt: skip
