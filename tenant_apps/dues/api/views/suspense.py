"""The API of suspended money: what waits for a decision, and the decisions."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from tenant_apps.dues import selectors
from tenant_apps.dues.api.serializers import (
    DecisionInput,
    ReceiptOutput,
    SuspendedOutput,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.services import refunds, suspense


class SuspendedSums(Endpoint):
    permission = DuesPermission.SUSPENSE

    @extend_schema(operation_id="dues_suspense_list", responses=SuspendedOutput(many=True))
    def get(self, request: Request) -> Response:
        found = selectors.suspended_visible_to(self.actor)
        return Response(SuspendedOutput(found, many=True).data)


class Placement(Endpoint):
    """``POST`` pays the payer's oldest open bills with the sum."""

    permission = DuesPermission.SUSPENSE

    @extend_schema(
        operation_id="dues_suspense_place", request=DecisionInput, responses={201: ReceiptOutput}
    )
    def post(self, request: Request, transfer_id: UUID) -> Response:
        suspended = selectors.suspended_for(self.actor, transfer_id)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        receipt = suspense.place(
            suspended=suspended, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(ReceiptOutput(receipt).data, status=201)


class Refund(Endpoint):
    """``POST`` asks for it; it goes on under ``dues/refunds/``."""

    permission = DuesPermission.SUSPENSE

    @extend_schema(
        operation_id="dues_refund_ask", request=DecisionInput, responses={201: SuspendedOutput}
    )
    def post(self, request: Request, transfer_id: UUID) -> Response:
        suspended = selectors.suspended_for(self.actor, transfer_id)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        refunds.ask_suspended(
            suspended=suspended, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return _answer(self, transfer_id, status=201)


def _answer(endpoint: Endpoint, transfer_id: UUID, status: int = 200) -> Response:
    told = selectors.suspended_for(endpoint.actor, transfer_id)
    return Response(SuspendedOutput(told).data, status=status)
