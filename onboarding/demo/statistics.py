"""The demo's statistics: last year's report, this half-year waiting for the second signature."""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.insight.selectors import snapshots
from tenant_apps.insight.services import filing, taking
from tenants.models import Unit

_CLERK: Final = "秦晓岚"
_NOTE: Final = "开通前的变动没有补登，两年数不能衔接"


def report(*, unit: Unit, now: dt.datetime) -> None:
    """Freezes the year before and the last half-year that is over, once."""
    today = clock.day_of(now)
    clerk = Actor(
        kind="person", name=_CLERK, person_id=uuid7(), unit_id=unit.id,
        holdings=(Holding("unit_admin", ""),),
    )  # fmt: skip
    with unit_context(unit.id):
        for year, cut in ((today.year - 1, "YEAR"), (today.year - 1, "HALF"), _half(today)):
            if snapshots.newest(year=year, cut=cut) is None:
                taken = taking.take(year=year, cut=cut, actor=clerk, now=now)
        if taken.state == "TAKEN":
            filing.submit(snapshot=taken, note=_NOTE, actor=clerk, now=now)


def _half(today: dt.date) -> tuple[int, str]:
    """The last half-year whose cut has passed."""
    is_over = snapshots.cut_day(today.year, "HALF") < today
    return (today.year, "HALF") if is_over else (today.year - 1, "HALF")
