"""Handing an office over (rulebook 4.7)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.clock import day_of
from kernel.models import UnitRow


class HandoverRole(models.TextChoices):
    """Whose office changes hands."""

    TREASURER = "treasurer", "党费管理员（会计）"
    CASHIER = "cashier", "党费出纳"


class HandoverState(models.TextChoices):
    DRAWN = "DRAWN", "待接交"
    RECEIVED = "RECEIVED", "待监交"
    DONE = "DONE", "已移交"
    WITHDRAWN = "WITHDRAWN", "已作废"


class HandoverList(UnitRow):
    """What a treasurer or a cashier leaves to the next one (移交清单, rulebook 4.7).

    ``figures`` are frozen when it is drawn up.  It is signed by who leaves, who comes and who
    watched, three different people.  ``org_path`` is empty for the whole unit.
    """

    number = models.PositiveIntegerField(unique=True)
    role = models.CharField(max_length=10, choices=HandoverRole)
    state = models.CharField(max_length=10, choices=HandoverState)
    org = models.ForeignKey(
        "organizations.Organization",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    org_path = models.CharField(max_length=80, blank=True)
    figures = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    handed_by = models.UUIDField()
    handed_by_name = models.CharField(max_length=60)
    handed_at = models.DateTimeField()
    received_by = models.UUIDField(null=True)
    received_by_name = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField(null=True)
    watched_by = models.UUIDField(null=True)
    watched_by_name = models.CharField(max_length=60, blank=True)
    watched_at = models.DateTimeField(null=True)

    @property
    def title(self) -> str:
        """移交〔2026〕3 号."""
        return f"移交〔{day_of(self.handed_at).year}〕{self.number} 号"

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="treasury_handover_three_people",
                condition=(Q(received_by__isnull=True) | ~Q(received_by=F("handed_by")))
                & (
                    Q(watched_by__isnull=True)
                    | (
                        Q(received_by__isnull=False)
                        & ~Q(watched_by=F("handed_by"))
                        & ~Q(watched_by=F("received_by"))
                    )
                ),
            ),
            models.CheckConstraint(
                name="treasury_handover_signed",
                condition=(~Q(state="RECEIVED") | Q(received_by__isnull=False))
                & (~Q(state="DONE") | Q(received_by__isnull=False, watched_by__isnull=False)),
            ),
        ]
