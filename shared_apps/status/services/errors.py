"""Counting what went wrong in each unit: answers that were our fault, and failed jobs."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.models import UUID7_SQL
from kernel.unit import shared_context
from shared_apps.status.models import KEPT_DAYS, UnitFailures

_NOTE = f"""
INSERT INTO status_unitfailures (id, unit_id, day, count) VALUES ({UUID7_SQL}, %s, %s, 1)
ON CONFLICT (unit_id, day) DO UPDATE SET count = status_unitfailures.count + 1
"""


def note(*, unit_id: UUID, now: dt.datetime) -> None:
    """Adds one failure to the unit's day, in one statement of its own.

    Call it when the transaction of whatever failed is over: at the edge of the request or of
    the job.  Raises DatabaseError when the database does not take it.
    """
    with shared_context(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOTE, [unit_id, clock.day_of(now)])


def prune(*, now: dt.datetime) -> int:
    """Forgets days that are too old to be asked about; returns how many."""
    oldest = clock.day_of(now) - dt.timedelta(days=KEPT_DAYS)
    return UnitFailures.objects.filter(day__lt=oldest).delete()[0]
