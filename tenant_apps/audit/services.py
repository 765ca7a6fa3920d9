"""Recording what happened, in the transaction in which it happened."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel import arrays
from kernel.actor import Actor
from kernel.models import uuid7s
from tenant_apps.audit.models import Event

_CHUNK: Final = 2_000
_INSERT: Final = f"""
INSERT INTO {Event._meta.db_table}
    (at, code, actor_kind, actor_id, actor_name, subject_type, ip, request_id,
     id, subject_id, data)
SELECT %s::timestamptz, %s, %s, %s::uuid, %s, %s, %s, %s, made.*
  FROM {arrays.unnested({"id": "uuid", "subject_id": "uuid", "data": "jsonb"})}
"""


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
    waiting = iter(told)
    while chunk := list(islice(waiting, _CHUNK)):
        records = [
            (key.hex, subject_id.hex, json.dumps(_told(data, actor), ensure_ascii=False))
            for key, (subject_id, data) in zip(uuid7s(len(chunk)), chunk, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                [
                    now, code, actor.kind, actor.person_id, actor.name, subject_type, actor.ip,
                    actor.request_id, *arrays.joined(records),
                ],
            )  # fmt: skip


def _told(data: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """``data`` with the support access by which the actor is in the unit, if that is how."""
    return {**data, "support": str(actor.support_id)} if actor.support_id else data
