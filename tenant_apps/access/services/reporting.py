"""What the platform may know of a unit's administrators: how many, and how many are secured."""

from __future__ import annotations

import datetime as dt

from kernel.unit import current_unit_id, shared_context
from shared_apps.people import selectors as people
from shared_apps.usage.services import outbox
from tenant_apps.access.selectors import administrator_ids
from tenants import selectors as units


def report_state(*, now: dt.datetime) -> None:
    """Reports the two counts; call it in the unit, in the transaction of the change."""
    unit_id, administrators = current_unit_id(), administrator_ids()
    with shared_context():
        unit = units.unit_by_id(unit_id)
    outbox.emit(
        unit=unit,
        kind="state",
        now=now,
        administrators=len(administrators),
        second_factors=people.enrolled_count(administrators),
    )
