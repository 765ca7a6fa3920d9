"""A receipt after a part of its payment went back, or came again: the number stays visible."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.selectors.refunds import parts_paid_by
from tenant_apps.dues.services import receipts


def restate(*, order_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Receipt | None:
    """Voids the receipt of an order and gives the next edition over what it pays now;
    None where it pays none.  Call it last in the transaction, as the giving of any receipt.
    """
    held = list(Receipt.objects.select_for_update().filter(order_id=order_id).order_by("edition"))
    if not held:
        return None
    for one in held:
        if one.voided_at is None:
            receipts.void(receipt=one, reason=reason, actor=actor, now=now)
    bills = parts_paid_by(held[0])
    if not bills:
        return None
    (given,) = receipts.give(
        paid=[
            receipts.Paid(
                bills=tuple(bills),
                order_id=order_id,
                channel=held[0].channel,
                edition=len(held),
                kind=held[0].kind,
            )
        ],
        actor=actor,
        now=now,
    )
    return given
