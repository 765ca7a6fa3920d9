"""``bench statistics``: all fifteen tables of 100,000 members, against a loop over the people.

Ours freezes the figures and fills the fifteen tables of the whole unit.  The baseline is
the loop that one would write first: for each table, every person is read through the ORM, asked
into which rows and columns it belongs, and counted.  It is run in the same run on the members
of a few organisations, before and after ours, and the median is scaled linearly; both must give
the same numbers there.  Figures are processor time, the process' own and that of its database
backend, which works without helpers so that nothing is missed.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import connection

from kernel.actor import Actor
from kernel.clock import now
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.insight.selectors import reports, sheets
from tenant_apps.insight.selectors.axes import Origin
from tenant_apps.insight.selectors.snapshots import spot_of
from tenant_apps.insight.selectors.tables import all_tables
from tenant_apps.insight.services import taking
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.services import intake
from tests.database import open_unit
from tests.factories.statistics import YEAR, populate
from tests.tenant_apps.insight import oracle

PEOPLE = 100_000
BRANCHES_EACH = 50
GENERAL_BRANCHES = 40
ROUNDS = 2
"""Rounds of the baseline before ours and again after it; ours is the median of as many."""
_NOT_LOOPED = (Origin.BEFORE, Origin.CAME_FROM_INSIDE, Origin.WENT_INSIDE)
_AS_OF = dt.date(YEAR, 12, 31)
_JOB = Actor.system("bench")


def run(options) -> dict:
    people = options.rows or PEOPLE
    taking.AT_ONCE = people  # here and now, not by a worker
    unit = open_unit("statistics", name="基准统计集团", credit_code="bench-statistics")
    with unit_context(unit.id):
        _fill(people)
        part = Organization.objects.filter(depth=2).order_by("path").first()
        counted = Member.objects.filter(org_path__startswith=part.path).count()
        loops = [_loop(part) for _ in range(ROUNDS)]
        freezes, fillings = zip(*(_ours() for _ in range(ROUNDS * 2 - 1)), strict=True)
        loops += [_loop(part) for _ in range(ROUNDS)]
        page = _page()
        _compare(part, loops[0][1])
    connection.set_schema_to_public()
    frozen, filled = median(freezes), median(fillings)
    scaled = median(seconds for seconds, _ in loops) * people / counted
    return {
        "figures": {
            "cpu_seconds": round(frozen + filled, 2),
            "cpu_seconds_freezing": round(frozen, 2),
            "cpu_seconds_tables": round(filled, 2),
            "cpu_seconds_one_table": round(page, 3),
            "people": people,
            "tables": len(all_tables()),
        },
        "baselines": {
            "loop_cpu_seconds_scaled": round(scaled, 1),
            "loop_people_measured": counted,
            "loop_cpu_seconds_of_rounds": [round(seconds, 2) for seconds, _ in loops],
            "note": "measured on a part of the tree in this run and scaled linearly",
        },
        "ratios": {
            "main": round(scaled / (frozen + filled), 1),
            "tables_only": round(scaled / filled, 1),
        },
    }


def _fill(people: int) -> None:
    nodes = [intake.NewOrganization(key="root", name="集团党委", short_name="集团党委",
                                    kind="COMMITTEE", parent_key=None)]  # fmt: skip
    for g in range(GENERAL_BRANCHES):
        nodes.append(intake.NewOrganization(key=f"g{g}", name=f"第{g}党总支", short_name=f"{g}总支",
                                            kind="GENERAL_BRANCH", parent_key="root"))  # fmt: skip
        nodes += [
            intake.NewOrganization(key=f"g{g}b{b}", name=f"第{g}-{b}党支部", short_name=f"{g}-{b}",
                                   kind="BRANCH", parent_key=f"g{g}")
            for b in range(BRANCHES_EACH)
        ]  # fmt: skip
    intake.plant_tree(nodes=nodes, import_id=uuid7(), actor=_JOB, now=now())
    populate(list(Organization.objects.filter(depth=3)), people)
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")


def _ours() -> tuple[float, float]:
    """Processor seconds of freezing and of filling all tables."""
    with _cpu() as freezing:
        snapshot = taking.take(year=YEAR, cut="YEAR", actor=_JOB, now=now())
    ground = spot_of(_JOB, snapshot, None).ground
    with _cpu() as filling:
        filled = sheets.fill(all_tables(), ground)
    if filled[2].value("all", "all") != snapshot.people:
        raise SystemExit("the tables do not count who was frozen")
    return freezing[0], filling[0]


def _page() -> float:
    """One table of the whole unit, as a page asks for it."""
    snapshot = taking.Snapshot.objects.order_by("-requested_at").first()
    ground = reports.whole_unit(snapshot).ground
    with _cpu() as used:
        sheets.fill([all_tables()[1]], ground)
    return used[0]


def _loop(part: Organization):
    """Processor seconds of the loop for the people of ``part``, and what it counted."""
    tables = all_tables()
    with _cpu() as used:
        found = oracle.tables_of(tables, path=part.path, year=YEAR, as_of=_AS_OF)
    return used[0], found


def _compare(part: Organization, looped) -> None:
    """Stops where the loop and the tables differ."""
    snapshot = taking.Snapshot.objects.order_by("-requested_at").first()
    ground = spot_of(_JOB, snapshot, part.pk).ground
    for number, sheet in sheets.fill(all_tables(), ground).items():
        for row, cells in sheet.lines() if number in looped else ():
            for column, cell in cells:
                if row.is_computed or not row.arises_in(column.key):
                    continue
                if _is_other(sheet, row, column):
                    continue
                if cell.value != looped[number].get((row.key, column.key), 0):
                    raise SystemExit(f"table {number}, {row.key}, {column.key} differs")


def _is_other(sheet, row, column) -> bool:
    return sheet.table.origin_of(row, column) in _NOT_LOOPED


@contextmanager
def _cpu():
    """Processor seconds of this process and of its database backend."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    used = [0.0]
    own, backend = time.process_time(), _ticks(pid)
    yield used
    used[0] = time.process_time() - own + (_ticks(pid) - backend) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(stat[11]) + int(stat[12])
