"""The time line of an opening: who did what, in the transaction in which it happened."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from onboarding.models import Event


def record(code: str, *, unit_id: UUID, actor: Actor, now: dt.datetime, **data: Any) -> None:
    """Adds one event; ``data`` holds counts, ids and sums, nothing about a person."""
    Event.objects.create(
        unit_id=unit_id,
        at=now,
        code=code,
        actor_id=actor.person_id,
        actor_name=actor.name,
        data=data,
        ip=actor.ip,
        request_id=actor.request_id,
    )
