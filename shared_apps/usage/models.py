"""Metering: what units report, what it adds up to, and where a recount disagreed."""

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


class Rollup(Row):
    """The value of one metric of one unit; ``period`` is YYYYMM, or 0 for what has no month."""

    unit_id = models.UUIDField()
    metric = models.CharField(max_length=40)
    period = models.PositiveIntegerField(default=0)
    value = models.BigIntegerField()
    as_of = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="usage_rollup_once", fields=["unit_id", "metric", "period"]
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["metric", "period"], name="usage_rollup_metric"),
        ]


class Freshness(Row):
    """When a periodic work was last finished: the as-of time printed beside its figures."""

    work = models.CharField(max_length=20, unique=True)
    at = models.DateTimeField()


class Drift(Row):
    """A figure that the recount had to correct: what was kept and what was found."""

    unit_id = models.UUIDField(db_index=True)
    metric = models.CharField(max_length=40)
    period = models.PositiveIntegerField(default=0)
    kept = models.BigIntegerField()
    found = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
