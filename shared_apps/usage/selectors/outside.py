"""What leaves a unit, in words: the page 「平台看到了我们什么」 is made of this.

``NUMBERS`` describes every number of every report, ``TABLES`` every shared table whose rows name
a unit with every number in it.  A test compares both with the outbox and with the database: a
new field without a description does not pass.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import TruncMonth

from kernel.clock import BEIJING, Month
from kernel.unit import shared_context
from shared_apps.usage.models import Drift, Report, UnitDay, UnitMonth, UnitTotal
from shared_apps.usage.selectors.registers import TABLES
from shared_apps.usage.selectors.wording import NUMBERS, Number, Table

REPORTS_SHOWN: Final = 50
DAYS_SHOWN: Final = 31
UNIT_COLUMNS: Final = ("unit_id", "tenant_id")


@dataclass(frozen=True, slots=True)
class Sent:
    """A number that leaves the unit, with its value outside; None as long as nothing left."""

    number: Number
    value: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """A shared table that names the unit, with how many rows of it do."""

    table: Table
    rows: int


@dataclass(frozen=True, slots=True)
class Outside:
    """Everything that the platform keeps of the unit in force."""

    total: UnitTotal | None
    sent: list[Sent]
    months: list[UnitMonth]
    days: list[UnitDay]
    drifts: list[Drift]
    reports: list[Report]
    held: list[Held]


def outside(unit_id: UUID) -> Outside:
    """Call it in the unit: figures and reports are read with the unit's own role, so the page
    can show only what the database gives this unit.
    """
    total = total_of(unit_id)
    return Outside(
        total=total,
        sent=numbers_of(total),
        months=months_of(unit_id),
        days=days_of(unit_id),
        drifts=list(Drift.objects.filter(unit_id=unit_id)[:20]),
        reports=list(reports_of(unit_id)[:REPORTS_SHOWN]),
        held=held_of(unit_id),
    )


def total_of(unit_id: UUID) -> UnitTotal | None:
    """What the unit adds up to outside; None as long as nothing left."""
    return UnitTotal.objects.filter(unit_id=unit_id).first()


def numbers_of(total: UnitTotal | None) -> list[Sent]:
    """Every number of every report with its value outside."""
    return [Sent(one, _value(total, one)) for one in NUMBERS]


def months_of(unit_id: UUID) -> list[UnitMonth]:
    return list(UnitMonth.objects.filter(unit_id=unit_id).order_by("-month")[:12])


def days_of(unit_id: UUID) -> list[UnitDay]:
    return list(UnitDay.objects.filter(unit_id=unit_id).order_by("-day")[:DAYS_SHOWN])


def reports_of(unit_id: UUID, *, kind: str = "", month: Month | None = None) -> QuerySet[Report]:
    """The reports that are kept as they were sent, newest first; of one kind, sent in one month."""
    found = Report.objects.filter(unit_id=unit_id)
    if kind:
        found = found.filter(kind=kind)
    if month is not None:
        ends = [month.first_day, (month + 1).first_day]
        since, until = (dt.datetime.combine(day, dt.time(), BEIJING) for day in ends)
        found = found.filter(at__gte=since, at__lt=until)
    return found


def months_reported(unit_id: UUID) -> list[Month]:
    """The months in which those reports were sent, newest first."""
    moments = Report.objects.filter(unit_id=unit_id).order_by()
    found = moments.annotate(month=TruncMonth("at", tzinfo=BEIJING)).values_list("month").distinct()
    return sorted(
        (Month.of(at.date()) for (at,) in found), reverse=True, key=lambda month: month.value
    )


def as_data(found: Outside, *, now: dt.datetime) -> dict[str, Any]:
    """For the download and the API: names as in the database, moments in UTC."""
    return {
        "made_at": now.isoformat(),
        "numbers": [
            {"key": sent.number.key, "label": sent.number.label, "meaning": sent.number.meaning,
             "why": sent.number.why, "when": sent.number.when, "rule": sent.number.rule,
             "value_outside": sent.value}
            for sent in found.sent
        ],
        "months": [
            {"month": row.month, "bills": row.bills, "due_fen": row.due_fen,
             "payments": row.payments, "paid_fen": row.paid_fen,
             "as_of": row.as_of.isoformat()}
            for row in found.months
        ],
        "reports": [
            {"id": str(row.id), "kind": row.kind, "numbers": row.numbers,
             "at": row.at.isoformat(), "folded_at": row.folded_at.isoformat()}
            for row in found.reports
        ],
        "corrections": [
            {"metric": row.metric, "period": row.period, "kept": row.kept, "found": row.found,
             "at": row.at.isoformat()}
            for row in found.drifts
        ],
        "tables": [
            {"table": held.table.model, "label": held.table.label, "holds": held.table.holds,
             "why": held.table.why, "who": held.table.who, "numbers": dict(held.table.numbers),
             "rows": held.rows}
            for held in found.held
        ],
    }  # fmt: skip


def unit_column(label: str) -> str:
    """The column of a shared table that names the unit; the directory itself has its key."""
    columns = {field.column for field in apps.get_model(label)._meta.concrete_fields}
    return next((name for name in UNIT_COLUMNS if name in columns), "id")


def _value(total: UnitTotal | None, number: Number) -> int | None:
    value: int | None = getattr(total, number.column) if total and number.column else None
    return value


@shared_context()
def held_of(unit_id: UUID) -> list[Held]:
    """The shared tables that name the unit, each with how many rows do; counted in one statement,
    without reading a row.
    """
    counting = " UNION ALL ".join(
        f"SELECT %s, count(*) FROM {apps.get_model(table.model)._meta.db_table}"
        f" WHERE {unit_column(table.model)} = %s"
        for table in TABLES
    )
    parameters: list[Any] = [part for table in TABLES for part in (table.model, unit_id)]
    with connection.cursor() as cursor:
        cursor.execute(counting, parameters)
        counts: Mapping[str, int] = dict(cursor.fetchall())
    return [Held(table, counts[table.model]) for table in TABLES]
