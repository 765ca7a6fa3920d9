"""What operators see of every unit: a line of figures each, and everybody's own pins and filters.

Nothing here is about a person of a unit; ``person_id`` is always the operator whose row it is.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models import Row


class Standing(models.Model):
    """The line of a unit: figures gathered from the shared tables so that they can be sorted.

    Derived: the refresh (``services.standings``) makes every value again from its source and
    writes only what changed.  Money in fen; counts of people are whole here and suppressed
    where they are shown.  ``troubles`` are the keys of what is wrong, worst first; ``score``
    is what they add up to (``services.troubles``).
    """

    unit = models.OneToOneField(
        "tenants.Unit", on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    pinyin = models.CharField(max_length=400)
    initials = models.CharField(max_length=120)
    organizations = models.IntegerField(default=0)
    members = models.IntegerField(default=0)
    activated = models.IntegerField(default=0)
    due_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)
    difference_fen = models.BigIntegerField(default=0)
    last_activity_at = models.DateTimeField(null=True)
    schema_state = models.CharField(max_length=12, blank=True)
    steps_behind = models.IntegerField(default=0)
    storage_bytes = models.BigIntegerField(default=0)
    file_bytes = models.BigIntegerField(default=0)
    errors_day = models.IntegerField(default=0)
    errors_week = models.IntegerField(default=0)
    last_backup_at = models.DateTimeField(null=True)
    troubles = models.JSONField(default=list)
    score = models.IntegerField(default=0, db_index=True)
    changed_at = models.DateTimeField()


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
    name = models.CharField(max_length=30)
    query = models.CharField(max_length=1000)
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
