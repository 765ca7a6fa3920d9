"""What reconciliation asks of the books: the money that a channel holds, the receipts of orders."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q, Sum

from tenant_apps.dues.models import Receipt, Transfer

PAYOUT = "payout:"


def held_at_channel(account: str, *, before: dt.datetime, effects: Sequence[str]) -> int:
    """Fen that the account holds at ``before``.  Payouts are booked when a bill tells of them, so
    that not their moment counts: those booked under ``effects`` had left by then, no others.
    """
    counted = Q(at__lt=before) & ~Q(effect__startswith=PAYOUT) | Q(effect__in=effects)
    sums = Transfer.objects.filter(counted).aggregate(
        debit=Sum("amount_fen", filter=Q(debit=account), default=0),
        credit=Sum("amount_fen", filter=Q(credit=account), default=0),
    )
    held: int = sums["debit"] - sums["credit"]
    return held


def receipts_of_orders(order_ids: Iterable[UUID]) -> dict[UUID, list[Receipt]]:
    """The receipts that are in force of each order, with their members and organisations."""
    found = Receipt.objects.filter(order_id__in=[*order_ids], voided_at__isnull=True)
    by_order: dict[UUID, list[Receipt]] = defaultdict(list)
    for receipt in found.select_related("member", "org").order_by("serial"):
        by_order[receipt.order_id].append(receipt)
    return by_order
