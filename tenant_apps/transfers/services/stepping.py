"""Doing one step: lock, look it up in the table, ask the permission, write, record."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from tenant_apps.audit.services import record
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.transfers.models import Handover, State
from tenant_apps.transfers.selectors import machine, places
from tenant_apps.transfers.selectors.machine import Verb

SYSTEM: Final = Actor.system("单位间往来")
LONGEST: Final = 200
SHORTEST_REASON: Final = 2


class NotNow(Conflict):
    code = "transfer_not_now"
    sentence = "「{name}」的组织关系转接{state}，现在不能{verb}。请刷新后重试。"


class OwnSubmission(Forbidden):
    code = "transfer_own_submission"
    sentence = "您提交的转接须由另一位管理员{verb}。"


class NotThere(Conflict):
    code = "transfer_member_elsewhere"
    sentence = "「{name}」已不在这个支部或不是在册党员，请撤回后重新办理。"


class ReasonNeeded(Invalid):
    code = "transfer_reason_needed"
    sentence = "请写明理由：{verb}须有正当理由，对方和本人都会看到。"


def locked(handover: Handover) -> Handover:
    """The row as it is now, held until the transaction ends."""
    rows = Handover.objects.select_for_update(of=("self",))
    found: Handover = rows.get(pk=handover.pk)
    return found


def with_reason(text: str, verb: Verb) -> str:
    """A reason as it is kept; raises ReasonNeeded."""
    text = text.strip()[:LONGEST]
    if len(text) < SHORTEST_REASON:
        raise ReasonNeeded(verb=machine.LABELS[verb])
    return text


def step(
    handover: Handover, verb: Verb, *, actor: Actor, now: dt.datetime, **changes: Any
) -> Handover:
    """Takes a locked row one step on.

    Raises NotNow where the table has no such step, Forbidden beyond the actor's sub-trees, and
    OwnSubmission where a second person is needed.
    """
    line = machine.transition(handover, verb, by_system=actor.kind == "job")
    if line is None:
        raise NotNow(
            name=handover.name, state=State(handover.state).label, verb=machine.LABELS[verb]
        )
    if line.permission is not None:
        require(actor, line.permission, places.asked_of(handover, line.where))
    if line.is_second and actor.person_id in (handover.submitted_by, handover.applied_by):
        raise OwnSubmission(verb=machine.LABELS[verb])
    before = handover.state
    write(handover, state=line.target, now=now, **changes)
    told(handover, verb, actor=actor, now=now, was=before, note=str(changes.get("outcome", "")))
    return handover


def write(handover: Handover, *, now: dt.datetime, **changes: Any) -> None:
    """Sets columns and saves them."""
    for column, value in changes.items():
        setattr(handover, column, value)
    handover.changed_at = now
    handover.save(update_fields=[*changes, "changed_at"])


def told(
    handover: Handover,
    verb: str,
    *,
    actor: Actor,
    now: dt.datetime,
    **data: Any,
) -> None:
    """One line of the transfer's time line, and of its member's."""
    record(
        f"transfer.{verb}",
        actor=actor, now=now, subject_type="transfer", subject_id=handover.pk,
        state=handover.state, side=handover.side,
        **{key: value for key, value in data.items() if value not in ("", None)},
    )  # fmt: skip


def member_of(handover: Handover) -> Any:
    """The file of somebody who is a member here today; None for who is not."""
    if handover.member_id is None:
        return None
    found = members.members_for(SYSTEM, [handover.member_id], to=MemberPermission.READ)
    return found[0] if found else None


def present(handover: Handover) -> Any:
    """The file of a member who still belongs to the branch that sends; raises NotThere."""
    member = member_of(handover)
    if member is None or member.org_id != handover.org_id:
        raise NotThere(name=handover.name)
    return member
