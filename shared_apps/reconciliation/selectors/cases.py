"""Differences: a unit's own, and those that the platform may settle by asking the channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import Abs

from kernel.errors import NotFound
from shared_apps.reconciliation.models import Case, CaseState, Difference, Line, LineKind, Run

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
    """What a unit has left to decide: how many, how much (fen, without signs), since when."""

    count: int
    fen: int
    first_on: dt.date | None
    reconciled_to: dt.date | None

    @property
    def summary(self) -> str:
        """How far the unit is, in words."""
        return f"渠道账单已逐笔核对至 {self.reconciled_to}，平台订单与渠道一致。"


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
    done = Run.objects.filter(state__in=["classified", "closed"]).order_by("-day")
    return Differences(
        count=left.count(),
        fen=sums["fen"] or 0,
        first_on=first,
        reconciled_to=done.values_list("day", flat=True).first(),
    )


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
