"""Comparing the lines of many bills with all orders, set against set (rulebook 10.5).

Every line ends up matched or in a case, and every payment of ours that no bill has is a case too
(invariant I9).  A day of all units takes a handful of statements, however many lines it has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from kernel import clock
from kernel.clock import BEIJING
from kernel.models import UUID7_SQL
from shared_apps.payments import selectors as payments
from shared_apps.reconciliation.models import BillKind, Run, RunState

SETTLE_WITHIN: Final = dt.timedelta(days=3)
STRADDLE: Final = dt.timedelta(minutes=10)
"""Paid so shortly before midnight, an order may stand in the next day's bill."""

_TIE_OUT: Final = """
UPDATE reconciliation_run r SET state = %(tied)s, changed_at = %(now)s
FROM (
    SELECT r.id, count(i.id) AS lines,
        coalesce(sum(i.amount_fen) FILTER (WHERE i.kind = 'payment'), 0) AS came,
        coalesce(sum(i.amount_fen) FILTER (WHERE i.kind = 'refund'), 0) AS went,
        coalesce(sum(i.fee_fen), 0) AS fees
    FROM reconciliation_run r LEFT JOIN reconciliation_incoming i ON i.run_id = r.id
    WHERE r.state = %(loaded)s AND r.kind = %(trade)s GROUP BY r.id
) read
WHERE r.id = read.id AND (r.line_count, r.in_fen, r.out_fen, r.fee_fen)
    = (read.lines, read.came, read.went, read.fees)
"""

_JUDGE: Final = """
WITH scope AS (
    SELECT id, config_id, unit_id, unit_role, day FROM reconciliation_run WHERE id = ANY(%(runs)s)
), twice AS (
    SELECT run_id, kind, out_trade_no, refund_no FROM reconciliation_incoming
    WHERE run_id = ANY(%(runs)s) GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
), again AS (
    SELECT i.id FROM (
        SELECT i.id, row_number() OVER (
            PARTITION BY i.run_id, i.kind, i.out_trade_no, i.refund_no
            ORDER BY i.transaction_id = o.transaction_id DESC NULLS LAST, i.number) AS place
        FROM twice JOIN reconciliation_incoming i USING (run_id, kind, out_trade_no, refund_no)
        LEFT JOIN ({orders}) o ON o.out_trade_no = i.out_trade_no
    ) i WHERE i.place > 1
), compared AS (
    SELECT i.*, r.unit_id, r.unit_role, r.config_id, r.day,
        CASE WHEN i.kind = 'payment' THEN o.id ELSE coalesce(f.order_id, o.id) END AS order_id,
        CASE WHEN i.kind = 'payment' THEN CASE WHEN o.paid_at IS NOT NULL THEN o.amount_fen END
            ELSE f.amount_fen END AS ours_fen,
        o.paid_at, o.transaction_id AS our_transaction, i.id IN (SELECT id FROM again) AS is_again
    FROM reconciliation_incoming i JOIN scope r ON r.id = i.run_id
    LEFT JOIN ({orders}) o ON o.out_trade_no = i.out_trade_no AND o.config_id = r.config_id
    LEFT JOIN ({refunds}) f ON i.kind = 'refund' AND f.out_refund_no = i.refund_no
        AND f.order_id = o.id
), judged AS MATERIALIZED (
    SELECT *, CASE
        WHEN is_again THEN 'duplicate'
        WHEN kind = 'refund' AND ours_fen IS NULL THEN 'refund_theirs'
        WHEN ours_fen IS NULL THEN 'theirs_only'
        WHEN kind = 'payment' AND transaction_id <> our_transaction THEN 'duplicate'
        WHEN amount_fen <> ours_fen THEN 'amount'
        WHEN kind = 'payment' AND state <> 'SUCCESS' THEN 'state'
        WHEN fee_fen <> 0 THEN 'fee'
        WHEN kind = 'refund' OR (paid_at >= %(begin)s AND paid_at < %(end)s) THEN 'matched'
        WHEN EXISTS (
            SELECT FROM reconciliation_line l JOIN reconciliation_run n ON n.id = l.run_id
            WHERE l.out_trade_no = compared.out_trade_no AND l.kind = 'payment'
                AND l.transaction_id = compared.transaction_id
                AND n.config_id = compared.config_id AND n.id <> compared.run_id
        ) THEN 'duplicate'
        ELSE 'cutoff' END AS verdict
    FROM compared
), written AS (
    INSERT INTO reconciliation_line (id, unit_id, unit_role, run_id, number, kind, out_trade_no,
        transaction_id, refund_no, amount_fen, fee_fen, state, at, verdict, order_id)
    SELECT id, unit_id, unit_role, run_id, number, kind, out_trade_no, transaction_id, refund_no,
        amount_fen, fee_fen, state, at,
        CASE verdict WHEN 'matched' THEN 'matched' ELSE 'case' END, order_id
    FROM judged
)
INSERT INTO reconciliation_case (id, unit_id, unit_role, run_id, line_id, order_id, kind, number,
    amount_fen, ours_fen, theirs_fen, state, suggestion, opened_at, due_on, way, reason,
    decided_by_name, decided_at)
SELECT {key}, unit_id, unit_role, run_id, id, order_id, verdict,
    CASE kind WHEN 'refund' THEN refund_no ELSE out_trade_no END,
    CASE WHEN verdict = 'cutoff' THEN 0 WHEN verdict = 'fee' THEN -fee_fen
        WHEN verdict = 'state' THEN -amount_fen
        WHEN verdict = 'duplicate' THEN amount_fen * CASE kind WHEN 'refund' THEN -1 ELSE 1 END
        ELSE (amount_fen - coalesce(ours_fen, 0)) * CASE kind WHEN 'refund' THEN -1 ELSE 1 END END,
    ours_fen, amount_fen,
    CASE verdict WHEN 'cutoff' THEN 'settled' ELSE 'open' END,
    CASE WHEN verdict = 'cutoff' THEN 'found'
        WHEN verdict = 'theirs_only' AND order_id IS NOT NULL THEN 'ask' ELSE 'explain' END,
    %(now)s, %(due)s, CASE verdict WHEN 'cutoff' THEN 'found' ELSE '' END, '', '',
    CASE verdict WHEN 'cutoff' THEN %(now)s::timestamptz END
FROM judged WHERE verdict <> 'matched' AND NOT (verdict = 'cutoff' AND EXISTS (
    SELECT FROM reconciliation_case c WHERE c.order_id = judged.order_id AND c.line_id IS NULL
        AND c.number = judged.out_trade_no AND c.state = 'open'))
"""

