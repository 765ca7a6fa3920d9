"""What the calendar of the statistics asks for: a report at the turn of each half-year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.insight.models import Cut, Snapshot, State
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors.snapshots import cut_day
from tenant_apps.organizations.selectors import Duty, Urgency

_PAGE: Final = "/statistics/"
_WINDOW: Final = dt.timedelta(days=31)
"""How long after the cut a report is asked for; the rulebook knows no exact day (7.1)."""


class StatisticsDuties:
    """For whoever administers the whole unit."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterator[Duty]:
        if not can(actor, InsightPermission.FILE, Snapshot()):
            return
        waiting = Snapshot.objects.filter(state=State.SUBMITTED)
        count = waiting.exclude(submitted_by=actor.person_id).count()
        if count:
            yield Duty("统计报表待负责人报出", count, _PAGE, Urgency.SOON)
        period = _period(today)
        if period and not _is_under_way(*period):
            year, cut = period
            label = f"{year} 年{'上半年' if cut == Cut.HALF else '度'}党内统计待填报"
            yield Duty(label, 1, _PAGE, Urgency.OPEN, cut_day(year, cut) + _WINDOW)


def _period(today: dt.date) -> tuple[int, str] | None:
    """The period that ended within the window, if one did."""
    for year, cut in ((today.year, Cut.HALF), (today.year - 1, Cut.YEAR)):
        ended = cut_day(year, cut)
        if ended < today <= ended + _WINDOW:
            return year, cut
    return None


def _is_under_way(year: int, cut: str) -> bool:
    signed = (State.SUBMITTED, State.FILED)
    return Snapshot.objects.filter(year=year, cut=cut, state__in=signed).exists()
