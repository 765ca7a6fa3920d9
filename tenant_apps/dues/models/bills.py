"""What a member owes for a month (rulebook 10.2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import UnitRow
from tenant_apps.dues.models.standards import Relief, Standard


class BillState(models.TextChoices):
    UNPAID = "UNPAID", "未交"
    PAID = "PAID", "已交"
    EXEMPT = "EXEMPT", "免交"
    DEFERRED = "DEFERRED", "缓交"


class Bill(UnitRow):
    """What a member owes for one month; the organisation is the one at the time of issue.

    An exemption names its reason and the committee that approved it (rulebook 4.1, Art. 7).
    ``relief`` is the reduction or deferral under which it stands.  A month's bills are many, and
    one statement makes them of the rows that they refer to; of the keys only the standard's, which
    the member's file holds, is checked by the database.
    ``reminded_at`` is when the member was last sent a message about it, ``returned`` how often
    what paid it was given back.
    """

    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="+")
    month = models.PositiveIntegerField()
    org = models.ForeignKey(
        "organizations.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    org_path = models.CharField(max_length=80)
    due_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=BillState, default=BillState.UNPAID)
    issued_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    order_id = models.UUIDField(null=True, blank=True)
    exempt_reason = models.CharField(max_length=200, blank=True)
    exempt_approved_by = models.CharField(max_length=120, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    returned = models.PositiveSmallIntegerField(default=0, db_default=0)
    relief = models.ForeignKey(
        Relief,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="dues_bill_once_a_month", fields=["member", "month"]),
            models.CheckConstraint(name="dues_bill_owes_something", condition=Q(due_fen__gt=0)),
            models.CheckConstraint(
                name="dues_bill_exempt_is_approved",
                condition=~Q(state="EXEMPT") | (~Q(exempt_reason="") & ~Q(exempt_approved_by="")),
            ),
            models.CheckConstraint(
                name="dues_bill_paid_in_full_or_not_at_all",
                condition=Q(state="PAID", paid_fen=F("due_fen"), paid_at__isnull=False)
                | (~Q(state="PAID") & Q(paid_fen=0)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["month", "org_path"],
                opclasses=["int4_ops", "varchar_pattern_ops"],
                name="dues_bill_place",
            ),
            models.Index(fields=["member"], name="dues_bill_open", condition=Q(state="UNPAID")),
        ]
