"""Rollups: what a night's recount costs per unit, and how quick the operators' pages are.

The recount is measured over units with members and bills of several months, in processor time of
this process and of its database backend, against one ORM query per metric and month as one would
first write it.  The pages read rollups only, so the other units of the fleet are rows: a line,
months and days each, for ``--units`` units in all.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, connections
from django.db.models import Sum
from django.test import Client

from config.gunicorn import post_worker_init
from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.models import Opening, OpeningState
from onboarding.services import overview, recounting
from shared_apps.fleet.services import standings
from shared_apps.people.models import Affiliation
from shared_apps.usage.models import Outbox, UnitDay, UnitMonth, UnitTotal
from shared_apps.usage.services import rollups
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.services import billing
from tenant_apps.dues.services.standards import NewStandard, set_from_roster
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tenants.models import Unit, UnitState, schema_name_of
from tenants.work import PeriodicWork
from tests import cast
from tests.bench.page import _percentile, fill
from tests.database import open_unit

UNITS = 11_800
COUNTED = 6
PEOPLE = 480
BANK_BRANCHES = 380
DAYS = 90
ROUNDS = 20
VIEWS = 60
CITIES = ("320300", "320100", "320500", "330100", "370100", "110000", "310000", "440100")
PAGES = {
    "usage": "/usage/",
    "usage_year": "/usage/?range=12m&by=branch&sort=-paid",
    "operations": "/operations/",
    "operations_other_month": "/operations/?month={other_month}",
    "operations_search": "/operations/?q=98&sort=-due&blocker=no_payment",
    "corrections": "/usage/corrections/",
}


def run(options: Any) -> dict[str, Any]:
    """Milliseconds of processor time per unit, p95 of each page, seconds of a drain."""
    size = getattr(options, "units", None) or UNITS
    counted = [_furnished(number) for number in range(min(COUNTED, size))]
    figures: dict[str, Any] = {"units": size, "members_per_unit": PEOPLE}
    figures["recount_cpu_ms_per_unit"] = _cpu_ms(counted, _recount)
    baselines = {"orm_recount_cpu_ms_per_unit": _cpu_ms(counted, _orm_recount)}
    _fill_fleet(size - len(counted))
    figures |= _pages(cast.staff(Client(), "operator"))
    figures |= _drain(counted)
    ratio = baselines["orm_recount_cpu_ms_per_unit"] / figures["recount_cpu_ms_per_unit"]
    return {"figures": figures, "baselines": baselines, "ratios": {"main": round(ratio, 2)}}


def _furnished(number: int) -> Unit:
    """A unit with a tree, members, standards and bills of three months, made by the services."""
    unit = open_unit(f"counted{number}", credit_code=f"9132030300000001{number:02d}")
    fill(unit, PEOPLE)
    actor, now, month = Actor.system("bench"), clock.now(), Month.of(clock.today())
    with unit_context(unit.id):
        rows = [
            NewStandard(one, "FARMER", None) for one in Member.objects.values_list("pk", flat=True)
        ]
        set_from_roster(rows=rows, month=month - 2, import_id=uuid4(), actor=actor, now=now)
        for back in range(3):
            billing.issue_month(month=month - back, actor=actor, now=now)
    recounting.recount_unit(unit_id=unit.id, now=now)
    return unit


def _recount(unit_id: UUID) -> None:
    if recounting.recount_unit(unit_id=unit_id, now=clock.now()):
        raise RuntimeError("the recount found a difference where there is none")


def _orm_recount(unit_id: UUID) -> None:
    """A query per metric and month, each result compared with what is kept."""
    Affiliation.objects.filter(unit_id=unit_id, activated_at__isnull=False).count()
    latest = Month.of(clock.today()) + recounting.MONTHS_AHEAD
    with unit_context(unit_id):
        Organization.objects.count()
        Member.objects.filter(is_active=True).count()
        for back in range(recounting.MONTHS):
            bills = Bill.objects.filter(month=(latest - back).value)
            bills.count()
            bills.exclude(state=BillState.EXEMPT).aggregate(Sum("due_fen"))
            bills.filter(state=BillState.PAID).count()
            bills.aggregate(Sum("paid_fen"))
    UnitTotal.objects.filter(unit_id=unit_id).first()
    for back in range(recounting.MONTHS):
        UnitMonth.objects.filter(unit_id=unit_id, month=(latest - back).value).first()


def _cpu_ms(units: list[Unit], work: Callable[[UUID], None]) -> float:
    """Processor time per unit of this process and of its backend, after a first round."""
    for unit in units:
        work(unit.id)
    began, backend = time.process_time(), _backend_seconds()
    for _ in range(ROUNDS):
        for unit in units:
            work(unit.id)
    spent = time.process_time() - began + _backend_seconds() - backend
    return round(spent * 1000 / ROUNDS / len(units), 2)


def _backend_seconds() -> float:
    """User and system time of the database backend; it must run on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _fill_fleet(size: int) -> None:
    """Units that are in force for the operators: a directory entry, an opening, rollups."""
    chance, now, today = random.Random(20261122), clock.now(), clock.today()
    units = [_unit(number, chance, now) for number in range(size)]
    Unit.objects.bulk_create(units, batch_size=2_000)
    Opening.objects.bulk_create(
        (_opening(unit, number, now) for number, unit in enumerate(units)), batch_size=2_000
    )
    UnitTotal.objects.bulk_create((_total(unit, chance, now) for unit in units), batch_size=2_000)
    month = Month.of(today)
    UnitMonth.objects.bulk_create(
        (
            UnitMonth(unit=unit, unit_role=unit.schema_name, month=(month - back).value, as_of=now,
                      bills=400, due_fen=chance.randrange(4_000_000), payments=300,
                      paid_fen=chance.randrange(3_000_000))
            for unit in units for back in range(12)
        ),
        batch_size=5_000,
    )  # fmt: skip
    UnitDay.objects.bulk_create(
        (
            UnitDay(unit=unit, unit_role=unit.schema_name, day=today - dt.timedelta(days=back),
                    payments=3, paid_fen=9_000, sign_ins=8, imports=0, activated=1)
            for unit in units for back in range(0, DAYS, 9)
        ),
        batch_size=5_000,
    )  # fmt: skip
    PeriodicWork.objects.bulk_create(
        (PeriodicWork(unit=unit, work=recounting.WORK, due_at=now, last_done_at=now)
         for unit in units),
        batch_size=5_000,
    )  # fmt: skip
    rollups.place(days={today - dt.timedelta(days=back) for back in range(DAYS)})
    standings.refresh(now=now)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _unit(number: int, chance: random.Random, now: dt.datetime) -> Unit:
    key = uuid7()
    return Unit(
        id=key,
        schema_name=schema_name_of(key),
        name=f"示例{number:05d}有限公司",
        label=f"f{number}",
        credit_code=f"91330100{number:010d}",
        region_code=chance.choice(CITIES),
        bank_branch=f"第{number % BANK_BRANCHES:03d}支行",
        state=UnitState.LIVE,
        opened_at=now - dt.timedelta(days=chance.randrange(400)),
    )


