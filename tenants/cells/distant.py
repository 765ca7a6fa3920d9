"""Units of other cells, in the control cell: what their cell's last summary told, nothing more.

The names of the columns are those of ``Unit`` and of its line in the list of all units, so that
one list sorts, searches and shows both.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel.models import Row


class DistantUnit(models.Model):
    """A unit of another cell; ``id`` is the one that it has there.

    ``digest`` is that of the unit's entry: what did not change is not written again.
    """

    id = models.UUIDField(primary_key=True)
    cell = models.CharField(max_length=20, db_index=True)
    name = models.CharField(max_length=120)
    label = models.CharField(max_length=40)
    credit_code = models.CharField(max_length=18)
    region_code = models.CharField(max_length=6)
    bank_branch = models.CharField(max_length=80, blank=True)
    profile = models.CharField(max_length=16)
    state = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class DistantStanding(models.Model):
    """Its line, with what was ever paid.  Money in fen; counts of people are whole here and
    suppressed where they are shown, for what a sum may tell depends on all cells together.
    """

    unit = models.OneToOneField(
        DistantUnit, on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    spelled = models.CharField(max_length=120)
    pinyin = models.CharField(max_length=720)
    initials = models.CharField(max_length=120)
    organizations = models.BigIntegerField()
    members = models.BigIntegerField()
    activated = models.BigIntegerField()
    storage_bytes = models.BigIntegerField()
    active_at = models.DateTimeField(null=True)
    schema_state = models.CharField(max_length=12)
    steps_behind = models.IntegerField()
    errors_day = models.IntegerField()
    errors_week = models.IntegerField()
    difference_fen = models.BigIntegerField()
    drifts = models.IntegerField()
    late_works = models.IntegerField()
    backed_up_at = models.DateTimeField(null=True)
    troubles = ArrayField(models.CharField(max_length=12))
    score = models.IntegerField()
    paid_fen = models.BigIntegerField()


class DistantMonth(Row):
    """The bills of one month (YYYYMM) and what was paid of them."""

    unit = models.ForeignKey(
        DistantUnit, on_delete=models.CASCADE, related_name="months", db_index=False
    )
    month = models.PositiveIntegerField(db_index=True)
    due_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="tenants_distant_month_once", fields=["unit", "month"])
        ]
