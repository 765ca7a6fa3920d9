"""Receipts and their numbers without a gap (rulebook 10.2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Value

from kernel.models import UnitRow


class ReceiptCounter(UnitRow):
    """The last serial given in a year; locked while one is given, so that there is no gap."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)


class Receipt(UnitRow):
    """The electronic receipt of one payment (rulebook 10.2); a void number stays visible.

    ``card_id`` is the knowledge card that came with it (``library.Card``).  When a part of the
    payment goes back, the receipt is void and the rest gets another one: the next ``edition``.
    ``kind`` is empty for monthly dues; a contribution's receipt names its kind and no months.
    """

    serial = models.CharField(max_length=40, unique=True)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    order_id = models.UUIDField()
    edition = models.PositiveSmallIntegerField(default=0, db_default=0)
    kind = models.CharField(max_length=10, blank=True, default="", db_default=Value(""))
    months = models.JSONField()
    amount_fen = models.BigIntegerField()
    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+"
    )
    channel = models.CharField(max_length=20)
    verify_code = models.CharField(max_length=16)
    card_id = models.UUIDField(null=True)
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="dues_receipt_once_an_edition", fields=["order_id", "edition"]
            ),
        ]
