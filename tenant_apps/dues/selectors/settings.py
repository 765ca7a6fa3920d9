"""How the unit keeps its dues, and what a month asks of the timetable."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import connection

from kernel.clock import Month
from shared_apps.rules.selectors import Rounding
from tenant_apps.dues.models import Bill, BillState, Relief, ReliefKind, Setting

ROUNDINGS: Final[dict[Rounding, str]] = {
    Rounding.FEN_HALF_UP: "四舍五入到分",
    Rounding.JIAO_HALF_UP: "四舍五入到角",
    Rounding.YUAN_HALF_UP: "四舍五入到元",
    Rounding.YUAN_CEIL: "见分进元",
}
"""The regulation is silent about fractions; the unit chooses once (rulebook 4.8)."""
LAST_DAY: Final = 28
"""The latest day of a month on which its bills may be issued: every month has it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether the month's bills are to be issued now, and whether a deferral has run out."""

    is_to_be_issued: bool
    has_run_out: bool


def setting_in_force() -> Setting:
    """The unit's choices, or the defaults while nobody chose."""
    return Setting.objects.filter(pk=Setting.ONE).first() or Setting(pk=Setting.ONE)


def asked_of_a_month(month: Month, today: dt.date) -> Asked:
    """What is to be done in ``month`` by itself, in one statement: it is asked of every unit."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, {"one": Setting.ONE, "month": month.value, "day": today.day})
        return Asked(*cursor.fetchone())


_ASKED: Final = f"""
SELECT %(day)s >= coalesce(setting.issue_day, 1) AND coalesce(setting.is_automatic, true)
       AND coalesce(setting.issued_month, 0) < %(month)s
       AND EXISTS (SELECT FROM {Bill._meta.db_table}),
       EXISTS (SELECT FROM {Relief._meta.db_table} AS relief
               JOIN {Bill._meta.db_table} AS bill USING (member_id)
               WHERE relief.kind = '{ReliefKind.DEFERRED}' AND relief.ended_at IS NULL
                 AND relief.pay_by_month <= %(month)s AND bill.state = '{BillState.DEFERRED}'
                 AND bill.month BETWEEN relief.first_month AND relief.last_month)
FROM (SELECT) AS one LEFT JOIN {Setting._meta.db_table} AS setting ON setting.id = %(one)s
"""
