"""The units' dedicated accounts, without their numbers."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.errors import NotFound
from kernel.unit import shared_context
from shared_apps.settlement.models import Account, AccountState


class UnknownAccount(NotFound):
    code = "settlement_account_unknown"
    sentence = "没有找到这个账户。"


class AccountLine(NamedTuple):
    """What other rooms need of an account; in the ledger it is ``1001:<id>``."""

    id: UUID
    bank: str
    last_four: str
    label: str
    state: str
    effective_on: dt.date | None


def accounts_of(unit_id: UUID) -> list[AccountLine]:
    """The accounts that a unit has or had in force, the newest first."""
    rows = of_unit(unit_id).filter(state__in=[AccountState.CONFIRMED, AccountState.CLOSED])
    return [
        AccountLine(row.pk, row.bank, row.last_four, row.shown, row.state, row.effective_on)
        for row in rows
    ]


def account_in_force(unit_id: UUID, on: dt.date) -> Account | None:
    """Where a unit's money goes for a period that ends ``on``: the newest account in force then,
    else, where there was none yet, the first one after.
    """
    confirmed = list(of_unit(unit_id).filter(state=AccountState.CONFIRMED))
    known = [(row, row.effective_on) for row in confirmed if row.effective_on]
    before = [pair for pair in known if pair[1] <= on]
    if before:
        return max(before, key=lambda pair: pair[1])[0]
    return min(known, key=lambda pair: pair[1], default=(None, on))[0]


def of_unit(unit_id: UUID) -> QuerySet[Account]:
    """Every account that a unit ever registered, the newest first."""
    return Account.objects.filter(unit_id=unit_id).order_by("-registered_at", "-id")


def waiting() -> QuerySet[Account]:
    """What the bank has to compare, the oldest first."""
    return Account.objects.filter(state=AccountState.REGISTERED).order_by("registered_at", "id")


def account_for(account_id: UUID) -> Account:
    """For the console, whose pages see all units.  Raises UnknownAccount."""
    with shared_context():
        row = Account.objects.filter(pk=account_id).first()
    if row is None:
        raise UnknownAccount
    return row


def own_account(unit_id: UUID, account_id: UUID) -> Account:
    """An account of this unit; anybody else's is UnknownAccount."""
    row = Account.objects.filter(Q(unit_id=unit_id), pk=account_id).first()
    if row is None:
        raise UnknownAccount
    return row
