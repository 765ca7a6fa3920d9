"""A file of standards on its way: checked row by row, looked at, applied, taken back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models import UnitRow


class ImportState(models.TextChoices):
    CHECKING = "CHECKING", "正在核对"
    READY = "READY", "待确认"
    APPLIED = "APPLIED", "已核定"
    UNDONE = "UNDONE", "已撤销"
    DROPPED = "DROPPED", "已放弃"
    FAILED = "FAILED", "未能核对"


class StandardsImport(UnitRow):
    """One file.  ``month`` is the first month of the new standards, ``scopes`` the sub-trees of
    whoever handed it in; ``changes`` are the rows that say something new (see
    ``selectors.standards_import.Change``), ``faults`` those that cannot be taken.
    """

    file_name = models.CharField(max_length=120)
    file_key = models.CharField(max_length=200, blank=True)
    month = models.PositiveIntegerField()
    reason = models.CharField(max_length=120, blank=True)
    scopes = models.JSONField()
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.CHECKING)
    processed = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    before_fen = models.BigIntegerField(default=0)
    after_fen = models.BigIntegerField(default=0)
    changes = models.JSONField(default=list)
    faults = models.JSONField(default=list)
    message = models.CharField(max_length=200, blank=True)
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    applied_by_name = models.CharField(max_length=60, blank=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dues_standards_import"
        ordering: ClassVar = ["-made_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="dues_standards_import_applied_by",
                condition=~Q(state__in=["APPLIED", "UNDONE"]) | Q(applied_at__isnull=False),
            ),
        ]