# The statistics know nothing of lines that were just written: whatever is looked up in them stands
# in an uncorrelated IN, which is hashed however few are expected and, in the memory given below,
# however many; a join would go through all of them for every order.
_FOUND: Final = """
WITH l AS MATERIALIZED (
    SELECT id, order_id, out_trade_no, amount_fen FROM reconciliation_line
    WHERE run_id = ANY(%(runs)s) AND verdict = 'case' AND kind = 'payment'
)
UPDATE reconciliation_case c SET line_id = l.id, state = 'settled', way = 'found', kind = 'cutoff',
    theirs_fen = l.amount_fen, amount_fen = 0, decided_at = %(now)s
FROM l
WHERE c.line_id IS NULL AND c.state = 'open' AND c.order_id = l.order_id
    AND c.number = l.out_trade_no
    AND NOT EXISTS (SELECT FROM reconciliation_case other WHERE other.line_id = l.id)
"""

_OURS: Final = """
INSERT INTO reconciliation_case (id, unit_id, unit_role, run_id, order_id, kind, number,
    amount_fen, ours_fen, state, suggestion, opened_at, due_on, way, reason, decided_by_name)
SELECT {key}, r.unit_id, r.unit_role, r.id, o.id,
    CASE WHEN o.paid_at >= %(end)s - %(straddle)s THEN 'cutoff' ELSE 'ours_only' END,
    o.out_trade_no, -o.amount_fen, o.amount_fen, 'open', 'explain', %(now)s, %(due)s, '', '', ''
FROM ({orders}) o JOIN reconciliation_run r ON r.config_id = o.config_id AND r.id = ANY(%(runs)s)
WHERE o.settled_at >= %(begin)s - %(straddle)s AND o.paid_at >= %(begin)s AND o.paid_at < %(end)s
    AND (o.id, o.transaction_id) NOT IN (
        SELECT l.order_id, l.transaction_id FROM reconciliation_line l
        WHERE l.run_id = ANY(%(near)s) AND l.kind = 'payment' AND l.order_id IS NOT NULL)
ON CONFLICT DO NOTHING
"""

