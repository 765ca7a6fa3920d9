"""Carrying approved settlements through the units' books and to the bank (payments.md 7.6).

A step of an instruction and the lines of the unit's books are one transaction, and the effect of a
step is unique in the books.  Everything may be killed at any point and run again: what was booked
is not booked again, and what may have gone out is asked about before it goes out again.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import job
from kernel.unit import Purpose, unit_context
from shared_apps.settlement.channels.base import Answer, Front, StatementUnavailable, Verdict
from shared_apps.settlement.selectors import Instruction, InstructionState
from shared_apps.settlement.selectors import instructions as found
from shared_apps.settlement.services import fronts, instructions, statements
from tenant_apps.audit.services import record
from tenant_apps.dues.selectors.chart import POOL, SETTLEMENT_IN_TRANSIT, bank_account
from tenant_apps.dues.services import ledger

log = logging.getLogger(__name__)
BANK_ACTOR: Final = Actor.system("党费结算")
_CREDITED: Final = Answer(Verdict.ACCEPTED, words="已入账")
_RETURNED: Final = Answer(Verdict.REJECTED, words="收款行退汇")
_WORDS: Final = {
    InstructionState.SENT: ("sent", "发送"),
    InstructionState.SETTLED: ("credited", "到账"),
    InstructionState.REJECTED: ("rejected", "被银行退回"),
    InstructionState.RETURNED: ("returned", "退汇"),
}


@job()
def sweep() -> None:
    """Sends what was approved and asks about what is under way (``config.schedule``)."""
    carry(front=fronts.front(), now=clock.now(), today=clock.today())


@job()
def read_statement() -> None:
    """Reads the pool's statement and books what it shows (``config.schedule``)."""
    now = clock.now()
    if not statements.is_wanted(now=now):
        return
    try:
        statements.read(
            front=fronts.front(),
            pool_account=fronts.access().pool_account,
            now=now,
            today=clock.today(),
        )
    except StatementUnavailable as unread:
        log.warning("the pool's statement could not be read: %s", unread)
    book_statement(now=now)


def carry(*, front: Front, now: dt.datetime, today: dt.date) -> int:
    """One round: book as sent, send, ask, book what the bank refused; returns the steps booked."""
    booked = sum(
        take(unit_id=one.unit_id, instruction_id=one.instruction_id,
             to=InstructionState.SENT, now=now)
        for one in found.to_send()
    )  # fmt: skip
    refused = instructions.submit(front=front, now=now, today=today)
    refused += instructions.ask(front=front, now=now)
    return booked + sum(
        take(unit_id=unit_id, instruction_id=key, to=InstructionState.REJECTED, now=now,
             answer=answer)
        for unit_id, key, answer in refused
    )  # fmt: skip


def book_statement(*, now: dt.datetime) -> int:
    """Books what the statement shows: credits first, then what came back; returns how many."""
    credited = [
        take(unit_id=one.unit_id, instruction_id=one.instruction_id,
             to=InstructionState.SETTLED, now=now,
             answer=_CREDITED)
        for one in statements.to_settle()
    ]  # fmt: skip
    returned = [
        take(unit_id=one.unit_id, instruction_id=one.instruction_id,
             to=InstructionState.RETURNED, now=now,
             answer=_RETURNED)
        for one in statements.to_return()
    ]  # fmt: skip
    return sum(credited) + sum(returned)


def take(
    *,
    unit_id: UUID,
    instruction_id: UUID,
    to: InstructionState,
    now: dt.datetime,
    answer: Answer | None = None,
) -> bool:
    """Takes one step in its unit, also while that is suspended; False when it was taken before.

    One that fails is logged, does not hold up the others, and comes again with the next round.
    """
    try:
        with unit_context(unit_id, for_=Purpose.SETTLING), transaction.atomic():
            return _step(instruction_id, to, now, answer or Answer(Verdict.ACCEPTED))
    except Exception:
        log.exception("instruction %s of unit %s was not booked", instruction_id, unit_id)
        return False


def _step(instruction_id: UUID, to: InstructionState, now: dt.datetime, answer: Answer) -> bool:
    row = instructions.step(
        instruction_id=instruction_id, to=to, now=now, code=answer.code, words=answer.words
    )
    if row is None:
        return False
    code, word = _WORDS[to]
    debit, credit = _accounts(row, to)
    ledger.post(
        debit=debit,
        credit=credit,
        amount_fen=row.amount_fen,
        effect=f"settlement-{code}:{row.pk}",
        at=now,
        memo=f"结算 {row.insid} {word}",
    )
    record(
        f"settlement.{code}",
        actor=BANK_ACTOR,
        now=now,
        subject_type="settlement",
        subject_id=row.pk,
        insid=row.insid,
        amount_fen=row.amount_fen,
        account=row.account.shown,
        bank_code=row.bank_code,
    )
    return True


def _accounts(row: Instruction, to: InstructionState) -> tuple[str, str]:
    """Debit and credit of a step."""
    bank = bank_account(row.account_id)
    return {
        InstructionState.SENT: (SETTLEMENT_IN_TRANSIT, POOL),
        InstructionState.SETTLED: (bank, SETTLEMENT_IN_TRANSIT),
        InstructionState.REJECTED: (POOL, SETTLEMENT_IN_TRANSIT),
        InstructionState.RETURNED: (POOL, bank),
    }[to]
