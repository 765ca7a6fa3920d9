"""Messages to people's phones: what was to be said, and what became of it.

The phone and the parameters are sealed under the platform's key: a dump of this table names
nobody.  The row's id is the idempotency key at the gateway, so sending it again after a lost
answer never reaches a person twice.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kernel.models import Row


class State(models.TextChoices):
    """UNKNOWN: the gateway did not answer; it may or may not have taken the message."""

    QUEUED = "queued", "待发送"
    SENT = "sent", "已发送"
    FAILED = "failed", "发送失败"
    UNKNOWN = "unknown", "待核实"


class Message(Row):
    """One text message.  ``parameters_sealed`` is emptied at the end where it held a secret."""

    unit_id = models.UUIDField(null=True, db_index=True)
    phone_sealed = models.BinaryField()
    phone_masked = models.CharField(max_length=11)
    template = models.CharField(max_length=20)
    parameters_sealed = models.BinaryField()
    purpose = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    gateway_id = models.CharField(max_length=80, blank=True)
    refusal = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    requested_by = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(state__in=("queued", "unknown")),
                name="delivery_to_send",
            )
        ]