_OURS_BACK: Final = """
INSERT INTO reconciliation_case (id, unit_id, unit_role, run_id, order_id, kind, number,
    amount_fen, ours_fen, state, suggestion, opened_at, due_on, way, reason, decided_by_name)
SELECT {key}, r.unit_id, r.unit_role, r.id, o.id, 'refund_ours', f.out_refund_no, f.amount_fen,
    f.amount_fen, 'open', 'explain', %(now)s, %(due)s, '', '', ''
FROM ({refunds}) f JOIN ({orders}) o ON o.id = f.order_id
    JOIN reconciliation_run r ON r.config_id = o.config_id AND r.id = ANY(%(runs)s)
WHERE f.refunded_at >= %(begin)s AND f.refunded_at < %(end)s
    AND NOT EXISTS (
        SELECT FROM reconciliation_line l WHERE l.out_trade_no = o.out_trade_no
            AND l.kind = 'refund' AND l.refund_no = f.out_refund_no)
ON CONFLICT DO NOTHING
"""

_MISSED: Final = """
UPDATE reconciliation_case c SET kind = 'ours_only'
FROM reconciliation_run before, reconciliation_run r
WHERE r.id = ANY(%(runs)s) AND before.config_id = r.config_id AND before.kind = r.kind
    AND before.day = r.day - 1 AND c.run_id = before.id AND c.line_id IS NULL
    AND c.kind = 'cutoff' AND c.state = 'open'
"""

_NEAR: Final = """
SELECT n.id FROM reconciliation_run r JOIN reconciliation_run n
    ON n.config_id = r.config_id AND n.kind = r.kind AND n.day BETWEEN r.day - 1 AND r.day + 1
WHERE r.id = ANY(%(runs)s)
"""

CLOSE: Final = """
UPDATE reconciliation_run r SET changed_at = %(now)s, state = CASE WHEN EXISTS (
        SELECT FROM reconciliation_case c WHERE c.run_id = r.id AND c.state = 'open')
    THEN 'classified' ELSE 'closed' END
WHERE r.id = ANY(%(runs)s)
"""


@transaction.atomic
def tie_out(*, now: dt.datetime) -> int:
    """Confirms that what stands in the table adds up to what each bill states; how many do.

    The table does not outlive a crash of the database: a bill whose lines are not all there is
    fetched again.
    """
    loaded = Run.objects.filter(state=RunState.LOADED, kind=BillKind.TRADE)
    tied = _run(_TIE_OUT, tied=RunState.TIED_OUT, loaded=RunState.LOADED,
                trade=BillKind.TRADE, now=now)  # fmt: skip
    loaded.update(
        state=RunState.WAITING,
        try_at=now,
        changed_at=now,
        error_code="bill_lines_lost",
        error_text="载入的明细与账单合计不符，将重新获取",
    )
    return tied


@transaction.atomic
def classify_tied_out(*, now: dt.datetime) -> list[UUID]:
    """Compares every bill that ties out, earlier days first; returns their runs.

    The rows of the runs are held, so that two at once take turns and the second finds nothing to
    do: a bill is never compared twice.
    """
    ready = Run.objects.select_for_update().filter(state=RunState.TIED_OUT, kind=BillKind.TRADE)
    days: dict[dt.date, list[UUID]] = {}
    for day, pk in ready.order_by("day", "pk").values_list("day", "pk"):
        days.setdefault(day, []).append(pk)
    for day, runs in days.items():
        _classify(runs, day, now)
    return [pk for runs in days.values() for pk in runs]


def _classify(runs: Sequence[UUID], day: dt.date, now: dt.datetime) -> None:
    """One day of any number of accounts."""
    parts = {
        "orders": _sql(payments.orders_to_compare()),
        "refunds": _sql(payments.refunds_to_compare()),
        "key": UUID7_SQL,
    }
    begin = dt.datetime.combine(day, dt.time(), tzinfo=BEIJING)
    values: dict[str, Any] = {
        "runs": [*runs],
        "now": now,
        "due": clock.day_of(now) + SETTLE_WITHIN,
        "straddle": STRADDLE,
        "begin": begin,
        "end": begin + dt.timedelta(days=1),
    }
    _run("SET LOCAL work_mem = '256MB'")
    _run(_JUDGE.format(**parts), **values)
    _run(_FOUND, **values)
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, values)
        values["near"] = [pk for (pk,) in cursor.fetchall()]
    _run(_OURS.format(**parts), **values)
    _run(_OURS_BACK.format(**parts), **values)
    _run(_MISSED, **values)
    _run("DELETE FROM reconciliation_incoming WHERE run_id = ANY(%(runs)s)", **values)
    _run(CLOSE, **values)


def _run(sql: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _sql(rows: QuerySet[Any, Any]) -> str:
    """A query without values of its own as a part of a larger one."""
    sql, values = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        return str(cursor.connection.cursor().mogrify(sql, values)) if values else sql
