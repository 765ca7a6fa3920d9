"""Money of members that did not come through a channel: slips, and what takes them to the bank."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value

from kernel.models import UnitRow


class SlipKind(models.TextChoices):
    CASH = "cash", "现金"
    PROXY = "proxy", "批量代交"


class SlipState(models.TextChoices):
    """HELD: cash that its collector has in hand; the bills are paid.  WAITING: a line of a batch
    that nobody has paid yet; the bill is open.  OVER: the batch's money arrived, and meanwhile the
    bills had been paid otherwise: it is the member's and goes back.  DROPPED: never paid.
    """

    HELD = "held", "现金待交存"
    BANKED = "banked", "已存入专户"
    REVERSED = "reversed", "已冲红"
    WAITING = "waiting", "待交纳"
    OVER = "over", "待退还本人"
    RETURNED = "returned", "已退还本人"
    DROPPED = "dropped", "已取消"


class LotState(models.TextChoices):
    DRAFT = "draft", "待复核"
    CHECKED = "checked", "已复核，待存入"
    BANKED = "banked", "已存入专户"
    WITHDRAWN = "withdrawn", "已撤回"


class Lot(UnitRow):
    """Slips whose money reaches the dedicated account as one sum: a collector's cash brought to
    the bank, or a batch paid for others (rulebook 10.3).

    ``made_by`` took the cash or drew up the batch; somebody else (``checked_by``) confirms that
    the bank has the cash, or checks the batch.  ``bank`` is the account of the books that
    received it, ``bank_number`` the number on the bank's slip.  ``faults`` are the rows of a list
    that were not taken, each with row, name, month, fen, field, rule and way out.
    """

    kind = models.CharField(max_length=8, choices=SlipKind)
    state = models.CharField(max_length=10, choices=LotState)
    title = models.CharField(max_length=80, blank=True)
    amount_fen = models.BigIntegerField()
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    checked_by = models.UUIDField(null=True)
    checked_by_name = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField(null=True)
    bank = models.CharField(max_length=40, blank=True)
    bank_number = models.CharField(max_length=40, blank=True)
    banked_on = models.DateField(null=True)
    banked_by_name = models.CharField(max_length=60, blank=True)
    faults = models.JSONField(default=list, db_default=Value([], models.JSONField()))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="dues_lot_bank_slip_once",
                fields=["bank_number", "bank"],
                condition=~Q(bank_number=""),
            ),
            models.CheckConstraint(name="dues_lot_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="dues_lot_two_people",
                condition=Q(state__in=["draft", "withdrawn"])
                | (Q(checked_by__isnull=False) & ~Q(checked_by=F("made_by"))),
            ),
            models.CheckConstraint(
                name="dues_lot_banked_with_its_slip",
                condition=~Q(state="banked")
                | (~Q(bank="") & ~Q(bank_number="") & Q(banked_on__isnull=False)),
            ),
        ]


class Slip(UnitRow):
    """One member's months, paid at the counter or in a batch (缴款单).

    The receipt, the bills and the lines of the ledger name it as their order.  ``bills`` holds
    pairs of a bill's id and fen.  ``handed_by`` is who handed the cash over, empty for the member
    (a relative or another member may: Art. 12).  ``checked_by`` confirmed the deposit, checked
    the batch or took the slip back; never who took the money.
    """

    kind = models.CharField(max_length=8, choices=SlipKind)
    state = models.CharField(max_length=10, choices=SlipState)
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    lot = models.ForeignKey(Lot, null=True, on_delete=models.PROTECT, related_name="slips")
    bills = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    months = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    amount_fen = models.BigIntegerField()
    handed_by = models.CharField(max_length=60, blank=True)
    taken_by = models.UUIDField()
    taken_by_name = models.CharField(max_length=60)
    taken_at = models.DateTimeField()
    checked_by = models.UUIDField(null=True)
    checked_by_name = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-taken_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["taken_at"], name="dues_slip_moment")]
        constraints: ClassVar = [
            models.CheckConstraint(name="dues_slip_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="dues_slip_two_people",
                condition=Q(state__in=["held", "waiting", "dropped"], checked_by__isnull=True)
                | (Q(checked_by__isnull=False) & ~Q(checked_by=F("taken_by"))),
            ),
            models.CheckConstraint(
                name="dues_slip_banked_in_a_lot",
                condition=~Q(state__in=["banked", "over", "returned"]) | Q(lot__isnull=False),
            ),
            models.CheckConstraint(
                name="dues_slip_reversed_why",
                condition=~Q(state="reversed") | (Q(kind="cash") & ~Q(reason="")),
            ),
        ]
