"""Beginning a transfer: by the branch, or by the member from the phone; submitting; taking back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.models import uuid7
from kernel.permissions import require
from shared_apps.exchange import selectors as exchange
from shared_apps.exchange.services.post import Decision
from shared_apps.rules.selectors import codes
from tenant_apps.transfers.models import TRAVELLING, Handover, Kind, Side, State
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import dues_standing, places
from tenant_apps.transfers.selectors.machine import LETTERED, ONLINE, PAPER, Verb
from tenant_apps.transfers.services import answering
from tenant_apps.transfers.services.stepping import locked, present, step, told, with_reason, write

MOST_AT_ONCE: Final = 100
MOST_OF_A_BRANCH: Final = 500
PROBATIONARY: Final = "PROBATIONARY"
PAPERS: Final = ("入党志愿书", "入党申请书", "政治审查材料", "培养教育考察材料", "培训结业证明")
"""What goes along with somebody on probation (rulebook 2.3, 3.1)."""


class DestinationNeeded(Invalid):
    code = "transfer_destination_needed"
    sentence = "{problem}"


class NobodyChosen(Invalid):
    code = "transfer_nobody_chosen"
    sentence = "请选择 1 至 {most} 名同一支部的党员。"


class AlreadyTransferring(Conflict):
    code = "transfer_already_open"
    sentence = "「{name}」的组织关系转接正在办理，请先办结或撤回那一次。"


class ArrearsUnexplained(Invalid):
    code = "transfer_arrears_unexplained"
    sentence = "「{name}」尚有 {months} 个月党费未交。请先补交；确需先转的，请写明欠交说明。"


class PapersMissing(Invalid):
    code = "transfer_papers_missing"
    sentence = "「{name}」是预备党员，请勾选随转的入党材料（至少包括入党志愿书）。"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to, and why.  ``to`` is a branch of the unit, ``unit_id`` another unit on the
    platform, ``other_name`` an organisation outside it; exactly one of the three is given.
    """

    kind: Kind | None = None
    to: Any = None
    unit_id: UUID | None = None
    other_name: str = ""
    reason: str = ""
    note: str = ""
    arrears_note: str = ""
    papers: tuple[str, ...] = ()
    is_whole: bool = False


@transaction.atomic
def draft(*, members: Sequence[Any], plan: Plan, actor: Actor, now: dt.datetime) -> list[Handover]:
    """Begins a transfer for members of one branch; several begun at once stay together.

    Raises NobodyChosen, DestinationNeeded, AlreadyTransferring, ReceiverUnknown and Forbidden.
    """
    most = MOST_OF_A_BRANCH if plan.is_whole else MOST_AT_ONCE
    if not 1 <= len(members) <= most or len({one.org_id for one in members}) != 1:
        raise NobodyChosen(most=most)
    source = members[0].org
    if actor.member_id is None or [one.pk for one in members] != [actor.member_id]:
        require(actor, TransferPermission.PREPARE, source)
    where = _destination(source, plan)
    batch_id = uuid7()
    made = [_row(one, plan, where, batch_id, actor, now) for one in members]
    for handover in made:
        try:
            with transaction.atomic():
                handover.save(force_insert=True)
        except IntegrityError as second:
            raise AlreadyTransferring(name=handover.name) from second
        told(handover, "drafted", actor=actor, now=now, to=str(handover.to_id or ""))
    return made


def apply(*, member: Any, plan: Plan, actor: Actor, now: dt.datetime) -> Handover:
    """A member asks for the own transfer; the branch looks at it and submits it."""
    require(actor, TransferPermission.APPLY, member)
    return draft(members=[member], plan=plan, actor=actor, now=now)[0]


@transaction.atomic
def submit(
    *,
    handover: Handover,
    actor: Actor,
    now: dt.datetime,
    arrears_note: str = "",
    papers: Sequence[str] = (),
) -> Handover:
    """Puts a draft before the committee, with the month up to which dues are paid.

    Raises NotThere, ArrearsUnexplained, PapersMissing and what ``stepping.step`` raises.
    """
    handover = locked(handover)
    changes: dict[str, Any] = {}
    if handover.side != Side.IN:
        changes = _accounts(handover, present(handover), arrears_note, papers)
    return step(
        handover, Verb.SUBMIT, actor=actor, now=now,
        submitted_by=actor.person_id, submitted_by_name=actor.name, **changes,
    )  # fmt: skip


