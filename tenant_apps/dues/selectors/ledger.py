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
        "每笔已交账单恰有一笔入账，未交与免交账单没有入账，每个订单至多一张收据",
        f"""SELECT bill.id::text AS row_key FROM {_BILL} AS bill
            LEFT JOIN {_TRANSFER} AS line ON line.bill_id = bill.id AND line.credit = '4001'
            GROUP BY bill.id, bill.state HAVING count(line.id) <> (bill.state = 'PAID')::int""",
    ),
    (
        "I4",
        "订单、账单与入账同额",
        "已支付订单的明细之和、入账之和都等于订单金额；账单实交等于其入账",
        f"""SELECT placed.out_trade_no AS row_key FROM payments_order AS placed
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM payments_orderitem
                       GROUP BY order_id) AS item ON item.order_id = placed.id
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM {_TRANSFER}
                       WHERE effect NOT LIKE 'conflict:%%'
                       GROUP BY order_id) AS line ON line.order_id = placed.id
            WHERE item.fen IS DISTINCT FROM placed.amount_fen
               OR (placed.state IN ('paid', 'paid_late')
                   AND line.fen IS DISTINCT FROM placed.amount_fen)
               OR (placed.state NOT IN ('paid', 'paid_late') AND line.fen IS NOT NULL)
            UNION ALL
            SELECT bill.id::text FROM {_BILL} AS bill
            JOIN {_TRANSFER} AS line ON line.bill_id = bill.id AND line.credit = '4001'
            WHERE line.amount_fen <> bill.paid_fen""",
    ),
    (
        "I5",
        "收据连续且与入账同额",
        "收据号没有空号，每张有效收据的金额等于该订单记入党费的金额",
        f"""SELECT counter.year || ':' || place AS row_key
            FROM {_COUNTER} AS counter
            CROSS JOIN LATERAL generate_series(1, counter.last) AS place
            WHERE NOT EXISTS (
                SELECT FROM {_RECEIPT} AS receipt
                WHERE receipt.serial LIKE counter.year || '-%%-' || lpad(place::text, 6, '0'))
            UNION ALL
            SELECT receipt.serial FROM {_RECEIPT} AS receipt
            LEFT JOIN (SELECT order_id, sum(amount_fen) AS fen FROM {_TRANSFER}
                       WHERE credit = '4001' GROUP BY order_id) AS line
                   ON line.order_id = receipt.order_id
            WHERE receipt.amount_fen IS DISTINCT FROM line.fen""",
    ),
    (
        "I6",
        "待确认款项逐笔有去处",
        "「待确认款项」等于尚未处理的各笔之和，「应付退款」等于等待复核的退还之和",
        f"""SELECT account AS row_key FROM (
                SELECT '{SUSPENSE}' AS account, coalesce(sum(held.amount_fen), 0) AS fen
                FROM {_TRANSFER} AS held
                WHERE held.credit = '{SUSPENSE}' AND held.debit LIKE '{CLEARING}:%%'
                  AND NOT EXISTS (SELECT FROM {_RESOLUTION} AS decided
                                  WHERE decided.suspension_id = held.id
                                    AND decided.state IN ('asked', 'done'))
                UNION ALL
                SELECT '{REFUNDS}', coalesce(sum(held.amount_fen), 0)
                FROM {_TRANSFER} AS held JOIN {_RESOLUTION} AS decided
                  ON decided.suspension_id = held.id AND decided.state = 'asked'
            ) AS wanted
            WHERE wanted.fen <> (
                SELECT coalesce(sum(amount_fen) FILTER (WHERE credit = account), 0)
                     - coalesce(sum(amount_fen) FILTER (WHERE debit = account), 0)
                FROM {_TRANSFER})""",
    ),
)
