"""The end of a membership as one person submits it and another decides (rulebook 12.2)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import UnitRow
from tenant_apps.members.models.change import ChangeKind


class Proposal(UnitRow):
    """A decrease or a return that needs a second person.

    ``kind``, ``happened_on``, ``document`` and ``reason`` become those of the ``Change`` that an
    approval makes; ``data`` holds what only one kind asks for (the day of the application to be
    restored).  A member has at most one that waits, and who submits never decides.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "待审批"
        APPROVED = "APPROVED", "已通过"
        REFUSED = "REFUSED", "未通过"
        WITHDRAWN = "WITHDRAWN", "已撤回"

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=20, choices=ChangeKind)
    happened_on = models.DateField()
    document = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    submitted_by = models.UUIDField()
    submitted_by_name = models.CharField(max_length=60)
    submitted_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="members_proposal_one_waits", fields=["member"], condition=Q(state="WAITING")
            ),
            models.CheckConstraint(
                name="members_proposal_two_people",
                condition=~Q(state="APPROVED")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("submitted_by"))),
            ),
        ]
