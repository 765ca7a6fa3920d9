"""Bills: a month's state by place, who is left out of an issue, what a member owes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Left

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import NotFound
from kernel.permissions import require
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import Bill, BillState, Receipt, Relief, Standard
from tenant_apps.dues.selectors.scope import LEVEL, issuing_scopes_of, patterns, scopes_of, within


class BillNotFound(NotFound):
    code = "bill_not_found"
    sentence = "没有找到这笔党费，可能不在您的管理范围内。"


class Missing(StrEnum):
    """Why a member gets no bill in an issue."""

    NO_STANDARD = "no_standard"
    NOT_YET_DUE = "not_yet_due"
    PAID_BEFORE = "paid_before"
    NOTHING_TO_PAY = "nothing_to_pay"


REASONS = {
    Missing.NO_STANDARD: "本年度交纳标准尚未核定",
    Missing.NOT_YET_DUE: "入党月份晚于本月，还不用交",
    Missing.PAID_BEFORE: "转入前已在原组织交至本月",
    Missing.NOTHING_TO_PAY: "核定标准为 0 元",
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    reason: Missing
    count: int

    @property
    def text(self) -> str:
        return REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class IssuePreview:
    """What issuing would do: ``count`` new bills over ``due_fen``, and who is left out."""

    month: Month
    count: int
    due_fen: int
    already: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """A month in one sub-tree; exempt bills count as issued and owe nothing, deferred ones are due
    but do not press.
    """

    bills: int = 0
    due_fen: int = 0
    paid: int = 0
    paid_fen: int = 0
    exempt: int = 0
    deferred: int = 0
    deferred_fen: int = 0

    @property
    def unpaid(self) -> int:
        return self.bills - self.paid - self.exempt - self.deferred

    @property
    def unpaid_fen(self) -> int:
        return self.due_fen - self.paid_fen - self.deferred_fen

    @property
    def rate(self) -> int:
        """Paid of due, in whole percent rounded down: 100 means everything."""
        return self.paid_fen * 100 // self.due_fen if self.due_fen else 0


@dataclass(frozen=True, slots=True)
class PlaceTotals:
    """A month in the sub-tree ``path``."""

    path: str
    totals: MonthTotals


@dataclass(frozen=True, slots=True)
class Owed:
    """Amount (fen) and number of bills that are not paid; their first and last month."""

    fen: int
    count: int
    first_month: int | None
    last_month: int | None


@dataclass(frozen=True, slots=True)
class Arrears:
    """Months that a member owes, oldest first."""

    months: tuple[int, ...]
    fen: int


def bills_visible_to(actor: Actor, *, below: str = "") -> QuerySet[Bill]:
    """Bills of the actor's sub-trees, with the member, the organisation, the number of months
    the member owes (``owed_months``) and the receipt (``receipt_id``, ``receipt_serial``).
    """
    owed = (
        Bill.objects.filter(member_id=OuterRef("member_id"), state=BillState.UNPAID)
        .order_by()
        .values("member_id")
        .annotate(n=Count("id"))
        .values("n")
    )
    receipt = Receipt.objects.filter(order_id=OuterRef("order_id")).order_by("-edition")
    found: QuerySet[Bill] = (
        Bill.objects.filter(within(scopes_of(actor), below=below))
        .select_related("member", "org", "relief")
        .annotate(
            owed_months=Coalesce(Subquery(owed), 0),
            receipt_id=Subquery(receipt.values("id")[:1]),
            receipt_serial=Subquery(receipt.values("serial")[:1]),
        )
    )
    return found


def bill_for(actor: Actor, bill_id: UUID, *, to: StrEnum) -> Bill:
    """Loads and authorises: BillNotFound outside the actor's sub-trees, Forbidden inside."""
    found = bills_visible_to(actor).filter(pk=bill_id).first()
    if found is None:
        raise BillNotFound
    require(actor, to, found)
    return found


def bills_of_member(member_id: UUID) -> QuerySet[Bill]:
    """A member's bills, newest month first."""
    found: QuerySet[Bill] = Bill.objects.filter(member_id=member_id).order_by("-month")
    return found.select_related("standard", "org", "relief")


def unpaid_months(member_id: UUID) -> Arrears:
    rows = list(
        Bill.objects.filter(member_id=member_id, state=BillState.UNPAID)
        .order_by("month")
        .values_list("month", "due_fen")
    )
    return Arrears(tuple(month for month, _ in rows), sum(fen for _, fen in rows))


def owed_by_unit() -> Owed:
    """What members of the unit in force still owe, over all months: due minus paid of every
    bill that is not exempt.
    """
    owing = Bill.objects.exclude(state=BillState.EXEMPT).exclude(due_fen=F("paid_fen"))
    found = owing.aggregate(
        fen=Sum(F("due_fen") - F("paid_fen")), count=Count("pk"), first=Min("month"),
        last=Max("month"),
    )  # fmt: skip
    return Owed(found["fen"] or 0, found["count"], found["first"], found["last"])


def bills_under_payment(bill_ids: Sequence[UUID]) -> set[UUID]:
    """Which of the bills an order covers that may still be paid."""
    if not bill_ids:
        return set()
    asked = set(bill_ids)
    orders = payments.open_orders_for_bills(asked).prefetch_related("items")
    return {item.bill_id for order in orders for item in order.items.all()} & asked


def month_totals(actor: Actor, month: Month, *, below: str = "") -> MonthTotals:
    """The month in the actor's sub-trees (in ``below``)."""
    row = _of_month(actor, month, below).aggregate(**_SUMS)
    return _totals(row)


