"""The nightly recount: what each unit really has, against what its rollups say."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.jobs import job
from kernel.unit import shared_context, unit_context
from shared_apps.people import selectors as people
from shared_apps.usage.services import rollups
from tenant_apps.dues.selectors import bills
from tenant_apps.members import selectors as members
from tenant_apps.organizations import selectors as organizations
from tenants import selectors as units

MONTHS_AHEAD: Final = 3
MONTHS: Final = 27
"""Two years back and as far ahead as bills may be issued: older months no longer move."""
_log = logging.getLogger(__name__)


@job()
def recount() -> None:
    """Recounts every unit that has a schema, one at a time; one unit's failure stops no other."""
    now = clock.now()
    for unit in units.all_units().exclude(schema_version="").order_by("id"):
        try:
            recount_unit(unit_id=unit.id, now=now)
        except DatabaseError:
            _log.exception("recount of unit %s failed", unit.id)
    rollups.finished("recount", now=now)


def recount_unit(*, unit_id: UUID, now: dt.datetime) -> int:
    """Folds the unit's waiting reports, counts what is there in the same snapshot, and corrects;
    returns how many figures were wrong.

    The snapshot is what makes it exact: a report written meanwhile is neither counted nor
    folded, and stays for the next drain.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        while rollups.fold(unit_id=unit_id) == rollups.BATCH:
            pass
        with unit_context(unit_id):
            found = _counts(unit_id, now)
        with shared_context():
            return len(rollups.correct(unit_id=unit_id, found=found, now=now))


def _counts(unit_id: UUID, now: dt.datetime) -> dict[tuple[str, int], int]:
    actor = Actor.system("recount", unit_id=unit_id)
    found = {
        ("organizations.delta", 0): len(organizations.known_organizations()),
        ("members.delta", 0): members.members_visible_to(actor).filter(is_active=True).count(),
        ("activations.delta", 0): people.activated_count(unit_id),
    }
    latest = Month.of(clock.day_of(now)) + MONTHS_AHEAD
    months = [(latest - back).value for back in range(MONTHS)]
    counted = bills.history(actor, months)
    for month in months:
        totals = counted.get(month, bills.MonthTotals())
        found["bills.count", month] = totals.bills
        found["bills.due_fen", month] = totals.due_fen
        found["payments.count", month] = totals.paid
        found["payments.paid_fen", month] = totals.paid_fen
    return found
