"""The record of the door: written in the transaction of what it tells."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from kernel.unit import shared_context
from shared_apps.people.models import SecurityEvent


def record(
    code: str,
    *,
    actor: Actor,
    now: dt.datetime,
    person_id: UUID | None = None,
    unit_id: UUID | None = None,
    **data: Any,
) -> None:
    """Adds one event about ``person_id``.  ``data`` holds no secret and no phone in the clear."""
    with shared_context():
        SecurityEvent.objects.create(
            at=now,
            code=code,
            person_id=person_id,
            actor_id=actor.person_id,
            unit_id=unit_id,
            ip=actor.ip,
            request_id=actor.request_id,
            data=data,
        )
