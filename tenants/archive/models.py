"""What was backed up, exported and restored of which unit, by whom, and how it went."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from kernel.models import Row


class BackupKind(models.TextChoices):
    """TAKEOUT is the unit's own full export, asked for by its administrator."""

    SCHEDULED = "scheduled", "每日备份"
    MANUAL = "manual", "手动备份"
    BEFORE_RESTORE = "safety", "恢复前备份"
    TAKEOUT = "takeout", "完整导出"


class BackupState(models.TextChoices):
    """EXPIRED: its time was over and the file is gone; the row stays as the record."""

    WAITING = "waiting", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    EXPIRED = "expired", "已清理"


UNFINISHED: Final = (BackupState.WAITING, BackupState.RUNNING)
PLATFORM_KINDS: Final = (
    BackupKind.SCHEDULED,
    BackupKind.MANUAL,
    BackupKind.BEFORE_RESTORE,
)
"""Backups that the platform keeps for bringing the unit back."""


class Backup(Row):
    """One archive of one unit.

    ``digest`` is the SM3 of the whole file in hex.  A takeout is locked with a passphrase that
    nobody keeps: ``lock`` is what stands in the header, ``key_sealed`` the key for the job that
    writes the file, and is emptied when it has.  ``claimed_until`` is how long the present
    worker may be believed to be alive.
    """

    outlives_unit: ClassVar[str] = "备份与导出记录（文件已删除）"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="backups")
    kind = models.CharField(max_length=10, choices=BackupKind)
    state = models.CharField(max_length=10, choices=BackupState, default=BackupState.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    requested_by = models.UUIDField(null=True, blank=True)
    requested_by_name = models.CharField(max_length=60)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    schema_step = models.CharField(max_length=200, blank=True)
    rows = models.PositiveBigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    storage_key = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    lock = models.JSONField(default=dict)
    key_sealed = models.BinaryField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-requested_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="tenants_backup_one_in_hand",
                fields=["unit", "kind"],
                condition=Q(state__in=UNFINISHED),
            ),
            models.CheckConstraint(
                name="tenants_backup_done_has_file",
                condition=~Q(state=BackupState.DONE)
                | (~Q(storage_key="") & ~Q(digest="") & Q(finished_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "-requested_at"], name="tenants_backup_of_unit"),
            models.Index(
                fields=["requested_at"],
                condition=Q(state__in=UNFINISHED),
                name="tenants_backup_to_make",
            ),
            models.Index(
                fields=["unit", "-finished_at"],
                condition=Q(state=BackupState.DONE),
                name="tenants_backup_last",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def percent(self) -> int:
        """How much is written, 0 to 100."""
        if self.state == BackupState.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0


class RestoreKind(models.TextChoices):
    RESTORE = "restore", "恢复"
    DRILL = "drill", "演练"


class RestoreState(models.TextChoices):
    ASKED = "asked", "待复核"
    CONFIRMED = "confirmed", "等待执行"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"
    UNDONE = "undone", "已撤回"
    CALLED_OFF = "called_off", "已取消"


OPEN_RESTORES: Final = (RestoreState.ASKED, RestoreState.CONFIRMED, RestoreState.RUNNING)


class Restore(Row):
    """A unit brought back to one of its backups, or a drill that only proves that it could be.

    One person asks, another confirms.  ``step_before`` is the template step of the schema that
    was in force before; it is kept until ``undo_until`` and can be put back.
    """

    outlives_unit: ClassVar[str] = "恢复与演练记录"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="restores")
    backup = models.ForeignKey(Backup, on_delete=models.PROTECT, related_name="restores")
    kind = models.CharField(max_length=10, choices=RestoreKind)
    state = models.CharField(max_length=10, choices=RestoreState, default=RestoreState.ASKED)
    reason = models.CharField(max_length=200, blank=True)
    asked_by = models.UUIDField(null=True, blank=True)
    asked_by_name = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True, blank=True)
    confirmed_by_name = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    step_before = models.CharField(max_length=200, blank=True)
    undo_until = models.DateTimeField(null=True, blank=True)
    undo_asked_by = models.UUIDField(null=True, blank=True)
    undo_asked_by_name = models.CharField(max_length=60, blank=True, db_default="")
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undone_by_name = models.CharField(max_length=60, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="tenants_restore_one_at_a_time",
                fields=["unit"],
                condition=Q(kind=RestoreKind.RESTORE, state__in=OPEN_RESTORES),
            ),
            models.CheckConstraint(
                name="tenants_restore_two_people",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "-asked_at"], name="tenants_restore_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000
