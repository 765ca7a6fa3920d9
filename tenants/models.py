"""The directory of units and of the hosts that lead to them, and the schema template."""

from __future__ import annotations

import base64
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from kernel.models import Row


class UnitState(models.TextChoices):
    """The life of a unit.  Only TRIAL, LIVE and READ_ONLY answer requests."""

    DRAFT = "draft", "草稿"
    OPENING = "opening", "开通中"
    TRIAL = "trial", "试用"
    LIVE = "live", "正式"
    READ_ONLY = "read_only", "只读"
    SUSPENDED = "suspended", "暂停"
    CLOSING = "closing", "注销中"
    CLOSED = "closed", "已注销"


class UnitProfile(models.TextChoices):
    """What kind of organisation a client is; it decides wording and defaults, never rights."""

    ENTERPRISE = "enterprise", "国有企业"
    AGENCY = "agency", "机关"
    INSTITUTION = "institution", "事业单位"
    SCHOOL = "school", "学校"
    VILLAGE = "village", "农村"
    COMMUNITY = "community", "社区"
    NEW_ORGANIZATION = "new_organization", "两新组织"


SERVING = (UnitState.TRIAL, UnitState.LIVE, UnitState.READ_ONLY)


def schema_name_of(unit_id: UUID) -> str:
    """``t_`` and the unit's id in base32: opaque, immutable, never made from a name."""
    return "t_" + base64.b32encode(unit_id.bytes).decode().rstrip("=").lower()


class Unit(TenantMixin, Row):  # type: ignore[misc]  # django-tenants is untyped
    """A client organisation (共建单位): the tenant.

    ``label`` is the host in front of the base domain.  ``schema_version`` names the last
    template step replayed into the schema; empty means that the schema does not exist yet.
    ``bank_branch`` is the branch of the bank that signed the unit and answers for it.
    ``is_canary`` marks units of our own that a wave reaches before any client's.
    """

    auto_create_schema: ClassVar[bool] = False
    clone_mode: ClassVar[str] = "NODATA"

    name = models.CharField(max_length=120)
    label = models.CharField(max_length=40, unique=True)
    credit_code = models.CharField(max_length=18, unique=True)
    region_code = models.CharField(max_length=6, db_index=True)
    bank_branch = models.CharField(max_length=80, blank=True)
    profile = models.CharField(max_length=16, choices=UnitProfile, default=UnitProfile.ENTERPRISE)
    state = models.CharField(max_length=12, choices=UnitState, default=UnitState.DRAFT)
    schema_version = models.CharField(max_length=200, blank=True)
    is_canary = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="tenants_unit_schema_is_opaque",
                condition=models.Q(schema_name__regex=r"^t_[a-z2-7]{26}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> Any:
        """Banned: its stack is shared between threads and returns to the wrong unit."""
        raise RuntimeError("use kernel.unit.unit_context(unit.id)")

    @property
    def is_serving(self) -> bool:
        return self.state in SERVING


class Domain(DomainMixin, Row):  # type: ignore[misc]  # django-tenants is untyped
    """A host that leads to a unit; exact match only."""

    tenant = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="domains")


class TemplateStep(models.Model):
    """One migration of a unit app as the SQL it ran, in the order of replay.

    The rows together are the template artifact: a schema is opened by replaying all of them
    and brought up to date by replaying those it has not seen (architecture 3.6).  ``checksum``
    is the SM3 of the statements, ``source`` that of the file they were captured from.  A step
    that any schema has seen never changes again.
    """

    position = models.PositiveIntegerField(primary_key=True)
    migration = models.CharField(max_length=200, unique=True)
    statements = models.JSONField()
    checksum = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    captured_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["position"]


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
    it goes on serving, but no wave touches it (隔离).
    """

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
