"""The members of a unit (rulebook 2 and 8.2).  Never physically deleted but by undo of the
import that made them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


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
    def member_id(self) -> object:
        """What ``kernel.permissions.is_self`` compares with the actor."""
        return self.id
