"""Reading batches, instructions and the pool's statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from kernel.errors import NotFound
from kernel.unit import shared_context
from shared_apps.settlement.models import (
    FAILED,
    UNDER_WAY,
    Batch,
    EntryState,
    Instruction,
    InstructionState,
    Line,
    Payout,
    StatementEntry,
)


class UnknownInstruction(NotFound):
    code = "settlement_instruction_unknown"
    sentence = "没有找到这笔结算。"


class UnknownBatch(NotFound):
    code = "settlement_batch_unknown"
    sentence = "没有找到这个批次。"


class ToSend(NamedTuple):
    """An approved instruction with the unit in which it is to be booked."""

    unit_id: UUID
    instruction_id: UUID


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has come: numbers and fen by what is certain."""

    settled: int
    settled_fen: int
    under_way: int
    under_way_fen: int
    unclear: int
    failed: int
    failed_fen: int


@dataclass(frozen=True, slots=True)
class Pooled:
    """Money of a unit between the channel and its account: how much (fen), in how many payouts."""

    fen: int
    count: int


def pooled(unit_id: UUID) -> Pooled:
    """What was paid out to the pool for a unit and has not been credited to its account."""
    credited = Line.objects.filter(is_live=True, instruction__state=InstructionState.SETTLED)
    rows = Payout.objects.filter(unit_id=unit_id).exclude(pk__in=credited.values("payout_id"))
    found = rows.aggregate(fen=Sum("amount_fen", default=0), count=Count("pk"))
    return Pooled(found["fen"], found["count"])


def to_send(*, most: int = 1000) -> list[ToSend]:
    """Approved and not booked as sent."""
    with shared_context():
        rows = Instruction.objects.filter(state=InstructionState.CHECKED).order_by("insid")
        return [ToSend(*row) for row in rows.values_list("unit_id", "id")[:most]]


def batches() -> QuerySet[Batch]:
    """All batches, the newest first."""
    return Batch.objects.all()


def batch_for(batch_id: UUID) -> Batch:
    """For the console.  Raises UnknownBatch."""
    row = Batch.objects.filter(pk=batch_id).first()
    if row is None:
        raise UnknownBatch
    return row


def of_batch(batch: Batch, *, view: str = "") -> QuerySet[Instruction]:
    """The instructions of a batch; ``view`` is "", "failed" or "open"."""
    rows = Instruction.objects.filter(batch=batch).select_related("account").order_by("insid")
    if view == "failed":
        return rows.filter(state__in=FAILED)
    return rows.filter(state__in=UNDER_WAY) if view == "open" else rows


def progress(batch: Batch) -> Progress:
    settled, failed = Q(state=InstructionState.SETTLED), Q(state__in=FAILED)
    under_way = Q(state__in=UNDER_WAY)
    found = Instruction.objects.filter(batch=batch).aggregate(
        settled=Count("pk", filter=settled),
        settled_fen=Sum("amount_fen", filter=settled, default=0),
        under_way=Count("pk", filter=under_way),
        under_way_fen=Sum("amount_fen", filter=under_way, default=0),
        unclear=Count("pk", filter=Q(state=InstructionState.UNKNOWN)),
        failed=Count("pk", filter=failed),
        failed_fen=Sum("amount_fen", filter=failed, default=0),
    )
    return Progress(**found)


def own(unit_id: UUID) -> QuerySet[Instruction]:
    """A unit's settlements, the newest first; drafts of the bank are not told."""
    hidden = [InstructionState.DRAFT, InstructionState.VOID]
    rows = Instruction.objects.filter(unit_id=unit_id).exclude(state__in=hidden)
    return rows.select_related("account").order_by("-made_at", "-id")


def settled_days(since: dt.date, until: dt.date) -> dict[tuple[str, str, dt.date], Instruction]:
    """The live instruction by which each account's day of the unit in force was settled."""
    rows = Line.objects.filter(is_live=True, payout__business_on__range=(since, until))
    found = rows.select_related("instruction", "payout")
    return {
        (row.payout.channel, row.payout.mchid, row.payout.business_on): row.instruction
        for row in found
    }


def own_one(unit_id: UUID, instruction_id: UUID) -> Instruction:
    """One of this unit's; anybody else's is UnknownInstruction."""
    row = own(unit_id).prefetch_related("lines__payout").filter(pk=instruction_id).first()
    if row is None:
        raise UnknownInstruction
    return row


_SETTLED: Final = (EntryState.MATCHED, EntryState.EXPLAINED)


def statement(*, view: str = "") -> QuerySet[StatementEntry]:
    """The pool's statement lines; ``view`` is "", "explained", or "open": doubled or matched to
    nothing.
    """
    rows = StatementEntry.objects.select_related("instruction")
    if view == "explained":
        return rows.filter(state=EntryState.EXPLAINED)
    return rows.exclude(state__in=_SETTLED) if view == "open" else rows


def broken_invariants() -> dict[str, int]:
    """How many rows break each rule that constraints alone cannot hold; all must be 0.

    An instruction is the sum of its payouts; what is neither void nor failed holds them live, what
    is holds none; a batch is the sum of its instructions.
    """
    total = Sum("lines__payout__amount_fen")
    live = Count("lines", filter=Q(lines__is_live=True))
    every = Instruction.objects.all().annotate(fen=total, live=live, n=Count("lines"))
    ended = Q(state__in=[*FAILED, InstructionState.VOID])
    sums = Batch.objects.annotate(fen=Sum("instructions__amount_fen"))
    return {
        "sum": every.exclude(fen=F("amount_fen")).count(),
        "live": every.filter(Q(ended, live__gt=0) | (~ended & ~Q(live=F("n")))).count(),
        "batch": sums.exclude(fen=F("amount_fen")).count(),
    }
