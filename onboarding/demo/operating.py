"""What operators find on the first day: done by the platform's own jobs, ahead of their hours."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Final

from django.db import connections

from kernel.actor import Actor
from onboarding.models import TO_OPEN, Batch, BatchRow
from onboarding.services import batch_opening, batches
from shared_apps.fleet.services import standings
from shared_apps.status.selectors import runs
from shared_apps.status.services import incidents, publishing
from shared_apps.status.services.incidents import Component, Severity
from shared_apps.usage.services import rollups
from tenants import selectors as units
from tenants.models import BACKED_UP, Unit
from tenants.services import backups, pool, restores, waves

SHEET: Final = Path(__file__).parent / "opened-units.csv"
"""Five units, one with a wrong telephone number; the first is the platform's own."""
OUR_OWN: Final = "共建云体验单位"
_PATIENCE_SECONDS: Final = 90
_INCIDENT_BEGAN: Final = dt.timedelta(days=3, hours=2)
_INCIDENT_LASTED: Final = dt.timedelta(minutes=38)


def open_sheet(*, officer: Actor, now: dt.datetime) -> None:
    """Hands a sheet of units in, confirms it and opens what is right in it.

    Waves reach our own unit first.
    """
    if Batch.objects.exists():
        return
    batch = batches.receive(
        filename="十一月签约单位.csv", content=SHEET.read_bytes(), actor=officer, now=now
    )
    batches.confirm(batch=batch, actor=officer, now=now)
    _work_until_open(batch)
    ours = units.all_units().get(name=OUR_OWN)
    waves.appoint(unit_id=ours.id, is_canary=True)


def _work_until_open(batch: Batch) -> None:
    """The worker takes rows of the sheet as well: what it has in hand is waited for."""
    rows = BatchRow.objects.filter(batch=batch, state__in=TO_OPEN)
    for _ in range(_PATIENCE_SECONDS):
        batch_opening.work(batch_id=batch.id)
        if not rows.exists():
            return
        time.sleep(1)


def tell_of_an_incident(*, operator: Actor, now: dt.datetime) -> None:
    """One that is over, with what was said at its beginning and at its end."""
    if runs.incidents().exists():
        return
    began = now - _INCIDENT_BEGAN
    told = incidents.report(
        title="部分党员支付后结果显示较慢",
        component=Component.PAYMENT,
        severity=Severity.DEGRADED,
        text="支付渠道返回结果较慢，部分党员付款后仍显示「处理中」。已付款的请不要重复支付，"
        "平台会自动补齐结果。",
        actor=operator,
        now=began,
    )
    incidents.resolve(
        incident_id=told.id,
        text="支付渠道已恢复，期间的支付结果已全部补齐，没有重复扣款。",
        actor=operator,
        now=began + _INCIDENT_LASTED,
    )


def run_the_night(*, drilled: Unit, now: dt.datetime) -> None:
    """What a night leaves: a backup of every unit, a drill, storage measured, a full pool."""
    for unit in units.all_units().filter(state__in=BACKED_UP):
        backups.nightly(unit_id=unit.id, now=now)
    if not units.restores().exists():
        restores.drill_unit(unit_id=drilled.id, actor=restores.DRILLER, now=now)
    pool.refill()
    rollups.drain()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")  # the server does so by itself, but later than we measure
    rollups.measure()
    standings.refresh()
    publishing.renew()
