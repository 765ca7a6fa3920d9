"""What happened in a unit, who did it, who looked.  Rows are only ever added."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Event(UnitRow):
    """One act.  ``code`` is ``noun.past_participle``; ``data`` holds ids, counts and amounts,
    old and new values, and never a sealed value in the clear.
    """

    is_append_only: ClassVar[bool] = True

    at = models.DateTimeField(db_index=True)
    code = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=60, blank=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.UUIDField(null=True, db_index=True)
    data = models.JSONField(default=dict)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
