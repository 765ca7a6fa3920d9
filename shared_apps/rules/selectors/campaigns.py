"""Calls of the Centre for special dues."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from kernel.errors import NotFound
from shared_apps.rules.models import Campaign


class UnknownCampaign(NotFound):
    code = "special_dues_call_unknown"
    sentence = "没有找到这次特殊党费。"


def campaigns() -> QuerySet[Campaign]:
    """All calls, the newest first."""
    return Campaign.objects.all()


def campaign(number: int) -> Campaign:
    """Raises UnknownCampaign."""
    found = Campaign.objects.filter(number=number).first()
    if found is None:
        raise UnknownCampaign
    return found


def campaigns_by_id(ids: Iterable[UUID]) -> dict[UUID, Campaign]:
    return Campaign.objects.in_bulk([*ids])


def is_open(one: Campaign, on: dt.date) -> bool:
    """Whether members may pay on that day."""
    return one.ended_at is None and one.opens_on <= on <= one.closes_on


def open_campaigns(on: dt.date) -> list[Campaign]:
    """The calls that members may follow on a day."""
    found = Campaign.objects.filter(ended_at=None, opens_on__lte=on, closes_on__gte=on)
    return list(found)
