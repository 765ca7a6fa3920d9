"""Writing the ledger: pairs of accounts, added once per effect (payments.md 7.4)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from tenant_apps.dues.models import Bill, Transfer
from tenant_apps.dues.selectors.ledger import CLEARING, MEMBERS_DUES, SUSPENSE


def clearing_account(*, channel: str, mchid: str) -> str:
    """What the channel holds for this merchant number."""
    return f"{CLEARING}:{channel}:{mchid}"


def collect(*, bill: Bill, clearing: str, at: dt.datetime) -> Transfer:
    """Books a paid bill.  The effect names the bill, so the database refuses a second booking."""
    return _add(
        debit=clearing,
        credit=MEMBERS_DUES,
        amount_fen=bill.paid_fen,
        effect=f"bill:{bill.id}",
        order_id=bill.order_id,
        bill=bill,
        org_path=bill.org_path,
        at=at,
        memo=f"{bill.month} 党费",
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


def _add(**line: object) -> Transfer:
    added: Transfer = Transfer.objects.create(**line)
    return added
