"""The API of refunds: asking, the second person's word, what the channel says."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.dues import selectors
from tenant_apps.dues.api.refund_serializers import (
    MyRefundOutput,
    RefundInput,
    RefundOutput,
    ReturnedInput,
)
from tenant_apps.dues.api.serializers import DecisionInput
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import refunds as cases
from tenant_apps.dues.services import refunds
from tenant_apps.members import selectors as members


class Refunds(Endpoint):
    permission = DuesPermission.REFUND

    @extend_schema(operation_id="dues_refunds_list", responses=RefundOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(RefundOutput(cases.refunds_visible_to(self.actor), many=True).data)


class Refund(Endpoint):
    permission = DuesPermission.REFUND

    @extend_schema(operation_id="dues_refunds_retrieve", responses=RefundOutput)
    def get(self, request: Request, resolution_id: UUID) -> Response:
        return _answer(self, resolution_id)


class ReceiptRefund(Endpoint):
    """``POST`` asks for some of a receipt's months to go back."""

    permission = DuesPermission.REFUND

    @extend_schema(
        operation_id="dues_receipts_refund", request=RefundInput, responses={201: RefundOutput}
    )
    def post(self, request: Request, receipt_id: UUID) -> Response:
        receipt = selectors.receipt_for_desk(self.actor, receipt_id, to=self.permission)
        given = RefundInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = refunds.ask_paid(
            receipt=receipt,
            bill_ids=given.validated_data["bills"],
            reason=given.validated_data["reason"],
            exempt_approved_by=given.validated_data["exempt_approved_by"],
            actor=self.actor,
            now=clock.now(),
        )
        return _answer(self, made.pk, status=201)


class RefundApproval(Endpoint):
    """``POST`` is the second person's word; the channel is told at once."""

    permission = DuesPermission.REFUND

    @extend_schema(operation_id="dues_refunds_approve", request=None, responses=RefundOutput)
    def post(self, request: Request, resolution_id: UUID) -> Response:
        case = cases.refund_for(self.actor, resolution_id)
        refunds.approve(held=case.resolution, actor=self.actor, now=clock.now())
        return _answer(self, resolution_id)


class RefundWithdrawal(Endpoint):
    permission = DuesPermission.REFUND

    @extend_schema(
        operation_id="dues_refunds_withdraw", request=DecisionInput, responses=RefundOutput
    )
    def post(self, request: Request, resolution_id: UUID) -> Response:
        case = cases.refund_for(self.actor, resolution_id)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        refunds.withdraw(
            held=case.resolution, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return _answer(self, resolution_id)


class RefundQuestion(Endpoint):
    """``POST`` asks the channel now."""

    permission = DuesPermission.REFUND

    @extend_schema(operation_id="dues_refunds_ask", request=None, responses=RefundOutput)
    def post(self, request: Request, resolution_id: UUID) -> Response:
        case = cases.refund_for(self.actor, resolution_id)
        refunds.ask_channel(held=case.resolution, now=clock.now())
        return _answer(self, resolution_id)


class RefundReturn(Endpoint):
    """``POST`` enters that people saw to a refund that the channel could not credit."""

    permission = DuesPermission.REFUND

    @extend_schema(
        operation_id="dues_refunds_returned", request=ReturnedInput, responses=RefundOutput
    )
    def post(self, request: Request, resolution_id: UUID) -> Response:
        case = cases.refund_for(self.actor, resolution_id)
        given = ReturnedInput(data=request.data)
        given.is_valid(raise_exception=True)
        refunds.mark_returned(
            held=case.resolution, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return _answer(self, resolution_id)


class MyRefunds(Endpoint):
    """``GET`` what the channel gives back, or gave back, to the member."""

    permission = DuesPermission.PAY

    @extend_schema(operation_id="my_refunds_list", responses=MyRefundOutput(many=True))
    def get(self, request: Request) -> Response:
        member = members.own_file(self.actor)
        return Response(MyRefundOutput(cases.refunds_of_member(member.pk), many=True).data)


def _answer(endpoint: Endpoint, resolution_id: UUID, status: int = 200) -> Response:
    told = cases.refund_for(endpoint.actor, resolution_id)
    return Response(RefundOutput(told).data, status=status)