def places_below(actor: Actor, month: Month, path: str) -> list[PlaceTotals]:
    """The month by organisation directly below ``path`` and for ``path`` itself (its own
    members), in one statement.
    """
    rows = (
        _of_month(actor, month, path)
        .annotate(place=Left("org_path", len(path) + LEVEL))
        .values("place")
        .annotate(**_SUMS)
        .order_by("place")
    )
    return [PlaceTotals(row["place"], _totals(row)) for row in rows]


def history(actor: Actor, months: Iterable[int], *, below: str = "") -> dict[int, MonthTotals]:
    """Several months at once, for the course of the year."""
    rows = (
        Bill.objects.filter(within(scopes_of(actor), below=below), month__in=list(months))
        .order_by()
        .values("month")
        .annotate(**_SUMS)
    )
    return {row["month"]: _totals(row) for row in rows}


def issue_preview(actor: Actor, month: Month, *, below: str = "") -> IssuePreview:
    """What issuing the month would do now, where the actor may issue; one statement."""
    like = patterns(issuing_scopes_of(actor), below=below)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH state AS ({STATE_SQL}) SELECT verdict, count(*), sum(amount_fen)"
            " FROM state GROUP BY verdict",
            state_parameters(month, like),
        )
        return preview_of(month, cursor.fetchall())


def preview_of(month: Month, rows: Iterable[tuple[str, int, int | None]]) -> IssuePreview:
    """Verdicts of STATE_SQL, each with its number of members and their sum in fen."""
    found = {verdict: (count, int(fen or 0)) for verdict, count, fen in rows}
    count, due = found.get("ready", (0, 0))
    return IssuePreview(
        month,
        count,
        due,
        found.get("already", (0, 0))[0],
        tuple(LeftOut(reason, found[reason][0]) for reason in Missing if reason in found),
    )


def without_standard(actor: Actor, month: Month, *, below: str = "") -> list[UUID]:
    """Members whom an issue leaves out because no standard was fixed for the year."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH state AS ({STATE_SQL}) SELECT member_id FROM state"
            " WHERE verdict = 'no_standard' ORDER BY org_path, name_pinyin LIMIT 500",
            state_parameters(month, patterns(issuing_scopes_of(actor), below=below)),
        )
        return [member_id for (member_id,) in cursor.fetchall()]


def state_parameters(month: Month, like: list[str]) -> dict[str, Any]:
    """What STATE_SQL needs; ``like`` holds the patterns of the sub-trees."""
    return {
        "month": month.value,
        "year": month.year,
        "last_day": month.last_day,
        "like": like,
    }


STATE_SQL = f"""
SELECT member.id AS member_id, member.org_id, member.org_path, member.name_pinyin,
       chosen.id AS standard_id, relief.id AS relief_id, relief.kind, relief.pay_by_month,
       least(chosen.amount_fen, relief.amount_fen) AS amount_fen,
       CASE WHEN bill.id IS NOT NULL THEN 'already'
            WHEN member.joined_on > %(last_day)s THEN 'not_yet_due'
            WHEN letter.paid_to >= %(month)s THEN 'paid_before'
            WHEN chosen.id IS NULL THEN 'no_standard'
            WHEN chosen.amount_fen = 0 THEN 'nothing_to_pay'
            ELSE 'ready' END AS verdict
FROM members_member AS member
LEFT JOIN {Bill._meta.db_table} AS bill
       ON bill.member_id = member.id AND bill.month = %(month)s
LEFT JOIN (
    SELECT DISTINCT ON (member_id) id, member_id, amount_fen
    FROM {Standard._meta.db_table} WHERE year = %(year)s
    ORDER BY member_id, effective_month <= %(month)s DESC,
             abs(effective_month - %(month)s), id DESC
) AS chosen ON chosen.member_id = member.id
LEFT JOIN {Relief._meta.db_table} AS relief
       ON relief.member_id = member.id AND relief.ended_at IS NULL
      AND %(month)s BETWEEN relief.first_month AND relief.last_month
LEFT JOIN (
    SELECT member_id, max(paid_to) AS paid_to FROM transfers_handover
    WHERE side = 'IN' AND member_id IS NOT NULL GROUP BY member_id
) AS letter ON letter.member_id = member.id
WHERE member.is_active AND member.org_path LIKE ANY (%(like)s)
"""
"""Every active member of some sub-trees with what an issue of the month would do.

The standard of a month is the latest one in force by then; before the year's first one, that
first one, because the year's amount is fixed once (rulebook 4.2).  A member owes from the month
of the branch meeting that admitted him; who was transferred here, from the month after the one up
to which the letter says that dues are paid (rulebook 4.3).  A reduction in force lowers the amount.
"""


_SUMS: dict[str, Any] = {
    "deferred_fen": Sum("due_fen", filter=Q(state=BillState.DEFERRED)),  # before its namesake
    "bills": Count("id"),
    "due_fen": Sum("due_fen", filter=~Q(state=BillState.EXEMPT)),
    "paid": Count("id", filter=Q(state=BillState.PAID)),
    "paid_fen": Sum("paid_fen"),
    "exempt": Count("id", filter=Q(state=BillState.EXEMPT)),
    "deferred": Count("id", filter=Q(state=BillState.DEFERRED)),
}


def _totals(row: Mapping[str, Any]) -> MonthTotals:
    return MonthTotals(**{name: row[name] or 0 for name in _SUMS})


def _of_month(actor: Actor, month: Month, below: str) -> QuerySet[Bill]:
    found: QuerySet[Bill] = Bill.objects.filter(
        within(scopes_of(actor), below=below), month=month.value
    )
    return found.order_by()
