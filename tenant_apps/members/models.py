"""The members of a unit (rulebook 2 and 8.2).  Never physically deleted but by undo of the
import that made them.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models

from kernel.models import UnitRow

_BASIC_SET = 7
"""Fields that ``Member.missing`` looks at."""


class Category(models.TextChoices):
    """人员类别 (rulebook 2.1), the two that the rosters of this release bring."""

    FULL = "FULL", "正式党员"
    PROBATIONARY = "PROBATIONARY", "预备党员"


class Member(UnitRow):
    """A Party member whose formal relation is in ``org``.

    Identity number and phone are sealed (``*_sealed``) with a blind index for search
    (``*_index``) and a masked form for lists (``*_masked``).  The identity index is unique in the
    unit, so that an import never makes anybody twice.
    """

    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+"
    )
    org_path = models.CharField(max_length=80)
    name = models.CharField(max_length=60)
    name_pinyin = models.CharField(max_length=120, blank=True)
    name_initials = models.CharField(max_length=30, blank=True)
    gender = models.CharField(max_length=1, blank=True)
    ethnicity = models.CharField(max_length=20, blank=True)
    birth_on = models.DateField(null=True, blank=True)
    education = models.CharField(max_length=40, blank=True)
    category = models.CharField(max_length=20, choices=Category)
    joined_on = models.DateField(null=True, blank=True)
    full_on = models.DateField(null=True, blank=True)
    posts = models.CharField(max_length=80, blank=True)
    identity_sealed = models.BinaryField()
    identity_index = models.BinaryField()
    identity_masked = models.CharField(max_length=18)
    phone_sealed = models.BinaryField(null=True, blank=True)
    phone_index = models.BinaryField(null=True, blank=True)
    phone_masked = models.CharField(max_length=11, blank=True)
    is_active = models.BooleanField(default=True)
    import_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="members_identity_unique", fields=["identity_index"]),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["org_path", "name_pinyin"],
                opclasses=["varchar_pattern_ops", "varchar_ops"],
                name="members_place",
            ),
            models.Index(fields=["name_pinyin", "name", "id"], name="members_by_name"),
            models.Index(fields=["phone_index"], name="members_phone"),
            models.Index(
                fields=["name_initials"],
                opclasses=["varchar_pattern_ops"],
                name="members_initials",
            ),
            models.Index(fields=["import_id"], name="members_import"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def missing(self) -> list[str]:
        """What the file lacks of the basic set (rulebook 8.2), in words."""
        lacking = {
            "手机号码": not self.phone_masked,
            "出生日期": self.birth_on is None,
            "性别": not self.gender,
            "民族": not self.ethnicity,
            "学历": not self.education,
            "入党日期": self.joined_on is None,
            "转正日期": self.category == Category.FULL and self.full_on is None,
        }
        return [label for label, is_lacking in lacking.items() if is_lacking]

    @property
    def completeness(self) -> int:
        """How much of the basic set is there, in whole percent."""
        return round(100 * (1 - len(self.missing) / _BASIC_SET))

    @property
    def gender_label(self) -> str:
        return {"M": "男", "F": "女"}.get(self.gender, "")

    @property
    def member_id(self) -> object:
        """What ``kernel.permissions.is_self`` compares with the actor."""
        return self.id


def party_age(full_on: dt.date | None, today: dt.date) -> int | None:
    """党龄 in whole years from the day of becoming a full member (rulebook 2.4), or None."""
    if full_on is None or full_on > today:
        return None
    return whole_years(full_on, today)


def whole_years(since: dt.date, today: dt.date) -> int:
    """Whole years gone by; who began on 29 February has the day on 1 March in common years."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))


class Export(UnitRow):
    """A list of members being taken away as a file; large ones are written by a job.

    ``order`` says which members, columns and form were asked for, ``roles`` what the person held
    when asking (role and scope): the job sees what the person saw.
    """

    class State(models.TextChoices):
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

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["requested_by", "-requested_at"], name="members_export_mine"),
        ]
