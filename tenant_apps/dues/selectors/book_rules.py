"""What must always be true of the dues' books, as the statements that find what violates it
(payments.md 7.5).  The rules by name are in ``shared_apps.proof.selectors.catalogue``.
"""

from __future__ import annotations

from typing import Final

from shared_apps.proof.selectors.checks import register
from tenant_apps.dues.models import (
    Bill,
    Contribution,
    HandUp,
    Receipt,
    ReceiptCounter,
    Resolution,
    Slip,
    Transfer,
)
from tenant_apps.dues.selectors.chart import (
    CLEARING,
    LARGE_DUES,
    MEMBERS_DUES,
    REFUNDS,
    SPECIAL_DUES,
    SUSPENSE,
    VOLUNTARY,
)

_BILL, _TRANSFER = Bill._meta.db_table, Transfer._meta.db_table
_RESOLUTION = Resolution._meta.db_table
_RECEIPT, _COUNTER = Receipt._meta.db_table, ReceiptCounter._meta.db_table
_CONTRIBUTION = Contribution._meta.db_table
_HAND_UP = HandUp._meta.db_table
_SLIP = Slip._meta.db_table
_OWN: Final = (
    f"CASE given.kind WHEN 'VOLUNTARY' THEN '{VOLUNTARY}' WHEN 'LARGE' THEN '{LARGE_DUES}'"
    f" ELSE '{SPECIAL_DUES}' END"
)
"""The account of a contribution's kind."""
_GIVEN: Final = f"('{MEMBERS_DUES}', '{VOLUNTARY}', '{LARGE_DUES}', '{SPECIAL_DUES}')"

