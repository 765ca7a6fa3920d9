"""What must always be true of the treasury's books (payments.md 7.5), as the statements that find
what violates it.  The rules by name are in ``shared_apps.proof.selectors.catalogue``.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

from kernel.actor import Actor
from kernel.unit import current_unit_id
from shared_apps.proof.selectors.checks import SEALS, Check, register, violations
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.books import LEDGER, TURNOVER_SQL
from tenant_apps.treasury.models import Books, Day, SweepLine, SweepRun, Voucher
from tenant_apps.treasury.selectors.balances import require_browsing

_SWEEP_LINE, _RUN = SweepLine._meta.db_table, SweepRun._meta.db_table
_VOUCHER: Final = Voucher._meta.db_table
_FIGURES: Final = f"""
    SELECT coalesce(held.account, ledger.account) || ' ' || coalesce(held."on", ledger.day)
    FROM ({
    TURNOVER_SQL.format(
        where=f"id < coalesce((SELECT max(folded_to::text) FROM {Books._meta.db_table}),"
        " '00000000-0000-0000-0000-000000000000')::uuid"
    )
}) AS ledger
    FULL JOIN {Day._meta.db_table} AS held
      ON held.account = ledger.account AND held."on" = ledger.day
    WHERE (held.debit_fen, held.credit_fen)
       IS DISTINCT FROM (ledger.debit_fen, ledger.credit_fen)
"""
register("T1", _FIGURES)
register(
    "T2",
    f"""SELECT line.id FROM {_SWEEP_LINE} AS line
        JOIN {_RUN} AS run ON run.id = line.run_id
        LEFT JOIN {LEDGER} AS gone ON gone.effect = 'sweep-out:' || line.id
        LEFT JOIN {LEDGER} AS come ON come.effect = 'sweep-in:' || line.id
        WHERE run.reverses_id IS NULL AND (
            (run.state IN ('POSTED', 'DONE') AND gone.amount_fen IS DISTINCT FROM line.amount_fen)
            OR (line.taken_at IS NOT NULL) <> (come.id IS NOT NULL)
            OR come.amount_fen <> line.amount_fen
            OR (run.state = 'DONE' AND line.taken_at IS NULL))""",
)
register(
    "I12",
    f"""SELECT booked.fen - waiting.fen FROM (
            SELECT coalesce(sum(amount_fen) FILTER (WHERE credit = ANY (accounts)), 0)
                 - coalesce(sum(amount_fen) FILTER (WHERE debit = ANY (accounts)), 0) AS fen
            FROM {LEDGER},
                 (SELECT ARRAY['{chart.SWEEP_IN_TRANSIT}', '{chart.RETURN_IN_TRANSIT}']) AS transit
                     (accounts)
        ) AS booked, (
            SELECT coalesce(sum(line.amount_fen), 0) AS fen FROM {_SWEEP_LINE} AS line
            JOIN {_RUN} AS run ON run.id = line.run_id
            WHERE run.state = 'POSTED' AND line.taken_at IS NULL
        ) AS waiting WHERE booked.fen <> waiting.fen""",
)
register(
    "T3",
    f"""SELECT held.id FROM {_VOUCHER} AS held
        LEFT JOIN {LEDGER} AS line ON line.id = held.line_id
        WHERE held.state IN ('PAID', 'REVERSED')
          AND line.amount_fen IS DISTINCT FROM held.amount_fen""",
)
register(
    "I6",
    f"""SELECT sent.insid FROM settlement_instruction AS sent
        LEFT JOIN (
            SELECT split_part(effect, ':', 2) AS key,
                   string_agg(split_part(split_part(effect, ':', 1), '-', 2), ' '
                              ORDER BY effect) AS steps,
                   min(amount_fen) AS least, max(amount_fen) AS most
            FROM {LEDGER} WHERE effect LIKE 'settlement-%%' GROUP BY 1
        ) AS booked ON booked.key = sent.id::text
        WHERE sent.unit_id = %(unit)s AND (
              least <> sent.amount_fen OR most <> sent.amount_fen
           OR coalesce(booked.steps, '') <> CASE
                WHEN sent.state IN ('sent', 'unknown', 'accepted') THEN 'sent'
                WHEN sent.state = 'settled' THEN 'credited sent'
                WHEN sent.state = 'rejected' THEN 'rejected sent'
                WHEN sent.state = 'returned' THEN 'credited returned sent' ELSE '' END)""",
)
register(
    "I10",
    f"""SELECT id::text FROM {_VOUCHER}
        WHERE kind IN ('EXPENSE', 'REVERSAL') AND state IN ('PAID', 'REVERSED')
          AND (paid_by IS NULL OR paid_by = entered_by)
           OR kind = 'EXPENSE' AND state IN ('APPROVED', 'PAID', 'REVERSED')
          AND (approved_by IS NULL OR approved_by = entered_by)
        UNION ALL
        SELECT id::text FROM {_RUN} WHERE state IN ('POSTED', 'DONE', 'UNDONE')
          AND (confirmed_by IS NULL OR confirmed_by = made_by)""",
)
CONTENT_SQL: Final = f"""
    SELECT count(*) AS lines, sha256(convert_to(coalesce(string_agg(concat_ws('|',
               line.id, extract(epoch FROM line.at), line.debit, line.credit, line.amount_fen,
               line.effect, coalesce(line.order_id::text, '-'), coalesce(line.bill_id::text, '-')
           ), E'\\n' ORDER BY line.id), ''), 'UTF8')) AS content
    FROM {LEDGER} AS line WHERE line.id >= {{since}} AND line.id < {{upto}}
"""
"""How many lines lie between two keys, and their SHA-256."""
register(
    "I14",
    f"""SELECT held.number || ' ' || held.sealed_at::date FROM (
            SELECT seal.*, lag(upto, 1, '00000000-0000-0000-0000-000000000000'::uuid) OVER chain
                       AS since,
                   lag(digest, 1, ''::bytea) OVER chain AS before,
                   row_number() OVER chain AS place
            FROM {SEALS} AS seal WHERE unit_id = %(unit)s WINDOW chain AS (ORDER BY number)
        ) AS held, LATERAL ({CONTENT_SQL.format(since="held.since", upto="held.upto")}) AS now_is
        WHERE now_is.content <> held.content OR now_is.lines <> held.lines
           OR held.digest <> sha256(held.before || held.content) OR held.number <> held.place""",
)


def checks(actor: Actor) -> list[Check]:
    """The rules of the treasury in the unit in force; they look at the whole unit."""
    require_browsing(actor)
    return violations("T1", "T2", "I12", "T3")


def differing_figures() -> int:
    """How many daily figures are not what the ledger says."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_FIGURES}) AS broken", {"unit": current_unit_id()})
        return int(cursor.fetchone()[0])
