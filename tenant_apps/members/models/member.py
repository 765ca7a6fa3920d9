"""The members of a unit (rulebook 2 and 8.2).  Never physically deleted but by undo of the
import that made them.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Right

from kernel.models import UnitRow

_BASIC_SET = 7
"""Fields that ``Member.missing`` looks at."""


LAST: Final = 4
"""Characters at the end of a number that its mask leaves to be seen."""
WORDS: Final = Func(
    Func(
        F("name"),
        Value(None),
        function="string_to_array",
        output_field=ArrayField(models.TextField()),
    ),
    Func(
        Right(F("identity_masked"), LAST),
        Right(F("phone_masked"), LAST),
        template="ARRAY[%(expressions)s]",
        output_field=ArrayField(models.TextField()),
    ),
    function="array_cat",
    output_field=ArrayField(models.TextField()),
)
"""What people search by and an index can find: each character of the name, and the last four of
identity number and phone.
"""


class Category(models.TextChoices):
    """人员类别 (rulebook 2.1), the two that the rosters of this release bring."""

    FULL = "FULL", "正式党员"
    PROBATIONARY = "PROBATIONARY", "预备党员"


class Standing(models.TextChoices):
    """党籍状态 (rulebook 2.5 and 7.4)."""

    NORMAL = "NORMAL", "正常"
    SUSPENDED = "SUSPENDED", "停止党籍"
    LEFT = "LEFT", "已离开"


class JoinedKind(models.TextChoices):
    """入党类型 (rulebook 7.4)."""

    NEW = "NEW", "新发展"
    RESTORED = "RESTORED", "恢复党籍"
    REJOINED = "REJOINED", "重新入党"


class Conversion(models.TextChoices):
    """转正情况 (rulebook 7.4)."""

    ON_TIME = "ON_TIME", "按期转正"
    EXTENDED = "EXTENDED", "延长预备期满转正"


INCOMPLETE: Final = (
    Q(phone_index__isnull=True)
    | Q(birth_on__isnull=True)
    | Q(joined_on__isnull=True)
    | Q(gender="")
    | Q(ethnicity="")
    | Q(education="")
    | Q(category="FULL", full_on__isnull=True)
)
"""A file in which something of the basic set (rulebook 8.2) is missing."""
UNREMARKABLE: Final = ("", "NONE")
"""Strata that are none: nearly everybody's."""


