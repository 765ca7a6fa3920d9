"""The reconciliation list: what was paid, what the channel's bill and the bank say of it
(rulebook 10.5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import BEIJING, Month, day_of
from kernel.permissions import require
from shared_apps.payments import selectors as payments
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors import cases
from shared_apps.reconciliation.selectors.cases import CaseNotFound
from shared_apps.settlement.selectors.instructions import settled_days
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.selectors.clearing import receipts_of_orders
from tenant_apps.treasury.selectors.places import is_over_all

if TYPE_CHECKING:
    from shared_apps.payments.models import Order
    from shared_apps.reconciliation.models import Case

LONGEST: Final = dt.timedelta(days=366)
_BLOCK: Final = 500


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One payment with all that is known of it; ``member`` is masked.

    ``fee_fen`` is None until a bill told it; ``flag`` empty, ``matched``, ``open`` or ``settled``.
    """

    order_id: UUID
    paid_at: dt.datetime
    number: str
    channel: str
    channel_number: str
    member: str
    org: str
    months: tuple[str, ...]
    kind: str
    amount_fen: int
    fee_fen: int | None
    settlement: str
    credited_on: dt.date | None
    bank_reference: str
    flag: str
    case: Case | None


def paid_orders(actor: Actor, since: dt.date, until: dt.date) -> QuerySet[Order]:
    """Payments of the days from ``since`` to ``until`` in the actor's sub-trees; at most a year."""
    require(actor, ReconciliationPermission.BROWSE)
    until = min(until, since + LONGEST)
    orders = payments.paid_between(_begin(since), _begin(until + dt.timedelta(days=1)))
    if is_over_all(actor):
        return orders
    receipts = dues.receipts_visible_to(actor).order_by()
    return orders.filter(pk__in=receipts.values("order_id"))


def told(orders: Iterable[Order]) -> list[Reconciled]:
    """A page of payments with their bills' lines, cases, receipts and settlements."""
    rows = list(orders)
    ids = [order.pk for order in rows]
    lines = cases.lines_of_orders(ids, [order.out_trade_no for order in rows])
    found = cases.cases_of_orders(ids)
    receipts = receipts_of_orders(ids)
    days = [day_of(order.paid_at) for order in rows if order.paid_at]
    settled = settled_days(min(days), max(days)) if days else {}
    return [
        _told(order, lines.get(order.pk), found.get(order.pk), receipts.get(order.pk, []), settled)
        for order in rows
    ]


def all_told(orders: QuerySet[Order]) -> Iterator[Reconciled]:
    """Every payment, block by block, for a workbook."""
    stream = orders.iterator(chunk_size=_BLOCK)
    while block := list(islice(stream, _BLOCK)):
        yield from told(block)


def cases_visible_to(actor: Actor) -> QuerySet[Case]:
    """The unit's differences; in a sub-tree those about orders of its members only."""
    require(actor, ReconciliationPermission.BROWSE)
    found = cases.cases()
    if is_over_all(actor):
        return found
    return found.filter(order_id__in=dues.receipts_visible_to(actor).order_by().values("order_id"))


def case_for(actor: Actor, case_id: UUID, *, to: ReconciliationPermission) -> Case:
    """Loads and authorises; CaseNotFound outside the actor's sub-trees."""
    require(actor, to)
    case = cases_visible_to(actor).filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    return case


def about(case: Case) -> Reconciled | None:
    """The payment that a difference is about, where it is one of ours that was paid."""
    if case.order_id is None:
        return None
    order = payments.orders_by_id([case.order_id]).get(case.order_id)
    return told([order])[0] if order is not None and order.paid_at else None


def _told(
    order: Any, line: Any, case: Case | None, receipts: list[Any], settled: dict[Any, Any]
) -> Reconciled:
    config = order.config
    settlement = settled.get((config.channel, config.mchid, day_of(order.paid_at)))
    months = sorted({month for receipt in receipts for month in receipt.months})
    return Reconciled(
        order_id=order.pk,
        paid_at=order.paid_at,
        number=order.out_trade_no,
        channel=config.get_channel_display(),
        channel_number=order.transaction_id,
        member="、".join(_masked(receipt.member.name) for receipt in receipts),
        org="、".join(
            dict.fromkeys(receipt.org.short_name or receipt.org.name for receipt in receipts)
        ),
        months=tuple(str(Month(month)) for month in months),
        kind="党费" if receipts else "待确认",
        amount_fen=order.amount_fen,
        fee_fen=line.fee_fen if line else None,
        settlement=settlement.insid if settlement else "",
        credited_on=day_of(settlement.settled_at) if settlement and settlement.settled_at else None,
        bank_reference=settlement.obssid if settlement else "",
        flag=case.state if case else "matched" if line else "",
        case=case,
    )


def _masked(name: str) -> str:
    """王*华: the first and, of three and more, the last character."""
    return name[:1] + "*" * max(len(name) - 2, 1) + (name[-1] if len(name) > 2 else "")


def _begin(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=BEIJING)
