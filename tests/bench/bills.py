"""``bench bills``: a month's bills of every unit, issued by the platform's own timetable.

Ours is what happens in service: rows of work are claimed in batches, each unit is entered and its
month issued by ``monthly.keep_month``, with what an issue writes besides (audit, report, marks).
The baselines bill members of units of the same run with the ORM: all at once with ``bulk_create``,
and one after the other.  Figures are processor time, the process' own and that of its database
backends, per bill; ``at_whole_size`` scales ours to the 5.54 million members of 11,800 units.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from kernel import clock, jobs
from kernel.actor import Actor
from kernel.clock import Month
from kernel.models import UUID7_ROW_SQL, uuid7, uuid7_stem
from kernel.unit import shared_context, unit_context
from tenant_apps.dues.models import Bill, Setting, Standard
from tenant_apps.dues.services import billing, standards
from tenant_apps.members.models import Member
from tenant_apps.organizations.services import intake
from tenants.models import Unit
from tenants.services import periodic
from tenants.work import PeriodicWork
from tests.database import open_unit

UNITS: Final = 200
WHOLE_UNITS: Final = 11_800
WHOLE_BILLS: Final = 5_540_000
MEMBERS: Final = 470
BRANCHES: Final = 12
SAMPLE: Final = 5
WORK: Final = "dues.month"
_JOB = Actor.system("bench")


def run(options: Any) -> dict[str, Any]:
    """Processor seconds of a month, per bill against both baselines, and what again adds."""
    units = [_furnished(number) for number in range(options.units or UNITS)]
    _make_due(units)
    with _processor_time() as ours:
        _let_the_timetable_do_it()
    made = _bills(units)
    if made != len(units) * MEMBERS:
        raise SystemExit(f"{made} bills were issued and not {len(units) * MEMBERS}")
    for unit in units:
        with unit_context(unit.id):
            Setting.objects.update(issued_month=None)
    _make_due(units)
    _let_the_timetable_do_it()
    again = _bills(units) - made
    sample = units[:SAMPLE]
    bulk = _per_bill(sample, _in_bulk)
    loop = _per_bill(sample, _one_by_one)
    each = ours[0] / made
    return {
        "figures": {
            "units": len(units),
            "bills": made,
            "cpu_seconds": round(ours[0], 2),
            "cpu_us_per_bill": round(each * 1e6, 2),
            "cpu_seconds_at_whole_size": round(ours[0] / len(units) * WHOLE_UNITS, 1),
            "bills_at_whole_size": WHOLE_BILLS,
            "added_again": again,
        },
        "baselines": {
            "bulk_create_cpu_us_per_bill": round(bulk * 1e6, 1),
            "loop_cpu_us_per_bill": round(loop * 1e6, 1),
            "units_measured": len(sample),
        },
        "ratios": {
            "main": round(bulk / each, 1),
            "loop": round(loop / each, 1),
        },
    }


def _furnished(number: int) -> Unit:
    """A unit with a tree, members, standards, and a month before that somebody issued."""
    unit = open_unit(
        f"billed{number}", name=f"基准单位{number}", credit_code=f"bench-bills-{number}"
    )
    now, month = clock.now(), Month.of(clock.today())
    with unit_context(unit.id):
        nodes = [intake.NewOrganization(key="root", name="党委", short_name="党委",
                                        kind="COMMITTEE", parent_key=None)]  # fmt: skip
        nodes += [
            intake.NewOrganization(key=f"b{b}", name=f"第{b}党支部", short_name=f"{b}支部",
                                   kind="BRANCH", parent_key="root")
            for b in range(BRANCHES)
        ]  # fmt: skip
        planted = intake.plant_tree(nodes=nodes, import_id=uuid7(), actor=_JOB, now=now)
        places = [planted[f"b{b}"] for b in range(BRANCHES)]
        with connection.cursor() as cursor:
            cursor.execute(
                _MEMBERS,
                {
                    "stem": uuid7_stem(), "now": now, "count": MEMBERS, "branches": BRANCHES,
                    "ids": [place.id for place in places],
                    "paths": [place.path for place in places],
                },
            )  # fmt: skip
        ids = list(Member.objects.values_list("pk", flat=True))
        rows = [
            standards.NewStandard(key, "WAGE", 400_000 + 1_000 * n) for n, key in enumerate(ids)
        ]
        standards.set_from_roster(rows=rows, month=month, import_id=uuid7(), actor=_JOB, now=now)
        billing.issue_month(month=month - 1, actor=_JOB, now=now, below=places[0].path)
    return unit


def _make_due(units: list[Unit]) -> None:
    """Makes the work of the month, and no other, due for these units."""
    with shared_context():
        now = clock.now()
        periodic.keep_rows(now=now)
        PeriodicWork.objects.exclude(work=WORK).delete()
        PeriodicWork.objects.filter(unit_id__in=[unit.id for unit in units]).update(due_at=now)


def _let_the_timetable_do_it() -> None:
    """Does what is due, batch after batch."""
    with shared_context():
        while held := periodic.claim(cost="bulk", now=clock.now()):
            if not all(periodic.perform(row, now=clock.now()) for row in held):
                raise SystemExit("a unit's month was not issued")


def _in_bulk(month: Month) -> int:
    """What one writes with the ORM who has heard of ``bulk_create``."""
    amounts = {
        one.member_id: one for one in Standard.objects.filter(year=month.year, is_current=True)
    }
    known = set(Bill.objects.filter(month=month.value).values_list("member_id", flat=True))
    now = clock.now()
    made = [
        Bill(
            member=member, standard=amounts[member.pk], month=month.value, org=member.org,
            org_path=member.org_path, due_fen=amounts[member.pk].amount_fen, issued_at=now,
        )
        for member in Member.objects.filter(is_active=True).select_related("org")
        if member.pk in amounts and member.pk not in known
    ]  # fmt: skip
    return len(Bill.objects.bulk_create(made, ignore_conflicts=True))


def _one_by_one(month: Month) -> int:
    """What one writes first."""
    count, now = 0, clock.now()
    for member in Member.objects.filter(is_active=True).select_related("org"):
        standard = Standard.objects.filter(member=member, year=month.year, is_current=True).first()
        if standard is not None:
            values = {
                "standard": standard, "org": member.org, "org_path": member.org_path,
                "due_fen": standard.amount_fen, "issued_at": now,
            }  # fmt: skip
            count += Bill.objects.get_or_create(member=member, month=month.value, defaults=values)[
                1
            ]
    return count


def _per_bill(units: list[Unit], work: Callable[[Month], int]) -> float:
    """Processor seconds per bill of a month that has none; the bills are taken back."""
    month, count = Month.of(clock.today()) - 2, 0
    with _processor_time() as spent:
        for unit in units:
            with unit_context(unit.id), transaction.atomic():
                count += work(month)
                connection.check_constraints()
                transaction.set_rollback(True)
            _note_backend()
    return spent[0] / count


_backends: dict[int, float] = {}


@contextmanager
def _processor_time() -> Iterator[list[float]]:
    """Seconds of this process and of every database backend that it works with meanwhile."""
    _backends.clear()
    _note_backend()
    before, began, spent = dict(_backends), time.process_time(), [0.0]
    jobs.watch(_noted)
    yield spent
    _note_backend()
    backends = sum(_backends.values()) - sum(before.values())
    spent[0] = time.process_time() - began + backends


def _noted(*told: object) -> None:
    _note_backend()


def _note_backend() -> None:
    """What the backend in use has spent since it began; a worn one is replaced on the way."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    _backends[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _bills(units: list[Unit]) -> int:
    month, count = Month.of(clock.today()).value, 0
    for unit in units:
        with unit_context(unit.id):
            count += Bill.objects.filter(month=month).count()
    return count


_MEMBERS = f"""
INSERT INTO {Member._meta.db_table}
    (id, org_id, org_path, name, name_pinyin, name_initials, gender, ethnicity, education,
     category, posts, identity_sealed, identity_index, identity_masked, phone_masked, is_active,
     joined_on, created_at)
SELECT {UUID7_ROW_SQL}, (%(ids)s::uuid[])[1 + n %% %(branches)s],
       (%(paths)s::text[])[1 + n %% %(branches)s], '无名', 'wuming', 'wm', 'M', '汉族', '',
       'FULL', '', '', decode(md5(n::text), 'hex'), '', '', true, '2010-07-01', %(now)s
FROM generate_series(1, %(count)s) AS n
"""
