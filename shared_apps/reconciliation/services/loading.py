"""Reading a bill into the table of what came in: all of it or nothing, by COPY."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from kernel.errors import DomainError
from kernel.models import uuid7_stem
from kernel.storage import ForeignFile, shared_files
from shared_apps.payments.channels.bill_readers import READERS
from shared_apps.payments.channels.bills import BillKind, BillLine, BillUnreadable, FundBill, Totals
from shared_apps.reconciliation.models import Incoming, Run, RunState
from shared_apps.reconciliation.services.fetching import MOST_ATTEMPTS, PATIENCE

PAID_OUT: Final = ("提现", "结算", "自动提现")
_AT_ONCE: Final = 4_000
_FIRST: Final = 100_000_000_000
"""Twelve digits, which are hexadecimal ones too: the end of a key, rising with the rows."""
_COPY: Final = (
    f"COPY {Incoming._meta.db_table} (id, run_id, number, kind, out_trade_no, transaction_id,"
    " refund_no, amount_fen, fee_fen, state, at) FROM STDIN"
)


def load_fetched(*, now: dt.datetime) -> list[UUID]:
    """Reads every bill that lies ready; returns the runs that were read whole."""
    waiting = Run.objects.filter(state=RunState.FETCHED).order_by("day", "pk")
    found = [load(run_id=pk, now=now) for pk in waiting.values_list("pk", flat=True)]
    return [run.pk for run in found if run.state == RunState.LOADED]


def load(*, run_id: UUID, now: dt.datetime) -> Run:
    """Reads one bill.  One that cannot be read leaves nothing but its error, and is fetched again:
    the next copy may be whole.
    """
    try:
        with transaction.atomic():
            run = Run.objects.select_for_update().get(pk=run_id)
            if run.state != RunState.FETCHED:
                return run
            content = shared_files().read(run.file_key) if run.file_key else b""
            _read(run, content, now)
    except (BillUnreadable, ForeignFile) as unreadable:
        return _refuse(run_id, unreadable, now)
    if run.file_key:
        shared_files().delete(run.file_key)
    return run


def take(*, run: Run, content: bytes, now: dt.datetime) -> None:
    """Reads a bill that is at hand into its run; the caller holds the row and the transaction."""
    _read(run, content, now)


def _read(run: Run, content: bytes, now: dt.datetime) -> None:
    Incoming.objects.filter(run=run).delete()
    readers = READERS[run.channel]
    totals = Totals()
    if content and run.kind == BillKind.TRADE:
        bill = readers.trade(content, run.mchid)
        _copy(run, bill.lines())
        totals = bill.totals
    elif content:
        totals = _take_fund(run, readers.fund(content, run.mchid))
    run.line_count, run.fee_fen = totals.count, totals.fee_fen
    run.in_fen, run.out_fen = totals.in_fen, totals.out_fen
    run.state, run.try_at, run.changed_at = RunState.LOADED, None, now
    run.error_code = run.error_text = ""
    run.save()


def _take_fund(run: Run, fund: FundBill) -> Totals:
    movements = fund.movements()
    run.balance_fen = movements[-1].balance_fen if movements else None
    run.payouts = [
        {"number": one.flow_no, "amount_fen": -one.amount_fen, "at": one.at.isoformat()}
        for one in movements
        if one.amount_fen < 0 and one.business in PAID_OUT
    ]
    return fund.totals


def _copy(run: Run, lines: Iterable[BillLine]) -> None:
    with connection.cursor() as cursor:
        raw: Any = cursor.cursor
        with raw.copy(_COPY) as copy:
            for piece in _pieces(run, lines):
                copy.write(piece)


def _pieces(run: Run, lines: Iterable[BillLine]) -> Iterator[str]:
    """Lines as COPY wants them; numbers and states hold nothing that would need escaping."""
    stem, run_id = uuid7_stem(), run.pk
    texts: dict[dt.datetime, str] = {}
    rows: list[str] = []
    for number, kind, trade, transaction_id, refund, fen, fee, state, at in lines:
        moment = texts.get(at)
        if moment is None:
            moment = texts[at] = at.isoformat()
        rows.append(
            f"{stem}{_FIRST + number}\t{run_id}\t{number}\t{kind}\t{trade}\t{transaction_id}\t"
            f"{refund}\t{fen}\t{fee}\t{state}\t{moment}\n"
        )
        if len(rows) == _AT_ONCE:
            yield "".join(rows)
            rows.clear()
    yield "".join(rows)


@transaction.atomic
def _refuse(run_id: UUID, unreadable: DomainError, now: dt.datetime) -> Run:
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state != RunState.FETCHED:
        return run
    run.state, run.changed_at = RunState.WAITING, now
    run.error_code, run.error_text = unreadable.code[:64], unreadable.message[:200]
    run.try_at = now + PATIENCE if run.attempts < MOST_ATTEMPTS else None
    run.save()
    return run
