"""The timetable: which jobs run by the clock.  Each finds its work in rows, not in messages."""

from __future__ import annotations

from typing import Any

from config.celery import app
from kernel.jobs import HEADER, Job
from tenant_apps.dues.services import settlement


def every(seconds: float, job: Job[Any]) -> dict[str, Any]:
    """An entry for a job on the shared tables; one that waited longer than its turn is dropped."""
    return {
        "task": job.name,
        "schedule": seconds,
        "options": {"queue": job.queue, "headers": {HEADER: "shared"}, "expires": seconds},
    }


app.conf.beat_schedule = {
    "dues.settlement.sweep": every(15, settlement.sweep),
}
