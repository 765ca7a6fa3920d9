"""The ledger, and what people decided about money that arrived (payments.md 7.4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value

from kernel.models import UnitRow
from tenant_apps.dues.models.bills import Bill


class Transfer(UnitRow):
    """One line of the ledger: an amount from the credited to the debited account.

    A pair cannot be unbalanced.  Rows are only added; corrections are new rows.  ``effect`` is
    the business effect, unique, so that the same money is never booked twice.  ``org_id`` says
    whose it is where no bill does: paths change when the tree does, and a row never changes.
    """

    is_append_only: ClassVar[bool] = True

    at = models.DateTimeField()
    debit = models.CharField(max_length=40)
    credit = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField()
    effect = models.CharField(max_length=80, unique=True)
    order_id = models.UUIDField(null=True)
    bill = models.ForeignKey(Bill, null=True, on_delete=models.PROTECT, related_name="+")
    org_id = models.UUIDField(null=True)
    org_path = models.CharField(max_length=80, blank=True)
    memo = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at", "id"], name="dues_transfer_moment")]
        constraints: ClassVar = [
            models.CheckConstraint(name="dues_transfer_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="dues_transfer_two_accounts", condition=~Q(debit=F("credit"))
            ),
        ]


class ResolutionKind(models.TextChoices):
    """REFUNDED is money that no bill took; RETURNED is what paid bills; CLAIMED is what came
    without an order of ours and pays a member's bills, by two people's word.
    """

    PLACED = "placed", "记入账单"
    REFUNDED = "refunded", "退还"
    RETURNED = "returned", "退回已交党费"
    CLAIMED = "claimed", "认领入账"


class ResolutionState(models.TextChoices):
    """A refund waits for a second person and then for the channel; placing is done at once."""

    ASKED = "asked", "待复核"
    SENT = "sent", "退款中"
    DONE = "done", "已处理"
    FAILED = "failed", "未退成"
    WITHDRAWN = "withdrawn", "已撤回"


class Resolution(UnitRow):
    """What people decided about money that arrived: one transfer to the suspense account
    (``suspension``), or ``bills`` (ids) that the order ``order_id`` paid.

    The second person's word sends a refund to the channel (``payments.Refund``, whose cause this
    is); ``refund_number`` is the channel's number that proves that it was carried out, of claimed
    money that of the payment.  Receipts and transfers of what
    was placed name the resolution as their order, because the order itself may have a receipt
    already.  Bills given back are due again, or exempt where ``exempt_approved_by`` names the
    committee (Art. 7).
    """

    suspension = models.ForeignKey(
        Transfer, null=True, on_delete=models.PROTECT, related_name="resolutions"
    )
    order_id = models.UUIDField(null=True)
    bills = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    amount_fen = models.BigIntegerField(default=0, db_default=0)
    exempt_approved_by = models.CharField(
        max_length=120, blank=True, default="", db_default=Value("")
    )
    kind = models.CharField(max_length=10, choices=ResolutionKind)
    state = models.CharField(max_length=10, choices=ResolutionState)
    reason = models.CharField(max_length=200)
    refund_number = models.CharField(max_length=64, blank=True)
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["asked_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="dues_resolution_once",
                fields=["suspension"],
                condition=Q(state__in=["asked", "sent", "done"]),
            ),
            models.UniqueConstraint(
                name="dues_resolution_refund_number_once",
                fields=["refund_number"],
                condition=~Q(refund_number=""),
            ),
            models.CheckConstraint(
                name="dues_resolution_refund_two_people",
                condition=Q(kind="placed")
                | Q(state__in=["asked", "withdrawn"])
                | (
                    Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                    & (~Q(state="done") | ~Q(refund_number=""))
                ),
            ),
            models.CheckConstraint(
                name="dues_resolution_about_something",
                condition=Q(kind="returned", suspension__isnull=True, order_id__isnull=False)
                | (~Q(kind="returned") & Q(suspension__isnull=False)),
            ),
        ]
