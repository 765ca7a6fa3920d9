"""What the sending committee does: approve, refuse, give the letter again, take the slip back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, DomainError
from kernel.models import uuid7
from kernel.unit import current_unit
from shared_apps.exchange.services import post
from shared_apps.exchange.services.post import Decision
from tenant_apps.members.services import changes, moving
from tenant_apps.transfers.models import Handover, Kind, State
from tenant_apps.transfers.selectors import places
from tenant_apps.transfers.selectors.machine import LETTERED, ONLINE, Verb
from tenant_apps.transfers.selectors.validity import MOST_DAYS
from tenant_apps.transfers.services import answering, dossiers, letters
from tenant_apps.transfers.services.stepping import (
    SYSTEM,
    locked,
    member_of,
    present,
    step,
    told,
    with_reason,
    write,
)


class StillValid(Conflict):
    code = "transfer_letter_still_valid"
    sentence = "介绍信在 {until} 前有效，未逾期不能重新开具。确需作废的，请撤回后重新办理。"


@transaction.atomic
def approve(
    *,
    handover: Handover,
    actor: Actor,
    now: dt.datetime,
    days: int = MOST_DAYS,
) -> Handover:
    """Approves what a branch submitted: moves within a committee, gives the letter outwards.

    To another unit the file goes off at once, sealed for it.  The member stays a member here
    until the receipt (rulebook 3.1 item 4).  Raises OwnSubmission, NotThere, ReceiverGone,
    ValidityNotAllowed and what ``step`` raises.
    """
    handover = locked(handover)
    member = present(handover)
    has_letter = handover.kind in LETTERED
    written = letters.numbered(handover, days=days, now=now) if has_letter else {}
    step(
        handover, Verb.APPROVE, actor=actor, now=now,
        decided_by=actor.person_id, decided_by_name=actor.name, **written,
    )  # fmt: skip
    if handover.kind == Kind.INTRA_COMMITTEE:
        moved(handover, member, actor=actor, now=now)
    if handover.kind in ONLINE:
        _send(handover, member, now)
    return handover


@transaction.atomic
def reject(*, handover: Handover, reason: str, actor: Actor, now: dt.datetime) -> Handover:
    """Does not approve; the member stays.  Raises ReasonNeeded and what ``step`` raises."""
    handover = locked(handover)
    outcome = with_reason(reason, Verb.REJECT)
    return step(
        handover, Verb.REJECT, actor=actor, now=now, outcome=outcome,
        decided_by=actor.person_id, decided_by_name=actor.name,
    )  # fmt: skip


@transaction.atomic
def dispatch(*, handover: Handover, actor: Actor, now: dt.datetime) -> Handover:
    """Notes that a paper letter was handed to its bearer."""
    return step(locked(handover), Verb.DISPATCH, actor=actor, now=now)


@transaction.atomic
def reissue(
    *,
    handover: Handover,
    actor: Actor,
    now: dt.datetime,
    days: int = MOST_DAYS,
) -> Handover:
    """Voids a letter that ran out and gives a new one with the next number (rulebook 3.3).

    Raises StillValid, OwnSubmission, DecidedThere, NotThere and what ``step`` raises.
    """
    old = locked(handover)
    if old.valid_until is not None and day_of(now) <= old.valid_until:
        raise StillValid(until=old.valid_until)
    member = present(old)
    step(old, Verb.EXPIRE, actor=actor, now=now, outcome="介绍信逾期未用，已重新开具")
    if old.kind in ONLINE:
        answering.settle(old, Decision.WITHDRAWN, now=now)
    new = Handover.objects.get(pk=old.pk)
    new.pk, new.thread_id, new.replaces_id, new.outcome = uuid7(), None, old.pk, ""
    new.state, new.reminders, new.reminded_at = State.SENDER_APPROVED, 0, None
    new.created_at = new.changed_at = now
    new.decided_by, new.decided_by_name = actor.person_id, actor.name
    for column, value in letters.numbered(new, days=days, now=now).items():
        setattr(new, column, value)
    new.save(force_insert=True)
    told(new, "reissued", actor=actor, now=now, letter=new.letter, old_letter=old.letter)
    if new.kind in ONLINE:
        _send(new, member, now, replaces=old)
    return new


@transaction.atomic
def take_receipt(
    *,
    handover: Handover,
    on: dt.date,
    actor: Actor,
    now: dt.datetime,
    note: str = "",
) -> Handover:
    """Files the return slip of a paper letter: from that day the member is with the receiver.

    Raises NotThere, and what ``members.services.changes.leave`` and ``step`` raise.
    """
    handover = locked(handover)
    step(handover, Verb.RECEIPT, actor=actor, now=now, outcome=note.strip()[:200])
    left(handover, present(handover), on=on, actor=actor, now=now)
    return step(handover, Verb.CLOSE, actor=actor, now=now)


@transaction.atomic
def note_refusal(*, handover: Handover, reason: str, actor: Actor, now: dt.datetime) -> Handover:
    """Notes that the addressee of a paper letter refused; the member stays."""
    handover = locked(handover)
    return step(
        handover, Verb.REFUSE, actor=actor, now=now, outcome=with_reason(reason, Verb.REFUSE)
    )


@transaction.atomic
def close(*, handover: Handover, on: dt.date, actor: Actor, now: dt.datetime) -> Handover:
    """Ends by hand a transfer whose receipt came but whose member could not leave by itself."""
    handover = locked(handover)
    step(handover, Verb.CLOSE, actor=actor, now=now, outcome="")
    member = member_of(handover)
    if member is not None:
        left(handover, member, on=on, actor=actor, now=now)
    return handover


def left(handover: Handover, member: Any, *, on: dt.date, actor: Actor, now: dt.datetime) -> None:
    """The member leaves the unit's count, once: the state of the transfer sees to it."""
    kinds = changes.ChangeKind
    changes.leave(
        member=member,
        kind=kinds.WHOLE_OUT if handover.is_whole else kinds.TRANSFERRED_OUT,
        on=on,
        document=handover.letter,
        reason=handover.other_name,
        actor=actor,
        now=now,
        data={"transfer": str(handover.pk)},
    )


