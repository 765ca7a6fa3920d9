"""The ledger: balances and the statements that must always be true (payments.md 7.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import F, Sum

from tenant_apps.dues.models import Bill, Receipt, ReceiptCounter, Resolution, Transfer
from tenant_apps.dues.selectors.chart import CLEARING, REFUNDS, SUSPENSE, label_of


class AccountBalance(NamedTuple):
    account: str
    label: str
    debit_fen: int
    credit_fen: int

    @property
    def balance_fen(self) -> int:
        """Debit minus credit."""
        return self.debit_fen - self.credit_fen


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: how many rows violate it, and up to five of them."""

    code: str
    title: str
    rule: str
    violations: int
    examples: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.violations == 0


def balances() -> list[AccountBalance]:
    """Every account, by number; derived from the transfers, never stored."""
    debits = _sums("debit")
    credits_ = _sums("credit")
    return [
        AccountBalance(
            account,
            label_of(account),
            debits.get(account, 0),
            credits_.get(account, 0),
        )
        for account in sorted({*debits, *credits_})
    ]


def balance(prefix: str) -> int:
    """Debit minus credit of all accounts whose number begins with ``prefix``."""
    return sum(row.balance_fen for row in balances() if row.account.startswith(prefix))


def invariants() -> list[Check]:
    """Runs every check in the unit in force."""
    found = []
    with connection.cursor() as cursor:
        for code, title, rule, sql in _CHECKS:
            cursor.execute(f"SELECT count(*), (array_agg(row_key))[1:5] FROM ({sql}) AS broken")
            count, examples = cursor.fetchone()
            found.append(Check(code, title, rule, count, tuple(str(e) for e in examples or ())))
    return found


def _sums(side: str) -> dict[str, int]:
    rows = Transfer.objects.order_by().values(account=F(side)).annotate(fen=Sum("amount_fen"))
    return {row["account"]: row["fen"] for row in rows}


_BILL, _TRANSFER = Bill._meta.db_table, Transfer._meta.db_table
_RESOLUTION = Resolution._meta.db_table
_RECEIPT, _COUNTER = Receipt._meta.db_table, ReceiptCounter._meta.db_table

