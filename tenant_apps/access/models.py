"""Who may do what in a unit: a role within a sub-tree of organisations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Role(models.TextChoices):
    """Roles of a unit (rulebook 12.1).  Members need no grant: their own file is theirs."""

    UNIT_ADMIN = "unit_admin", "单位管理员"
    SECRETARY = "secretary", "书记"
    TREASURER = "treasurer", "党费管理员"
    CASHIER = "cashier", "党费出纳"


class Grant(UnitRow):
    """A person holds a role in a sub-tree from a day on.  ``person_id`` points to
    ``people.Person`` and ``scope`` is an organisation path, "" for the whole unit.
    """

    person_id = models.UUIDField(db_index=True)
    person_name = models.CharField(max_length=60)
    role = models.CharField(max_length=20, choices=Role)
    scope = models.CharField(max_length=80, blank=True)
    granted_at = models.DateTimeField()
    granted_by = models.UUIDField(null=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="access_grant_held_once",
                fields=["person_id", "role", "scope"],
                condition=models.Q(revoked_at__isnull=True),
            )
        ]
