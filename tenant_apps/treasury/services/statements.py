"""The statement of the unit's dedicated account, the third side of reconciliation (rulebook 10.5).

Each entry is in the books, explained by a person, or waits for one (invariant I9).  What is the
same movement is matched by the settlement's number, else by amount and day where only one line of
the ledger and one entry fit each other; people match the rest with one click.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.money import yuan
from kernel.papers import Upload
from kernel.permissions import require
from kernel.unit import current_unit_id
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.services import statements as kept
from shared_apps.settlement.channels import camt053
from shared_apps.settlement.selectors import Account
from shared_apps.settlement.selectors import accounts as shared_accounts
from shared_apps.settlement.services.accounts import number_of
from tenant_apps.audit.services import record
from tenant_apps.dues.selectors.books import LEDGER
from tenant_apps.dues.selectors.chart import bank_account
from tenant_apps.treasury.selectors.statements import DAYS_APART, Entry, Statement, candidates

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200

_BY_NUMBER: Final = f"""
WITH fits AS (
    SELECT entry.id, line.id AS transfer_id,
        row_number() OVER (PARTITION BY line.id ORDER BY entry.booked_on, entry.key) AS place
    FROM reconciliation_entry AS entry
    JOIN settlement_instruction AS sent
      ON sent.insid = entry.reference AND sent.account_id = entry.account_id
    JOIN {LEDGER} AS line ON line.amount_fen = abs(entry.amount_fen)
      AND (entry.amount_fen > 0 AND line.effect = 'settlement-credited:' || sent.id
           OR entry.amount_fen < 0 AND line.effect = 'settlement-returned:' || sent.id)
    WHERE entry.account_id = %(account)s AND entry.state = 'open' AND entry.reference <> ''
      AND NOT EXISTS (SELECT FROM reconciliation_entry AS other
                      WHERE other.transfer_id = line.id)
)
UPDATE reconciliation_entry AS entry SET state = 'matched', transfer_id = fits.transfer_id
FROM fits WHERE fits.id = entry.id AND fits.place = 1
"""
_BY_AMOUNT: Final = f"""
WITH free AS (
    SELECT id, CASE WHEN debit = %(ledger)s THEN amount_fen ELSE -amount_fen END AS fen,
        (at AT TIME ZONE 'Asia/Shanghai')::date AS day
    FROM {LEDGER} AS line WHERE %(ledger)s IN (debit, credit)
      AND NOT EXISTS (SELECT FROM reconciliation_entry AS entry WHERE entry.transfer_id = line.id)
), fits AS (
    SELECT entry.id, free.id AS transfer_id,
        count(*) OVER (PARTITION BY entry.id) AS lines,
        count(*) OVER (PARTITION BY free.id) AS entries
    FROM reconciliation_entry AS entry JOIN free ON free.fen = entry.amount_fen
      AND free.day BETWEEN entry.booked_on - %(days)s AND entry.booked_on + %(days)s
    WHERE entry.account_id = %(account)s AND entry.state = 'open'
)
UPDATE reconciliation_entry AS entry SET state = 'matched', transfer_id = fits.transfer_id
FROM fits WHERE fits.id = entry.id AND fits.lines = 1 AND fits.entries = 1
"""


class StatementOfAnotherAccount(Invalid):
    code = "treasury_statement_account"
    sentence = "对账单的账号不是{account}，请核对选择的账户和文件。"


class EntryReasonNeeded(Invalid):
    code = "treasury_statement_reason"
    sentence = "请写明核实的情况（4 到 200 个字），理由会记入审计日志。"


class EntryDecided(Conflict):
    code = "treasury_statement_entry_decided"
    sentence = "这一笔已由 {who} 处理，没有重复处理。"


class EntryNotDecided(Conflict):
    code = "treasury_statement_entry_open"
    sentence = "这一笔还没有处理，没有可以撤销的内容。"


class NotTheSame(Conflict):
    code = "treasury_statement_not_the_same"
    sentence = "所选的凭证与这一笔金额不同，或已与别的流水勾对，请刷新后重新选择。"


@transaction.atomic
def hand_in(*, account_id: UUID, upload: Upload, actor: Actor, now: dt.datetime) -> Statement:
    """Keeps a statement in camt.053 and matches its entries: all of it, or nothing.

    Raises Forbidden, UnknownAccount, StatementOfAnotherAccount, a kind of
    ``camt053.StatementUnreadable``, and what ``reconciliation.services.statements.keep`` raises.
    """
    require(actor, ReconciliationPermission.BANK)
    if actor.person_id is None:
        raise Forbidden
    account = shared_accounts.own_account(current_unit_id(), account_id)
    read = camt053.statement_of(upload.content)
    if read.number != number_of(account):
        raise StatementOfAnotherAccount(account=account.shown)
    statement = kept.keep(
        account=account,
        read=read,
        digest=hashlib.sha256(upload.content).hexdigest(),
        actor=actor,
        now=now,
    )
    match(account=account)
    record(
        "reconciliation.statement_handed_in",
        actor=actor,
        now=now,
        subject_type="bank_statement",
        subject_id=statement.pk,
        account=account.shown,
        first_on=str(statement.first_on),
        last_on=str(statement.last_on),
        entries=statement.entry_count,
        closing_fen=statement.closing_fen,
    )
    return statement


def match(*, account: Account) -> int:
    """Matches what fits only one way; returns how many entries.  May be repeated."""
    values: dict[str, Any] = {
        "account": account.pk,
        "ledger": bank_account(account.pk),
        "days": DAYS_APART.days,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_NUMBER, values)
        found = cursor.rowcount
        cursor.execute(_BY_AMOUNT, values)
        return int(found + cursor.rowcount)


def match_again(*, account_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """A person has everything matched again: lines may have been booked since."""
    require(actor, ReconciliationPermission.BANK)
    account = shared_accounts.own_account(current_unit_id(), account_id)
    with transaction.atomic():
        found = match(account=account)
        record("reconciliation.statement_matched", actor=actor, now=now,
               account=account.shown, entries=found)  # fmt: skip
    return found


@transaction.atomic
def pair(*, entry_id: UUID, transfer_id: UUID, actor: Actor, now: dt.datetime) -> Entry:
    """A person says that an entry is this line of the ledger, of the same account and amount.

    Raises EntryNotFound, EntryDecided, NotTheSame, Forbidden.
    """
    entry = _open(entry_id, actor)
    if transfer_id not in {one.id for one in candidates(entry)}:
        raise NotTheSame
    entry.transfer_id = transfer_id
    try:
        with transaction.atomic():
            return _decide(entry, "matched", actor, now, "reconciliation.entry_matched")
    except IntegrityError as clash:
        raise NotTheSame from clash


@transaction.atomic
def explain(*, entry_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Entry:
    """Settles an entry by what a person found out; moves no money.

    Raises EntryNotFound, EntryReasonNeeded, EntryDecided, Forbidden.
    """
    entry = _open(entry_id, actor)
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise EntryReasonNeeded
    entry.reason = reason
    return _decide(entry, "explained", actor, now, "reconciliation.entry_explained")


@transaction.atomic
def release(*, entry_id: UUID, actor: Actor, now: dt.datetime) -> Entry:
    """Takes a match or an explanation back; the audit keeps both.  Raises EntryNotDecided."""
    require(actor, ReconciliationPermission.BANK)
    entry = kept.locked(entry_id)
    if entry.state == "open":
        raise EntryNotDecided
    before = {"reason": entry.reason, "transfer_id": str(entry.transfer_id or "")}
    entry.state, entry.transfer_id, entry.reason = "open", None, ""
    entry.decided_by, entry.decided_by_name, entry.decided_at = None, "", None
    entry.save()
    _tell("reconciliation.entry_released", entry, actor, now, **before)
    return entry


def _open(entry_id: UUID, actor: Actor) -> Entry:
    require(actor, ReconciliationPermission.BANK)
    if actor.person_id is None:
        raise Forbidden
    entry = kept.locked(entry_id)
    if entry.state != "open":
        raise EntryDecided(who=entry.decided_by_name or "系统")
    return entry


def _decide(entry: Entry, state: str, actor: Actor, now: dt.datetime, code: str) -> Entry:
    entry.state, entry.decided_at = state, now
    entry.decided_by, entry.decided_by_name = actor.person_id, actor.name
    entry.save()
    _tell(code, entry, actor, now, reason=entry.reason, transfer_id=str(entry.transfer_id or ""))
    return entry


def _tell(code: str, entry: Entry, actor: Actor, now: dt.datetime, **more: Any) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="bank_entry",
        subject_id=entry.pk,
        key=entry.key,
        booked_on=str(entry.booked_on),
        amount=yuan(entry.amount_fen),
        day=str(clock.day_of(now)),
        **more,
    )
