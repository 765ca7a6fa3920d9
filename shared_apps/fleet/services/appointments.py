"""Which units a wave reaches first, before any other client's (先行单位)."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from shared_apps.fleet.models import Appointment
from tenants.models import Unit, UnitState
from tenants.services import waves


class UnitIsLeaving(Conflict):
    code = "unit_is_leaving"
    sentence = "「{name}」{state}，不能设为先行单位。"


def appoint(*, unit: Unit, is_canary: bool, actor: Actor, now: dt.datetime) -> bool:
    """Counts from the next wave on, for the one in hand is planned.  Says whether it changed
    anything; only then is it written down.

    Raises UnitIsLeaving for a unit that is closing or closed.
    """
    if is_canary and unit.state in (UnitState.CLOSING, UnitState.CLOSED):
        raise UnitIsLeaving(name=unit.name, state=unit.get_state_display())
    with transaction.atomic():
        if not waves.appoint(unit_id=unit.pk, is_canary=is_canary):
            return False
        Appointment.objects.create(
            unit=unit,
            is_canary=is_canary,
            actor_id=actor.person_id,
            actor_name=actor.name,
            at=now,
        )
    unit.is_canary = is_canary
    return True
