"""Who asked the branch to pay in with others what is handed over for the own dues."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import UnitRow


class EntrustedBy(models.TextChoices):
    PAPER = "paper", "书面委托"
    PHONE = "phone", "本人手机确认"


class Entrustment(UnitRow):
    """A member's word that others may pay the own dues in a batch (Art. 12; rulebook 10.3).

    From ``first_month`` to ``last_month``, without an end where that is empty; ended at any time
    by the member or the office.  On paper it names the form (``note``) and may have its scan:
    ``key``, ``name`` and ``size`` of a file of the unit.  On the phone it is the member's own.
    """

    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    way = models.CharField(max_length=8, choices=EntrustedBy)
    first_month = models.PositiveIntegerField()
    last_month = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=120, blank=True)
    scan = models.JSONField(null=True)
    entered_by = models.UUIDField()
    entered_by_name = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    is_current = models.BooleanField(default=True, db_default=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="dues_entrustment_one_in_force",
                fields=["member"],
                condition=Q(is_current=True),
            ),
            models.CheckConstraint(
                name="dues_entrustment_span",
                condition=Q(last_month__isnull=True) | Q(first_month__lte=F("last_month")),
            ),
            models.CheckConstraint(
                name="dues_entrustment_ended_when",
                condition=Q(is_current=True, ended_at__isnull=True)
                | Q(is_current=False, ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="dues_entrustment_paper_is_named",
                condition=Q(way="phone") | ~Q(note=""),
            ),
        ]
