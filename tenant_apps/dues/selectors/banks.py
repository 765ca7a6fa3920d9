"""The unit's dedicated accounts as the ledger names them."""

from __future__ import annotations

from typing import Final, NamedTuple

from kernel.unit import current_unit_id
from shared_apps.settlement import selectors as settlement
from tenant_apps.dues.selectors import chart


class Bank(NamedTuple):
    """An account of the ledger in which the unit's money lies."""

    account: str
    label: str


def banks() -> list[Bank]:
    """The dedicated accounts of the unit; before one is registered, the deposit as a whole."""
    found = [
        Bank(chart.bank_account(line.id), line.label)
        for line in settlement.accounts_of(current_unit_id())
    ]
    return [*found, _WHOLE]


def open_banks() -> list[Bank]:
    """Those that money may be paid in to: not the closed ones; the deposit as a whole only while
    no account is registered.
    """
    found = [
        Bank(chart.bank_account(line.id), line.label)
        for line in settlement.accounts_of(current_unit_id())
        if line.state != settlement.AccountState.CLOSED
    ]
    return found or [_WHOLE]


_WHOLE: Final = Bank(chart.BANK, "党费专户存款（未登记账户）")
