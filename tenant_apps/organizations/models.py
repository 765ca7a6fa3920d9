"""The tree of Party organisations of a unit (rulebook 1)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

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
CAN_HAVE_CHILDREN = (
    Kind.WORK_COMMITTEE, Kind.COMMITTEE, Kind.ORGAN_COMMITTEE, Kind.TEMP_COMMITTEE,
    Kind.GENERAL_BRANCH, Kind.TEMP_GENERAL_BRANCH,
)  # fmt: skip
"""Types below which other organisations hang; below a branch there are only groups."""


class Organization(UnitRow):
    """A Party organisation.  ``path`` is its place in the tree: four characters per level.

    ``code`` is the unit's own code, ``import_id`` the roster import that made it (for undo).
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

    depth = models.PositiveSmallIntegerField()

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
