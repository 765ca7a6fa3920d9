"""Lines of the pool's statement that nothing matches: handed in, matched by hand, explained.

With it every line is in exactly one of matched or explained (invariant I9).  Moves no money.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from kernel.unit import shared_context
from shared_apps.people.services import events
from shared_apps.settlement.channels import camt053
from shared_apps.settlement.models import EntryState, StatementEntry
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors.pool import UnknownEntry, payouts_like
from shared_apps.settlement.services import statements

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200
_WAITING: Final = (EntryState.UNMATCHED, EntryState.DOUBLED)


class StatementOfAnotherAccount(Invalid):
    code = "settlement_statement_account"
    sentence = "对账单的账号不是归集户的账号，请核对文件。"


class EntryReasonNeeded(Invalid):
    code = "settlement_entry_reason"
    sentence = "请写明核实的情况（4 到 200 个字），会记入操作记录。"


class EntryDecided(Conflict):
    code = "settlement_entry_decided"
    sentence = "这一笔已勾对或说明，没有重复处理。"


class EntryNotDecided(Conflict):
    code = "settlement_entry_open"
    sentence = "这一笔没有人工处理结果可以撤销。"


class NotTheSame(Conflict):
    code = "settlement_entry_not_the_same"
    sentence = "所选的渠道结算与这一笔金额不同，或已与别的流水勾对，请刷新后重新选择。"


@shared_context()
def hand_in(*, content: bytes, pool_account: str, actor: Actor, now: dt.datetime) -> int:
    """Keeps the lines of a statement in camt.053 that were not known; returns how many.

    Raises Forbidden, StatementOfAnotherAccount, a kind of ``camt053.StatementUnreadable``.
    """
    require(actor, SettlementPermission.STATEMENT)
    read = camt053.statement_of(content)
    if read.number != pool_account:
        raise StatementOfAnotherAccount
    with transaction.atomic():
        fresh = statements.keep(entries=read.entries, pool_account=pool_account, now=now)
        events.record(
            "settlement.statement_handed_in", actor=actor, now=now,
            first_on=str(read.first_on), last_on=str(read.last_on), entries=len(read.entries),
            fresh=fresh,
        )  # fmt: skip
    return fresh


@shared_context()
@transaction.atomic
def pair(*, entry_id: UUID, payout_id: UUID, actor: Actor, now: dt.datetime) -> StatementEntry:
    """A person says which channel's payout a line is.

    Raises Forbidden, UnknownEntry, EntryDecided, NotTheSame.
    """
    entry = _waiting(entry_id, actor)
    if payout_id not in {one.pk for one in payouts_like(entry)}:
        raise NotTheSame
    entry.payout_id, entry.instruction_id = payout_id, None
    try:
        with transaction.atomic():
            return _decide(entry, EntryState.MATCHED, actor, now, "settlement.entry_matched")
    except IntegrityError as clash:
        raise NotTheSame from clash


@shared_context()
@transaction.atomic
def explain(*, entry_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> StatementEntry:
    """A person says what a line is that nothing matches.

    Raises Forbidden, UnknownEntry, EntryReasonNeeded, EntryDecided.
    """
    entry = _waiting(entry_id, actor)
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise EntryReasonNeeded
    entry.reason = reason
    return _decide(entry, EntryState.EXPLAINED, actor, now, "settlement.entry_explained")


@shared_context()
@transaction.atomic
def release(*, entry_id: UUID, actor: Actor, now: dt.datetime) -> StatementEntry:
    """Takes a person's word back; the record keeps both.  Raises EntryNotDecided."""
    require(actor, SettlementPermission.STATEMENT)
    entry = _locked(entry_id)
    if entry.decided_by is None:
        raise EntryNotDecided
    entry.state = EntryState.DOUBLED if entry.instruction_id else EntryState.UNMATCHED
    entry.payout_id, entry.reason = None, ""
    entry.decided_by, entry.decided_by_name, entry.decided_at = None, "", None
    entry.save()
    _tell("settlement.entry_released", entry, actor, now)
    return entry


def _waiting(entry_id: UUID, actor: Actor) -> StatementEntry:
    require(actor, SettlementPermission.STATEMENT)
    if actor.person_id is None:
        raise Forbidden
    entry = _locked(entry_id)
    if entry.state not in _WAITING:
        raise EntryDecided
    return entry


def _locked(entry_id: UUID) -> StatementEntry:
    entry = StatementEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise UnknownEntry
    return entry


def _decide(
    entry: StatementEntry, state: EntryState, actor: Actor, now: dt.datetime, code: str
) -> StatementEntry:
    entry.state, entry.decided_at = state, now
    entry.decided_by, entry.decided_by_name = actor.person_id, actor.name
    entry.save()
    _tell(code, entry, actor, now, reason=entry.reason, payout_id=str(entry.payout_id or ""))
    return entry


def _tell(code: str, entry: StatementEntry, actor: Actor, now: dt.datetime, **more: Any) -> None:
    events.record(
        code, actor=actor, now=now, serial=entry.serial, booked_on=str(entry.booked_on),
        amount_fen=entry.amount_fen, **more,
    )  # fmt: skip
