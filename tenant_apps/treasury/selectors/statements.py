"""银行存款余额调节表: the bank's balance and the books', and all that stands between them (I8).

At the end of a day the statement's balance, without what only the bank has, equals the ledger's
without what only the books have.  What remains is a difference of the beginning.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import Month
from kernel.permissions import require
from kernel.unit import current_unit_id
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors.statements import (
    Entry,
    Statement,
    balance_at,
    entries_in,
    entries_of,
    entry_of,
    statements_of,
)
from shared_apps.reconciliation.services.statements import EntryNotFound
from shared_apps.settlement.selectors import Account, AccountState
from shared_apps.settlement.selectors import accounts as shared_accounts
from tenant_apps.dues.selectors.books import LEDGER, midnight
from tenant_apps.dues.selectors.chart import bank_account

__all__ = ["Entry", "Statement", "statements_of"]
DAYS_APART: Final = dt.timedelta(days=7)
"""So far apart the bank and the books may date the same movement."""
_ONE_LINE: Final = """
    SELECT line.id, (line.at AT TIME ZONE 'Asia/Shanghai')::date AS day,
        CASE WHEN line.debit = %(ledger)s THEN line.amount_fen ELSE -line.amount_fen END AS fen,
        line.memo
"""
_FREE: Final = f"""{_ONE_LINE} FROM {LEDGER} AS line
    LEFT JOIN reconciliation_entry AS entry ON entry.transfer_id = line.id
    WHERE %(ledger)s IN (line.debit, line.credit)
"""
_BOOKS_ONLY: Final = f"""{_FREE} AND line.at >= %(since)s AND line.at < %(end)s
    AND (entry.id IS NULL OR entry.booked_on > %(on)s) ORDER BY line.at, line.id
"""
_BANK_ONLY: Final = f"""
    SELECT entry.id FROM reconciliation_entry AS entry
    LEFT JOIN {LEDGER} AS line ON line.id = entry.transfer_id
    WHERE entry.account_id = %(account)s AND entry.booked_on <= %(on)s
      AND (line.id IS NULL OR line.at >= %(end)s)
"""
_CANDIDATES: Final = f"""SELECT * FROM ({_FREE} AND entry.id IS NULL) AS free
    WHERE fen = %(fen)s AND day BETWEEN %(on)s - 31 AND %(on)s + 31
    ORDER BY abs(day - %(on)s), id LIMIT 20
"""
_BALANCE: Final = f"""
    SELECT coalesce(sum(CASE WHEN debit = %(ledger)s THEN amount_fen ELSE -amount_fen END), 0)
    FROM {LEDGER} WHERE %(ledger)s IN (debit, credit) AND at < %(end)s
"""


class BookLine(NamedTuple):
    """A line of the ledger on the account; fen that left it are negative."""

    id: UUID
    day: dt.date
    fen: int
    memo: str


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One account at the end of ``on``; None of it where no statement was handed in."""

    account: Account
    on: dt.date
    bank_fen: int
    books_fen: int
    bank_only: list[Entry]
    books_only: list[BookLine]

    @property
    def bank_in_fen(self) -> int:
        return sum(one.amount_fen for one in self.bank_only if one.amount_fen > 0)

    @property
    def bank_out_fen(self) -> int:
        return -sum(one.amount_fen for one in self.bank_only if one.amount_fen < 0)

    @property
    def books_in_fen(self) -> int:
        return sum(one.fen for one in self.books_only if one.fen > 0)

    @property
    def books_out_fen(self) -> int:
        return -sum(one.fen for one in self.books_only if one.fen < 0)

    @property
    def adjusted_books_fen(self) -> int:
        """What the books would say if they had all that the bank has."""
        return self.books_fen + self.bank_in_fen - self.bank_out_fen

    @property
    def adjusted_bank_fen(self) -> int:
        return self.bank_fen + self.books_in_fen - self.books_out_fen

    @property
    def difference_fen(self) -> int:
        """By how much the bank has more than the books."""
        return self.bank_fen - self.books_fen

    @property
    def unexplained_fen(self) -> int:
        """What no single movement explains: the balances began differently."""
        return self.adjusted_bank_fen - self.adjusted_books_fen


def own_accounts(actor: Actor) -> list[Account]:
    """The accounts of the unit that statements may be handed in for."""
    require(actor, ReconciliationPermission.BANK)
    rows = shared_accounts.of_unit(current_unit_id())
    return list(rows.filter(state__in=[AccountState.CONFIRMED, AccountState.CLOSED]))


def adjusted(account: Account, month: Month) -> Adjusted | None:
    """The account at the month's end, or as far as statements reach; None before the first."""
    known = statements_of(account)
    latest, earliest = known.first(), known.order_by("first_on", "id").first()
    if latest is None or earliest is None or earliest.first_on > month.last_day:
        return None
    on = min(latest.last_on, month.last_day)
    bank_fen = balance_at(account, on)
    if bank_fen is None:
        return None
    ledger = bank_account(account.pk)
    values: dict[str, Any] = {
        "ledger": ledger,
        "since": midnight(earliest.first_on),
        "end": midnight(on + dt.timedelta(days=1)),
        "on": on,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE, values)
        books_fen = int(cursor.fetchone()[0])
        cursor.execute(_BOOKS_ONLY, values)
        books_only = [BookLine(*row) for row in cursor.fetchall()]
        cursor.execute(_BANK_ONLY, {**values, "account": account.pk})
        waiting = [pk for (pk,) in cursor.fetchall()]
    bank_only = list(entries_of(account).filter(pk__in=waiting))
    return Adjusted(account, on, bank_fen, books_fen, bank_only, books_only)


def entry_for(actor: Actor, entry_id: UUID) -> Entry:
    """Loads and authorises.  Raises EntryNotFound, Forbidden."""
    require(actor, ReconciliationPermission.BANK)
    entry = entry_of(entry_id)
    if entry is None:
        raise EntryNotFound
    return entry


def candidates(entry: Entry) -> list[BookLine]:
    """Lines of the ledger that may be this entry, the nearest in time first."""
    values: dict[str, Any] = {
        "ledger": bank_account(entry.account_id),
        "fen": entry.amount_fen,
        "on": entry.booked_on,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, values)
        return [BookLine(*row) for row in cursor.fetchall()]


def latest_of(account: Account) -> Statement | None:
    """The statement that reaches furthest."""
    return statements_of(account).first()


def entries_visible_to(actor: Actor, state: str) -> QuerySet[Entry]:
    """The unit's entries in a state, the oldest first."""
    require(actor, ReconciliationPermission.BANK)
    return entries_in(state)
