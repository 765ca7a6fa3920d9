"""Recording what happened, in the transaction in which it happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from kernel.actor import Actor
from tenant_apps.audit.models import Event


def record(
    code: str,
    *,
    actor: Actor,
    now: dt.datetime,
    subject_type: str = "",
    subject_id: UUID | None = None,
    **data: Any,
) -> None:
    """Adds one event.  ``data`` must hold no personal value in the clear."""
    Event.objects.create(
        at=now,
        code=code,
        actor_kind=actor.kind,
        actor_id=actor.person_id,
        actor_name=actor.name,
        subject_type=subject_type,
        subject_id=subject_id,
        data=_told(data, actor),
        ip=actor.ip,
        request_id=actor.request_id,
    )


def record_each(
    code: str,
    *,
    actor: Actor,
    now: dt.datetime,
    subject_type: str,
    subject_ids: Iterable[UUID],
    **data: Any,
) -> None:
    """Adds the same event for each of many things, in few statements."""
    told = ((subject_id, data) for subject_id in subject_ids)
    record_many(code, actor=actor, now=now, subject_type=subject_type, told=told)


def record_many(
    code: str,
    *,
    actor: Actor,
    now: dt.datetime,
    subject_type: str,
    told: Iterable[tuple[UUID, dict[str, Any]]],
) -> None:
    """Adds one event for each of many things, each with its own data, in few statements."""
    Event.objects.bulk_create(
        (
            Event(
                at=now,
                code=code,
                actor_kind=actor.kind,
                actor_id=actor.person_id,
                actor_name=actor.name,
                subject_type=subject_type,
                subject_id=subject_id,
                data=_told(data, actor),
                ip=actor.ip,
                request_id=actor.request_id,
            )
            for subject_id, data in told
        ),
        batch_size=2_000,
    )


def _told(data: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """``data`` with the support access by which the actor is in the unit, if that is how."""
    return {**data, "support": str(actor.support_id)} if actor.support_id else data
