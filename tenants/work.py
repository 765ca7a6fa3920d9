"""Rows that stand for work: what comes again for every unit, and what units wait for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import Row, UnitBoundShared


class PeriodicWork(Row):
    """The next turn of one unit at a work that comes again and again (``services.periodic``).

    Whoever holds ``claim`` until ``claimed_until`` does the work and marks the row.  ``attempts``
    counts the beginnings since it last went well; ``last_error`` names the kind of error and
    never repeats what the error said, for that may be about a person.
    """

    unit = models.ForeignKey("tenants.Unit", on_delete=models.CASCADE, db_index=False)
    work = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_done_at = models.DateTimeField(null=True)
    last_seconds = models.FloatField(null=True)
    last_error = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="tenants_periodicwork_once", fields=["unit", "work"]),
        ]
        indexes: ClassVar = [
            models.Index(name="tenants_periodicwork_due", fields=["work", "due_at"]),
            models.Index(
                name="tenants_periodicwork_claimed",
                fields=["work", "unit"],
                condition=models.Q(claimed_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work} {self.unit_id}"


class QueuedWork(UnitBoundShared):
    """A heavy job that a unit asked for and that waits for the unit's turn (``services.turns``).

    Written in the transaction that asks, deleted when the job is done.  ``key`` is the digest of
    job and arguments: asking again for what still waits adds nothing.
    """

    unit_access: ClassVar[str] = "INSERT"

    cost = models.CharField(max_length=12)
    job = models.CharField(max_length=120)
    scope = models.CharField(max_length=36)
    arguments = models.JSONField()
    key = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(name="tenants_queuedwork_waiting", fields=["cost", "due_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.unit_id}"


class Served(Row):
    """When a unit last had its turn at a class of heavy work: whoever waits longest is next."""

    unit = models.ForeignKey("tenants.Unit", on_delete=models.CASCADE, db_index=False)
    cost = models.CharField(max_length=12)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="tenants_served_once", fields=["unit", "cost"]),
        ]

    def __str__(self) -> str:
        return f"{self.cost} {self.unit_id}"
