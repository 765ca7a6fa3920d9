"""Refunds: what may be given back, what is under way, and what the channel says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can, require
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Contribution,
    Receipt,
    Resolution,
    ResolutionKind,
    ResolutionState,
    SlipKind,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import contributions
from tenant_apps.dues.selectors.suspense import second_transactions
from tenant_apps.members import selectors as members
from tenant_apps.organizations.selectors import Duty, Urgency

if TYPE_CHECKING:
    from shared_apps.payments.models import Refund

MOST: Final = 500
"""How many refunds are listed: those under way first, then the newest."""
UNDER_WAY: Final = (ResolutionState.ASKED, ResolutionState.SENT)
ARRIVES: Final = "预计 1 至 3 个工作日到账"
_LATE: Final = dt.timedelta(days=2)
_WORDS: Final = {
    "NOT_ENOUGH": "渠道账户余额不足，有余额后自动重新提交",
    "FREQUENCY_LIMITED": "渠道繁忙，稍后自动重新提交",
    "SIGN_ERROR": "渠道不认可签名，请核对收款账户配置",
    "AMOUNT_MISMATCH": "渠道说的金额与申请不符，请联系平台运维人员",
    "TIMEOUT": "渠道没有按时答复",
    "NO_CONNECTION": "与渠道的连接中断",
    "NOT_GENUINE": "渠道答复的签名无效",
    "RESOURCE_NOT_EXISTS": "渠道没有这笔退款，将以同一单号重新提交",
    "USER_ACCOUNT_ABNORMAL": "交纳人的账户不能收款",
}


class RefundNotFound(NotFound):
    code = "dues_refund_not_found"
    sentence = "没有找到这笔退款，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class RefundCase:
    """A decision to give money back with what the channel says of it.

    ``org_path`` is the payer's place; empty, so that only somebody over the whole unit decides,
    where the payer's file is gone.  ``months`` are those given back, none for a suspended sum.
    """

    resolution: Resolution
    refund: Refund | None
    channel: str
    order_number: str
    member_id: UUID
    name: str
    org_path: str
    months: tuple[int, ...]

    @property
    def id(self) -> UUID:
        return self.resolution.pk

    @property
    def is_asked(self) -> bool:
        return self.resolution.state == ResolutionState.ASKED

    @property
    def is_sent(self) -> bool:
        return self.resolution.state == ResolutionState.SENT

    @property
    def is_done(self) -> bool:
        return self.resolution.state == ResolutionState.DONE

    @property
    def is_abnormal(self) -> bool:
        return self.refund is not None and self.refund.is_abnormal

    @property
    def label(self) -> str:
        """Where it stands, in words."""
        if self.refund is None or self.resolution.state == ResolutionState.WITHDRAWN:
            return ResolutionState(self.resolution.state).label
        return self.refund.get_state_display()

    @property
    def said(self) -> str:
        """What the channel said last, where it is not the plain course of things."""
        code = self.refund.error_code if self.refund else ""
        return _WORDS.get(code, f"渠道答复：{code}") if code else ""


def refunds_visible_to(actor: Actor) -> list[RefundCase]:
    """Refunds of the actor's sub-trees: those under way first, then the newest."""
    order = Case(When(state__in=UNDER_WAY, then=0), default=Value(1), output_field=IntegerField())
    rows = _refunds().order_by(order, "-asked_at")[:MOST]
    return [one for one in _told(rows) if can(actor, DuesPermission.REFUND, one)]


def refund_for(actor: Actor, resolution_id: UUID) -> RefundCase:
    """Loads and authorises; RefundNotFound outside the actor's sub-trees."""
    require(actor, DuesPermission.REFUND)
    for one in _told(_refunds().filter(pk=resolution_id)):
        if can(actor, DuesPermission.REFUND, one):
            return one
    raise RefundNotFound


def refunds_of_receipt(receipt: Receipt) -> list[RefundCase]:
    """What of a receipt's payment was asked back, newest first; withdrawn ones left out."""
    rows = _refunds().filter(kind=ResolutionKind.RETURNED, order_id=receipt.order_id)
    return _told(rows.exclude(state=ResolutionState.WITHDRAWN).order_by("-asked_at"))


def refunds_of_order(order_id: UUID) -> list[RefundCase]:
    """What the channel gives back, or gave back, of an order: what its payer is told."""
    sent = (ResolutionState.SENT, ResolutionState.DONE)
    return _told(_refunds().filter(order_id=order_id, state__in=sent).order_by("asked_at"))


def refunds_of_member(member_id: UUID) -> list[RefundCase]:
    """What the channel gives back, or gave back, to a member, newest first."""
    sent = (ResolutionState.SENT, ResolutionState.DONE)
    orders = payments.orders_of_member(member_id).filter(refunds__isnull=False)
    causes = orders.values_list("refunds__cause_id", flat=True)
    return _told(_refunds().filter(pk__in=list(causes), state__in=sent).order_by("-asked_at"))


