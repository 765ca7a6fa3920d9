"""A unit's periodic work that failed or is late, done at once because an operator says so."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from shared_apps.fleet.models import WorkRetry
from tenants.models import Unit
from tenants.services import periodic


def retry(*, unit: Unit, name: str, actor: Actor, now: dt.datetime) -> WorkRetry:
    """Makes it due now and writes down who wanted that.  Raises WorkUnknown, WorkInHand."""
    with transaction.atomic():
        work = periodic.retry(unit_id=unit.pk, name=name, now=now)
        return WorkRetry.objects.create(
            unit=unit,
            work=name,
            label=work.label,
            actor_id=actor.person_id,
            actor_name=actor.name,
            at=now,
        )
