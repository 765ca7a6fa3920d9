"""Issuing without being asked: every unit's month, each on its own day (rulebook 4.3).

The platform's timetable calls ``keep_month`` once a day for every working unit.  Done again, after
a worker was killed or twice on a day, it adds nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.clock import Month, day_of
from tenant_apps.dues.models import Setting
from tenant_apps.dues.selectors.settings import asked_of_a_month
from tenant_apps.dues.services import billing, reliefs

ACTOR = Actor.system("自动出账")


def keep_month(*, unit_id: UUID, now: dt.datetime) -> int:
    """Makes due again what was deferred until now, and issues the month where its day has come.

    Once a month: bills that somebody took back stay away.  A unit whose people never issued a
    month themselves is left alone, for nobody has looked at its standards yet.  Returns how many
    bills it issued.
    """
    today = day_of(now)
    month = Month.of(today)
    waits = asked_of_a_month(month, today)
    if waits.has_run_out:
        reliefs.let_due_again(actor=ACTOR, now=now)
    if not waits.is_to_be_issued:
        return 0
    issued = billing.issue_month(month=month, actor=ACTOR, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [Setting.ONE, month.value])
    return issued.count


_MARK: Final = f"""
INSERT INTO {Setting._meta.db_table} (id, rounding, is_automatic, issue_day, issued_month)
VALUES (%s, 'FEN_HALF_UP', true, 1, %s)
ON CONFLICT (id) DO UPDATE SET issued_month = EXCLUDED.issued_month
"""