def refundable(receipt: Receipt) -> list[Bill] | list[Contribution]:
    """What of the receipt's payment may be asked back at its channel, oldest first."""
    if receipt.voided_at is not None or receipt.channel in SlipKind.labels:
        return []
    if Resolution.objects.filter(pk=receipt.order_id, kind=ResolutionKind.CLAIMED).exists():
        return []  # there is no order of ours that the channel could give back
    waiting = Resolution.objects.filter(
        kind=ResolutionKind.RETURNED, state=ResolutionState.ASKED, order_id=receipt.order_id
    )
    asked = {key for held in waiting for key, _ in held.bills}
    if receipt.kind:
        return [
            one for one in contributions.refundable(receipt.order_id) if str(one.pk) not in asked
        ]
    return [bill for bill in bills_paid_by(receipt) if str(bill.pk) not in asked]


def parts_paid_by(receipt: Receipt) -> list[Bill] | list[Contribution]:
    """What the receipt's order pays now: bills, or the contribution that it is about."""
    if receipt.kind:
        return list(contributions.refundable(receipt.order_id))
    return bills_paid_by(receipt)


def bills_paid_by(receipt: Receipt) -> list[Bill]:
    """The bills that the receipt's order pays now, oldest first."""
    items = payments.bills_of_order(receipt.order_id)
    if items:
        found = Bill.objects.filter(pk__in=items)
    else:  # placed by hand: the order is the decision
        first = Receipt.objects.get(order_id=receipt.order_id, edition=0)
        found = Bill.objects.filter(member_id=first.member_id, month__in=first.months)
    paid = found.filter(order_id=receipt.order_id, state=BillState.PAID)
    return list(paid.order_by("month"))


def behind(order_id: UUID) -> tuple[UUID, str]:
    """The channel's payment behind what a receipt names as its order: order, and the channel's
    number where it is not the order's own payment.
    """
    placed = Resolution.objects.select_related("suspension").filter(pk=order_id).first()
    if placed is None or placed.suspension is None or placed.suspension.order_id is None:
        return order_id, ""
    line = placed.suspension
    return placed.suspension.order_id, second_transactions([line]).get(line.effect, "")


class RefundDuties:
    """What of refunds waits for somebody, on the first page of the desk."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterator[Duty]:
        if not can(actor, DuesPermission.REFUND):
            return
        open_ones = [one for one in refunds_visible_to(actor) if one.is_asked or one.is_sent]
        mine = [one for one in open_ones if one.resolution.asked_by == actor.person_id]
        waiting = [one for one in open_ones if one.is_asked and one not in mine]
        yield Duty("退款待复核", len(waiting), "/dues/refunds/", Urgency.SOON)
        stuck = [one for one in open_ones if one.is_abnormal and one not in mine]
        yield Duty("退款异常待处理", len(stuck), "/dues/refunds/", Urgency.OVERDUE)


def _refunds() -> QuerySet[Resolution]:
    placed = (ResolutionKind.PLACED, ResolutionKind.CLAIMED)
    found: QuerySet[Resolution] = Resolution.objects.exclude(kind__in=placed)
    return found.select_related("suspension")


def _told(rows: Iterable[Resolution]) -> list[RefundCase]:
    held = list(rows)
    refunds = payments.refunds_by_cause(one.pk for one in held)
    orders = payments.orders_by_id(
        key for one in held if one.pk not in refunds and (key := _order_of(one)) is not None
    )
    orders |= {refund.order_id: refund.order for refund in refunds.values()}
    people = members.places_of(order.payer_member_id for order in orders.values())
    months = _months(held)
    found = []
    for one in held:
        refund = refunds.get(one.pk)
        key = refund.order_id if refund else _order_of(one)
        order = orders.get(key) if key else None
        if order is None:
            continue
        name, path = people.get(order.payer_member_id, ("", ""))
        found.append(
            RefundCase(
                resolution=one,
                refund=refund,
                channel=order.config.get_channel_display(),
                order_number=order.out_trade_no,
                member_id=order.payer_member_id,
                name=name,
                org_path=path,
                months=months.get(one.pk, ()),
            )
        )
    return found


def _order_of(held: Resolution) -> UUID | None:
    return held.suspension.order_id if held.suspension else held.order_id


def _months(held: Iterable[Resolution]) -> dict[UUID, tuple[int, ...]]:
    """The months that each decision gives back, in one statement."""
    wanted = {
        one.pk: [key for key, _ in one.bills] for one in held if one.kind == ResolutionKind.RETURNED
    }
    keys = {key for found in wanted.values() for key in found}
    rows = Bill.objects.filter(pk__in=keys).values_list("id", "month")
    month_of = {str(key): month for key, month in rows}
    return {
        pk: tuple(sorted(month_of[key] for key in found if key in month_of))
        for pk, found in wanted.items()
    }
