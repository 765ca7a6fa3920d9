"""What operators see of the correspondence: numbers, no unit and nobody's name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q

from shared_apps.exchange.models import Address, Parcel


@dataclass(frozen=True, slots=True)
class Traffic:
    """``hindered`` counts what waits by the reason, in words."""

    waiting: int
    oldest_at: dt.datetime | None
    delivered_day: int
    open_units: int
    hindered: tuple[tuple[str, int], ...]


def traffic(*, now: dt.datetime) -> Traffic:
    """The state of the post between units at ``now``."""
    waiting = Parcel.objects.filter(state=Parcel.State.WAITING)
    found = waiting.aggregate(count=Count("id"), oldest=Min("created_at"))
    reasons = waiting.filter(~Q(hindrance="")).values_list("hindrance").order_by("hindrance")
    day = now - dt.timedelta(days=1)
    return Traffic(
        waiting=found["count"],
        oldest_at=found["oldest"],
        delivered_day=Parcel.objects.filter(delivered_at__gte=day).count(),
        open_units=Address.objects.filter(is_open=True).count(),
        hindered=tuple(
            (Parcel.Hindrance(reason).label, count)
            for reason, count in reasons.annotate(count=Count("id"))
        ),
    )
