"""A list of members on its way out as a file."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Export(UnitRow):
    """A list of members being taken away as a file; large ones are written by a job.

    ``order`` says which members, columns and form were asked for, ``roles`` what the person held
    when asking (role and scope): the job sees what the person saw.

    An exchange set (rulebook 8.4) names its ``set`` in ``order``; with full identity numbers it
    is AWAITING until a second administrator decides.
    """

    class State(models.TextChoices):
        AWAITING = "AWAITING", "待批准"
        REFUSED = "REFUSED", "未批准"
        WAITING = "WAITING", "排队中"
        RUNNING = "RUNNING", "生成中"
        DONE = "DONE", "已完成"
        FAILED = "FAILED", "未完成"

    requested_by = models.UUIDField(null=True)
    requested_by_name = models.CharField(max_length=60, blank=True)
    requested_at = models.DateTimeField()
    roles = models.JSONField(default=list)
    order = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    file_name = models.CharField(max_length=120)
    file_key = models.CharField(max_length=200, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.UUIDField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=60, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["requested_by", "-requested_at"], name="members_export_mine"),
        ]
