"""How far each day is, over all units; no names, numbers of orders neither."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Abs

from shared_apps.reconciliation.models import (
    BillKind,
    Case,
    CaseState,
    Difference,
    Line,
    Run,
    RunState,
    Verdict,
)

SHOWN_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class DayStanding:
    """One day over all accounts: bills, lines, differences (fen without signs)."""

    day: dt.date
    bills: int
    waiting: int
    closed: int
    lines: int
    open_cases: int
    open_fen: int


def days(*, since: dt.date) -> list[DayStanding]:
    """The days from ``since`` on, newest first."""
    runs = (
        Run.objects.filter(day__gte=since)
        .order_by()
        .values("day")
        .annotate(
            bills=Count("pk"),
            waiting=Count("pk", filter=Q(state__in=_NOT_READ)),
            closed=Count("pk", filter=Q(state=RunState.CLOSED)),
            told=Sum("line_count", filter=Q(kind=BillKind.TRADE)),
        )
    )
    sums = (
        Case.objects.filter(state=CaseState.OPEN, run__day__gte=since)
        .order_by()
        .values_list("run__day")
        .annotate(n=Count("pk"), fen=Sum(Abs("amount_fen")))
    )
    left: dict[dt.date, tuple[int, int]] = {day: (n, fen) for day, n, fen in sums}
    return [
        DayStanding(
            day=row["day"],
            bills=row["bills"],
            waiting=row["waiting"],
            closed=row["closed"],
            lines=row["told"] or 0,
            open_cases=left.get(row["day"], (0, 0))[0],
            open_fen=left.get(row["day"], (0, 0))[1],
        )
        for row in sorted(runs, key=lambda row: row["day"], reverse=True)
    ]


def units_with_differences() -> QuerySet[Any, Any]:
    """Open differences by unit, the oldest first: how many, how much, since when."""
    return (
        Case.objects.filter(state=CaseState.OPEN)
        .order_by()
        .values("unit_id")
        .annotate(
            n=Count("pk"), fen=Sum(Abs("amount_fen")), first_on=Min("run__day"), due=Min("due_on")
        )
        .order_by("due", "unit_id")
    )


def stuck_runs() -> QuerySet[Run]:
    """Bills that could not be fetched or read, those that nobody tries again first."""
    return Run.objects.filter(~Q(error_code=""), state__in=_NOT_READ).order_by(
        F("try_at").asc(nulls_first=True), "day"
    )


def reconciled_to() -> dt.date | None:
    """The last day of which every trade bill was compared."""
    trade = Run.objects.filter(kind=BillKind.TRADE)
    open_days = trade.exclude(state__in=[RunState.CLASSIFIED, RunState.CLOSED])
    oldest = open_days.aggregate(day=Min("day"))["day"]
    done = trade.filter(day__lt=oldest) if oldest else trade
    found: dt.date | None = done.aggregate(day=Max("day"))["day"]
    return found


def fund_bills_to_check() -> list[Run]:
    """Fund bills that were read, of accounts whose payments of the day are compared."""
    compared = Run.objects.filter(
        kind=BillKind.TRADE,
        config=OuterRef("config"),
        day=OuterRef("day"),
        state__in=[RunState.CLASSIFIED, RunState.CLOSED],
    )
    waiting = Run.objects.filter(Exists(compared), kind=BillKind.FUND)
    return list(waiting.filter(state=RunState.LOADED).order_by("day", "pk"))


def balances_to_check_again(*, since: dt.datetime) -> list[Run]:
    """Fund bills whose difference is open and was found after ``since``."""
    found = Case.objects.filter(kind=Difference.BALANCE, state=CaseState.OPEN, opened_at__gte=since)
    return list(Run.objects.filter(pk__in=found.values("run_id")).order_by("day", "pk"))


def broken_invariants() -> dict[str, int]:
    """How many rows break each rule that the tables alone cannot enforce; all must be 0.

    I7: where an account was compared and agreed, the ledger and the bill hold the same.  I9: every
    line is matched or in one case, and a bill has as many lines as it states.
    """
    compared = Run.objects.filter(
        kind=BillKind.TRADE, state__in=[RunState.CLASSIFIED, RunState.CLOSED]
    )
    lines = compared.annotate(found=Count("lines")).exclude(found=F("line_count"))
    agreed = Run.objects.filter(kind=BillKind.FUND, state=RunState.CLOSED)
    return {
        "I7": agreed.exclude(books_fen=F("balance_fen")).count(),
        "I9": Line.objects.filter(verdict=Verdict.CASE, case__isnull=True).count()
        + Case.objects.filter(line__verdict=Verdict.MATCHED).count()
        + lines.count(),
    }


_NOT_READ = (RunState.WAITING, RunState.FETCHED, RunState.LOADED)