def _opening(unit: Unit, number: int, now: dt.datetime) -> Opening:
    return Opening(
        unit=unit,
        state=OpeningState.OPENED,
        officer_name=f"推广{number % 300:03d}",
        agreed_on=now.date(),
        agreement_ends_on=now.date() + dt.timedelta(days=900),
        registered_at=now - dt.timedelta(days=400),
        invited_at=now - dt.timedelta(days=399),
        opened_at=unit.opened_at,
    )


def _total(unit: Unit, chance: random.Random, now: dt.datetime) -> UnitTotal:
    """Every tenth unit still lacks something, every fiftieth has hardly anybody."""
    people = chance.randrange(1, 5) if chance.random() < 0.02 else chance.randrange(5, 900)
    known = chance.random() > 0.1
    return UnitTotal(
        unit=unit, unit_role=unit.schema_name, organizations=people // 20 + 1, members=people,
        activated=people // 2, bills=people * 12, due_fen=people * 12_000, payments=people * known,
        paid_fen=people * 9_000, administrators=2, second_factors=2, standards_confirmed=people,
        administrators_at=now, second_factors_at=now, standards_confirmed_at=now, bills_at=now,
        payments_at=now, storage_bytes=2_000_000, storage_at=now, as_of=now,
    )  # fmt: skip


def _pages(client: Client) -> dict[str, float]:
    """p95 of each page in turn, after each was opened once.

    Sums over all units are kept until the next drain, so there is one before every round, as
    there is every ten seconds: whoever looks is the first who does.  This month's are added
    up by their job, outside the time; another month's by the page.
    """
    seconds: dict[str, list[float]] = {name: [] for name in PAGES}
    post_worker_init(None)  # as a web worker starts
    other_month = Month.of(clock.today()) - 1
    for number in range(VIEWS + 1):
        rollups.drain(now=clock.now())
        overview.gather()
        for name, address in PAGES.items():
            began = time.perf_counter()
            response = client.get(address.format(other_month=other_month))
            if number:
                seconds[name].append(time.perf_counter() - began)
            if response.status_code != 200:
                raise RuntimeError(f"{address} answered {response.status_code}")
    return {f"{name}_p95_ms": _percentile(times, 95) for name, times in seconds.items()}


def _drain(units: list[Unit]) -> dict[str, float]:
    """Reports that a busy fleet leaves in ten seconds, folded in one go."""
    now, count = clock.now(), 2_000
    Outbox.objects.bulk_create(
        Outbox(unit_id=unit.id, unit_role=unit.schema_name, kind="sign_ins",
               numbers={"delta": 1}, at=now)
        for unit, _ in zip(_again(units), range(count), strict=False)
    )  # fmt: skip
    began = time.perf_counter()
    rollups.drain(now=now)
    return {"drain_reports": count, "drain_ms": round((time.perf_counter() - began) * 1000, 1)}


def _again(units: list[Unit]) -> Any:
    while True:
        yield from units
