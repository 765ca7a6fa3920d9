"""The demo's statistics: last year's report, this half-year waiting for the second signature."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.insight.selectors import snapshots
from tenant_apps.insight.services import filing, taking
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.services import honours
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
    year, cut = _half(today)
    with unit_context(unit.id):
        _commend(dt.date(year, 6, 28), clerk, now)
        for earlier in ((today.year - 1, "YEAR"), (year - 1, cut)):
            _taken(*earlier, clerk, now)
        latest = _taken(year, cut, clerk, now)
        if latest.state == "TAKEN":
            filing.submit(snapshot=latest, note=_NOTE, actor=clerk, now=now)


def _commend(on: dt.date, clerk: Actor, now: dt.datetime) -> None:
    """Commendations of July: the committee by its superior, a branch by the committee; once."""
    root = organizations.roots_visible_to(clerk).first()
    if root is None or root.honours.exists():
        return
    branch = organizations.organizations_visible_to(clerk).filter(kind="BRANCH").first()
    given = [(root, "市级", "中共徐州市委")]
    given += [(branch, "本单位", root.name)] if branch else []
    for org, level, organ in given:
        honours.give(
            organization=org, name="先进基层党组织", level=level, organ=organ, given_on=on,
            actor=clerk, now=now,
        )  # fmt: skip


def _taken(year: int, cut: str, clerk: Actor, now: dt.datetime) -> Any:
    known = snapshots.newest(year=year, cut=cut)
    return known or taking.take(year=year, cut=cut, actor=clerk, now=now)


def _half(today: dt.date) -> tuple[int, str]:
    """The last half-year whose cut has passed."""
    is_over = snapshots.cut_day(today.year, "HALF") < today
    return (today.year, "HALF") if is_over else (today.year - 1, "HALF")
