"""What made somebody a member here or ended it: the typed increases and decreases of the count."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class ChangeKind(models.TextChoices):
    """Increases, decreases and turns of a membership (rulebook 2.5 and 7.1)."""

    ADMITTED = "ADMITTED", "新发展"
    TRANSFERRED_IN = "TRANSFERRED_IN", "转入"
    WHOLE_IN = "WHOLE_IN", "整建制转入"
    RESTORED = "RESTORED", "恢复党籍"
    SUPPLEMENTED = "SUPPLEMENTED", "补录"
    TRANSFERRED_OUT = "TRANSFERRED_OUT", "转出"
    WHOLE_OUT = "WHOLE_OUT", "整建制转出"
    DIED = "DIED", "死亡"
    SUSPENDED = "SUSPENDED", "停止党籍"
    REMOVED = "REMOVED", "除名"
    PERSUADED = "PERSUADED", "劝其退党"
    WITHDREW = "WITHDREW", "退党"
    EXPELLED = "EXPELLED", "开除党籍"
    CANCELLED = "CANCELLED", "取消预备党员资格"
    OTHER_OUT = "OTHER_OUT", "其他减少"
    CONVERTED = "CONVERTED", "转正"
    EXTENDED = "EXTENDED", "延长预备期"


INCREASES = (
    ChangeKind.ADMITTED, ChangeKind.TRANSFERRED_IN, ChangeKind.WHOLE_IN, ChangeKind.RESTORED,
    ChangeKind.SUPPLEMENTED,
)  # fmt: skip
DECREASES = (
    ChangeKind.TRANSFERRED_OUT, ChangeKind.WHOLE_OUT, ChangeKind.DIED, ChangeKind.SUSPENDED,
    ChangeKind.REMOVED, ChangeKind.PERSUADED, ChangeKind.WITHDREW, ChangeKind.EXPELLED,
    ChangeKind.CANCELLED, ChangeKind.OTHER_OUT,
)  # fmt: skip
LEAVES_THE_PARTY = (
    ChangeKind.REMOVED, ChangeKind.PERSUADED, ChangeKind.WITHDREW, ChangeKind.EXPELLED,
    ChangeKind.CANCELLED,
)  # fmt: skip
"""出党: an umbrella of the statistics, never a state (rulebook 2.5)."""


class Change(UnitRow):
    """An increase, a decrease or a turn of one membership, as people decided it.

    ``happened_on`` is the day that counts for the statistics (the approval, the receipt, the
    death), ``org`` and ``category`` what held then.  ``document`` is the number of the decision.
    A change is never erased: one entered by mistake is ``undone_at``.
    """

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=ChangeKind)
    happened_on = models.DateField()
    org_id = models.UUIDField()
    org_path = models.CharField(max_length=80)
    category = models.CharField(max_length=20)
    document = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    data = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["member", "happened_on"], name="members_change_member"),
            models.Index(fields=["happened_on", "kind"], name="members_change_day"),
        ]
