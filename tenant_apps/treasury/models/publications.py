"""The yearly publication and what members say about it (rulebook 4.7, 10.6)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class PublicationState(models.TextChoices):
    PUBLISHED = "PUBLISHED", "已公示"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class Publication(UnitRow):
    """What the unit's members are shown of a year, frozen (rulebook 4.7, 10.6).

    ``org_path`` is the empty scope: it is published by somebody over the whole unit.
    """

    year = models.PositiveSmallIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=PublicationState)
    figures = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    published_by = models.UUIDField()
    published_by_name = models.CharField(max_length=60)
    published_at = models.DateTimeField()

    org_path: ClassVar[str] = ""


class Comment(UnitRow):
    """What a member says to the treasurer about a publication, and the answer.

    The other members see it, without a name, once the treasurer shows it.
    """

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="comments", db_index=False
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    text = models.CharField(max_length=500)
    said_at = models.DateTimeField()
    is_shown = models.BooleanField(default=False)
    answer = models.CharField(max_length=500, blank=True)
    answered_by_name = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
