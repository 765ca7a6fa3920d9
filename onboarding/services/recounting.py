"""The nightly recount: what each unit really has, against what its rollups say.

It is periodic work of every unit: each has its own moment between 1:00 and 5:00 in Beijing.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.clock import Month
from kernel.unit import Purpose, shared_context, unit_context
from shared_apps.usage.services import correcting, rollups
from shared_apps.usage.services.correcting import Counted, Dues
from tenants.archive.listeners import Replaced

WORK: Final = "recount"
MONTHS_AHEAD: Final = 3
MONTHS: Final = 27
"""Two years back and as far ahead as bills may be issued: older months no longer move."""
_COUNT: Final = """
SELECT json_build_object(
    'organizations', (SELECT count(*) FROM organizations_organization WHERE ended_on IS NULL),
    'members', (SELECT count(*) FROM members_member WHERE is_active),
    'activated', (SELECT count(*) FROM people_affiliation
        WHERE unit_id = %(unit)s AND kind = 'MEMBER' AND activated_at IS NOT NULL),
    'months', (SELECT
        coalesce(json_object_agg(month, json_build_array(bills, due, paid, fen)), '{}')
        FROM (SELECT month, count(*) AS bills,
            coalesce(sum(due_fen) FILTER (WHERE state <> 'EXEMPT'), 0) AS due,
            count(*) FILTER (WHERE state = 'PAID') AS paid, sum(paid_fen) AS fen
            FROM dues_bill WHERE month BETWEEN %(first)s AND %(last)s GROUP BY month) AS billed)),
(SELECT json_build_array(organizations, members, activated) FROM usage_unittotal
    WHERE unit_id = %(unit)s),
(SELECT coalesce(
    json_object_agg(month, json_build_array(bills, due_fen, payments, paid_fen)), '{}')
    FROM usage_unitmonth WHERE unit_id = %(unit)s AND month BETWEEN %(first)s AND %(last)s
    AND (bills, due_fen, payments, paid_fen) <> (0, 0, 0, 0))
"""
"""What there is and what is kept, in one statement with the unit's own role: the night has one
for each unit, and nearly all of them end here.  It says the same as the selectors of the apps
(``bills.history`` and the like); a test holds them together.
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
        if rollups.is_waiting(unit_id=unit_id):
            while rollups.fold(unit_id=unit_id, now=now).taken == rollups.BATCH:
                pass
        with unit_context(unit_id, for_=Purpose.READING) as unit:
            counted, agrees = _counted(unit_id, now)
        if agrees:
            return 0
        with shared_context():
            drifts = correcting.correct(
                unit_id=unit_id, unit_role=unit.schema_name, counted=counted, now=now
            )
        return len(drifts)


def after_replacement(replaced: Replaced) -> None:
    """Counts a unit anew whose rows were replaced as a whole (``tenants.archive.listeners``)."""
    recount_unit(unit_id=replaced.unit_id, now=replaced.now)


def _counted(unit_id: UUID, now: dt.datetime) -> tuple[Counted, bool]:
    """What is there, and whether the rollups say the same."""
    latest = Month.of(clock.day_of(now)) + MONTHS_AHEAD
    months = [(latest - back).value for back in range(MONTHS)]
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"unit": unit_id, "first": months[-1], "last": months[0]})
        found, total, kept = map(_parsed, cursor.fetchone())
    billed = found.pop("months")
    agrees = total == [found["organizations"], found["members"], found["activated"]]
    dues = {month: Dues(*billed.get(str(month), ())) for month in months}
    return Counted(**found, months=dues), agrees and kept == billed


def _parsed(value: Any) -> Any:
    """The driver hands JSON over as text."""
    return json.loads(value) if isinstance(value, str) else value
