"""A day's batch: the cut-off snapshot, taken by one person and approved by another."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden
from kernel.models import UUID7_SQL, uuid7
from kernel.permissions import require
from kernel.unit import shared_context
from shared_apps.people.services import events
from shared_apps.rules.selectors import working_days
from shared_apps.settlement.models import (
    FAILED,
    UNDER_WAY,
    AccountState,
    Batch,
    BatchState,
    Instruction,
    InstructionState,
    Line,
)
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors.due import DUE, cut_offs
from shared_apps.settlement.selectors.instructions import UnknownBatch

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The batches of a day, in the numbers of their instructions."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('settlement.prepare'))"
_TAKE: Final = f"""
WITH {DUE}, chosen AS MATERIALIZED (
  SELECT {UUID7_SQL} AS id, placed.*, row_number() OVER (ORDER BY unit_id) AS place
  FROM placed WHERE account_id IS NOT NULL AND amount_fen >= minimum_fen
), batch AS (
  INSERT INTO settlement_batch (id, number, pay_on, state, count, amount_fen, made_by,
                                made_by_name, made_at, checked_by_name)
  SELECT %(batch)s, %(number)s, %(day)s, 'locked', count(*), sum(amount_fen), %(by)s,
         %(by_name)s, %(now)s, '' FROM chosen HAVING count(*) > 0 RETURNING id
), made AS (
  INSERT INTO settlement_instruction (id, unit_id, unit_role, batch_id, account_id, insid, cycle,
    cut_off_on, amount_fen, state, made_by, made_at, obssid, bank_code, bank_words, ask_count)
  SELECT chosen.id, unit_id, unit_role, batch.id, account_id,
         %(stem)s || lpad(place::text, 5, '0'), cycle, cut_off_on, amount_fen, 'draft', %(by)s,
         %(now)s, '', '', '', 0
  FROM chosen CROSS JOIN batch RETURNING id, unit_id
)
INSERT INTO settlement_line (id, unit_id, unit_role, instruction_id, payout_id, is_live)
SELECT {UUID7_SQL}, owed.unit_id, owed.unit_role, made.id, owed.id, true
FROM owed JOIN made USING (unit_id) WHERE owed.business_on <= owed.cut_off_on
"""


class NotAWorkingDay(Conflict):
    code = "settlement_not_a_working_day"
    sentence = "{day} 不是工作日，银行不办理划款；下一个工作日是 {next}。"


class NothingDue(Conflict):
    code = "settlement_nothing_due"
    sentence = "今天没有可以结算的款项。"


class TooManyBatches(Conflict):
    code = "settlement_too_many_batches"
    sentence = "今天已生成 26 个批次，请先办理完再生成。"


class BatchMoved(Conflict):
    code = "settlement_batch_moved"
    sentence = "批次当前状态为「{state}」，不能这样办理，请刷新后再看。"


class SamePerson(Forbidden):
    code = "settlement_same_person"
    sentence = "这个批次由您经办，须由另一人复核。"


class AccountsChanged(Conflict):
    code = "settlement_accounts_changed"
    sentence = "批次中有 {count} 个单位的专户已停用，请撤回批次后重新生成。"


@shared_context()
@transaction.atomic
def prepare(*, actor: Actor, now: dt.datetime, today: dt.date) -> Batch:
    """Takes the snapshot of a working day: one draft instruction per unit with something due.

    Everything is read and written by one statement, so nothing can come in between; two makers
    at once take turns, and a payout is in one live instruction by constraint.
    Raises Forbidden, NotAWorkingDay, NothingDue, TooManyBatches.
    """
    require(actor, SettlementPermission.PREPARE)
    if actor.person_id is None:
        raise Forbidden
    calendar = working_days.calendar()
    if not calendar.is_working(today):
        raise NotAWorkingDay(day=today.isoformat(), next=calendar.add(today, 1).day.isoformat())
    batch_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        stem = _stem(today)
        cursor.execute(
            _TAKE,
            {
                **cut_offs(today), "batch": batch_id, "stem": stem, "number": f"JS{stem}",
                "by": actor.person_id, "by_name": actor.name, "now": now,
            },
        )  # fmt: skip
    batch = Batch.objects.filter(pk=batch_id).first()
    if batch is None:
        raise NothingDue
    _tell("settlement.batch_prepared", batch, actor, now)
    return batch


@shared_context()
@transaction.atomic
def approve(*, batch_id: UUID, actor: Actor, now: dt.datetime) -> Batch:
    """Lets a batch that somebody else prepared go to the bank.

    Raises Forbidden, UnknownBatch, BatchMoved, SamePerson, AccountsChanged.
    """
    require(actor, SettlementPermission.APPROVE)
    batch = _locked(batch_id)
    if actor.person_id is None or actor.person_id == batch.made_by:
        raise SamePerson
    rows = Instruction.objects.filter(batch=batch, state=InstructionState.DRAFT)
    gone = rows.filter(~Q(account__state=AccountState.CONFIRMED)).count()
    if gone:
        raise AccountsChanged(count=gone)
    batch.state, batch.checked_at = BatchState.SENT, now
    batch.checked_by, batch.checked_by_name = actor.person_id, actor.name
    batch.save()
    rows.update(state=InstructionState.CHECKED, checked_by=actor.person_id)
    _tell("settlement.batch_approved", batch, actor, now)
    return batch


@shared_context()
@transaction.atomic
def withdraw(*, batch_id: UUID, actor: Actor, now: dt.datetime) -> Batch:
    """Takes back a batch that nobody approved; its payouts are due again.

    The maker does, or the checker who found something wrong.
    Raises Forbidden, UnknownBatch, BatchMoved.
    """
    require(actor, SettlementPermission.WITHDRAW)
    batch = _locked(batch_id)
    batch.state, batch.ended_at = BatchState.WITHDRAWN, now
    batch.save()
    rows = Instruction.objects.filter(batch=batch)
    Line.objects.filter(instruction__in=rows).update(is_live=False)
    rows.update(state=InstructionState.VOID, ended_at=now)
    _tell("settlement.batch_withdrawn", batch, actor, now)
    return batch


def conclude(*, batch_id: UUID, now: dt.datetime) -> None:
    """Ends a batch whose last instruction has ended; one that was done and then had a transfer
    returned is partial.  Belongs in the transaction of the instruction's step.
    """
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    rows = Instruction.objects.filter(batch=batch)
    if rows.filter(state__in=UNDER_WAY).exists():
        return
    state = BatchState.PARTIAL if rows.filter(state__in=FAILED).exists() else BatchState.DONE
    if batch.state != state:
        batch.state, batch.ended_at = state, now
        batch.save(update_fields=["state", "ended_at"])


def _stem(today: dt.date) -> str:
    """Date and letter of the day's next batch; numbers that were withdrawn stay taken."""
    taken = Batch.objects.filter(pay_on=today).count()
    if taken == len(LETTERS):
        raise TooManyBatches
    return f"{today:%y%m%d}{LETTERS[taken]}"


def _locked(batch_id: UUID) -> Batch:
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise UnknownBatch
    if batch.state != BatchState.LOCKED:
        raise BatchMoved(state=batch.get_state_display())
    return batch


def _tell(code: str, batch: Batch, actor: Actor, now: dt.datetime) -> None:
    events.record(
        code,
        actor=actor,
        now=now,
        batch=batch.number,
        count=batch.count,
        amount_fen=batch.amount_fen,
    )
