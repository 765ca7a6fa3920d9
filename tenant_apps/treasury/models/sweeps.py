"""Sweep and return through the tree (rulebook 4.5, 10.4)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value

from kernel.models import UnitRow


class Direction(models.TextChoices):
    UP = "UP", "归集"
    DOWN = "DOWN", "回拨"


class Way(models.TextChoices):
    RATIO = "RATIO", "按比例"
    KEEP = "KEEP", "留足余额，其余全部"
    QUOTA = "QUOTA", "定额"


class SweepRule(UnitRow):
    """How the organisations at one level of the tree hand up, or return to those below them.

    ``depth`` is that of whoever gives; the unit's outermost organisation has 1.  The ratio is of
    what members of the sub-tree paid in the period; ``keep_fen`` stays in any case.
    """

    direction = models.CharField(max_length=4, choices=Direction)
    depth = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=5, choices=Way)
    ratio_bp = models.PositiveIntegerField(default=0)
    quota_fen = models.BigIntegerField(default=0)
    keep_fen = models.BigIntegerField(default=0)
    set_by_name = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["direction", "depth"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="treasury_rule_once", fields=["direction", "depth"]),
            models.CheckConstraint(
                name="treasury_rule_in_bounds",
                condition=Q(ratio_bp__lte=10_000, quota_fen__gte=0, keep_fen__gte=0),
            ),
        ]


class OrgRule(UnitRow):
    """What one organisation gives, and with ``covers_below`` all below it, instead of what its
    level gives (rulebook 4.5: set locally).

    It holds for periods that end from ``first_on`` to ``last_on``.  Rules are ended, not deleted.
    A ratio of nothing frees from giving.
    """

    direction = models.CharField(max_length=4, choices=Direction)
    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    org_path = models.CharField(max_length=80)
    covers_below = models.BooleanField()
    way = models.CharField(max_length=5, choices=Way)
    ratio_bp = models.PositiveIntegerField(default=0)
    quota_fen = models.BigIntegerField(default=0)
    keep_fen = models.BigIntegerField(default=0)
    first_on = models.DateField()
    last_on = models.DateField(null=True)
    set_by_name = models.CharField(max_length=60)
    set_at = models.DateTimeField()
    ended_by_name = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["direction", "org_path", "first_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="treasury_org_rule_once",
                fields=["org", "direction", "covers_below", "first_on"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="treasury_org_rule_in_bounds",
                condition=Q(ratio_bp__lte=10_000, quota_fen__gte=0, keep_fen__gte=0)
                & (Q(last_on__isnull=True) | Q(last_on__gte=F("first_on"))),
            ),
        ]


class RunState(models.TextChoices):
    PLANNED = "PLANNED", "待复核"
    POSTED = "POSTED", "在途"
    DONE = "DONE", "已完成"
    CANCELLED = "CANCELLED", "已取消"
    UNDONE = "UNDONE", "已冲回"


class SweepRun(UnitRow):
    """One sweep (归集) or return (回拨) over the whole tree for a period of days.

    ``reverses`` is the run that this one takes back.  Who prepares never confirms.
    """

    direction = models.CharField(max_length=4, choices=Direction)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.PLANNED)
    first_on = models.DateField()
    last_on = models.DateField()
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_by_name = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    org_path: ClassVar[str] = ""
    """What permissions are asked of: a run is the whole unit's."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="treasury_run_once_a_period",
                fields=["direction", "first_on"],
                condition=Q(state__in=["PLANNED", "POSTED", "DONE"], reverses__isnull=True),
            ),
            models.CheckConstraint(
                name="treasury_run_two_people",
                condition=~Q(state__in=["POSTED", "DONE", "UNDONE"])
                | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=F("made_by"))),
            ),
            models.CheckConstraint(
                name="treasury_run_period", condition=Q(first_on__lte=F("last_on"))
            ),
        ]


class SweepLine(UnitRow):
    """What one organisation gives another in a run: 应缴, 已缴, and who confirmed it (已确认).

    ``giver`` and ``taker`` are organisations; ``base_fen`` is what the amount was computed from,
    ``due_fen`` what the rule asks for, ``amount_fen`` what the giver's balance allows; ``rule``
    says in words which rule that was.
    """

    run = models.ForeignKey(SweepRun, on_delete=models.PROTECT, related_name="lines")
    giver = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    giver_path = models.CharField(max_length=80)
    taker = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    taker_path = models.CharField(max_length=80)
    base_fen = models.BigIntegerField()
    due_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    rule = models.CharField(max_length=120, blank=True, default="", db_default=Value(""))
    taken_by = models.UUIDField(null=True)
    taken_by_name = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="treasury_line_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(name="treasury_line_two_places", condition=~Q(giver=F("taker"))),
        ]
