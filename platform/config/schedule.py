"""The timetable: which jobs run by the clock.  Each finds its work in rows, not in messages."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

from config.celery import app
from kernel.jobs import HEADER, Job
from onboarding.services import (
    batch_opening,
    closing_steps,
    importing,
    journeys,
    overview,
    reading,
)
from shared_apps.delivery.services import sms
from shared_apps.exchange.services import post
from shared_apps.fleet.services import standings, summaries
from shared_apps.people.services import housekeeping
from shared_apps.status.services import publishing
from shared_apps.support.services import accesses
from shared_apps.usage.services import rollups
from tenant_apps.dues.services import booking, refund_booking
from tenant_apps.treasury.services import recon, settling
from tenants.services import backups, drift, periodic, pool, restores, runner, turns


def every(seconds: float, job: Job[Any]) -> dict[str, Any]:
    """An entry for a job on the shared tables; one that waited longer than its turn is dropped."""
    return {
        "task": job.name,
        "schedule": seconds,
        "options": {"queue": job.queue, "headers": {HEADER: "shared"}, "expires": seconds},
    }


def nightly(hour: int, job: Job[Any]) -> dict[str, Any]:
    """An entry for once a night, at ``hour`` in Beijing."""
    return {**every(3600, job), "schedule": crontab(hour=hour, minute=17)}


app.conf.beat_schedule = {
    "delivery.sms.resend_pending": every(15, sms.resend_pending),
    "dues.booking.sweep": every(15, booking.sweep),
    "dues.refund_booking.sweep": every(15, refund_booking.sweep),
    "exchange.post.sweep": every(15, post.sweep),
    "fleet.standings.recount": nightly(3, standings.recount),
    "fleet.standings.refresh": every(60, standings.refresh),
    "fleet.summaries.exchange": every(60, summaries.exchange),
    "onboarding.batch_opening.sweep": every(15, batch_opening.sweep),
    "onboarding.closing_steps.sweep": every(600, closing_steps.sweep),
    "onboarding.importing.sweep": every(15, importing.sweep),
    "onboarding.journeys.run": every(15, journeys.run),
    "onboarding.overview.gather": every(20, overview.gather),
    "onboarding.reading.clear": nightly(3, reading.clear),
    "people.housekeeping.sweep": nightly(3, housekeeping.sweep),
    "status.publishing.renew": every(60, publishing.renew),
    "support.accesses.sweep": every(60, accesses.sweep),
    "tenants.backups.clear_takeouts": every(600, backups.clear_takeouts),
    "tenants.backups.sweep": every(60, backups.sweep),
    "tenants.drift.check_nightly": nightly(1, drift.check_nightly),
    "tenants.periodic.arrange": every(60, periodic.arrange),
    "tenants.periodic.tick": every(periodic.TICK_SECONDS, periodic.tick),
    "tenants.pool.reclaim": nightly(4, pool.reclaim),
    "tenants.pool.refill": every(60, pool.refill),
    "tenants.restores.run_drill": nightly(5, restores.run_drill),
    "tenants.restores.sweep": every(60, restores.sweep),
    "tenants.runner.sweep": every(60, runner.sweep),
    "tenants.turns.tick": every(turns.TICK_SECONDS, turns.tick),
    "treasury.settling.read_statement": every(60, settling.read_statement),
    "treasury.settling.sweep": every(15, settling.sweep),
    "treasury.recon.sweep": every(600, recon.sweep),
    "usage.rollups.drain": every(10, rollups.drain),
    "usage.rollups.measure": nightly(5, rollups.measure),
    "usage.rollups.prune": nightly(4, rollups.prune),
}