register(
    "I1",
    f"""SELECT sum(fen)::text AS row_key FROM (
                SELECT amount_fen AS fen FROM {_TRANSFER}
                UNION ALL SELECT -amount_fen FROM {_TRANSFER}
            ) AS both_sides HAVING sum(fen) <> 0
            UNION ALL SELECT id::text FROM {_TRANSFER} WHERE amount_fen <= 0 OR debit = credit""",
)
register(
    "I2",
    f"""SELECT privilege AS row_key FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE'])
            AS privilege WHERE has_table_privilege(current_user, '{_TRANSFER}', privilege)""",
)
register(
    "I3",
    f"""SELECT bill.id::text AS row_key FROM {_BILL} AS bill
            LEFT JOIN {_TRANSFER} AS line ON line.bill_id = bill.id
            GROUP BY bill.id, bill.state
            HAVING count(line.id) FILTER (WHERE line.credit = '4001')
                 - count(line.id) FILTER (WHERE line.debit = '4001')
                <> (bill.state = 'PAID')::int""",
)
register(
    "I4",
    f"""SELECT placed.out_trade_no AS row_key FROM payments_order AS placed
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM payments_orderitem
                       WHERE unit_id = %(unit)s
                       GROUP BY order_id) AS item ON item.order_id = placed.id
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM {_TRANSFER}
                       WHERE debit LIKE '{CLEARING}:%%' AND effect NOT LIKE 'conflict:%%'
                       GROUP BY order_id) AS line ON line.order_id = placed.id
            WHERE placed.unit_id = %(unit)s AND (
                  item.fen IS DISTINCT FROM placed.amount_fen
               OR (placed.state IN ('paid', 'paid_late')
                   AND line.fen IS DISTINCT FROM placed.amount_fen)
               OR (placed.state NOT IN ('paid', 'paid_late') AND line.fen IS NOT NULL))
            UNION ALL
            SELECT bill.id::text FROM {_BILL} AS bill
            JOIN {_TRANSFER} AS line ON line.bill_id = bill.id
            GROUP BY bill.id, bill.paid_fen
            HAVING sum(line.amount_fen * (CASE WHEN line.credit = '4001' THEN 1
                                               WHEN line.debit = '4001' THEN -1 ELSE 0 END))
                <> bill.paid_fen""",
)
register(
    "R1",
    f"""SELECT counter.year || ':' || place AS row_key
            FROM {_COUNTER} AS counter
            CROSS JOIN LATERAL generate_series(1, counter.last) AS place
            WHERE NOT EXISTS (
                SELECT FROM {_RECEIPT} AS receipt
                WHERE receipt.serial LIKE counter.year || '-%%-' || lpad(place::text, 6, '0'))
            UNION ALL
            SELECT receipt.serial FROM {_RECEIPT} AS receipt
            LEFT JOIN (SELECT order_id,
                              coalesce(sum(amount_fen) FILTER (WHERE credit IN {_GIVEN}), 0)
                            - coalesce(sum(amount_fen) FILTER (WHERE debit IN {_GIVEN}), 0) AS fen
                       FROM {_TRANSFER} WHERE credit IN {_GIVEN} OR debit IN {_GIVEN}
                       GROUP BY order_id) AS line ON line.order_id = receipt.order_id
            WHERE receipt.voided_at IS NULL AND receipt.amount_fen IS DISTINCT FROM line.fen
            UNION ALL
            SELECT min(serial) FROM {_RECEIPT} WHERE voided_at IS NULL
            GROUP BY order_id HAVING count(*) > 1""",
)
register(
    "V1",
    f"""SELECT given.id::text AS row_key FROM {_CONTRIBUTION} AS given
            LEFT JOIN {_TRANSFER} AS line
                   ON line.order_id = given.order_id AND {_OWN} IN (line.credit, line.debit)
            GROUP BY given.id, given.kind, given.state, given.amount_fen
            HAVING coalesce(sum(CASE WHEN line.credit = {_OWN} THEN line.amount_fen
                                     ELSE -line.amount_fen END), 0)
                <> (given.state = 'PAID')::int * given.amount_fen
            UNION ALL
            SELECT account FROM (VALUES ('{LARGE_DUES}', 'LARGE'), ('{SPECIAL_DUES}', 'SPECIAL'))
                AS held (account, kind)
            WHERE (SELECT coalesce(sum(CASE WHEN credit = account THEN amount_fen
                                            ELSE -amount_fen END), 0)
                   FROM {_TRANSFER} WHERE account IN (credit, debit))
               <> (SELECT coalesce(sum(given.amount_fen), 0) FROM {_CONTRIBUTION} AS given
                   LEFT JOIN {_HAND_UP} AS gone ON gone.id = given.hand_up_id
                   WHERE given.kind = held.kind AND given.state = 'PAID'
                     AND gone.state IS DISTINCT FROM 'done')""",
)
register(
    "I5",
    f"""SELECT min(back.out_refund_no) AS row_key FROM payments_refund AS back
            WHERE back.unit_id = %(unit)s AND back.state NOT IN ('withdrawn', 'closed')
            GROUP BY back.order_id, back.transaction_id
            HAVING sum(back.amount_fen) > min(back.paid_fen)
            UNION ALL
            SELECT back.out_refund_no FROM payments_refund AS back
            JOIN payments_order AS placed ON placed.id = back.order_id
            WHERE back.unit_id = %(unit)s AND placed.transaction_id = back.transaction_id
              AND placed.amount_fen <> back.paid_fen
            UNION ALL
            SELECT back.out_refund_no FROM payments_refund AS back
            LEFT JOIN {_TRANSFER} AS line ON line.effect = 'refund-done:' || back.cause_id
            WHERE back.unit_id = %(unit)s AND line.amount_fen IS DISTINCT FROM
                  CASE WHEN back.state IN ('succeeded', 'returned')
                        AND back.settled_at IS NOT NULL THEN back.amount_fen END""",
)
register(
    "I6",
    f"""SELECT account AS row_key FROM (
                SELECT '{SUSPENSE}' AS account, coalesce(sum(held.amount_fen), 0) AS fen
                FROM {_TRANSFER} AS held
                WHERE held.credit = '{SUSPENSE}'
                  AND (held.debit LIKE '{CLEARING}:%%'
                       OR held.debit = '{REFUNDS}' AND held.order_id IS NOT NULL)
                  AND NOT EXISTS (SELECT FROM {_RESOLUTION} AS decided
                                  WHERE decided.suspension_id = held.id
                                    AND decided.state IN ('asked', 'sent', 'done')
                                    AND (decided.kind, decided.state) <> ('claimed', 'asked'))
                UNION ALL
                SELECT '{REFUNDS}', coalesce(sum(decided.amount_fen), 0)
                FROM {_RESOLUTION} AS decided
                WHERE decided.state = 'sent'
                   OR decided.kind = 'refunded' AND decided.state = 'asked'
            ) AS wanted
            WHERE wanted.fen <> (
                SELECT coalesce(sum(amount_fen) FILTER (WHERE credit = account), 0)
                     - coalesce(sum(amount_fen) FILTER (WHERE debit = account), 0)
                FROM {_TRANSFER})""",
)
register(
    "I13",
    f"""SELECT line.id FROM {_TRANSFER} AS line
        WHERE line.order_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM payments_order AS placed WHERE placed.id = line.order_id)
          AND NOT EXISTS (SELECT FROM {_RESOLUTION} AS decided WHERE decided.id = line.order_id)
          AND NOT EXISTS (SELECT FROM {_SLIP} AS slip WHERE slip.id = line.order_id)
          AND NOT EXISTS (SELECT FROM {_CONTRIBUTION} AS given WHERE given.id = line.order_id)""",
)
