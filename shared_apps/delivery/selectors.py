"""Reading messages."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from shared_apps.delivery.models import Message


def messages_of(unit_id: UUID) -> QuerySet[Message]:
    """The messages that left for people of one unit, newest first."""
    return Message.objects.filter(unit_id=unit_id).order_by("-created_at", "-id")