_CHECKS: Final = (
    (
        "I1",
        "借贷平衡",
        "每笔分录同额记入一借一贷，全部科目借贷合计为零",
        f"""SELECT sum(fen)::text AS row_key FROM (
                SELECT amount_fen AS fen FROM {_TRANSFER}
                UNION ALL SELECT -amount_fen FROM {_TRANSFER}
            ) AS both_sides HAVING sum(fen) <> 0
            UNION ALL SELECT id::text FROM {_TRANSFER} WHERE amount_fen <= 0 OR debit = credit""",
    ),
    (
        "I2",
        "账目只增不改",
        "本单位对账目表没有修改、删除的权限",
        f"""SELECT privilege AS row_key FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE'])
            AS privilege WHERE has_table_privilege(current_user, '{_TRANSFER}', privilege)""",
    ),
    (
        "I3",
        "一笔党费只收一次",
        "每笔已交账单恰有一笔入账，未交与免交账单没有入账或已冲回",
        f"""SELECT bill.id::text AS row_key FROM {_BILL} AS bill
            LEFT JOIN {_TRANSFER} AS line ON line.bill_id = bill.id
            GROUP BY bill.id, bill.state
            HAVING count(line.id) FILTER (WHERE line.credit = '4001')
                 - count(line.id) FILTER (WHERE line.debit = '4001')
                <> (bill.state = 'PAID')::int""",
    ),
    (
        "I4",
        "订单、账单与入账同额",
        "已支付订单的明细之和、入账之和都等于订单金额；账单实交等于其入账",
        f"""SELECT placed.out_trade_no AS row_key FROM payments_order AS placed
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM payments_orderitem
                       GROUP BY order_id) AS item ON item.order_id = placed.id
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM {_TRANSFER}
                       WHERE debit LIKE '{CLEARING}:%%' AND effect NOT LIKE 'conflict:%%'
                       GROUP BY order_id) AS line ON line.order_id = placed.id
            WHERE item.fen IS DISTINCT FROM placed.amount_fen
               OR (placed.state IN ('paid', 'paid_late')
                   AND line.fen IS DISTINCT FROM placed.amount_fen)
               OR (placed.state NOT IN ('paid', 'paid_late') AND line.fen IS NOT NULL)
            UNION ALL
            SELECT bill.id::text FROM {_BILL} AS bill
            JOIN {_TRANSFER} AS line ON line.bill_id = bill.id
            GROUP BY bill.id, bill.paid_fen
            HAVING sum(line.amount_fen * (CASE WHEN line.credit = '4001' THEN 1
                                               WHEN line.debit = '4001' THEN -1 ELSE 0 END))
                <> bill.paid_fen""",
    ),
    (
        "R1",
        "收据连续且与入账同额",
        "收据号没有空号，每张有效收据的金额等于该订单记入党费、没有退回的金额，每个订单至多一张有效收据",
        f"""SELECT counter.year || ':' || place AS row_key
            FROM {_COUNTER} AS counter
            CROSS JOIN LATERAL generate_series(1, counter.last) AS place
            WHERE NOT EXISTS (
                SELECT FROM {_RECEIPT} AS receipt
                WHERE receipt.serial LIKE counter.year || '-%%-' || lpad(place::text, 6, '0'))
            UNION ALL
            SELECT receipt.serial FROM {_RECEIPT} AS receipt
            LEFT JOIN (SELECT order_id,
                              coalesce(sum(amount_fen) FILTER (WHERE credit = '4001'), 0)
                            - coalesce(sum(amount_fen) FILTER (WHERE debit = '4001'), 0) AS fen
                       FROM {_TRANSFER} WHERE '4001' IN (credit, debit)
                       GROUP BY order_id) AS line ON line.order_id = receipt.order_id
            WHERE receipt.voided_at IS NULL AND receipt.amount_fen IS DISTINCT FROM line.fen
            UNION ALL
            SELECT min(serial) FROM {_RECEIPT} WHERE voided_at IS NULL
            GROUP BY order_id HAVING count(*) > 1""",
    ),
    (
        "I5",
        "退款不超过实付",
        "每笔支付的退款合计不超过实付，每笔成功的退款恰有一笔同额的支出，没有退成的没有支出",
        f"""SELECT min(back.out_refund_no) AS row_key FROM payments_refund AS back
            WHERE back.state NOT IN ('withdrawn', 'closed')
            GROUP BY back.order_id, back.transaction_id
            HAVING sum(back.amount_fen) > min(back.paid_fen)
            UNION ALL
            SELECT back.out_refund_no FROM payments_refund AS back
            JOIN payments_order AS placed ON placed.id = back.order_id
            WHERE placed.transaction_id = back.transaction_id
              AND placed.amount_fen <> back.paid_fen
            UNION ALL
            SELECT back.out_refund_no FROM payments_refund AS back
            LEFT JOIN {_TRANSFER} AS line ON line.effect = 'refund-done:' || back.cause_id
            WHERE line.amount_fen IS DISTINCT FROM
                  CASE WHEN back.state IN ('succeeded', 'returned')
                        AND back.settled_at IS NOT NULL THEN back.amount_fen END""",
    ),
    (
        "I6",
        "待确认款项逐笔有去处",
        "「待确认款项」等于尚未处理的各笔之和，「应付退款」等于在办的退款之和",
        f"""SELECT account AS row_key FROM (
                SELECT '{SUSPENSE}' AS account, coalesce(sum(held.amount_fen), 0) AS fen
                FROM {_TRANSFER} AS held
                WHERE held.credit = '{SUSPENSE}'
                  AND (held.debit LIKE '{CLEARING}:%%'
                       OR held.debit = '{REFUNDS}' AND held.order_id IS NOT NULL)
                  AND NOT EXISTS (SELECT FROM {_RESOLUTION} AS decided
                                  WHERE decided.suspension_id = held.id
                                    AND decided.state IN ('asked', 'sent', 'done'))
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
    ),
)
