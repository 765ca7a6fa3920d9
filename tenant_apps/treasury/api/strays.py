"""Money of strangers for programs: booked, claimed or given back, by two people's word."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.services import strays
from tenant_apps.treasury.selectors.strays import stray_for
from tenant_apps.treasury.services import strays as booking


class ClaimInput(Input):
    member_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=200)


class BackInput(Input):
    reason = serializers.CharField(max_length=200)


class StrayConfirmInput(Input):
    """``number`` is the channel's of the refund; a claim needs none."""

    number = serializers.CharField(max_length=64, required=False, default="")


class StrayOutput(serializers.Serializer[Any]):
    """``kind`` and ``state`` are null while nobody asked for anything."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    amount_fen = serializers.IntegerField()
    channel = serializers.CharField()
    transaction_id = serializers.CharField()
    kind = serializers.CharField(source="resolution.kind", default=None)
    state = serializers.CharField(source="resolution.state", default=None)
    months = serializers.ListField(child=serializers.IntegerField())


class _Stray(Endpoint, abstract=True):
    permission = DuesPermission.SUSPENSE

    def told(self, difference_id: UUID) -> Response:
        return Response(StrayOutput(stray_for(self.actor, difference_id)).data)


class StrayDetail(_Stray):
    """``GET`` what became of the money; ``POST`` books it as suspended."""

    @extend_schema(operation_id="treasury_stray", responses=StrayOutput)
    def get(self, request: Request, difference_id: UUID) -> Response:
        return self.told(difference_id)

    @extend_schema(operation_id="treasury_stray_book", request=None, responses=StrayOutput)
    def post(self, request: Request, difference_id: UUID) -> Response:
        booking.book(case_id=difference_id, actor=self.actor, now=clock.now())
        return self.told(difference_id)


class ClaimStray(_Stray):
    """``POST`` asks for it to pay a member's oldest open bills."""

    @extend_schema(operation_id="treasury_stray_claim", request=ClaimInput, responses=StrayOutput)
    def post(self, request: Request, difference_id: UUID) -> Response:
        stray = stray_for(self.actor, difference_id)
        strays.ask_claim(stray=stray, **self.given(ClaimInput), actor=self.actor, now=clock.now())
        return self.told(difference_id)


class GiveBackStray(_Stray):
    """``POST`` asks for it to be given back."""

    @extend_schema(
        operation_id="treasury_stray_give_back", request=BackInput, responses=StrayOutput
    )
    def post(self, request: Request, difference_id: UUID) -> Response:
        stray = stray_for(self.actor, difference_id)
        strays.ask_back(stray=stray, **self.given(BackInput), actor=self.actor, now=clock.now())
        return self.told(difference_id)


class ConfirmStray(_Stray):
    """``POST``: the second person's word."""

    @extend_schema(
        operation_id="treasury_stray_confirm", request=StrayConfirmInput, responses=StrayOutput
    )
    def post(self, request: Request, difference_id: UUID) -> Response:
        stray = stray_for(self.actor, difference_id)
        number = self.given(StrayConfirmInput)["number"]
        if stray.is_claim:
            strays.confirm_claim(stray=stray, actor=self.actor, now=clock.now())
        else:
            strays.confirm_back(
                stray=stray, refund_number=number, actor=self.actor, now=clock.now()
            )
        return self.told(difference_id)


class WithdrawStray(_Stray):
    """``POST`` takes the asking back."""

    @extend_schema(operation_id="treasury_stray_withdraw", request=None, responses=StrayOutput)
    def post(self, request: Request, difference_id: UUID) -> Response:
        stray = stray_for(self.actor, difference_id)
        strays.withdraw(stray=stray, actor=self.actor, now=clock.now())
        return self.told(difference_id)
