"""The inbox of verified facts, and the count of what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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


def store(
    *,
    order: Order,
    fact: Fact,
    source: EventSource,
    now: datetime,
    headers: Mapping[str, str] | None = None,
    raw_sha256: str = "",
) -> tuple[ChannelEvent, bool]:
    """Keep the fact once; returns the stored event and whether it is new.

    Two callers at once with the same fact both get the same row. The caller's transaction decides
    when it is durable.
    """
    channel = order.config.channel
    draft = ChannelEvent(
        unit_id=order.unit_id,
        unit_role=order.unit_role,
        channel=channel,
        event_key=fact.event_key,
        source=source,
        order=order,
        transaction_id=fact.transaction_id,
        amount_fen=fact.amount_fen,
        paid_at=fact.paid_at,
        headers=dict(headers or {}),
        raw_sha256=raw_sha256,
        received_at=now,
    )
    ChannelEvent.objects.bulk_create([draft], ignore_conflicts=True)
    stored = ChannelEvent.objects.get(channel=channel, event_key=fact.event_key)
    return stored, stored.pk == draft.pk


def count_rejection(*, channel: str, reason: Reason, now: datetime) -> None:
    """Count a refused callback in its hour; rows older than 90 days go when a new one begins."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = {"channel": channel, "reason": reason.value, "hour": hour}
    if RejectedCallback.objects.filter(**row).update(count=F("count") + 1):
        return
    RejectedCallback.objects.bulk_create([RejectedCallback(**row)], ignore_conflicts=True)
    RejectedCallback.objects.filter(**row).update(count=F("count") + 1)
    RejectedCallback.objects.filter(hour__lt=hour - REJECTIONS_KEPT).delete()