@transaction.atomic
def withdraw(*, handover: Handover, reason: str, actor: Actor, now: dt.datetime) -> Handover:
    """Takes a transfer back before it is received; the member stays where the member is.

    Raises ReasonNeeded, DecidedThere when the other unit was quicker, and what ``step`` raises.
    """
    handover = locked(handover)
    was_sent = handover.state in TRAVELLING
    outcome = with_reason(reason, Verb.WITHDRAW)
    is_own = actor.member_id is not None and actor.member_id == handover.member_id
    if is_own and handover.state == State.DRAFT and handover.applied_by == actor.person_id:
        was = handover.state
        write(handover, state=State.WITHDRAWN, outcome=outcome, now=now)
        told(handover, Verb.WITHDRAW, actor=actor, now=now, was=was, note=outcome)
        return handover
    step(handover, Verb.WITHDRAW, actor=actor, now=now, outcome=outcome)
    if was_sent and handover.kind in ONLINE:
        answering.settle(handover, Decision.WITHDRAWN, now=now)
        answering.tell(handover, topic=answering.WITHDRAWN, now=now, reason=outcome)
    return handover


def _accounts(
    handover: Handover, member: Any, arrears_note: str, papers: Sequence[str]
) -> dict[str, Any]:
    note = arrears_note.strip()[:200] or handover.arrears_note
    taken = list(papers) or handover.papers
    owed = dues_standing.arrears(member.pk)
    if owed and not note:
        raise ArrearsUnexplained(name=handover.name, months=owed)
    leaves = handover.kind in (Kind.INTRA_SYSTEM, *LETTERED)
    if member.category == PROBATIONARY and leaves and PAPERS[0] not in taken:
        raise PapersMissing(name=handover.name)
    paid_to = dues_standing.paid_to(member.pk)
    return {
        "arrears_note": note if owed else "",
        "papers": taken,
        "paid_to": paid_to.value if paid_to else None,
        "name": member.name,
        "category": member.category,
    }


def _destination(source: Any, plan: Plan) -> dict[str, Any]:
    """The columns that say whereto.  Raises DestinationNeeded and ReceiverUnknown."""
    if plan.reason not in {entry.code for entry in codes.table("transfer_reason").entries}:
        raise DestinationNeeded(problem="请选择转接原因。")
    if plan.to is not None:
        if plan.to.pk == source.pk or not plan.to.can_hold_members or plan.is_whole:
            raise DestinationNeeded(problem="请选择本单位内另一个党支部或联合党支部。")
        kind = places.kind_within(source, plan.to)
        return {
            "side": Side.WITHIN, "kind": kind, "to_id": plan.to.pk, "to_path": plan.to.path,
        }  # fmt: skip
    if plan.unit_id is not None:
        found = exchange.destination_of(plan.unit_id)
        return {
            "side": Side.OUT, "kind": Kind.INTER_TENANT,
            "other_unit_id": found.unit_id, "other_name": found.organization_name,
        }  # fmt: skip
    if plan.kind not in PAPER or len(plan.other_name.strip()) < 4:
        raise DestinationNeeded(problem="请填写接收党组织的全称，并选择平台外转接的类别。")
    return {"side": Side.OUT, "kind": plan.kind, "other_name": plan.other_name.strip()[:120]}


def _row(
    member: Any, plan: Plan, where: dict[str, Any], batch_id: UUID, actor: Actor, now: dt.datetime
) -> Handover:
    is_own = actor.member_id is not None and actor.member_id == member.pk
    return Handover(
        batch_id=batch_id,
        member_id=member.pk,
        name=member.name,
        category=member.category,
        org_id=member.org_id,
        org_path=member.org_path,
        is_whole=plan.is_whole,
        reason=plan.reason,
        note=plan.note.strip()[:200],
        arrears_note=plan.arrears_note.strip()[:200],
        papers=list(plan.papers),
        applied_by=actor.person_id if is_own else None,
        created_at=now,
        changed_at=now,
        **where,
    )
