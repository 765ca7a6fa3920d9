"""Writing the ledger: pairs of accounts, added once per effect (payments.md 7.4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from kernel import arrays
from tenant_apps.dues.models import Bill, Transfer
from tenant_apps.dues.selectors.chart import CLEARING, MEMBERS_DUES, SUSPENSE


def clearing_account(*, channel: str, mchid: str) -> str:
    """What the channel holds for this merchant number."""
    return f"{CLEARING}:{channel}:{mchid}"


class Collected(NamedTuple):
    """A paid bill, the account that holds its money, and the moment of the entry."""

    bill: Bill
    held_in: str
    at: dt.datetime


def collect(*, paid: Sequence[Collected]) -> None:
    """Books paid bills in one statement.  The effect names the bill, so the database refuses a
    second booking.
    """
    arrays.insert(
        [
            Transfer(
                debit=held_in,
                credit=MEMBERS_DUES,
                amount_fen=bill.paid_fen,
                effect=_effect_of(bill),
                order_id=bill.order_id,
                bill_id=bill.id,
                org_path=bill.org_path,
                at=at,
                memo=f"{bill.month} 党费",
            )
            for bill, held_in, at in paid
        ]
    )


def suspend(
    *,
    effect: str,
    amount_fen: int,
    clearing: str,
    order_id: UUID,
    at: dt.datetime,
    memo: str,
) -> Transfer:
    """Books money that no bill takes, until a person decides."""
    return _add(
        debit=clearing,
        credit=SUSPENSE,
        amount_fen=amount_fen,
        effect=effect,
        order_id=order_id,
        at=at,
        memo=memo,
    )


def post(
    *,
    debit: str,
    credit: str,
    amount_fen: int,
    effect: str,
    at: dt.datetime,
    memo: str,
    org_path: str = "",
    org_id: UUID | None = None,
) -> Transfer:
    """Books one voucher of any other kind: ``amount_fen`` from ``credit`` to ``debit``.

    Accounts are those of ``selectors.chart``.  ``effect`` names the business fact, so that the
    database (IntegrityError) refuses to book it twice.  ``org_id`` is whose it is, "" and None the
    unit's as a whole.  Belongs in the caller's transaction.
    """
    return _add(
        debit=debit,
        credit=credit,
        amount_fen=amount_fen,
        effect=effect,
        at=at,
        memo=memo,
        org_path=org_path,
        org_id=org_id,
    )


def _effect_of(bill: Bill) -> str:
    """A bill is collected once, and once more after each time that its payment was given back."""
    return f"bill:{bill.id}:{bill.returned}" if bill.returned else f"bill:{bill.id}"


def _add(**line: object) -> Transfer:
    added: Transfer = Transfer.objects.create(**line)
    return added
