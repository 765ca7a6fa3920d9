"""How a unit keeps its dues, what a member owes a month, and hardship (rulebook 4.1, 4.2)."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q, Value

from kernel.models import UnitRow

_ONE = UUID("01900000-0000-7000-8000-000000000001")


class Setting(UnitRow):
    """How the unit keeps its dues: one row under ``ONE``; without it the defaults hold.

    ``rounding`` is the choice of rulebook 4.8.  From ``issue_day`` on a job issues the month's
    bills, once a month: ``issued_month`` is the last one it did.  ``prepays_year`` lets members pay
    ahead to the end of the calendar year, not only of the quarter (rulebook 4.3).
    """

    ONE: ClassVar[UUID] = _ONE

    id = models.UUIDField(primary_key=True, default=_ONE, editable=False)
    rounding = models.CharField(max_length=16, default="FEN_HALF_UP")
    is_automatic = models.BooleanField(default=True)
    issue_day = models.PositiveSmallIntegerField(default=1)
    issued_month = models.PositiveIntegerField(null=True)
    prepays_year = models.BooleanField(default=False, db_default=False)

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
    FILE = "FILE", "文件核定"


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
