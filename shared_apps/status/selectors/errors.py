"""How often each unit was failed."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from kernel.clock import day_of
from shared_apps.status.models import UnitFailures

_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=6)


def errors_since(since: dt.date) -> dict[UUID, int]:
    """Failures of each unit from that day of Beijing on; a unit without any is not there."""
    rows = UnitFailures.objects.filter(day__gte=since).order_by().values_list("unit_id")
    return dict(rows.annotate(n=Sum("count")))


def errors_by_unit(*, now: dt.datetime) -> QuerySet[UnitFailures, dict[str, Any]]:
    """Failures since yesterday and of seven days by unit, to be joined in SQL: (unit_id, day,
    week).  Yesterday is in, so that nothing is forgotten at midnight.
    """
    today = day_of(now)
    found: Any = (
        UnitFailures.objects.filter(day__gte=today - _WEEK)
        .order_by()
        .values("unit_id")
        .annotate(
            errors_day=Sum("count", filter=Q(day__gte=today - _DAY), default=0), week=Sum("count")
        )
    )
    return cast("QuerySet[UnitFailures, dict[str, Any]]", found)
