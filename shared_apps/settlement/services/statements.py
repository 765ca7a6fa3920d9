"""The pool's bank statement: every line is kept once, and matched by the instruction's number.

What goes out under a number credits its unit; what comes back under it is a return (退汇); what
comes in with a channel's number is its payout.  A second line of the same kind is held as doubled,
anything else as unmatched: people look at both and match or explain them (``reviewing``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from kernel.unit import shared_context
from shared_apps.settlement.channels.base import Entry, Front
from shared_apps.settlement.models import (
    EntryState,
    Instruction,
    InstructionState,
    Payout,
    StatementEntry,
)

BACK: Final = dt.timedelta(days=10)
"""How far a statement is read again: a transfer may be returned days later."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('settlement.statement'))"
_MATCH: Final = """
WITH found AS (
  SELECT entry.id, instruction.id AS instruction_id,
         row_number() OVER (PARTITION BY entry.insid, sign(entry.amount_fen)
                            ORDER BY entry.booked_on, entry.serial) AS place,
         EXISTS (SELECT FROM settlement_statemententry AS other
                 WHERE other.instruction_id = instruction.id AND other.state = 'matched'
                   AND sign(other.amount_fen) = sign(entry.amount_fen)) AS has_one
  FROM settlement_statemententry AS entry
  JOIN settlement_instruction AS instruction
    ON instruction.insid = entry.insid AND abs(entry.amount_fen) = instruction.amount_fen
  WHERE entry.state = 'unmatched' AND entry.insid <> ''
    AND instruction.state IN ('sent', 'unknown', 'accepted', 'settled', 'returned')
)
UPDATE settlement_statemententry AS entry
SET instruction_id = found.instruction_id,
    state = CASE WHEN found.place = 1 AND NOT found.has_one THEN 'matched' ELSE 'doubled' END
FROM found WHERE found.id = entry.id
"""
_MATCH_PAYOUTS: Final = """
WITH found AS (
  SELECT entry.id, payout.id AS payout_id,
         row_number() OVER (PARTITION BY payout.id ORDER BY entry.booked_on, entry.serial) AS place
  FROM settlement_statemententry AS entry
  JOIN settlement_payout AS payout
    ON payout.number = split_part(entry.summary, ' ', 2) AND payout.amount_fen = entry.amount_fen
  WHERE entry.state = 'unmatched' AND entry.insid = '' AND entry.amount_fen > 0
    AND NOT EXISTS (SELECT FROM settlement_statemententry AS other
                    WHERE other.payout_id = payout.id)
)
UPDATE settlement_statemententry AS entry SET payout_id = found.payout_id, state = 'matched'
FROM found WHERE found.id = entry.id AND found.place = 1
"""
"""A bank names the channel's payout in the remark: 「渠道结算 <number>」."""


class ToBook(NamedTuple):
    """A matched line whose money the unit's books do not show yet."""

    unit_id: UUID
    instruction_id: UUID


@shared_context()
def is_wanted(*, now: dt.datetime) -> bool:
    """Whether the statement can tell something: money is under way or may still come back."""
    out = [InstructionState.SENT, InstructionState.UNKNOWN, InstructionState.ACCEPTED]
    rows = Instruction.objects.filter(Q(state__in=out) | Q(settled_at__gte=now - BACK))
    paid_out = Payout.objects.filter(booked_at__gte=now - BACK, entries__isnull=True)
    return rows.exists() or paid_out.exists()


@shared_context()
def read(*, front: Front, pool_account: str, now: dt.datetime, today: dt.date) -> int:
    """Reads the last days again and keeps what is new; returns how many lines that were.

    Raises StatementUnavailable.
    """
    return keep(entries=front.statement(today - BACK, today), pool_account=pool_account, now=now)


@shared_context()
def keep(*, entries: Sequence[Entry], pool_account: str, now: dt.datetime) -> int:
    """Stores lines that were not stored before, and matches what can be matched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        before = StatementEntry.objects.filter(pool_account=pool_account).count()
        StatementEntry.objects.bulk_create(
            [
                StatementEntry(
                    pool_account=pool_account,
                    serial=one.serial,
                    booked_on=one.booked_on,
                    amount_fen=one.amount_fen,
                    insid=one.insid,
                    counterparty=one.counterparty,
                    summary=one.summary,
                    read_at=now,
                )
                for one in entries
            ],
            ignore_conflicts=True,
            batch_size=1000,
        )
        cursor.execute(_MATCH)
        cursor.execute(_MATCH_PAYOUTS)
    return StatementEntry.objects.filter(pool_account=pool_account).count() - before


@shared_context()
def to_settle(*, most: int = 1000) -> list[ToBook]:
    """Instructions that the statement shows as gone out and the books do not show as credited."""
    return _to_book(
        [InstructionState.SENT, InstructionState.UNKNOWN, InstructionState.ACCEPTED],
        is_out=True,
        most=most,
    )


@shared_context()
def to_return(*, most: int = 1000) -> list[ToBook]:
    """Credited instructions of which the statement shows the money back."""
    return _to_book([InstructionState.SETTLED], is_out=False, most=most)


def _to_book(states: list[InstructionState], *, is_out: bool, most: int) -> list[ToBook]:
    side = {"amount_fen__lt": 0} if is_out else {"amount_fen__gt": 0}
    matched = StatementEntry.objects.filter(state=EntryState.MATCHED, **side)
    rows = (
        Instruction.objects.filter(state__in=states, pk__in=matched.values("instruction_id"))
        .order_by("insid")
        .values_list("unit_id", "id")
    )
    return [ToBook(*row) for row in rows[:most]]
