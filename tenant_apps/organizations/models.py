"""The tree of Party organisations of a unit (rulebook 1)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q

from kernel.models import UnitRow

LABEL_WIDTH = 4
"""Characters of a path per level; fixed, so that a sub-tree is a prefix."""
MAX_DEPTH = 20
"""Levels of a tree: the path column holds 80 characters."""


class Kind(models.TextChoices):
    """Types of organisation (rulebook 1.1)."""

    LEADING_GROUP = "LEADING_GROUP", "党组"
    WORK_COMMITTEE = "WORK_COMMITTEE", "党工委"
    COMMITTEE = "COMMITTEE", "党委"
    ORGAN_COMMITTEE = "ORGAN_COMMITTEE", "机关党委"
    DISCIPLINE_COMMITTEE = "DISCIPLINE_COMMITTEE", "纪委"
    GENERAL_BRANCH = "GENERAL_BRANCH", "党总支"
    BRANCH = "BRANCH", "党支部"
    JOINT_BRANCH = "JOINT_BRANCH", "联合党支部"
    TEMP_BRANCH = "TEMP_BRANCH", "临时党支部"
    TEMP_COMMITTEE = "TEMP_COMMITTEE", "临时党委"
    TEMP_GENERAL_BRANCH = "TEMP_GENERAL_BRANCH", "临时党总支"
    MOBILE_BRANCH = "MOBILE_BRANCH", "流动党员党支部"
    GROUP = "GROUP", "党小组"


COMMITTEES = (
    Kind.LEADING_GROUP, Kind.WORK_COMMITTEE, Kind.COMMITTEE, Kind.ORGAN_COMMITTEE,
    Kind.DISCIPLINE_COMMITTEE, Kind.TEMP_COMMITTEE,
)  # fmt: skip
GENERAL_BRANCHES = (Kind.GENERAL_BRANCH, Kind.TEMP_GENERAL_BRANCH)
BRANCHES = (Kind.BRANCH, Kind.JOINT_BRANCH, Kind.TEMP_BRANCH, Kind.MOBILE_BRANCH)
HOLDS_FORMAL_RELATION = (Kind.BRANCH, Kind.JOINT_BRANCH)
"""Types to which a member's formal relation can be moved: temporary and mobile branches only
attend (rulebook 1.1)."""


SEARCHED_INITIALS = 24
"""From so many first characters on, initials are found; short names are shorter."""
INITIALS = Func(
    F("name_initials"),
    template="array_to_tsvector(array_remove(ARRAY["
    + ", ".join(f"substr(%(expressions)s, {at})" for at in range(1, SEARCHED_INITIALS + 1))
    + "], ''))",
)
"""Every ending of the initials as a word, so that a search in their middle is one for the beginning
of a word, which an index answers."""


class Organization(UnitRow):
    """A Party organisation.  ``path`` is its place in the tree: four characters per level.

    ``code`` is the unit's own code, ``national_code`` the one of the national system (rulebook
    1.1), ``import_id`` the roster import that made it (for undo).  One that has ended stays as a
    row: it has ``ended_on``, no parent any more, and is left out of tree and lists.
    ``unit_situation`` is a code of the table of that name (rulebook 8.3), ``temporary_until`` and
    ``appointed_secretary`` belong to temporary bodies, which are appointed and end with their task.
    """

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60)
    name_initials = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    code = models.CharField(max_length=40, blank=True)
    founded_on = models.DateField(null=True, blank=True)
    term_ends_on = models.DateField(null=True, blank=True)
    import_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="organizations_sibling_name_unique", fields=["parent", "name"]
            ),
            models.UniqueConstraint(
                name="organizations_code_unique", fields=["code"], condition=~Q(code="")
            ),
            models.UniqueConstraint(
                name="organizations_one_root", fields=["depth"], condition=Q(depth=1)
            ),
        ]
        indexes: ClassVar = [
            GinIndex(INITIALS, name="organizations_initials"),
        ]

    depth = models.PositiveSmallIntegerField()
    national_code = models.CharField(max_length=20, null=True, blank=True, unique=True)
    ended_on = models.DateField(null=True, blank=True)
    contact = models.CharField(max_length=60, blank=True, default="", db_default="")
    contact_phone_sealed = models.BinaryField(null=True, blank=True)
    contact_phone_masked = models.CharField(max_length=20, blank=True, default="", db_default="")
    unit_situation = models.CharField(max_length=20, blank=True, default="", db_default="")
    region = models.CharField(max_length=120, blank=True, default="", db_default="")
    temporary_until = models.DateField(null=True, blank=True)
    appointed_secretary = models.CharField(max_length=60, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return self.name

    @property
    def org_path(self) -> str:
        """What permission predicates compare with a scope."""
        return self.path

    @property
    def parent_path(self) -> str:
        return self.path[:-LABEL_WIDTH]

    @property
    def mark(self) -> str:
        """Which of the four marks of the design system stands before the name."""
        return mark_of(self.kind)

    @property
    def can_hold_members(self) -> bool:
        return self.kind in HOLDS_FORMAL_RELATION


class Workplace(UnitRow):
    """所在单位: a unit behind an organisation; a joint branch has several (rulebook 8.3).

    ``nature`` is 单位性质 in words, ``credit_code`` 统一社会信用代码 of 18 characters.
    """

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="workplaces")
    name = models.CharField(max_length=120)
    nature = models.CharField(max_length=40, blank=True)
    credit_code = models.CharField(max_length=18, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="organizations_workplace_once", fields=["org", "name"])
        ]


class Honour(UnitRow):
    """A commendation of an organisation (table 12 of rulebook 7.2), at a level of the code words
    that members' rewards have.  One entered by mistake is struck out and stays, with the reason
    in the record.
    """

    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="honours")
    name = models.CharField(max_length=80)
    level = models.CharField(max_length=24)
    organ = models.CharField(max_length=80)
    document = models.CharField(max_length=80, blank=True)
    given_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by_name = models.CharField(max_length=60, blank=True)
    struck_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-given_on", "name"]


class TurnKind(models.TextChoices):
    """What can happen to an organisation."""

    FOUNDED = "FOUNDED", "成立"
    REVISED = "REVISED", "更名或修改"
    MOVED = "MOVED", "调整隶属"
    RETYPED = "RETYPED", "改设"
    GAINED = "GAINED", "并入"
    PARTED = "PARTED", "分出"
    MERGED = "MERGED", "合并"
    DISSOLVED = "DISSOLVED", "撤销"
    UNDONE = "UNDONE", "撤回调整"


class Turn(UnitRow):
    """One thing that happened to one organisation; rows are only ever added.

    What was decided at once has one ``act``.  ``happened_on`` is the day of the decision,
    ``other`` the organisation on the other side (the new parent, what it was merged into, what it
    came from).  ``before`` and ``after`` hold name, type and parent, null where it was not there:
    the tree of an earlier day is today's with the later turns taken back.  An act that was called
    off is named by ``undoes`` in a later one.
    """

    is_append_only: ClassVar[bool] = True

    act = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=10, choices=TurnKind)
    happened_on = models.DateField(db_index=True)
    org_id = models.UUIDField()
    other_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=400, blank=True)
    document = models.CharField(max_length=80, blank=True)
    data = models.JSONField(default=dict)
    undoes = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.UUIDField(null=True)
    recorded_by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="organizations_turn_undone_once",
                fields=["undoes", "org_id"],
                condition=Q(undoes__isnull=False),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["org_id", "happened_on"], name="organizations_turn_org"),
            models.Index(fields=["other_id"], name="organizations_turn_other"),
        ]


def mark_of(kind: str) -> str:
    """``committee``, ``general``, ``branch`` or ``group``."""
    if kind in COMMITTEES:
        return "committee"
    if kind in GENERAL_BRANCHES:
        return "general"
    return "group" if kind == Kind.GROUP else "branch"


def ancestor_paths(path: str) -> list[str]:
    """The paths from the root down to ``path`` itself."""
    return [path[:end] for end in range(LABEL_WIDTH, len(path) + 1, LABEL_WIDTH)]
