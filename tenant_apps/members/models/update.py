"""A file that brings the members up to date, and what it proposes for each of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Update(UnitRow):
    """A roster, an exchange set or a file of the client's HR system, handed in for members that
    are there already (rulebook 8.4, K1).

    ``roles`` is what the person held who handed it in: nobody outside that reach is compared or
    touched.  ``counts`` are the figures of the comparison, ``integrity`` the 信息完整度 of the file
    in hundredths of a percent.  ``done_rows`` moves in the transaction that compares or applies
    the rows, so that a killed worker's successor goes on exactly there.
    """

    class Kind(models.TextChoices):
        ROSTER = "ROSTER", "名册"
        SET = "SET", "交换集"
        MASTER = "MASTER", "主数据"

    class State(models.TextChoices):
        WAITING = "WAITING", "等待核对"
        READING = "READING", "核对中"
        REVIEW = "REVIEW", "待确认"
        APPLYING = "APPLYING", "更新中"
        DONE = "DONE", "已更新"
        UNDOING = "UNDOING", "撤销中"
        UNDONE = "UNDONE", "已撤销"
        FAILED = "FAILED", "失败"
        DISCARDED = "DISCARDED", "已放弃"

    kind = models.CharField(max_length=8, choices=Kind)
    source = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    file_name = models.CharField(max_length=120)
    source_key = models.CharField(max_length=200, blank=True)
    report_key = models.CharField(max_length=200, blank=True)
    refused_key = models.CharField(max_length=200, blank=True)
    roles = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    integrity = models.PositiveIntegerField(null=True, blank=True)
    total = models.PositiveIntegerField(default=0)
    done_rows = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    requested_by = models.UUIDField(null=True)
    requested_by_name = models.CharField(max_length=60, blank=True)
    requested_at = models.DateTimeField()
    applied_by = models.UUIDField(null=True)
    applied_by_name = models.CharField(max_length=60, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-requested_at"], name="members_update_newest"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def percent(self) -> int:
        return self.done_rows * 100 // self.total if self.total else 0


class UpdateRow(UnitRow):
    """What one row of an update would do to one person.  Nothing happens until it is accepted.

    ``fields`` maps a field to its old and new value as people read them (numbers masked);
    ``sealed`` holds the same of identity number, phone and address in full.  ``version`` is that
    of the member when compared: who was corrected since is passed over as STALE.
    """

    class Kind(models.TextChoices):
        CHANGE = "CHANGE", "变更"
        MOVE = "MOVE", "调整支部"
        NEW = "NEW", "新增"
        SUGGESTED = "SUGGESTED", "疑似同一人"
        MISSING = "MISSING", "文件中没有"

    class Decision(models.TextChoices):
        OPEN = "OPEN", "待处理"
        ACCEPTED = "ACCEPTED", "接受"
        REFUSED = "REFUSED", "不接受"

    class Outcome(models.TextChoices):
        NONE = "", "未执行"
        APPLIED = "APPLIED", "已更新"
        STALE = "STALE", "档案已另有变动"
        FAILED = "FAILED", "未能更新"
        UNDONE = "UNDONE", "已撤销"
        KEPT = "KEPT", "未撤销"

    update_of = models.ForeignKey(
        Update, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    row = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    member_id = models.UUIDField(null=True, blank=True)
    org_id = models.UUIDField(null=True, blank=True)
    name = models.CharField(max_length=60)
    identity_masked = models.CharField(max_length=18, blank=True)
    fields = models.JSONField(default=dict)
    sealed = models.BinaryField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    decided_by = models.UUIDField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["update_of", "kind", "decision", "id"], name="members_update_rows"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.kind}"
