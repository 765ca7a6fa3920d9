"""The ledger: balances, derived from its lines."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import F, Sum

from tenant_apps.dues.models import Transfer
from tenant_apps.dues.selectors.chart import label_of


class AccountBalance(NamedTuple):
    account: str
    label: str
    debit_fen: int
    credit_fen: int

    @property
    def balance_fen(self) -> int:
        """Debit minus credit."""
        return self.debit_fen - self.credit_fen


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


def _sums(side: str) -> dict[str, int]:
    rows = Transfer.objects.order_by().values(account=F(side)).annotate(fen=Sum("amount_fen"))
    return {row["account"]: row["fen"] for row in rows}
