"""Differences: a unit's own, and those that the platform may settle by asking the channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import Abs

from kernel.errors import NotFound
from shared_apps.reconciliation.models import (
    Case,
    CaseState,
    Difference,
    Entry,
    EntryState,
    Line,
    LineKind,
    Run,
    Statement,
)

BATCH: Final = 200


class CaseNotFound(NotFound):
    code = "reconciliation_case_not_found"
    sentence = "没有找到这笔差异，可能不属于本单位。"


class CaseToAsk(NamedTuple):
    """A case whose order the channel is to be asked about, with the unit in which to do it."""

    case_id: UUID
    order_id: UUID
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Differences:
    """What a unit has left to decide, over all three sides: how many, how much (fen, without
    signs), since when; ``entries`` of them are lines of its bank statement.
    """

    count: int
    entries: int
    fen: int
    first_on: dt.date | None
    reconciled_to: dt.date | None
    banked_to: dt.date | None

    @property
    def summary(self) -> str:
        """How far the unit is, in words."""
        told = f"渠道账单已逐笔核对至 {self.reconciled_to}，平台订单与渠道一致"
        if self.banked_to is None:
            return f"{told}。"
        return f"{told}；银行对账单已逐笔核对至 {self.banked_to}。"


def cases() -> QuerySet[Case]:
    """Differences with the lines and bills that they are about, those due first at the front."""
    return Case.objects.select_related("line", "run").order_by("state", "due_on", "pk")


def case_of(case_id: UUID) -> Case:
    """Raises CaseNotFound."""
    case = cases().filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    return case


def is_long(case: Case) -> bool:
    """Whether it is about a payment that the channel has and we have not (长款)."""
    return case.kind == Difference.THEIRS_ONLY


def cases_of_orders(order_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """The difference about each of these orders, an open one first."""
    found = Case.objects.filter(order_id__in=[*order_ids]).order_by("-state", "-opened_at")
    return {case.order_id: case for case in found if case.order_id}


def lines_of_orders(order_ids: Iterable[UUID], numbers: Iterable[str]) -> dict[UUID, Line]:
    """The bill's line of each of these orders' payments, by their numbers."""
    wanted = set(order_ids)
    found = Line.objects.filter(out_trade_no__in=[*numbers], kind=LineKind.PAYMENT)
    return {line.order_id: line for line in found if line.order_id in wanted}


def differences() -> Differences:
    """The unit in force at a glance."""
    left = Case.objects.filter(state=CaseState.OPEN)
    sums = left.aggregate(fen=Sum(Abs("amount_fen")))
    first = left.order_by("opened_at").values_list("run__day", flat=True).first()
    entries = Entry.objects.filter(state=EntryState.OPEN)
    banked = entries.aggregate(n=Count("pk"), fen=Sum(Abs("amount_fen")), first=Min("booked_on"))
    done = Run.objects.filter(state__in=["classified", "closed"]).order_by("-day")
    return Differences(
        count=left.count() + banked["n"],
        entries=banked["n"],
        fen=(sums["fen"] or 0) + (banked["fen"] or 0),
        first_on=min((day for day in (first, banked["first"]) if day), default=None),
        reconciled_to=done.values_list("day", flat=True).first(),
        banked_to=Statement.objects.aggregate(day=Max("last_on"))["day"],
    )


@dataclass(frozen=True, slots=True)
class OfDay:
    """The open differences of one account's day: how many, by how much the channel has more."""

    count: int
    fen: int


def open_of_day(case: Case) -> OfDay:
    """What of the payments of the same account and day is not settled."""
    found = Case.objects.filter(
        run__config_id=case.run.config_id, run__day=case.run.day, state=CaseState.OPEN
    ).exclude(kind=Difference.BALANCE)
    sums = found.aggregate(count=Count("pk"), fen=Sum("amount_fen", default=0))
    return OfDay(sums["count"], sums["fen"])


def cases_to_ask(*, since: dt.datetime, limit: int = BATCH) -> list[CaseToAsk]:
    """Money at the channel for an order that our books hold unpaid, of all units; opened after
    ``since``: what asking did not clear by then is left to people.
    """
    found = Case.objects.filter(
        kind=Difference.THEIRS_ONLY,
        order_id__isnull=False,
        state=CaseState.OPEN,
        opened_at__gte=since,
    ).order_by("opened_at")
    rows = found.values_list("id", "order_id", "unit_id")[:limit]
    return [
        CaseToAsk(case_id, order_id, unit_id) for case_id, order_id, unit_id in rows if order_id
    ]
