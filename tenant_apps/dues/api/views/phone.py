"""The API of one's own dues: bills, payments, orders, receipts, cards."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.unit import current_unit
from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel
from tenant_apps.dues import selectors
from tenant_apps.dues.api.serializers import (
    BillOutput,
    OrderOutput,
    PaymentInput,
    ReceiptOutput,
    ReceivedCardOutput,
    StartedOutput,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.phone import ways_to_pay
from tenant_apps.dues.services import collection
from tenant_apps.members import selectors as members

if TYPE_CHECKING:
    from shared_apps.payments.models import Order


class MyEndpoint(Endpoint, abstract=True):
    permission = DuesPermission.PAY

    @property
    def member_id(self) -> UUID:
        """Raises MemberNotFound for somebody who has no file here."""
        return members.own_file(self.actor).pk


def started(order: Order, *, return_url: str) -> Response:
    """An order that was just begun, with the way to the channel's page."""
    address = collection.cashier(order=order, return_url=return_url)
    method = "POST" if address and collection.cashier_form(order=order) else "GET"
    return Response(
        {**OrderOutput(order).data, "cashier_url": address, "cashier_method": method}, status=201
    )


class MyBills(MyEndpoint):
    @extend_schema(operation_id="my_bills", responses=BillOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = selectors.bills_of_member(self.member_id)
        return Response(BillOutput(rows, many=True).data)


class MyPayments(MyEndpoint):
    """``POST`` starts a payment; send an ``Idempotency-Key``."""

    @extend_schema(
        operation_id="my_payments_start", request=PaymentInput, responses={201: StartedOutput}
    )
    def post(self, request: Request) -> Response:
        given = PaymentInput(data=request.data)
        given.is_valid(raise_exception=True)
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        channel = given.validated_data.get("channel") or next(iter(ways), Channel.WECHAT)
        order = collection.start_payment(
            member_id=self.member_id,
            months=given.validated_data["months"],
            channel=Channel(channel),
            actor=self.actor,
            now=clock.now(),
        )
        return started(order, return_url=given.validated_data["return_url"])


class MyOrder(MyEndpoint):
    is_kept_open = True  # a payment begun before is booked when this hears of it

    @extend_schema(operation_id="my_orders_retrieve", responses=OrderOutput)
    def get(self, request: Request, order_id: UUID) -> Response:
        order = payments.order_by_id(order_id)
        if order.payer_member_id != self.actor.member_id:
            raise payments.UnknownOrder
        order = collection.follow(order=order, now=clock.now())
        return Response(OrderOutput(order).data)


class MyReceipts(MyEndpoint):
    @extend_schema(operation_id="my_receipts", responses=ReceiptOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = selectors.receipts_of_member(self.member_id)
        return Response(ReceiptOutput(rows, many=True).data)


class MyCards(MyEndpoint):
    @extend_schema(operation_id="my_cards", responses=ReceivedCardOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = selectors.cards_of_member(self.member_id)
        return Response(ReceivedCardOutput(rows, many=True).data)
