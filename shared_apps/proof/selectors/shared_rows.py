"""What must be true of a unit's rows in the shared tables of money.

Tables are named as the database knows them: their rooms show them in no other shape than their
own, and a proof asks what is there.
"""

from __future__ import annotations

from typing import Final

from shared_apps.proof.selectors.checks import register

_RECENT: Final = "interval '62 days'"
"""Bills that were compared before that have been proved sixty times."""

register(
    "I6",
    """SELECT out_trade_no FROM payments_order
        WHERE unit_id = %(unit)s AND state IN ('created', 'submitting', 'unknown', 'awaiting')
          AND expires_at < %(now)s - interval '1 day'
       UNION ALL
       SELECT event_key FROM payments_channelevent
        WHERE unit_id = %(unit)s AND outcome = 'pending'
          AND received_at < %(now)s - interval '1 day'
       UNION ALL
       SELECT out_refund_no FROM payments_refund
        WHERE unit_id = %(unit)s AND approved_at < %(now)s - interval '7 days'
          AND (state IN ('approved', 'submitting', 'unknown', 'processing')
               OR state IN ('succeeded', 'closed') AND settled_at IS NULL)
       UNION ALL
       SELECT insid FROM settlement_instruction
        WHERE unit_id = %(unit)s AND state IN ('checked', 'sent', 'unknown', 'accepted')
          AND coalesce(sent_at, made_at) < %(now)s - interval '7 days'""",
)
register(
    "I7",
    f"""SELECT run.channel || ' ' || run.day FROM reconciliation_run AS run
        WHERE run.unit_id = %(unit)s AND run.kind = 'fund'
          AND run.changed_at > %(now)s - {_RECENT}
          AND run.books_fen <> run.balance_fen
          AND (run.state = 'closed'
               OR NOT EXISTS (SELECT FROM reconciliation_case AS held
                              WHERE held.run_id = run.id))""",
)
register(
    "I8",
    """SELECT sent.insid FROM settlement_instruction AS sent
       LEFT JOIN LATERAL (
           SELECT sum(entry.amount_fen) AS fen, max(entry.read_at) AS read_at
           FROM settlement_statemententry AS entry
           WHERE entry.instruction_id = sent.id AND entry.state = 'matched') AS told ON true
       WHERE sent.unit_id = %(unit)s AND (
             sent.state = 'settled' AND told.fen IS DISTINCT FROM -sent.amount_fen
          OR sent.state = 'returned' AND told.fen IS DISTINCT FROM 0
          OR sent.state NOT IN ('settled', 'returned')
             AND told.read_at < %(now)s - interval '1 hour')""",
    is_beside=True,
)
register(
    "I9",
    f"""SELECT run.channel || ' ' || run.day || ':' || line.number
        FROM reconciliation_run AS run
        JOIN reconciliation_line AS line ON line.run_id = run.id
        LEFT JOIN reconciliation_case AS held ON held.line_id = line.id
        WHERE run.unit_id = %(unit)s AND run.changed_at > %(now)s - {_RECENT}
          AND (line.verdict = 'case') <> (held.id IS NOT NULL)
        UNION ALL
        SELECT run.channel || ' ' || run.day FROM reconciliation_run AS run
        WHERE run.unit_id = %(unit)s AND run.changed_at > %(now)s - {_RECENT}
          AND run.kind = 'trade' AND run.state IN ('classified', 'closed')
          AND run.line_count <> (SELECT count(*) FROM reconciliation_line AS line
                                 WHERE line.run_id = run.id)""",
)
register(
    "I10",
    """SELECT sent.insid FROM settlement_instruction AS sent
       LEFT JOIN settlement_account AS account ON account.id = sent.account_id
       WHERE sent.unit_id = %(unit)s AND sent.state NOT IN ('draft', 'void') AND (
             sent.checked_by IS NULL OR sent.checked_by = sent.made_by
          OR account.id IS NULL OR account.unit_id <> sent.unit_id
          OR account.bank NOT IN ('ICBC', 'ABC', 'BOC', 'CCB', 'BOCOM', 'PSBC')
          OR account.state IN ('registered', 'refused', 'withdrawn')
          OR account.decided_by IS NULL OR account.decided_by = account.registered_by)
       UNION ALL
       SELECT out_refund_no FROM payments_refund
       WHERE unit_id = %(unit)s AND state NOT IN ('requested', 'withdrawn')
         AND (approved_by IS NULL OR approved_by = requested_by)""",
)
register(
    "I11",
    """SELECT placed.out_trade_no FROM payments_order AS placed
       LEFT JOIN payments_channelevent AS event
         ON event.order_id = placed.id AND event.outcome = 'applied'
       WHERE placed.unit_id = %(unit)s AND placed.state IN ('paid', 'paid_late')
       GROUP BY placed.id
       HAVING count(event.id) <> 1 OR max(event.transaction_id) <> placed.transaction_id
       UNION ALL
       SELECT event.event_key FROM payments_channelevent AS event
       JOIN payments_order AS placed ON placed.id = event.order_id
       WHERE event.unit_id = %(unit)s AND event.outcome = 'applied'
         AND placed.state NOT IN ('paid', 'paid_late')""",
)
_PARENTS: Final = (
    ("payments_order", "config_id", "payments_channelconfig"),
    ("payments_orderitem", "order_id", "payments_order"),
    ("payments_channelevent", "order_id", "payments_order"),
    ("payments_refund", "order_id", "payments_order"),
    ("settlement_instruction", "account_id", "settlement_account"),
    ("settlement_line", "instruction_id", "settlement_instruction"),
    ("settlement_line", "payout_id", "settlement_payout"),
    ("reconciliation_case", "run_id", "reconciliation_run"),
)
"""Table, key, and the table whose row must be the same unit's."""
register(
    "I13",
    " UNION ALL ".join(
        f"SELECT '{table} ' || row.id FROM {table} AS row"
        f" JOIN {parent} AS above ON above.id = row.{key}"
        " JOIN tenants_unit AS own ON own.id = row.unit_id"
        " WHERE row.unit_id = %(unit)s"
        " AND (above.unit_id <> row.unit_id OR row.unit_role <> own.schema_name)"
        for table, key, parent in _PARENTS
    ),
    is_beside=True,
)
