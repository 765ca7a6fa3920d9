"""The inbox of verified facts, and the count of what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import F

from shared_apps.payments.channels.base import Reason
from shared_apps.payments.models import ChannelEvent, EventSource, Order, RejectedCallback

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

    order: Order
    fact: Fact
    source: EventSource
    now: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    raw_sha256: str = ""


class Stored(NamedTuple):
    """An event as it is kept, and whether this telling was the first."""

    event: ChannelEvent
    is_new: bool


def store(told: Sequence[Told]) -> list[Stored]:
    """Keep facts, each once; returns the stored events in the order of the tellings.

    Several callers at once with the same fact all get the same row, and so do several tellings of
    one call. The caller's transaction decides when they are durable. Two statements, however many.
    """
    if not told:
        return []
    drafts = [_draft(one) for one in told]
    ChannelEvent.objects.bulk_create(drafts, ignore_conflicts=True)
    rows = ChannelEvent.objects.filter(event_key__in={draft.event_key for draft in drafts})
    kept = {(row.channel, row.event_key): row for row in rows}
    stored = []
    for draft in drafts:
        event = kept[draft.channel, draft.event_key]
        stored.append(Stored(event, event.pk == draft.pk))
    return stored


def _draft(told: Told) -> ChannelEvent:
    order, fact = told.order, told.fact
    return ChannelEvent(
        unit_id=order.unit_id,
        unit_role=order.unit_role,
        channel=order.config.channel,
        event_key=fact.event_key,
        source=told.source,
        order=order,
        transaction_id=fact.transaction_id,
        amount_fen=fact.amount_fen,
        paid_at=fact.paid_at,
        headers=dict(told.headers),
        raw_sha256=told.raw_sha256,
        received_at=told.now,
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
