"""The API of batches paid for others, and of the entrustments behind them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from tenant_apps.dues.api.proxy_serializers import (
    BankSlipInput,
    BatchInput,
    BatchLineOutput,
    BatchLinePageOutput,
    BatchOutput,
    BatchPageOutput,
    EntrustmentInput,
    EntrustmentOutput,
    EntrustmentPageOutput,
    GiveBackInput,
)
from tenant_apps.dues.api.views.phone import MyEndpoint
from tenant_apps.dues.models import SlipKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import counter as slips
from tenant_apps.dues.selectors import proxy as reading
from tenant_apps.dues.services import entrusting, proxy
from tenant_apps.members import selectors as members


class Batches(Endpoint):
    """``GET`` batches, newest first; ``POST`` draws one up of the rows that can be paid."""

    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_batches_list", responses=BatchPageOutput)
    def get(self, request: Request) -> Response:
        return _pages(self, request, reading.lots_visible_to(self.actor), BatchOutput)

    @extend_schema(
        operation_id="dues_batches_draw_up", request=BatchInput, responses={201: BatchOutput}
    )
    def post(self, request: Request) -> Response:
        values = given(BatchInput, request.data)
        rows = [
            reading.Row(number, one["name"], one["key"], one["month"].value, one["amount_fen"])
            for number, one in enumerate(values["rows"], 1)
        ]
        made = proxy.draw_up(
            rows=rows,
            title=values["title"],
            is_their_money=values["is_their_money"],
            actor=self.actor,
            now=clock.now(),
        )
        return Response(BatchOutput(made).data, status=201)


class Batch(Endpoint):
    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_batches_retrieve", responses=BatchOutput)
    def get(self, request: Request, lot_id: UUID) -> Response:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        return Response(BatchOutput(lot).data)


class BatchLines(Endpoint):
    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_batches_lines", responses=BatchLinePageOutput)
    def get(self, request: Request, lot_id: UUID) -> Response:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        rows = slips.slips_visible_to(self.actor, kind=SlipKind.PROXY).filter(lot=lot)
        return _pages(self, request, rows, BatchLineOutput)


class BatchCheck(Endpoint):
    """``POST`` is the second person's word."""

    permission = DuesPermission.DEPOSIT

    @extend_schema(operation_id="dues_batches_check", request=None, responses=BatchOutput)
    def post(self, request: Request, lot_id: UUID) -> Response:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        done = proxy.check(lot=lot, actor=self.actor, now=clock.now())
        return Response(BatchOutput(done).data)


class BatchWithdrawal(Endpoint):
    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_batches_withdraw", request=None, responses=BatchOutput)
    def post(self, request: Request, lot_id: UUID) -> Response:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        done = proxy.withdraw(lot=lot, actor=self.actor, now=clock.now())
        return Response(BatchOutput(done).data)


class BatchDeposit(Endpoint):
    """``POST`` confirms that the batch's money is in the account; bills and receipts follow."""

    permission = DuesPermission.DEPOSIT

    @extend_schema(operation_id="dues_batches_bank", request=BankSlipInput, responses=BatchOutput)
    def post(self, request: Request, lot_id: UUID) -> Response:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        values = given(BankSlipInput, request.data)
        done = proxy.bank(lot=lot, actor=self.actor, now=clock.now(), **values)
        return Response(BatchOutput(done).data)


class LineReturn(Endpoint):
    """``POST`` enters that a member has the money back that no bill took."""

    permission = DuesPermission.DEPOSIT

    @extend_schema(
        operation_id="dues_batches_give_back", request=GiveBackInput, responses=BatchLineOutput
    )
    def post(self, request: Request, slip_id: UUID) -> Response:
        slip = slips.slip_for(self.actor, slip_id, to=self.permission, kind=None)
        values = given(GiveBackInput, request.data)
        proxy.give_back(slip=slip, actor=self.actor, now=clock.now(), **values)
        told = slips.slip_for(self.actor, slip_id, to=self.permission, kind=None)
        return Response(BatchLineOutput(told).data)


class Entrustments(Endpoint):
    """``GET`` entrustments, those in force first; ``POST`` enters a form that a member signed."""

    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_entrustments_list", responses=EntrustmentPageOutput)
    def get(self, request: Request) -> Response:
        rows = reading.entrustments_visible_to(self.actor)
        return _pages(self, request, rows, EntrustmentOutput)

    @extend_schema(
        operation_id="dues_entrustments_enter",
        request=EntrustmentInput,
        responses={201: EntrustmentOutput},
    )
    def post(self, request: Request) -> Response:
        values = given(EntrustmentInput, request.data)
        member = members.member_for(self.actor, values.pop("member_id"), to=self.permission)
        made = entrusting.enter_paper(member=member, actor=self.actor, now=clock.now(), **values)
        return Response(EntrustmentOutput(made).data, status=201)


class Entrustment(Endpoint):
    """``DELETE`` ends it; what was is kept."""

    permission = DuesPermission.COUNTER

    @extend_schema(operation_id="dues_entrustments_end", responses=EntrustmentOutput)
    def delete(self, request: Request, entrustment_id: UUID) -> Response:
        held = reading.entrustment_for(self.actor, entrustment_id)
        done = entrusting.end(entrustment=held, why="", actor=self.actor, now=clock.now())
        return Response(EntrustmentOutput(done).data)


class MyEntrustment(MyEndpoint):
    """``POST`` entrusts the branch with paying in, ``DELETE`` takes the word back."""

    @extend_schema(
        operation_id="my_entrustment_give", request=None, responses={201: EntrustmentOutput}
    )
    def post(self, request: Request) -> Response:
        member = members.own_file(self.actor)
        made = entrusting.give(member=member, actor=self.actor, now=clock.now())
        return Response(EntrustmentOutput(made).data, status=201)

    @extend_schema(operation_id="my_entrustment_end", responses=EntrustmentOutput)
    def delete(self, request: Request) -> Response:
        held = reading.entrustment_of(self.member_id)
        if held is None:
            raise reading.EntrustmentNotFound
        done = entrusting.end(entrustment=held, why="本人解除", actor=self.actor, now=clock.now())
        return Response(EntrustmentOutput(done).data)


def _pages(endpoint: Endpoint, request: Request, rows: QuerySet[Any], shape: Any) -> Response:
    pages: Any = Pages()
    page = pages.paginate_queryset(rows, request, view=endpoint)
    answer: Response = pages.get_paginated_response(shape(page, many=True).data)
    return answer
