"""What the platform hears of dues: counts and fen by month, never whose (house of usage)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet, Sum

from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.dues.models import Bill, BillState


def bills(*, month: int, count: int, due_fen: int, now: dt.datetime) -> None:
    """Bills of ``month`` changed by ``count`` and ``due_fen``."""
    if count or due_fen:
        outbox.emit(
            unit=current_unit(), kind="bills", now=now, month=month, count=count, due_fen=due_fen
        )


def bills_removed(gone: QuerySet[Bill], *, now: dt.datetime) -> None:
    """Bills about to be deleted."""
    for month, count, due in _by_month(gone):
        bills(month=month, count=-count, due_fen=-due, now=now)


def payments(paid: Iterable[Bill], *, now: dt.datetime, is_undone: bool = False) -> None:
    """Bills just paid, or about to be given back; one report for each month of bills."""
    sign = -1 if is_undone else 1
    months: dict[int, list[int]] = defaultdict(list)
    for bill in paid:
        months[bill.month].append(bill.paid_fen)
    for month, fen in sorted(months.items()):
        outbox.emit(
            unit=current_unit(),
            kind="payments",
            now=now,
            month=month,
            count=sign * len(fen),
            paid_fen=sign * sum(fen),
        )


def _by_month(rows: QuerySet[Bill]) -> list[tuple[int, int, int]]:
    owing = Sum("due_fen", filter=~Q(state=BillState.EXEMPT), default=0)
    counted = rows.order_by().values("month").annotate(n=Count("id"), due=owing)
    return [(row["month"], row["n"], row["due"]) for row in counted.order_by("month")]
