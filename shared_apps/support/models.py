"""Support access: somebody of the platform is let into one unit, for a reason and for hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel.models import Row


class State(models.TextChoices):
    """Where an access stands; the first three can still change."""

    ASKED = "asked", "待单位答复"
    ACCEPTED = "accepted", "已同意"
    ACTIVE = "active", "访问中"
    REFUSED = "refused", "已拒绝"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "逾期未答复"
    ENDED = "ended", "已结束"


OPEN: Final = (State.ASKED, State.ACCEPTED, State.ACTIVE)
IN_FORCE: Final = (State.ACCEPTED, State.ACTIVE)


class Ending(models.TextChoices):
    """What ended an access."""

    TIME = "time", "到期自动结束"
    OPERATOR = "operator", "支持人员结束"
    UNIT = "unit", "单位管理员结束"
    STATE = "state", "单位暂停或注销，自动结束"
    ROLE = "role", "支持人员不再任职，自动结束"


class Area(models.TextChoices):
    """What can be asked to be looked at."""

    ORGANIZATIONS = "organizations", "组织架构"
    MEMBERS = "members", "党员名册（证件号、手机号脱敏）"
    DUES = "dues", "党费台账"


class Change(models.TextChoices):
    """What can be asked to be changed, each by its name."""

    ORGANIZATIONS = "organizations:edit", "修改组织信息"
    MEMBERS = "members:edit", "更正党员档案"


class Reach(NamedTuple):
    """What an area opens: permissions of the unit's desk, and where it begins."""

    permissions: frozenset[str]
    url: str


REACHES: Final[Mapping[Area, Reach]] = {
    Area.ORGANIZATIONS: Reach(frozenset({"organizations:browse"}), "/organizations/"),
    Area.MEMBERS: Reach(frozenset({"members:browse", "members:read"}), "/members/"),
    Area.DUES: Reach(frozenset({"dues:browse", "rules:read"}), "/dues/"),
}
NEEDS: Final[Mapping[Change, Area]] = {
    Change.ORGANIZATIONS: Area.ORGANIZATIONS,
    Change.MEMBERS: Area.MEMBERS,
}
"""The area that has to be open for a change to be possible."""


class Access(Row):
    """One request and what became of it.

    ``asked_areas``, ``asked_changes`` and ``asked_hours`` are what was asked for; those without
    ``asked_`` what the unit agreed to, never more.  ``deadline_at`` is when the request lapses
    while it waits, afterwards when the access ends.  ``clock_at`` is the last moment that was
    seen: a clock that goes back takes as much off the deadline, so it never gives more time.
    ``session_id`` is the one session in the unit that the access is worth something in.
    ``asked_place`` is the part of the unit that was asked for, in the operator's words, "" for all
    of it; ``scope`` the path of the organisation that the unit let the operator into, "" for all.
    """

    outlives_unit: ClassVar[str] = "平台支持访问记录"

    unit = models.ForeignKey("tenants.Unit", on_delete=models.PROTECT, related_name="+")
    operator_id = models.UUIDField()
    operator_name = models.CharField(max_length=60)
    office = models.CharField(max_length=80)
    reason = models.CharField(max_length=500)
    asked_areas = ArrayField(models.CharField(max_length=20, choices=Area))
    asked_changes = ArrayField(models.CharField(max_length=30, choices=Change), default=list)
    asked_hours = models.PositiveSmallIntegerField()
    asked_place = models.CharField(max_length=60, blank=True, db_default="")
    scope = models.CharField(max_length=80, blank=True, db_default="")
    areas = ArrayField(models.CharField(max_length=20, choices=Area))
    changes = ArrayField(models.CharField(max_length=30, choices=Change), default=list)
    hours = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    deadline_at = models.DateTimeField(db_index=True)
    clock_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    entered_at = models.DateTimeField(null=True)
    session_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=60, blank=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    pages = models.PositiveIntegerField(default=0)
    writes = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="support_one_at_a_time",
                fields=["unit", "operator_id"],
                condition=models.Q(state__in=OPEN),
            ),
            models.CheckConstraint(
                name="support_hours_in_bounds",
                condition=models.Q(
                    asked_hours__gte=3, asked_hours__lte=168, hours__gte=1,
                    hours__lte=models.F("asked_hours"),
                ),
            ),
            models.CheckConstraint(
                name="support_nobody_lets_in_himself",
                condition=models.Q(decided_by_id=None)
                | ~models.Q(decided_by_id=models.F("operator_id")),
            ),
        ]  # fmt: skip

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_in_force(self) -> bool:
        return self.state in IN_FORCE


class Pass(Row):
    """The one-time way from the console into the unit: 60 seconds, one use, one browser."""

    access = models.ForeignKey(Access, on_delete=models.CASCADE, related_name="passes")
    digest = models.BinaryField(unique=True)
    console_session_id = models.UUIDField()
    device = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
