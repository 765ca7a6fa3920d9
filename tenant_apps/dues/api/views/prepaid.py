"""The API of paying ahead."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input, given
from kernel.api.views import Endpoint
from shared_apps.payments.selectors import Channel
from tenant_apps.dues.api.serializers import MonthField, StartedOutput
from tenant_apps.dues.api.views.phone import MyEndpoint, started
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import prepaid as reading
from tenant_apps.dues.services import prepaid


class AheadInput(Input):
    until = MonthField(help_text="交到哪个月")
    channel = serializers.ChoiceField(choices=Channel.choices, default=Channel.WECHAT)


class MonthAheadOutput(serializers.Serializer[Any]):
    month = MonthField()
    fen = serializers.IntegerField()
    why_not = serializers.CharField(help_text="空：可以预交")


class MisfitOutput(serializers.Serializer[Any]):
    member_id = serializers.UUIDField()
    name = serializers.CharField()
    month = MonthField()
    paid_fen = serializers.IntegerField()
    due_fen = serializers.IntegerField(allow_null=True, help_text="空：已不在册")
    difference_fen = serializers.IntegerField()
    receipt_id = serializers.UUIDField(allow_null=True)


class MonthsAhead(MyEndpoint):
    """``GET`` the months that may be paid ahead; ``POST`` begins their payment; ``DELETE`` drops
    what is billed ahead and not paid.
    """

    @extend_schema(operation_id="my_months_ahead", responses=MonthAheadOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = reading.months_ahead(self.member_id, clock.now())
        return Response(MonthAheadOutput(rows, many=True).data)

    @extend_schema(
        operation_id="my_months_ahead_pay", request=AheadInput, responses={201: StartedOutput}
    )
    def post(self, request: Request) -> Response:
        wish = given(AheadInput, request.data)
        order = prepaid.pay_ahead(
            member_id=self.member_id,
            until=wish["until"],
            channel=Channel(wish["channel"]),
            actor=self.actor,
            now=clock.now(),
        )
        return started(order, return_url="")

    @extend_schema(operation_id="my_months_ahead_drop", responses={204: None})
    def delete(self, request: Request) -> Response:
        prepaid.take_back(member_id=self.member_id, actor=self.actor, now=clock.now())
        return Response(status=204)


class Misfits(Endpoint):
    """``GET`` months paid ahead that no longer fit."""

    permission = DuesPermission.ISSUE

    @extend_schema(operation_id="dues_prepaid_misfits", responses=MisfitOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = reading.misfits_visible_to(self.actor, clock.now())
        return Response(MisfitOutput(rows, many=True).data)
