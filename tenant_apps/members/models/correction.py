"""What a member asks to have corrected in the own file, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import UnitRow


class Correction(UnitRow):
    """A request for one field of the file (``field``) or for one row of a set (``field`` is the
    kind of the set).

    ``wanted`` holds what is asked for, masked where it is sealed (``sealed``); ``old`` what the
    file said then.  ``file_key`` is a proof that the member attached.  It is decided once, by
    somebody who may correct files and is not the member.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "待审核"
        ACCEPTED = "ACCEPTED", "已采纳"
        REFUSED = "REFUSED", "未采纳"
        WITHDRAWN = "WITHDRAWN", "本人撤回"

    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="corrections"
    )
    field = models.CharField(max_length=40)
    wanted = models.JSONField(default=dict)
    old = models.CharField(max_length=120, blank=True)
    sealed = models.BinaryField(null=True, blank=True)
    reason = models.CharField(max_length=400)
    file_key = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.UUIDField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    answer = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "asked_at"], name="members_correction_state"),
        ]
