"""What members give above their monthly dues (rulebook 4.4, Art. 11 and 14)."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from kernel.clock import Month, day_of
from kernel.models import UnitRow

NOBODY: Final = "匿名党员"


class ContributionKind(models.TextChoices):
    """An extra below the limit stays in the unit's pool; the others only pass through it."""

    VOLUNTARY = "VOLUNTARY", "自愿多交"
    LARGE = "LARGE", "大额党费"
    SPECIAL = "SPECIAL", "特殊党费"


class ContributionState(models.TextChoices):
    OPEN = "OPEN", "待支付"
    PAID = "PAID", "已交"
    RETURNED = "RETURNED", "已退回"


class HandUpState(models.TextChoices):
    ASKED = "asked", "待复核"
    DONE = "done", "已上缴"
    WITHDRAWN = "withdrawn", "已撤回"


class HandUp(UnitRow):
    """Large or special dues that go up together, whole, by one transfer of the dedicated account.

    One person draws up the list, another confirms with the bank's number that the money has gone
    (rulebook 4.7).  ``bank`` is the ledger account that it leaves, ``campaign_id`` the call of
    special dues.
    """

    kind = models.CharField(max_length=10, choices=ContributionKind)
    campaign_id = models.UUIDField(null=True)
    count = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=HandUpState, default=HandUpState.ASKED)
    bank = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    paid_on = models.DateField(null=True)
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dues_hand_up"
        ordering: ClassVar = ["-asked_at"]
        constraints: ClassVar = [
            models.CheckConstraint(name="dues_hand_up_something", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="dues_hand_up_not_of_the_pool", condition=~Q(kind="VOLUNTARY")
            ),
            models.CheckConstraint(
                name="dues_hand_up_two_people",
                condition=~Q(state="done")
                | (
                    Q(decided_by__isnull=False, paid_on__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                    & ~Q(reference="")
                    & ~Q(bank="")
                ),
            ),
        ]


class Contribution(UnitRow):
    """One sum that a member gives of the own will; never a debt, so never due.

    ``limit_fen`` is the limit of the pack ``pack_version`` from which a one-time extra is large
    dues, as it stood then.  The organisation is the member's at that time.  What pays it is the
    order ``order_id`` whose item names this row where others name a bill.  For large dues the
    Central Organisation Department gives the person a receipt: ``central_receipt`` is its number.
    """

    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=ContributionKind)
    campaign_id = models.UUIDField(null=True)
    is_anonymous = models.BooleanField(default=False)
    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    org_path = models.CharField(max_length=80)
    amount_fen = models.BigIntegerField()
    limit_fen = models.BigIntegerField()
    pack_version = models.CharField(max_length=20)
    state = models.CharField(
        max_length=10, choices=ContributionState, default=ContributionState.OPEN
    )
    created_at = models.DateTimeField()
    order_id = models.UUIDField(null=True)
    paid_at = models.DateTimeField(null=True)
    hand_up = models.ForeignKey(
        HandUp, null=True, on_delete=models.PROTECT, related_name="contributions", db_index=False
    )
    central_receipt = models.CharField(max_length=64, blank=True)
    central_receipt_on = models.DateField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["member"], name="dues_contribution_member")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="dues_contribution_kind_by_limit",
                condition=Q(
                    kind="VOLUNTARY",
                    amount_fen__gt=0,
                    amount_fen__lt=F("limit_fen"),
                    campaign_id__isnull=True,
                )
                | Q(kind="LARGE", amount_fen__gte=F("limit_fen"), campaign_id__isnull=True)
                | Q(kind="SPECIAL", amount_fen__gt=0, campaign_id__isnull=False),
            ),
            models.CheckConstraint(
                name="dues_contribution_paid_has_facts",
                condition=Q(state="OPEN", paid_at__isnull=True)
                | (~Q(state="OPEN") & Q(paid_at__isnull=False, order_id__isnull=False)),
            ),
            models.CheckConstraint(
                name="dues_contribution_handed_up_is_paid",
                condition=Q(hand_up__isnull=True) | (Q(state="PAID") & ~Q(kind="VOLUNTARY")),
            ),
            models.CheckConstraint(
                name="dues_contribution_central_receipt",
                condition=Q(central_receipt="")
                | Q(kind="LARGE", hand_up__isnull=False, central_receipt_on__isnull=False),
            ),
        ]

    @property
    def giver(self) -> str:
        """The name that lists show: nobody's where the member asked not to be named."""
        return NOBODY if self.is_anonymous else self.member.name

    @property
    def paid_fen(self) -> int:
        """What of it is here and was not given back."""
        return self.amount_fen if self.state == ContributionState.PAID else 0

    @property
    def month(self) -> int:
        """The month in which it was given."""
        return Month.of(day_of(self.paid_at or self.created_at)).value
