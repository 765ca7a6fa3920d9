"""What a refund does to the books (payments.md 7.4): the sum is owed to its payer from the second
person's word on, or for suspended money from the asking on; paid by the channel at the end; taken
back where nothing went.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from tenant_apps.dues.models import Bill, Resolution, Transfer
from tenant_apps.dues.selectors.chart import MEMBERS_DUES, REFUNDS, SUSPENSE

Part = tuple[Bill, int]
"""A bill and the sum (fen) that paid it."""


def owe_suspended(*, held: Resolution, at: dt.datetime) -> None:
    """Sets suspended money aside to be given back."""
    _move(held, "asked", debit=SUSPENSE, credit=REFUNDS, at=at, memo="申请退还")


def suspend_again(*, held: Resolution, step: str, at: dt.datetime, memo: str) -> None:
    """It is not given back (``step``: withdrawn, failed): the money is suspended as before."""
    _move(held, step, debit=REFUNDS, credit=SUSPENSE, at=at, memo=memo)


def pay_out(*, held: Resolution, clearing: str, at: dt.datetime) -> None:
    """The channel has given the money back to the payer, out of what it holds."""
    _move(held, "done", debit=REFUNDS, credit=clearing, at=at, memo="已退还")


def owe_paid(*, held: Resolution, parts: Sequence[Part], at: dt.datetime) -> None:
    """The reversing voucher: what paid the bills is no longer income."""
    _add(held, "return", parts, debit=MEMBERS_DUES, credit=REFUNDS, at=at, memo="退回党费")


def restore_paid(*, held: Resolution, parts: Sequence[Part], at: dt.datetime) -> None:
    """Nothing went back: it is income again."""
    _add(held, "return-undone", parts, debit=REFUNDS, credit=MEMBERS_DUES, at=at, memo="未退成")


def suspend_paid(
    *, held: Resolution, parts: Sequence[Part], order_id: UUID, at: dt.datetime
) -> None:
    """Nothing went back, and other money has paid the bills since: a person decides."""
    Transfer.objects.bulk_create(
        Transfer(
            debit=REFUNDS,
            credit=SUSPENSE,
            amount_fen=fen,
            effect=f"return-held:{held.pk.hex}:{bill.pk.hex}",
            order_id=order_id,
            org_path=bill.org_path,
            at=at,
            memo="退款未退成，账单已另行交清",
        )
        for bill, fen in parts
    )


def _add(
    held: Resolution,
    step: str,
    parts: Sequence[Part],
    *,
    debit: str,
    credit: str,
    at: dt.datetime,
    memo: str,
) -> None:
    """One line for each bill; the effect names both, so that each is booked once."""
    Transfer.objects.bulk_create(
        Transfer(
            debit=debit,
            credit=credit,
            amount_fen=fen,
            effect=f"{step}:{held.pk.hex}:{bill.pk.hex}",
            order_id=held.order_id,
            bill=bill,
            org_path=bill.org_path,
            at=at,
            memo=f"{bill.month} {memo}",
        )
        for bill, fen in parts
    )


def _move(
    held: Resolution, step: str, *, debit: str, credit: str, at: dt.datetime, memo: str
) -> None:
    Transfer.objects.create(
        debit=debit,
        credit=credit,
        amount_fen=held.amount_fen,
        effect=f"refund-{step}:{held.pk}",
        at=at,
        memo=memo,
    )
