"""What every decision about money that arrived has: a reason, a person, and that it is the one in
force; and how its end is written down.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, Forbidden, Invalid
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Resolution, ResolutionKind, ResolutionState
from tenant_apps.dues.selectors import Suspended

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200


class AlreadyResolved(Conflict):
    code = "dues_suspended_resolved"
    sentence = "这笔款项已由 {who} 于 {when} 处理（{what}，{state}），没有重复处理。"


class ReasonNeeded(Invalid):
    code = "dues_suspended_reason"
    sentence = "请写明理由（4 到 200 个字），理由会记入审计日志。"


def decide(
    suspended: Suspended,
    kind: ResolutionKind,
    state: ResolutionState,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> Resolution:
    """The one decision in force about a suspended sum; of two at once the database takes the
    first.  Raises ReasonNeeded, AlreadyResolved, Forbidden (nobody is signed in).
    """
    told, person = checked_reason(reason), person_of(actor)
    try:
        with transaction.atomic():
            made: Resolution = Resolution.objects.create(
                suspension_id=suspended.id,
                order_id=suspended.order_id,
                amount_fen=suspended.amount_fen,
                kind=kind,
                state=state,
                reason=told,
                asked_by=person,
                asked_by_name=actor.name,
                asked_at=now,
            )
    except IntegrityError as clash:
        raise _resolved(suspended) from clash
    return made


def end(held: Resolution, state: ResolutionState, actor: Actor, now: dt.datetime) -> None:
    """A person's word on a decision."""
    held.state, held.decided_at = state, now
    held.decided_by, held.decided_by_name = person_of(actor), actor.name
    held.save()


def note(code: str, held: Resolution, actor: Actor, now: dt.datetime, **data: Any) -> None:
    """What the audit keeps of it."""
    record(
        code,
        actor=actor,
        now=now,
        subject_type="resolution",
        subject_id=held.pk,
        amount_fen=held.amount_fen,
        reason=held.reason,
        **data,
    )


def person_of(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Forbidden
    return actor.person_id


def checked_reason(text: str) -> str:
    reason = text.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ReasonNeeded
    return reason


def _resolved(suspended: Suspended) -> AlreadyResolved:
    over = (ResolutionState.WITHDRAWN, ResolutionState.FAILED)
    first = Resolution.objects.filter(suspension_id=suspended.id).exclude(state__in=over).get()
    return AlreadyResolved(
        who=first.asked_by_name,
        when=f"{first.asked_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        what=ResolutionKind(first.kind).label,
        state=ResolutionState(first.state).label,
    )
