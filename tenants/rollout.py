"""Tables of migration waves: the waves, their ledgers, and schemas that are not as they should be.

They are models of this app like those in ``tenants.models``, which names them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import Row


class WaveState(models.TextChoices):
    """FAILED means given up by an operator: what is left comes with the next wave."""

    PLANNED = "planned", "待开始"
    REHEARSED = "rehearsed", "已预演"
    RUNNING = "running", "进行中"
    PAUSED = "paused", "已暂停"
    DONE = "done", "已完成"
    FAILED = "failed", "已终止"


UNFINISHED = (WaveState.PLANNED, WaveState.REHEARSED, WaveState.RUNNING, WaveState.PAUSED)


class Stage(models.IntegerChoices):
    """A wave goes on to the next stage when every schema of the one before is through."""

    CANARY = 1, "先行单位"
    FEW = 2, "5%"
    QUARTER = 3, "25%"
    REST = 4, "其余单位"


class Wave(Row):
    """Bringing every schema that is behind up to the step ``to_position`` (升级波次).

    ``digest`` is the SM3 over the checksums of all steps up to there: a template that says
    something else stops the wave.  ``seen_at`` is the last sign of life of a runner.
    """

    number = models.PositiveIntegerField(unique=True)
    from_position = models.PositiveIntegerField()
    to_position = models.PositiveIntegerField()
    to_version = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=WaveState, default=WaveState.PLANNED)
    reason = models.TextField(blank=True)
    planned_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.Value(1),
                name="tenants_wave_one_unfinished",
                condition=models.Q(state__in=["planned", "rehearsed", "running", "paused"]),
            ),
        ]


class StepState(models.TextChoices):
    PENDING = "pending", "待升级"
    DONE = "done", "已升级"
    FAILED = "failed", "失败"
    SKIPPED = "skipped", "已跳过"


class WaveStep(Row):
    """The ledger of a wave: one row per schema, of a unit or of the pool.

    It turns to DONE in the transaction of the DDL itself, so it can neither be lost nor lie.
    """

    outlives_unit: ClassVar[str] = "升级波次台账"

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="steps")
    unit_id = models.UUIDField()
    schema_name = models.CharField(max_length=63)
    is_pool = models.BooleanField(default=False)
    stage = models.PositiveSmallIntegerField(choices=Stage)
    position = models.PositiveIntegerField()
    from_version = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=StepState, default=StepState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["stage", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wave", "unit_id"], name="tenants_wavestep_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["wave", "stage", "position"],
                name="tenants_wavestep_next",
                condition=models.Q(state="pending"),
            ),
            models.Index(fields=["wave", "stage", "state"], name="tenants_wavestep_counts"),
        ]


class WaveEvent(Row):
    """What was done to a wave, by whom, and why.  Only ever added to."""

    is_append_only: ClassVar[bool] = True

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    detail = models.TextField(blank=True)
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=80)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]


class DriftCause(models.TextChoices):
    SHAPE = "shape", "结构与模板不一致"
    WAVE = "wave", "升级失败后跳过"


class DriftFinding(Row):
    """A schema that is not what the template says.  While it is open the unit is in quarantine:
    no wave touches it, and it goes on serving while the code serves its version (隔离).
    """

    outlives_unit: ClassVar[str] = "结构核对与隔离记录"

    unit_id = models.UUIDField()
    schema_name = models.CharField(max_length=63)
    cause = models.CharField(max_length=12, choices=DriftCause)
    differences = models.JSONField()
    found_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=80, blank=True)
    resolution = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-found_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit_id"],
                name="tenants_driftfinding_one_open",
                condition=models.Q(resolved_at__isnull=True),
            ),
        ]
