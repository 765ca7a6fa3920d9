"""A list of members that somebody wants to find again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class SavedList(UnitRow):
    """A name for the address of a list: its filters and order, of one person and nobody else.

    ``address`` holds the query string; text searched for is left out, because it may be
    somebody's number.
    """

    person_id = models.UUIDField()
    name = models.CharField(max_length=30)
    address = models.CharField(max_length=1000)
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="members_saved_list_name_once", fields=["person_id", "name"]
            ),
        ]
