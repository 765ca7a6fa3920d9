"""Dues of a unit: standards, bills, receipts and the ledger (rulebook 4 and 10.2).

All amounts are integer fen, rates are basis points, months are YYYYMM.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q, Value

from kernel.models import UnitRow


class BillState(models.TextChoices):
    UNPAID = "UNPAID", "未交"
    PAID = "PAID", "已交"
    EXEMPT = "EXEMPT", "免交"
    DEFERRED = "DEFERRED", "缓交"


_ONE = UUID("01900000-0000-7000-8000-000000000001")


class Setting(UnitRow):
    """How the unit keeps its dues: one row under ``ONE``; without it the defaults hold.

    ``rounding`` is the choice of rulebook 4.8.  From ``issue_day`` on a job issues the month's
    bills, once a month: ``issued_month`` is the last one it did.
    """

    ONE: ClassVar[UUID] = _ONE

    id = models.UUIDField(primary_key=True, default=_ONE, editable=False)
    rounding = models.CharField(max_length=16, default="FEN_HALF_UP")
    is_automatic = models.BooleanField(default=True)
    issue_day = models.PositiveSmallIntegerField(default=1)
    issued_month = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="dues_setting_one_row",
                condition=Q(id=str(_ONE)),
            ),
            models.CheckConstraint(
                name="dues_setting_issue_day", condition=Q(issue_day__gte=1, issue_day__lte=28)
            ),
        ]


class Answer(models.TextChoices):
    """What the member says to the own standard (rulebook 4.2)."""

    OPEN = "", "待本人确认"
    CONFIRMED = "CONFIRMED", "本人已确认"
    OBJECTED = "OBJECTED", "本人有异议"


class Origin(models.TextChoices):
    """Where a standard comes from; what came as a batch can be taken back as one."""

    SINGLE = "", "逐人核定"
    ROSTER = "ROSTER", "名册导入"
    YEARLY = "YEARLY", "年度核定"


class Standard(UnitRow):
    """A member's monthly amount for a year and how it came about (rulebook 4.2).

    ``raw_fen`` is the rounded amount before the monthly cap; ``is_capped`` flags a difference.
    ``pack``, ``pack_version`` and ``rounding`` pin the rules it was computed under.
    ``items_sealed`` holds the pay slip's lines from which the base was built: pairs of an item's
    code and fen, as JSON under the unit's cipher.  ``import_id`` is the batch it came with.
    """

    member = models.ForeignKey("members.Member", on_delete=models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=20)
    base_fen = models.BigIntegerField(null=True)
    rate_bp = models.PositiveIntegerField(null=True)
    raw_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    is_capped = models.BooleanField(default=False)
    pack = models.CharField(max_length=40)
    pack_version = models.CharField(max_length=20)
    effective_month = models.PositiveIntegerField()
    reason = models.CharField(max_length=120, blank=True)
    is_current = models.BooleanField(default=True)
    import_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    rounding = models.CharField(
        max_length=16, default="FEN_HALF_UP", db_default=Value("FEN_HALF_UP")
    )
    items_sealed = models.BinaryField(null=True)
    origin = models.CharField(
        max_length=10, choices=Origin, blank=True, default="", db_default=Value("")
    )
    answer = models.CharField(
        max_length=10, choices=Answer, blank=True, default="", db_default=Value("")
    )
    answer_note = models.CharField(max_length=200, blank=True, default="", db_default=Value(""))
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="dues_standard_one_current",
                fields=["member", "year"],
                condition=Q(is_current=True),
            ),
            models.CheckConstraint(
                name="dues_standard_amount_positive", condition=Q(amount_fen__gte=0)
            ),
        ]


class ReliefKind(models.TextChoices):
    REDUCED = "REDUCED", "少交"
    DEFERRED = "DEFERRED", "缓交"


class Relief(UnitRow):
    """What holds for a member in hardship over some months, first and last included.

    A reduction names the smaller amount and the next-higher committee that approved it (rulebook
    4.1, Art. 7).  A deferral (Art. 12) says until which month the branch lets payment wait.  Who
    takes it back sets ``ended_at``.
    """

    member = models.ForeignKey(
        "members.Member", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=ReliefKind)
    first_month = models.PositiveIntegerField()
    last_month = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField(null=True)
    pay_by_month = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=120)
    decided_by_name = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="dues_relief_span", condition=Q(first_month__lte=F("last_month"))
            ),
            models.CheckConstraint(
                name="dues_relief_approved", condition=~Q(reason="") & ~Q(approved_by="")
            ),
            models.CheckConstraint(
                name="dues_relief_says_what",
                condition=Q(
                    kind="REDUCED",
                    amount_fen__isnull=False,
                    amount_fen__gt=0,
                    pay_by_month__isnull=True,
                )
                | Q(
                    kind="DEFERRED",
                    amount_fen__isnull=True,
                    pay_by_month__isnull=False,
                    pay_by_month__gt=F("last_month"),
                ),
            ),
        ]


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
    """REFUNDED is money that no bill took; RETURNED is what paid bills."""

    PLACED = "placed", "记入账单"
    REFUNDED = "refunded", "退还"
    RETURNED = "returned", "退回已交党费"


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
    is); ``refund_number`` is what proves that it was carried out.  Receipts and transfers of what
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


class ReceiptCounter(UnitRow):
    """The last serial given in a year; locked while one is given, so that there is no gap."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)


class Receipt(UnitRow):
    """The electronic receipt of one payment (rulebook 10.2); a void number stays visible.

    ``card_id`` is the knowledge card that came with it (``library.Card``).  When a part of the
    payment goes back, the receipt is void and the rest gets another one: the next ``edition``.
    """

    serial = models.CharField(max_length=40, unique=True)
    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    order_id = models.UUIDField()
    edition = models.PositiveSmallIntegerField(default=0, db_default=0)
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