def moved(handover: Handover, member: Any, *, actor: Actor, now: dt.datetime) -> None:
    """The member goes into the other branch of the unit: no increase and no decrease."""
    target = places.organization(handover.to_id) if handover.to_id else None
    moving.move(members=[member], org=target, actor=actor, now=now, since=day_of(now))


def receipt_came(handover: Handover, *, on: dt.date, branch: str, now: dt.datetime) -> Handover:
    """The other unit placed the member: leave, and close; a person has to where that fails."""
    step(handover, Verb.RECEIPT, actor=SYSTEM, now=now, outcome=branch[:200])
    member = member_of(handover)
    try:
        with transaction.atomic():
            if member is not None:
                left(handover, member, on=on, actor=SYSTEM, now=now)
            step(handover, Verb.CLOSE, actor=SYSTEM, now=now)
    except DomainError as problem:
        write(handover, outcome=f"对方已接收，减少未能自动办理：{problem.message}"[:200], now=now)
    answering.tell(handover, topic=answering.CLOSED, now=now)
    return handover


def _send(
    handover: Handover, member: Any, now: dt.datetime, *, replaces: Handover | None = None
) -> None:
    source, person = places.organization(handover.org_id), dossiers.packed(member)
    thread_id = post.send(
        to=_receiver(handover),
        topic=answering.LETTER,
        now=now,
        content={
            "from_unit": current_unit().name,
            "from_committee": places.committee_of(source).name,
            "from_branch": source.name,
            "batch": str(handover.batch_id),
            "is_whole": handover.is_whole,
            "branch": {"name": source.name, "short_name": source.short_name, "kind": source.kind},
            "letter": handover.letter,
            "issued_on": str(handover.issued_on),
            "valid_until": str(handover.valid_until),
            "reason": handover.reason,
            "note": handover.note,
            "papers": handover.papers,
            "paid_to": handover.paid_to,
            "arrears_note": handover.arrears_note,
            "category": member.category,
            "replaces": str(replaces.thread_id) if replaces else "",
            "person": person,
        },
    )
    told_carried = {"carried": dossiers.preview(person)["carried"]}
    write(handover, thread_id=thread_id, preview=told_carried, now=now)


def _receiver(handover: Handover) -> Any:
    if handover.other_unit_id is None:
        raise post.ReceiverGone
    return handover.other_unit_id
