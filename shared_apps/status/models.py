"""How the platform fares: incidents and what was said of them, runs of the probe, failures.

No row says anything about a person, and none but ``UnitFailures`` about a unit.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Final

from django.db import models

from kernel.models import Row

KEPT_DAYS: Final = 90
"""So long are runs of the probe and days of failures kept; so many days does a bar show."""


class Component(models.TextChoices):
    """A part of the platform as its users know it."""

    ACCESS = "access", "页面访问"
    OPENING = "opening", "单位开通与名册导入"
    DUES = "dues", "党费账单与收据"
    PAYMENT = "payment", "在线支付"


class Severity(models.TextChoices):
    """How bad an incident is, worst first."""

    DOWN = "down", "中断"
    DEGRADED = "degraded", "部分受影响"
    NOTICE = "notice", "提示"


class Incident(Row):
    """Something that does not work, or will not for a while.

    ``is_for_everybody`` puts a banner on every page of every unit until it is resolved.
    ``opened_by`` is empty where the probe opened it; such a one ends by itself.
    """

    title = models.CharField(max_length=60)
    component = models.CharField(max_length=12, choices=Component)
    severity = models.CharField(max_length=10, choices=Severity)
    is_for_everybody = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    opened_by = models.UUIDField(null=True)
    opened_by_name = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="status_incident_ends_after_it_began",
                condition=models.Q(resolved_at=None)
                | models.Q(resolved_at__gte=models.F("started_at")),
            ),
            models.UniqueConstraint(
                name="status_incident_one_of_the_probe",
                fields=["component"],
                condition=models.Q(resolved_at=None, opened_by=None),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None


class IncidentUpdate(Row):
    """What was said about an incident.  Never changed."""

    is_append_only: ClassVar[bool] = True

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="updates")
    text = models.CharField(max_length=500)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]


class Outcome(models.TextChoices):
    """How a step of the probe went."""

    OK = "ok", "正常"
    FAILED = "failed", "失败"
    SKIPPED = "skipped", "未执行"


class JourneyRun(Row):
    """One run of the probe through the whole platform.

    ``finished_at`` is empty while it runs, and stays so where the worker was killed.  One that
    somebody asked for has ``asked_at`` and waits until a worker takes it; ``planned`` is then how
    many steps there will be.
    """

    asked_at = models.DateTimeField(null=True)
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=60, blank=True, db_default="")
    taken_at = models.DateTimeField(null=True)
    planned = models.PositiveSmallIntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    class Meta:
        ordering: ClassVar = ["-started_at", "-id"]

    @property
    def is_waiting(self) -> bool:
        """Asked for, and no worker has taken it yet."""
        return self.asked_at is not None and self.taken_at is None and self.finished_at is None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.finished_at is None:
            return None
        lasted: dt.timedelta = self.finished_at - self.started_at
        return lasted.total_seconds()


class JourneyStep(Row):
    """One step of a run; ``detail`` says why it failed or was skipped, never about whom."""

    run = models.ForeignKey(JourneyRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=20)
    component = models.CharField(max_length=12, choices=Component)
    outcome = models.CharField(max_length=8, choices=Outcome)
    seconds = models.FloatField()
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="status_step_once", fields=["run", "position"]),
        ]


class UnitFailures(Row):
    """How many answers of a unit were ours to blame (5xx) and how many of its jobs failed, by day
    of Beijing.
    """

    unit = models.ForeignKey("tenants.Unit", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="status_failures_once", fields=["unit", "day"]),
        ]
        indexes: ClassVar = [models.Index(fields=["day"])]
