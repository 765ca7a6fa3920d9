"""The nightly recount: what each unit really has, against what its rollups say.

It is periodic work of every unit: each has its own moment between 1:00 and 5:00 in Beijing.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.unit import Purpose, shared_context, unit_context
from shared_apps.people import selectors as people
from shared_apps.usage.services import correcting, rollups
from shared_apps.usage.services.correcting import Counted, Dues
from tenant_apps.dues.selectors import bills
from tenant_apps.members import selectors as members
from tenant_apps.organizations import selectors as organizations

WORK: Final = "recount"
MONTHS_AHEAD: Final = 3
MONTHS: Final = 27
"""Two years back and as far ahead as bills may be issued: older months no longer move."""
_STORAGE = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint
FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'
"""


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
        while rollups.fold(unit_id=unit_id, now=now).taken == rollups.BATCH:
            pass
        activated = people.activated_count(unit_id)
        with unit_context(unit_id, for_=Purpose.READING) as unit:
            counted = _counted(unit.schema_name, activated, now)
        with shared_context():
            return len(
                correcting.correct(
                    unit_id=unit_id, unit_role=unit.schema_name, counted=counted, now=now
                )
            )


def _counted(schema_name: str, activated: int, now: dt.datetime) -> Counted:
    """One statement per table; the database counts."""
    actor = Actor.system("recount")
    latest = Month.of(clock.day_of(now)) + MONTHS_AHEAD
    months = [(latest - back).value for back in range(MONTHS)]
    billed = bills.history(actor, months)
    with connection.cursor() as cursor:
        cursor.execute(_STORAGE, [schema_name])
        (storage_bytes,) = cursor.fetchone()
    return Counted(
        organizations=organizations.organizations_visible_to(actor).count(),
        members=members.members_visible_to(actor).count(),
        activated=activated,
        storage_bytes=storage_bytes,
        months={month: _dues(billed.get(month)) for month in months},
    )


def _dues(totals: bills.MonthTotals | None) -> Dues:
    if totals is None:
        return Dues()
    return Dues(totals.bills, totals.due_fen, totals.paid, totals.paid_fen)
