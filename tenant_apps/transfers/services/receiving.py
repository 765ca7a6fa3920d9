"""What the receiving side does: accept, refuse with a reason, give back, take into a branch."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.crypto import unit_cipher
from kernel.errors import Conflict, Invalid
from kernel.models import uuid7
from kernel.permissions import require
from shared_apps.exchange.services.post import Decision
from tenant_apps.members.services import carrying, changes, newcomers
from tenant_apps.members.services.newcomers import NewMember
from tenant_apps.transfers.models import Handover, Kind, Side, State
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import places
from tenant_apps.transfers.selectors.machine import ONLINE, PAPER, Verb
from tenant_apps.transfers.services import answering, approving, dossiers
from tenant_apps.transfers.services.stepping import locked, member_of, step, told, with_reason

FILE = "transfers.file"


class LetterExpired(Conflict):
    code = "transfer_letter_expired"
    sentence = "介绍信 {letter} 已于 {until} 到期，不能凭此接收。请联系转出党组织重新开具。"


class BranchNeeded(Invalid):
    code = "transfer_branch_needed"
    sentence = "请选择编入的党支部或联合党支部。"


class LetterIncomplete(Invalid):
    code = "transfer_letter_incomplete"
    sentence = "{problem}"


@dataclass(frozen=True, slots=True)
class PaperLetter:
    """A letter of an organisation outside the platform, as it lies on the desk."""

    kind: Kind
    other_name: str
    letter: str
    issued_on: dt.date
    valid_until: dt.date
    person: NewMember
    category: str
    paid_to: Month | None = None
    reason: str = ""
    note: str = ""
    papers: tuple[str, ...] = ()


@transaction.atomic
def register(*, paper: PaperLetter, org: Any, actor: Actor, now: dt.datetime) -> Handover:
    """Enters a paper letter for the branch ``org`` and puts it before the committee.

    Raises LetterIncomplete, BranchNeeded, Forbidden, and NewcomerRefused for an identity number
    that cannot be or tells another birthday or sex.
    """
    require(actor, TransferPermission.PREPARE, org)
    _refuse_incomplete(paper, org)
    newcomers.refuse_number(paper.person)
    person = dossiers.packed_person(paper.person)
    handover = Handover.objects.create(
        batch_id=uuid7(),
        side=Side.IN,
        kind=paper.kind,
        state=State.SUBMITTED,
        name=paper.person.name,
        category=paper.category,
        org_id=org.pk,
        org_path=org.path,
        other_name=paper.other_name.strip()[:120],
        file_sealed=sealed(person),
        preview=dossiers.preview(person),
        reason=paper.reason,
        note=paper.note.strip()[:200],
        papers=list(paper.papers),
        paid_to=paper.paid_to.value if paper.paid_to else None,
        letter=paper.letter.strip()[:60],
        issued_on=paper.issued_on,
        valid_until=paper.valid_until,
        submitted_by=actor.person_id,
        submitted_by_name=actor.name,
        created_at=now,
        changed_at=now,
    )
    told(handover, "registered", actor=actor, now=now, letter=handover.letter)
    return handover


@transaction.atomic
def accept(*, handover: Handover, actor: Actor, now: dt.datetime, branch: Any = None) -> Handover:
    """The committee accepts, and says into which branch; within the unit that is settled, and a
    branch that comes as a whole is set up when it is placed.

    Raises LetterExpired, BranchNeeded, ScanDamaged, DecidedThere when the sender took it back
    meanwhile, and what ``step`` raises.
    """
    handover = locked(handover)
    if handover.valid_until is not None and day_of(now) > handover.valid_until:
        raise LetterExpired(letter=handover.letter, until=handover.valid_until)
    comes = handover.side == Side.IN and not handover.is_whole
    if comes and (branch is None or not branch.can_hold_members):
        raise BranchNeeded
    if handover.side == Side.IN and handover.file_sealed:
        carrying.refuse_damaged(opened(handover).get("carried", {}))
    step(
        handover, Verb.ACCEPT, actor=actor, now=now, outcome="",
        decided_by=actor.person_id, decided_by_name=actor.name,
    )  # fmt: skip
    if comes:
        place_at(handover, branch, now)
    if handover.kind in ONLINE:
        answering.settle(handover, Decision.ACCEPTED, now=now)
        answering.tell(handover, topic=answering.ACCEPTED, now=now, by=actor.name)
    return handover


@transaction.atomic
def refuse(*, handover: Handover, reason: str, actor: Actor, now: dt.datetime) -> Handover:
    """Refuses, never without a reason (rulebook 3.1 item 3); the file that came is erased.

    Raises ReasonNeeded, DecidedThere and what ``step`` raises.
    """
    handover = locked(handover)
    outcome = with_reason(reason, Verb.REFUSE)
    step(
        handover, Verb.REFUSE, actor=actor, now=now, outcome=outcome, file_sealed=None,
        decided_by=actor.person_id, decided_by_name=actor.name,
    )  # fmt: skip
    if handover.kind in ONLINE:
        answering.settle(handover, Decision.REFUSED, now=now)
        answering.tell(handover, topic=answering.REFUSED, now=now, reason=outcome)
    return handover


@transaction.atomic
def give_back(*, handover: Handover, reason: str, actor: Actor, now: dt.datetime) -> Handover:
    """Gives back somebody who was accepted but cannot be taken into a branch."""
    handover = locked(handover)
    outcome = with_reason(reason, Verb.GIVE_BACK)
    step(handover, Verb.GIVE_BACK, actor=actor, now=now, outcome=outcome, file_sealed=None)
    if handover.kind in ONLINE:
        accepted = Decision.ACCEPTED
        answering.settle(handover, Decision.RETURNED, now=now, after=accepted)
        answering.tell(handover, topic=answering.RETURNED, now=now, reason=outcome)
    return handover


@transaction.atomic
def place(*, handover: Handover, actor: Actor, now: dt.datetime) -> Handover:
    """Takes somebody accepted into the branch; from today the relation is there.

    Another unit and a paper letter bring a new member, once; within the unit the member moves.
    Raises AlreadyMember and whatever else ``changes.enter`` raises, and what ``step`` raises.
    """
    handover = locked(handover)
    if handover.side == Side.WITHIN:
        step(handover, Verb.PLACE, actor=actor, now=now)
        approving.moved(handover, member_of(handover), actor=actor, now=now)
        return handover
    step(handover, Verb.PLACE, actor=actor, now=now)
    file = opened(handover)
    member = enter(handover, dossiers.unpacked(file), actor=actor, now=now)
    carrying.take_in(member=member, carried=file.get("carried", {}), actor=actor, now=now)
    if handover.kind in ONLINE:
        branch = places.organization(handover.org_id)
        answering.tell(
            handover, topic=answering.PLACED, now=now, on=day_of(now).isoformat(),
            branch=branch.name,
        )  # fmt: skip
    return handover


@transaction.atomic
def send_receipt(*, handover: Handover, actor: Actor, now: dt.datetime) -> Handover:
    """Notes that the return slip of a paper letter was sent; that ends it here."""
    handover = locked(handover)
    if handover.kind in PAPER:
        step(handover, Verb.RECEIPT, actor=actor, now=now)
    return step(handover, Verb.CLOSE, actor=actor, now=now)


def enter(handover: Handover, person: NewMember, *, actor: Actor, now: dt.datetime) -> Any:
    """The person becomes a member here, once: the state of the transfer sees to it."""
    kinds = changes.ChangeKind
    member = changes.enter(
        person=person,
        org=places.organization(handover.org_id),
        category=handover.category,
        kind=kinds.WHOLE_IN if handover.is_whole else kinds.TRANSFERRED_IN,
        on=day_of(now),
        document=handover.letter,
        actor=actor,
        now=now,
    )
    handover.member_id, handover.file_sealed = member.pk, None
    handover.save(update_fields=["member", "file_sealed"])
    return member


def sealed(person: dict[str, Any]) -> bytes:
    """The file that came, under this unit's key."""
    return unit_cipher().seal(dossiers.as_text(person), column=FILE)


def opened(handover: Handover) -> dict[str, Any]:
    """The file that came; raises Unreadable where it is not there any more."""
    return dossiers.from_text(unit_cipher().open(handover.file_sealed or b"", column=FILE))


def place_at(handover: Handover, branch: Any, now: dt.datetime) -> None:
    handover.org_id, handover.org_path, handover.changed_at = branch.pk, branch.path, now
    handover.save(update_fields=["org_id", "org_path", "changed_at"])


def thread_of(thread_id: UUID, side: Side) -> Handover | None:
    """The transfer that a message is about, locked."""
    rows = Handover.objects.select_for_update(of=("self",))
    return rows.filter(thread_id=thread_id, side=side).first()


def _refuse_incomplete(paper: PaperLetter, org: Any) -> None:
    if not org.can_hold_members:
        raise BranchNeeded
    if paper.kind not in PAPER:
        raise LetterIncomplete(problem="请选择平台外转入的类别。")
    if not paper.letter.strip() or not paper.other_name.strip():
        raise LetterIncomplete(problem="请填写介绍信编号和转出党组织全称。")
    if paper.valid_until < paper.issued_on:
        raise LetterIncomplete(problem="介绍信的有效期不能早于开具日期。")
