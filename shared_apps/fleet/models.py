"""What operators see of every unit: a line of figures each, and everybody's own pins and filters.

Nothing here is about a person of a unit; ``person_id`` is always the operator whose row it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from kernel.models import Row


class Trouble(models.TextChoices):
    """What can be wrong with a unit, worst first."""

    ERRORS = "errors", "服务出错"
    MONEY = "money", "对账不符"
    QUARANTINED = "quarantined", "结构隔离"
    BEHIND = "behind", "结构落后"
    BACKUP = "backup", "备份过期"
    WORK = "work", "任务未完成"
    DRIFT = "drift", "数据有更正"
    STUCK = "stuck", "开通停滞"
    QUIET = "quiet", "久无业务"


WEIGHTS: Final[Mapping[Trouble, int]] = {
    trouble: 2**place for place, trouble in enumerate(reversed(Trouble))
}
"""What a trouble adds to the score: each more than all lighter ones together."""


class SchemaState(models.TextChoices):
    """How a unit's tables stand to the template."""

    NONE = "none", "未建"
    CURRENT = "current", "最新"
    BEHIND = "behind", "落后"
    QUARANTINED = "quarantined", "隔离"


class Standing(models.Model):
    """The line of a unit: figures gathered from the shared tables so that they can be sorted.

    Derived: ``services.standings`` makes every value again from its source and writes only the
    lines that changed.  Money in fen; counts of people are whole here and suppressed where
    they are shown.  ``spelled`` is the name that ``pinyin`` and ``initials`` were made of;
    ``settled_fen`` the paid orders up to the watermark.  A closed unit has no line.
    """

    unit = models.OneToOneField(
        "tenants.Unit", on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    spelled = models.CharField(max_length=120)
    pinyin = models.CharField(max_length=720)
    initials = models.CharField(max_length=120)
    organizations = models.BigIntegerField(default=0)
    members = models.BigIntegerField(default=0)
    activated = models.BigIntegerField(default=0)
    storage_bytes = models.BigIntegerField(default=0)
    active_at = models.DateTimeField(null=True)
    schema_state = models.CharField(max_length=12, choices=SchemaState, default=SchemaState.NONE)
    steps_behind = models.IntegerField(default=0)
    errors_day = models.IntegerField(default=0)
    errors_week = models.IntegerField(default=0)
    settled_fen = models.BigIntegerField(default=0)
    difference_fen = models.BigIntegerField(default=0)
    drifts = models.IntegerField(default=0)
    late_works = models.IntegerField(default=0, db_default=0)
    backed_up_at = models.DateTimeField(null=True)
    troubles = ArrayField(models.CharField(max_length=12, choices=Trouble), default=list)
    score = models.IntegerField(default=0)
    changed_at = models.DateTimeField()


class Watermark(models.Model):
    """Up to which moment of settlement paid orders are already in ``Standing.settled_fen``."""

    work = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()


class Pin(Row):
    """A unit that an operator keeps on top of the list."""

    person_id = models.UUIDField()
    unit = models.ForeignKey("tenants.Unit", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="fleet_pin_once", fields=["person_id", "unit"]),
        ]


class SavedFilter(Row):
    """A question that an operator asks often: the query string of the list under a name."""

    person_id = models.UUIDField()
    name = models.CharField(max_length=20)
    query = models.CharField(max_length=600)
    is_default = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="fleet_filter_name_once", fields=["person_id", "name"]),
            models.UniqueConstraint(
                name="fleet_filter_one_default",
                fields=["person_id"],
                condition=Q(is_default=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RenamedPart(models.TextChoices):
    """What of a unit was changed."""

    NAME = "name", "单位名称"
    LABEL = "label", "访问地址"


class Renaming(Row):
    """A unit's name or address was changed: what, by whom and when.  Never changed."""

    is_append_only: ClassVar[bool] = True
    outlives_unit: ClassVar[str] = "单位更名记录"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=RenamedPart)
    was = models.CharField(max_length=120)
    to = models.CharField(max_length=120)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.was} → {self.to}"


class WorkRetry(Row):
    """Somebody had a unit's periodic work done at once: which, who and when.  Never changed."""

    is_append_only: ClassVar[bool] = True
    outlives_unit: ClassVar[str] = "任务重试记录"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="+")
    work = models.CharField(max_length=40)
    label = models.CharField(max_length=40)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return self.label


class Appointment(Row):
    """A unit was made one of those that waves reach first, or one like all others: who and when.
    Never changed.
    """

    is_append_only: ClassVar[bool] = True
    outlives_unit: ClassVar[str] = "先行单位记录"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="+")
    is_canary = models.BooleanField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return "设为先行单位" if self.is_canary else "取消先行单位"