class Member(UnitRow):
    """A Party member whose formal relation is in ``org``.

    ``is_active`` says that the person counts as a member here today: whoever left (``left_on``)
    or whose membership is suspended does not, and stays in the table (rulebook 0.2 rule 6).
    ``group_id`` is the Party group inside the branch, an organisation without members of its own.
    The dates ``lost_since``, ``away_since`` and ``abroad_since`` are the beginnings of the states
    of rulebook 2.5 that hold today, and empty where they do not.
    ``party_age_adjust_months`` is 党龄校正值 (rulebook 2.4); ``version`` counts the changes made,
    so that two who correct it at once do not overwrite each other.

    ``staff_number``, ``department`` and ``job_title`` are what the client's HR system calls the
    person (K1); posts in the Party are ``posts``.

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
    group_id = models.UUIDField(null=True, blank=True)
    degree = models.CharField(max_length=20, blank=True, db_default="")
    native_place = models.CharField(max_length=60, blank=True, db_default="")
    work_started_on = models.DateField(null=True, blank=True)
    workplace = models.CharField(max_length=120, blank=True, db_default="")
    occupation = models.CharField(max_length=20, blank=True, db_default="")
    front_line = models.CharField(max_length=20, blank=True, db_default="")
    technical_post = models.CharField(max_length=40, blank=True, db_default="")
    technical_duty = models.CharField(max_length=8, blank=True, default="", db_default="")
    duty_level = models.CharField(max_length=8, blank=True, default="", db_default="")
    stratum = models.CharField(max_length=20, blank=True, db_default="")
    is_migrant_worker = models.BooleanField(default=False, db_default=False)
    is_taiwanese = models.BooleanField(default=False, db_default=False)
    staff_number = models.CharField(max_length=40, blank=True, default="", db_default="")
    department = models.CharField(max_length=80, blank=True, default="", db_default="")
    job_title = models.CharField(max_length=80, blank=True, default="", db_default="")
    household_place = models.CharField(max_length=120, blank=True, db_default="")
    address_sealed = models.BinaryField(null=True, blank=True)
    address_masked = models.CharField(max_length=60, blank=True, db_default="")
    joined_kind = models.CharField(max_length=10, choices=JoinedKind, blank=True, db_default="")
    joined_place = models.CharField(max_length=120, blank=True, db_default="")
    conversion = models.CharField(max_length=10, choices=Conversion, blank=True, db_default="")
    probation_until = models.DateField(null=True, blank=True)
    party_age_adjust_months = models.SmallIntegerField(default=0, db_default=0)
    branch_since = models.DateField(null=True, blank=True)
    standing = models.CharField(
        max_length=10, choices=Standing, default=Standing.NORMAL, db_default=Standing.NORMAL
    )
    lost_since = models.DateField(null=True, blank=True)
    away_since = models.DateField(null=True, blank=True)
    abroad_since = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    left_kind = models.CharField(max_length=20, blank=True, db_default="")
    photo_key = models.CharField(max_length=200, blank=True, db_default="")
    version = models.PositiveIntegerField(default=1, db_default=1)
    updated_at = models.DateTimeField(null=True, blank=True)
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
            models.Index(
                fields=["staff_number"], condition=~Q(staff_number=""), name="members_staff_number"
            ),
            GinIndex(WORDS, name="members_words"),
            models.Index(fields=["joined_on", "id"], name="members_joined"),
            models.Index(fields=["birth_on", "id"], name="members_born"),
            models.Index(fields=["joined_on", "birth_on", "id"], name="members_joined_born"),
            models.Index(fields=["birth_on", "joined_on", "id"], name="members_born_joined"),
            models.Index(fields=["education"], name="members_education"),
            models.Index(fields=["occupation"], name="members_occupation"),
            models.Index(
                fields=["ethnicity"],
                condition=~Q(ethnicity__in=["汉族", ""]),
                name="members_minority",
            ),
            models.Index(
                fields=["probation_until"],
                condition=Q(category="PROBATIONARY"),
                name="members_probation",
            ),
            models.Index(fields=["posts"], condition=~Q(posts=""), name="members_posts"),
            models.Index(
                fields=["gender", "ethnicity", "education"],
                condition=INCOMPLETE,
                name="members_incomplete",
            ),
            models.Index(
                fields=["stratum", "is_taiwanese", "is_migrant_worker"],
                condition=~Q(stratum__in=UNREMARKABLE)
                | Q(is_taiwanese=True)
                | Q(is_migrant_worker=True),
                name="members_remarkable",
            ),
            models.Index(
                fields=["lost_since", "away_since", "abroad_since"],
                condition=Q(lost_since__isnull=False)
                | Q(away_since__isnull=False)
                | Q(abroad_since__isnull=False),
                name="members_special",
            ),
            models.Index(
                fields=["left_kind", "left_on"], condition=Q(is_active=False), name="members_former"
            ),
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


def party_age(full_on: dt.date | None, today: dt.date, adjust_months: int = 0) -> int | None:
    """党龄 in whole years (rulebook 2.4), or None: the months since becoming a full member and
    党龄校正值, which may be negative, over twelve.
    """
    if full_on is None or full_on > today:
        return None
    return max(0, (whole_months(full_on, today) + adjust_months) // 12)


def whole_months(since: dt.date, today: dt.date) -> int:
    """Whole months gone by; one that began on the 31st is full on the 1st after a shorter one."""
    months = (today.year - since.year) * 12 + today.month - since.month
    return months - (today.day < since.day)


def whole_years(since: dt.date, today: dt.date) -> int:
    """Whole years gone by; who began on 29 February has the day on 1 March in common years."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
