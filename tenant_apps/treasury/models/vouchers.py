"""What people enter into the books (rulebook 4.6)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import UnitRow


class VoucherKind(models.TextChoices):
    INTEREST = "INTEREST", "利息收入"
    ALLOCATION = "ALLOCATION", "上级下拨"
    OPENING = "OPENING", "期初余额"
    EXPENSE = "EXPENSE", "党费支出"
    REVERSAL = "REVERSAL", "红字冲销"


class VoucherState(models.TextChoices):
    """An expense goes all the way; income is booked when it is entered."""

    DRAFT = "DRAFT", "已录入"
    DECIDED = "DECIDED", "已决议"
    APPROVED = "APPROVED", "待付款"
    PAID = "PAID", "已入账"
    REVERSED = "REVERSED", "已冲销"
    WITHDRAWN = "WITHDRAWN", "已作废"


class Voucher(UnitRow):
    """What people enter into the books, with the decision behind it (rulebook 4.6, Art. 20).

    ``bank`` is the account of the ledger that holds the money, ``use`` one of the five uses:
    of an expense, or what an allocation is earmarked for (Art. 21).  ``earmark`` is the
    allocation that an expense is paid out of, ``reverses`` what a reversal takes back, ``line_id``
    the transfer once it is booked.  Who enters never approves and never pays (rulebook 4.7).
    """

    kind = models.CharField(max_length=10, choices=VoucherKind)
    state = models.CharField(max_length=10, choices=VoucherState)
    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    org_path = models.CharField(max_length=80)
    bank = models.CharField(max_length=40, blank=True)
    use = models.CharField(max_length=4, blank=True)
    earmark = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    line_id = models.UUIDField(null=True)
    amount_fen = models.BigIntegerField()
    happened_on = models.DateField()
    summary = models.CharField(max_length=120)
    payee = models.CharField(max_length=60, blank=True)
    minute = models.CharField(max_length=120, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    present = models.PositiveSmallIntegerField(null=True, blank=True)
    scan = models.JSONField(null=True, blank=True)
    entered_by = models.UUIDField()
    entered_by_name = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_by_name = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)
    paid_by = models.UUIDField(null=True)
    paid_by_name = models.CharField(max_length=60, blank=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="treasury_voucher_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="treasury_voucher_two_people",
                condition=~Q(kind__in=["EXPENSE", "REVERSAL"], state__in=["PAID", "REVERSED"])
                | (Q(paid_by__isnull=False) & ~Q(paid_by=F("entered_by"))),
            ),
            models.CheckConstraint(
                name="treasury_voucher_approved",
                condition=~Q(kind="EXPENSE", state__in=["APPROVED", "PAID", "REVERSED"])
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("entered_by"))),
            ),
            models.CheckConstraint(
                name="treasury_voucher_decided",
                condition=~Q(kind="EXPENSE", state__in=["DECIDED", "APPROVED", "PAID", "REVERSED"])
                | (
                    ~Q(minute="")
                    & Q(decided_on__isnull=False, present__isnull=False, present__gt=0)
                ),
            ),
            models.CheckConstraint(
                name="treasury_voucher_five_uses",
                condition=~Q(kind="EXPENSE") | Q(use__in=["5001", "5002", "5003", "5004", "5005"]),
            ),
        ]
