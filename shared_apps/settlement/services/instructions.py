"""Instructions on their way: each step is taken once, and none is repeated under another number.

Steps that move money in a unit's books (SENT, SETTLED, REJECTED, RETURNED) are taken by ``step``
inside the transaction that books them, in the unit.  The rest is sets of shared rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from kernel.unit import shared_context
from shared_apps.settlement.channels.base import Answer, Front, Transfer, Verdict
from shared_apps.settlement.models import FAILED, Instruction, InstructionState, Line
from shared_apps.settlement.services import accounts, batches

State = InstructionState
LEASE: Final = dt.timedelta(seconds=90)
"""How long a message to the bank may take; then what became of it is asked."""
ASK_AFTER: Final = dt.timedelta(minutes=1)
ASK_LATER: Final = dt.timedelta(minutes=10)
_FROM: Final[Mapping[InstructionState, tuple[InstructionState, ...]]] = {
    State.SENT: (State.CHECKED,),
    State.SETTLED: (State.SENT, State.UNKNOWN, State.ACCEPTED),
    State.REJECTED: (State.SENT, State.UNKNOWN, State.ACCEPTED),
    State.RETURNED: (State.SETTLED,),
}


def step(
    *,
    instruction_id: UUID,
    to: InstructionState,
    now: dt.datetime,
    code: str = "",
    words: str = "",
) -> Instruction | None:
    """Takes a step that moves money; None when it has been taken before or cannot be any more.

    Rejected and returned money lies in the pool again.  Belongs inside the transaction that books
    it; concurrent calls take turns on the row.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a step belongs inside the transaction that books it")
    with shared_context():
        row = (
            Instruction.objects.select_for_update(of=("self",))
            .select_related("account", "batch")
            .filter(pk=instruction_id, state__in=_FROM[to])
            .first()
        )
        if row is None:
            return None
        row.state = to
        row.bank_code, row.bank_words = code or row.bank_code, words or row.bank_words
        _stamp(row, to, now)
        row.save()
        if to in FAILED:
            Line.objects.filter(instruction=row, is_live=True).update(is_live=False)
        if to != State.SENT:
            batches.conclude(batch_id=row.batch_id, now=now)
    return row


@shared_context()
def submit(*, front: Front, now: dt.datetime, today: dt.date) -> list[tuple[UUID, UUID, Answer]]:
    """Sends what is booked as sent and has surely not gone out, a message's fill at a time.

    Each is marked as gone before the bank hears of it.  Returns (unit, instruction, answer) of
    those that the bank refused at once.  Must be called outside a transaction.
    """
    refused: list[tuple[UUID, UUID, Answer]] = []
    while rows := _claim(front.batch_size, now):
        answers = front.send([_transfer(row) for row in rows], on=today)
        refused += _take(rows, answers, now)
        if all(answers[row.insid].verdict is Verdict.ABSENT for row in rows):
            break  # the bank takes nothing now
    return refused


@shared_context()
def ask(*, front: Front, now: dt.datetime, most: int = 500) -> list[tuple[UUID, UUID, Answer]]:
    """Asks about what is due to be asked; an instruction that the bank does not know goes out
    again under its own number.  Returns those that the bank refused.
    """
    with transaction.atomic(durable=True):
        rows = list(
            Instruction.objects.select_for_update(skip_locked=True)
            .filter(
                state__in=[State.SENT, State.UNKNOWN, State.ACCEPTED],
                submitted_at__isnull=False,
                ask_at__lte=now,
            )
            .order_by("ask_at")[:most]
        )
        ids = [row.pk for row in rows]
        lost = Instruction.objects.filter(pk__in=ids, state=State.SENT)
        lost.update(state=State.UNKNOWN)
        Instruction.objects.filter(pk__in=ids).update(
            ask_at=now + ASK_LATER, ask_count=F("ask_count") + 1
        )
    if not rows:
        return []
    return _take(rows, front.ask([row.insid for row in rows]), now)


def _claim(most: int, now: dt.datetime) -> list[Instruction]:
    with transaction.atomic(durable=True):
        rows = list(
            Instruction.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("account")
            .filter(state=State.SENT, submitted_at__isnull=True)
            .order_by("insid")[:most]
        )
        ids = [row.pk for row in rows]
        Instruction.objects.filter(pk__in=ids).update(submitted_at=now, ask_at=now + LEASE)
    return rows


def _take(
    rows: Iterable[Instruction], answers: Mapping[str, Answer], now: dt.datetime
) -> list[tuple[UUID, UUID, Answer]]:
    """Takes over what is certain; what moves money is handed back to be booked."""
    refused = []
    with transaction.atomic():
        ids = [row.pk for row in rows]
        locked = Instruction.objects.select_for_update().filter(
            pk__in=ids, state__in=[State.SENT, State.UNKNOWN, State.ACCEPTED]
        )
        changed = []
        for row in locked:
            answer = answers[row.insid]
            if answer.verdict is Verdict.REJECTED:
                refused.append((row.unit_id, row.pk, answer))
            elif _note(row, answer, now):
                changed.append(row)
        Instruction.objects.bulk_update(
            changed,
            ["state", "submitted_at", "ask_at", "obssid", "bank_code", "bank_words"],
            batch_size=500,
        )
    return refused


def _note(row: Instruction, answer: Answer, now: dt.datetime) -> bool:
    row.obssid = answer.obssid or row.obssid
    row.bank_code, row.bank_words = answer.code, answer.words
    match answer.verdict:
        case Verdict.ACCEPTED | Verdict.PROCESSING:
            row.state, row.ask_at = State.ACCEPTED, now + ASK_LATER
        case Verdict.ABSENT if row.state != State.ACCEPTED:
            row.state, row.submitted_at, row.ask_at = State.SENT, None, None
        case Verdict.UNKNOWN if row.state == State.SENT:
            row.state, row.ask_at = State.UNKNOWN, now + ASK_AFTER
        case _:
            return False
    return True


def _stamp(row: Instruction, to: InstructionState, now: dt.datetime) -> None:
    if to == State.SENT:
        row.sent_at = now
        return
    row.ask_at = None
    if to == State.SETTLED:
        row.settled_at = now
    else:
        row.ended_at = now


def _transfer(row: Instruction) -> Transfer:
    account = row.account
    return Transfer(
        insid=row.insid,
        amount_fen=row.amount_fen,
        bank=account.bank,
        cnaps=account.cnaps,
        branch=account.branch,
        number=accounts.number_of(account),
        name=account.name,
        purpose=f"党费结算 {row.insid}",
    )
