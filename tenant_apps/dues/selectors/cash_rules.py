"""What must always be true of money that came through no channel (payments.md 7.4, 7.5)."""

from __future__ import annotations

from shared_apps.proof.selectors.checks import register
from tenant_apps.dues.models import Slip, Transfer
from tenant_apps.dues.selectors.chart import COUNTER, PROXY

_SLIP, _TRANSFER = Slip._meta.db_table, Transfer._meta.db_table

register(
    "C1",
    f"""SELECT wanted.account AS row_key FROM (
            SELECT '{COUNTER}' AS account,
                   coalesce(sum(amount_fen) FILTER (WHERE state = 'held'), 0) AS fen FROM {_SLIP}
            UNION ALL
            SELECT '{PROXY}', -coalesce(sum(amount_fen) FILTER (WHERE state = 'over'), 0)
            FROM {_SLIP}
        ) AS wanted
        WHERE wanted.fen <> (
            SELECT coalesce(sum(amount_fen) FILTER (WHERE debit = account), 0)
                 - coalesce(sum(amount_fen) FILTER (WHERE credit = account), 0)
            FROM {_TRANSFER})
        UNION ALL
        SELECT slip.id::text FROM {_SLIP} AS slip
        LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM {_TRANSFER}
                   WHERE credit = '4001' AND debit IN ('{COUNTER}', '{PROXY}')
                   GROUP BY order_id) AS line ON line.order_id = slip.id
        WHERE line.fen IS DISTINCT FROM
              CASE WHEN slip.state IN ('held', 'banked', 'reversed') THEN slip.amount_fen END""",
)
