"""``bench ledger``: the trial balance of a year, from daily figures, against summing the ledger.

Members are shared out among ``--units`` units (one by default); each pays once a month of a year,
and the unit spends and earns besides.  Ours is ``turnovers`` of every unit, as the page asks for
it; the baseline sums all transfers with the ORM in the same run, and both must say the same.
Building and folding are reported beside.  What the trial balance reads grows with accounts and
days and not with members, which ``rows_read`` shows; ``at_whole_size`` is the sum over all units
where each is asked, and the one statement of a single unit of that size.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

from django.db import connection, connections
from django.db.models import Sum

from kernel.actor import Actor
from kernel.clock import now, today
from kernel.models import UUID7_ROW_SQL, uuid7_stem
from kernel.unit import unit_context
from tenant_apps.dues.models import Transfer
from tenant_apps.treasury.models import Day
from tenant_apps.treasury.selectors.balances import turnovers
from tenant_apps.treasury.selectors.checks import differing_figures
from tenant_apps.treasury.services import folding
from tests.database import open_unit

MEMBERS: Final = 100_000
MONTHS: Final = 12
WHOLE_MEMBERS: Final = 5_540_000
ROUNDS: Final = 5
_JOB = Actor.system("bench")
_LEDGER: Final = f"""
    INSERT INTO {Transfer._meta.db_table}
        (id, at, debit, credit, amount_fen, effect, org_path, memo)
    SELECT {UUID7_ROW_SQL}, paid.at, paid.debit, paid.credit, paid.fen, paid.effect, '0001', ''
    FROM (SELECT %(first)s::date + month * 30 + payer %% 28 + interval '10 hours' AS at,
                 '1011:' || (ARRAY['wechat', 'alipay', 'bank'])[1 + payer %% 3] AS debit,
                 '4001' AS credit, 5000 + payer %% 20000 AS fen,
                 'bench:' || month || ':' || payer AS effect
          FROM generate_series(0, %(months)s - 1) AS month,
               generate_series(1, %(members)s) AS payer
          UNION ALL
          SELECT %(first)s::date + day + interval '12 hours', '1001', '1011:wechat', 100000 + day,
                 'bench-out:' || day
          FROM generate_series(0, 364) AS day
          UNION ALL
          SELECT %(first)s::date + day * 7 + interval '15 hours', '500' || 1 + day %% 5, '1001',
                 1000 + day, 'bench-spent:' || day
          FROM generate_series(0, 51) AS day) AS paid
"""


def run(options: Any) -> dict[str, Any]:
    """Seconds of the clock and of rows read; all units asked one after the other."""
    units_wanted, members = options.units or 1, options.members or MEMBERS
    last = today()
    first = last - dt.timedelta(days=364)
    each = max(members // units_wanted, 1)
    units = [_unit(number, each, first) for number in range(units_wanted)]
    folding_seconds = sum(_timed_in(unit, _fold) for unit in units)
    ours = median(sum(_timed_in(u, lambda: _ours(first, last)) for u in units) for _ in _rounds())
    loop = median(sum(_timed_in(unit, _summed) for unit in units) for _ in _rounds(2))
    read = differences = lines = 0
    for unit in units:
        with unit_context(unit.id):
            read += Day.objects.count()
            differences += differing_figures()
            lines += Transfer.objects.count()
            if _ours(first, last) != _summed():
                raise SystemExit("the trial balance is not what the ledger says")
    connection.set_schema_to_public()
    if differences:
        raise SystemExit(f"{differences} daily figures are not what the ledger says")
    return {
        "figures": {
            "seconds": round(ours, 4),
            "units": len(units),
            "members": each * len(units),
            "lines": lines,
            "rows_read": read,
            "seconds_folding": round(folding_seconds, 2),
            "members_at_whole_size": WHOLE_MEMBERS,
        },
        "baselines": {
            "orm_sum_seconds": round(loop, 3),
            "orm_sum_seconds_at_whole_size": round(loop / (each * len(units)) * WHOLE_MEMBERS, 1),
        },
        "ratios": {"main": round(loop / ours, 1)},
    }


def _unit(number: int, members: int, first: dt.date) -> Any:
    unit = open_unit(f"kept{number}", name=f"账簿{number}", credit_code=f"bench-ledger-{number}")
    with unit_context(unit.id), connection.cursor() as cursor:
        cursor.execute(
            _LEDGER,
            {"stem": uuid7_stem(), "first": first, "months": MONTHS, "members": members},
        )
    # As autovacuum does in service; a unit's role may not.
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'ANALYZE "{unit.schema_name}".{Transfer._meta.db_table}')
    return unit


def _fold() -> None:
    folding.fold(now=now() + dt.timedelta(hours=2))


def _ours(first: dt.date, last: dt.date) -> dict[str, int]:
    return {row.account: row.closing_fen for row in turnovers(_JOB, first, last)}


def _summed() -> dict[str, int]:
    """Both sides of every transfer, grouped by account."""
    found: dict[str, int] = {}
    for side, sign in (("debit", 1), ("credit", -1)):
        for row in Transfer.objects.order_by().values(side).annotate(fen=Sum("amount_fen")):
            found[row[side]] = found.get(row[side], 0) + sign * row["fen"]
    return found


def _timed_in(unit: Any, act: Callable[[], object]) -> float:
    with unit_context(unit.id):
        act_began = time.perf_counter()
        act()
        return time.perf_counter() - act_began


def _rounds(count: int = ROUNDS) -> range:
    return range(count)
