"""The API of counter cash: slips, taking one back, the deposit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from tenant_apps.dues.api.counter_serializers import (
    CashInput,
    DepositInput,
    LotOutput,
    ReversalInput,
    SlipOutput,
    SlipPageOutput,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import counter as reading
from tenant_apps.dues.services import counter


class Slips(Endpoint):
    """``GET`` slips of the actor's sub-trees, newest first; ``POST`` takes cash."""

    permission = DuesPermission.COUNTER

    @extend_schema(
        operation_id="dues_slips_list",
        parameters=[OpenApiParameter("state", str, description="held、banked 或 reversed")],
        responses=SlipPageOutput,
    )
    def get(self, request: Request) -> Response:
        rows = reading.slips_visible_to(self.actor, state=request.query_params.get("state", ""))
        pages: Any = Pages()
        page = pages.paginate_queryset(rows, request, view=self)
        answer: Response = pages.get_paginated_response(SlipOutput(page, many=True).data)
        return answer

    @extend_schema(
        operation_id="dues_slips_take", request=CashInput, responses={201: SlipOutput(many=True)}
    )
    def post(self, request: Request) -> Response:
        values = given(CashInput, request.data)
        made = counter.take(
            chosen={one["member_id"]: one["months"] for one in values["members"]},
            received_fen=values["received_fen"],
            handed_by=values["handed_by"],
            actor=self.actor,
            now=clock.now(),
        )
        told = reading.taken_together(self.actor, made[0])
        return Response(SlipOutput(told, many=True).data, status=201)


class Slip(Endpoint):
    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_slips_retrieve", responses=SlipOutput)
    def get(self, request: Request, slip_id: UUID) -> Response:
        return Response(SlipOutput(reading.slip_for(self.actor, slip_id, to=self.permission)).data)


class SlipReversal(Endpoint):
    """``POST`` takes a colleague's slip back while its cash is not in the bank."""

    permission = DuesPermission.DEPOSIT

    @extend_schema(operation_id="dues_slips_reverse", request=ReversalInput, responses=SlipOutput)
    def post(self, request: Request, slip_id: UUID) -> Response:
        slip = reading.slip_for(self.actor, slip_id, to=self.permission)
        values = given(ReversalInput, request.data)
        counter.reverse(slip=slip, actor=self.actor, now=clock.now(), **values)
        return Response(SlipOutput(reading.slip_for(self.actor, slip_id, to=self.permission)).data)


class Deposits(Endpoint):
    """``POST`` confirms that the bank has what a collector took."""

    permission = DuesPermission.DEPOSIT

    @extend_schema(
        operation_id="dues_deposits_confirm", request=DepositInput, responses={201: LotOutput}
    )
    def post(self, request: Request) -> Response:
        values = given(DepositInput, request.data)
        made = counter.deposit(actor=self.actor, now=clock.now(), **values)
        return Response(LotOutput(made).data, status=201)
