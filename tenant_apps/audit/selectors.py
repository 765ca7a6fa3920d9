"""Reading the record."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet

from tenant_apps.audit.models import Event

Recorded: TypeAlias = Event
"""An event as other apps may name it; they never touch the table."""


def events_about(subject_id: UUID) -> QuerySet[Event]:
    """Everything recorded about one thing, newest first."""
    events: QuerySet[Event] = Event.objects.filter(subject_id=subject_id)
    return events


def events_of_support(access_id: UUID) -> QuerySet[Event]:
    """What was done under one support access or about it, newest first."""
    told = Q(subject_id=access_id) | Q(actor_kind="support", data__support=str(access_id))
    events: QuerySet[Event] = Event.objects.filter(told)
    return events


def all_events() -> QuerySet[Event]:
    events: QuerySet[Event] = Event.objects.all()
    return events
