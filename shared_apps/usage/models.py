"""Metering: what units report, what it adds up to, and where a recount disagreed.

Figures are counts, fen and bytes.  Everything that names a unit here is readable by that unit's
own role (``unit_access``), so that 「平台看到了我们什么」 shows what is kept and not a copy of it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import Row, UnitBoundShared


class Outbox(UnitBoundShared):
    """One report of a unit, written in the transaction of the change itself.

    A unit's role may add rows of its own and nothing else.  The drainer takes them away;
    ``numbers`` holds counts, fen and a month, never anything about a person.
    """

    unit_access: ClassVar[str] = "INSERT"

    kind = models.CharField(max_length=20)
    numbers = models.JSONField()
    at = models.DateTimeField()


class Report(UnitBoundShared):
    """A report that was folded, exactly as it was sent; the latest ones of each unit stay."""

    unit_access: ClassVar[str] = "SELECT"

    kind = models.CharField(max_length=20)
    numbers = models.JSONField()
    at = models.DateTimeField()
    folded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["unit_id", "-at"], name="usage_report_latest")]


class DuesFigures(models.Model):
    """Bills and payments as counts and fen."""

    bills = models.BigIntegerField(default=0)
    due_fen = models.BigIntegerField(default=0)
    payments = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class ActFigures(DuesFigures):
    """What happened: the changes that reports bring, added up."""

    organizations = models.BigIntegerField(default=0)
    members = models.BigIntegerField(default=0)
    activated = models.BigIntegerField(default=0)
    imports = models.BigIntegerField(default=0)
    sign_ins = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class UnitTotal(UnitBoundShared, ActFigures):
    """What a unit adds up to now; one row per unit.

    ``…_at`` is when a figure last moved; the opening funnel counts from there.  What is stated
    instead of added (``standards_confirmed`` and the like) carries the moment it was stated.
    """

    unit_access: ClassVar[str] = "SELECT"

    unit_id = None
    unit = models.OneToOneField("tenants.Unit", on_delete=models.CASCADE, related_name="usage")
    bills_at = models.DateTimeField(null=True)
    payments_at = models.DateTimeField(null=True)
    standards_confirmed = models.BigIntegerField(default=0)
    standards_confirmed_at = models.DateTimeField(null=True)
    administrators = models.BigIntegerField(default=0)
    administrators_at = models.DateTimeField(null=True)
    second_factors = models.BigIntegerField(default=0)
    second_factors_at = models.DateTimeField(null=True)
    storage_bytes = models.BigIntegerField(default=0)
    storage_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField()


class UnitMonth(UnitBoundShared, DuesFigures):
    """The bills of one month (YYYYMM) of a unit and what was paid of them, whenever paid."""

    unit_access: ClassVar[str] = "SELECT"

    unit_id = None
    unit = models.ForeignKey(
        "tenants.Unit", on_delete=models.CASCADE, related_name="usage_months", db_index=False
    )
    month = models.PositiveIntegerField()
    as_of = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="usage_month_once", fields=["unit", "month"])
        ]
        indexes: ClassVar = [models.Index(fields=["month"], name="usage_month_all_units")]


class UnitDay(UnitBoundShared, ActFigures):
    """What happened in a unit on one day (Beijing)."""

    unit_access: ClassVar[str] = "SELECT"

    unit_id = None
    unit = models.ForeignKey(
        "tenants.Unit", on_delete=models.CASCADE, related_name="usage_days", db_index=False
    )
    day = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="usage_day_once", fields=["unit", "day"])
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="usage_day_all_units")]


class PlaceKind(models.TextChoices):
    """By what units are put together."""

    EVERYWHERE = "all", "全部"
    CITY = "city", "地市"
    BRANCH = "branch", "经办行"


class PlaceDay(Row, ActFigures):
    """A day of all units of a place; made anew from UnitDay whenever that day moved.

    ``place`` is the six digits of a prefecture, the name of a bank branch, or empty for all
    units.  Units with few members are in the row of all units only (selectors.suppression);
    ``few_…`` says what they brought into it.
    """

    day = models.DateField()
    kind = models.CharField(max_length=8, choices=PlaceKind)
    place = models.CharField(max_length=80, blank=True)
    few_due_fen = models.BigIntegerField(default=0)
    few_paid_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="usage_place_once", fields=["kind", "day", "place"])
        ]


class Freshness(Row):
    """When a periodic work was last finished: the as-of time printed beside its figures."""

    work = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()


class Drift(UnitBoundShared):
    """A figure that the recount had to correct: what was kept and what was found."""

    unit_access: ClassVar[str] = "SELECT"

    metric = models.CharField(max_length=40)
    period = models.PositiveIntegerField(default=0)
    kept = models.BigIntegerField()
    found = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["-at"], name="usage_drift_latest")]
