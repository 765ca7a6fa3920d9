"""The extended sets of a member's file: many rows of many kinds (rulebook 8.1 and 8.2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class EntryKind(models.TextChoices):
    """The extended sets."""

    EDUCATION = "EDUCATION", "学历学位"
    FAMILY = "FAMILY", "家庭成员"
    REWARD = "REWARD", "表彰奖励"
    DISCIPLINE = "DISCIPLINE", "处分处置"
    TRAINING = "TRAINING", "教育培训"
    APPRAISAL = "APPRAISAL", "民主评议"
    ABROAD = "ABROAD", "出国出境"
    AWAY = "AWAY", "外出流动"
    LOST = "LOST", "失去联系"
    HARDSHIP = "HARDSHIP", "困难情况"
    CONDOLENCE = "CONDOLENCE", "走访慰问"
    WORK = "WORK", "工作经历"
    AMENDS = "AMENDS", "限期改正"
    CONTACT = "CONTACT", "联系记录"
    NOTE = "NOTE", "其他情况"


class Entry(UnitRow):
    """One row of an extended set.  ``data`` holds the fields that the kind defines.

    What is sensitive in it (a relative's number, an address) lies in ``sealed``.  ``year`` is set
    where the row counts for a year (appraisal, training, reward).  ``scans`` are the papers it
    rests on, [{"key", "name", "size", "digest"}].  A row struck out stays with ``struck_at``, so
    that versions can be shown; a scan that was taken out likewise.
    """

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=EntryKind)
    began_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    data = models.JSONField(default=dict)
    sealed = models.BinaryField(null=True, blank=True)
    scans = models.JSONField(default=list, db_default=[])
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    struck_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["member", "kind"], name="members_entry_member"),
            models.Index(fields=["kind", "year"], name="members_entry_year"),
        ]
