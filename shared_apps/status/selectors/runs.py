"""Reading incidents and the runs of the probe, for operators."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F

from shared_apps.status.models import Incident, JourneyRun, Outcome

if TYPE_CHECKING:
    from django.db.models import QuerySet


def incident(incident_id: UUID) -> Incident | None:
    return Incident.objects.prefetch_related("updates").filter(pk=incident_id).first()


def incidents() -> QuerySet[Incident]:
    """Every incident, those that are open first, then the newest."""
    return Incident.objects.order_by(F("resolved_at").desc(nulls_first=True)).prefetch_related(
        "updates"
    )


def last_success_at() -> dt.datetime | None:
    """When the probe last got through everything."""
    done = JourneyRun.objects.filter(outcome=Outcome.OK).order_by("-finished_at").first()
    return done.finished_at if done else None


def last() -> JourneyRun | None:
    """The newest run, whatever became of it."""
    return JourneyRun.objects.first()


def under_way() -> JourneyRun | None:
    """The run in hand or asked for, with the steps it has done."""
    return JourneyRun.objects.prefetch_related("steps").filter(finished_at=None).first()


def runs() -> QuerySet[JourneyRun]:
    """Every run that is kept, the newest first, with its steps."""
    return JourneyRun.objects.prefetch_related("steps")
