"""Keeping a bank statement: whole or not at all, no entry twice, no gap in the balances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.money import yuan
from shared_apps.reconciliation.models import Entry, Statement
from shared_apps.reconciliation.selectors.statements import balance_at
from shared_apps.reconciliation.services.classifying import SETTLE_WITHIN

if TYPE_CHECKING:
    from shared_apps.settlement.channels import base, camt053
    from shared_apps.settlement.selectors import Account


_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('reconciliation.statement'), hashtext(%s))"


class StatementKnown(Conflict):
    code = "reconciliation_statement_known"
    sentence = "这份对账单已由 {who} 上传，没有重复读取。"


class StatementMissing(Invalid):
    code = "reconciliation_statement_missing"
    sentence = (
        "按已上传的对账单，{day} 日终余额是 {known} 元；这一份写的是 {told} 元，"
        "中间缺少对账单。请先上传缺少的部分。"
    )


class EntryChanged(Invalid):
    code = "reconciliation_entry_changed"
    sentence = "第 {row} 笔（{key}）与以前上传的同号流水金额或日期不同，请向开户行核实。"


class EntryNotFound(NotFound):
    code = "reconciliation_entry_not_found"
    sentence = "没有找到这笔银行流水，可能不属于本单位。"


@transaction.atomic
def keep(
    *, account: Account, read: camt053.Statement, digest: str, actor: Actor, now: dt.datetime
) -> Statement:
    """Stores a statement of an account in force with the entries that were not known before.

    Raises Forbidden, StatementKnown, StatementMissing, EntryChanged.
    """
    if actor.person_id is None:
        raise Forbidden
    with connection.cursor() as cursor:  # two at once take turns
        cursor.execute(_LOCK, [str(account.pk)])
    same = Statement.objects.filter(account=account, digest=digest).first()
    if same is not None:
        raise StatementKnown(who=same.given_by_name)
    _demand_joined(account, read)
    fresh = _fresh(account, read.entries)
    statement = Statement.objects.create(
        unit_id=account.unit_id,
        unit_role=account.unit_role,
        account=account,
        name=read.name,
        first_on=read.first_on,
        last_on=read.last_on,
        opening_fen=read.opening_fen,
        closing_fen=read.closing_fen,
        entry_count=len(read.entries),
        digest=digest,
        given_by=actor.person_id,
        given_by_name=actor.name,
        given_at=now,
    )
    due_on = clock.day_of(now) + SETTLE_WITHIN
    Entry.objects.bulk_create(
        [
            Entry(
                unit_id=account.unit_id,
                unit_role=account.unit_role,
                statement=statement,
                account=account,
                key=one.serial,
                booked_on=one.booked_on,
                amount_fen=one.amount_fen,
                reference=one.insid,
                counterparty=one.counterparty,
                summary=one.summary,
                due_on=due_on,
            )
            for one in fresh
        ],
        batch_size=1_000,
    )
    return statement


def locked(entry_id: UUID) -> Entry:
    """The entry, held until the transaction ends.  Raises EntryNotFound."""
    entry = Entry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise EntryNotFound
    return entry


def _demand_joined(account: Account, read: camt053.Statement) -> None:
    """A statement must begin where those before it end, or end where those after it begin."""
    before = read.first_on - dt.timedelta(days=1)
    for day, told in ((before, read.opening_fen), (read.last_on, read.closing_fen)):
        known = balance_at(account, day)
        if known is not None:
            if known != told:
                raise StatementMissing(day=day, known=yuan(known), told=yuan(told))
            return


def _fresh(account: Account, entries: Iterable[base.Entry]) -> list[base.Entry]:
    """Those that no statement before had; a known one must say the same again."""
    told = list(entries)
    rows = Entry.objects.filter(account=account, key__in=[one.serial for one in told])
    known = {row.key: (row.booked_on, row.amount_fen) for row in rows}
    for row, one in enumerate(told, 1):
        if known.get(one.serial, (one.booked_on, one.amount_fen)) != (
            one.booked_on,
            one.amount_fen,
        ):
            raise EntryChanged(row=row, key=one.serial)
    return [one for one in told if one.serial not in known]
