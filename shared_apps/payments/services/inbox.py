"""The inbox of verified facts, and the count of what was refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F

from kernel import arrays
from kernel.models import uuid7s
from shared_apps.payments.channels.base import Reason
from shared_apps.payments.models import ChannelEvent, EventOutcome, EventSource, RejectedCallback

REJECTIONS_KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Fact:
    """A payment as the channel states it. `event_key` is the same for every telling of it."""

    event_key: str
    transaction_id: str
    amount_fen: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about an order, and how it came to us: signature headers and digest of a callback."""

    order_id: UUID
    unit_id: UUID
    unit_role: str
    channel: str
    fact: Fact
    source: EventSource
    now: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_sha256: str = ""


class Stored(NamedTuple):
    """An event as it is kept; `is_new`: this telling was the first."""

    event_id: UUID
    unit_id: UUID
    order_id: UUID
    is_pending: bool
    is_new: bool


def store(told: Sequence[Told]) -> list[Stored]:
    """Keep facts, each once; returns the stored events in the order of the tellings.

    Several callers at once with the same fact all get the same row, and so do several tellings of
    one call. The caller's transaction decides when they are durable. One statement for all that
    is new, and one for what was there.
    """
    if not told:
        return []
    keys = uuid7s(len(told))
    with connection.cursor() as cursor:
        columns = arrays.joined(_row(key, one) for key, one in zip(keys, told, strict=True))
        cursor.execute(_INSERT, columns)
        new = {event_id for (event_id,) in cursor.fetchall()}
        known: dict[tuple[str, str], Stored] = {}
        if len(new) < len(told):
            cursor.execute(_KNOWN, [[one.fact.event_key for one in told]])
            for channel, name, event_id, unit_id, order_id, is_pending in cursor:
                known[channel, name] = Stored(event_id, unit_id, order_id, is_pending, is_new=False)
    stored = []
    for key, one in zip(keys, told, strict=True):
        if key in new:
            stored.append(Stored(key, one.unit_id, one.order_id, is_pending=True, is_new=True))
        else:
            stored.append(known[one.channel, one.fact.event_key])
    return stored


def _row(key: UUID, told: Told) -> tuple[str, ...]:
    fact = told.fact
    return (
        key.hex,
        told.order_id.hex,
        told.unit_id.hex,
        told.unit_role,
        told.channel,
        fact.event_key,
        told.source.value,
        fact.transaction_id,
        str(fact.amount_fen),
        fact.paid_at.isoformat(),
        json.dumps(dict(told.headers)),
        told.raw_sha256,
        told.now.isoformat(),
    )


def count_rejection(*, channel: str, reason: Reason, now: datetime, count: int = 1) -> None:
    """Count refused callbacks in their hour; rows older than 90 days go when a new one begins."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = {"channel": channel, "reason": reason.value, "hour": hour}
    if RejectedCallback.objects.filter(**row).update(count=F("count") + count):
        return
    RejectedCallback.objects.bulk_create([RejectedCallback(**row)], ignore_conflicts=True)
    RejectedCallback.objects.filter(**row).update(count=F("count") + count)
    RejectedCallback.objects.filter(hour__lt=hour - REJECTIONS_KEPT).delete()


_COLUMNS: Final = {
    "id": "uuid", "order_id": "uuid", "unit_id": "uuid", "unit_role": "text", "channel": "text",
    "event_key": "text", "source": "text", "transaction_id": "text", "amount_fen": "bigint",
    "paid_at": "timestamptz", "headers": "jsonb", "raw_sha256": "text",
    "received_at": "timestamptz",
}  # fmt: skip
_INSERT: Final = f"""
INSERT INTO {ChannelEvent._meta.db_table} ({", ".join(_COLUMNS)}, outcome, attempts)
SELECT made.*, '{EventOutcome.PENDING}', 0 FROM {arrays.unnested(_COLUMNS)}
ON CONFLICT (channel, event_key) DO NOTHING RETURNING id
"""
_KNOWN: Final = f"""
SELECT channel, event_key, id, unit_id, order_id, outcome = '{EventOutcome.PENDING}'
  FROM {ChannelEvent._meta.db_table} WHERE event_key = ANY (%s)
"""
