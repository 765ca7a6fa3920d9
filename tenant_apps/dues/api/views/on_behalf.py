"""The API of paying for somebody who shows a code."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import given
from kernel.unit import current_unit
from shared_apps.payments.selectors import Channel
from tenant_apps.dues import selectors
from tenant_apps.dues.api.serializers import MonthField, PaymentInput, StartedOutput
from tenant_apps.dues.api.views.phone import MyEndpoint, started
from tenant_apps.dues.selectors import on_behalf
from tenant_apps.dues.selectors.phone import ways_to_pay
from tenant_apps.dues.services import collection


class PayForCodeOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    expires_at = serializers.DateTimeField()


class PayForMonthsOutput(serializers.Serializer[Any]):
    name_masked = serializers.CharField()
    months = serializers.ListField(child=MonthField())
    amount_fen = serializers.IntegerField()


class MyPayForCode(MyEndpoint):
    """``GET`` the code that lets somebody else pay one's open months for a quarter of an hour."""

    @extend_schema(operation_id="my_pay_for_code", responses=PayForCodeOutput)
    def get(self, request: Request) -> Response:
        now = clock.now()
        code = on_behalf.code_of(self.member_id, now=now)
        shown = {"code": code, "expires_at": now + on_behalf.LIFE}
        return Response(PayForCodeOutput(shown).data)


class PayFor(MyEndpoint):
    """``GET`` the open months of whoever showed the code; ``POST`` starts paying them."""

    @extend_schema(operation_id="my_pay_for_months", responses=PayForMonthsOutput)
    def get(self, request: Request, code: str) -> Response:
        consent = on_behalf.consent_in(code, now=clock.now())
        owed = selectors.unpaid_months(consent.member_id)
        shown = {
            "name_masked": consent.name_masked,
            "months": owed.months,
            "amount_fen": owed.fen,
        }
        return Response(PayForMonthsOutput(shown).data)

    @extend_schema(
        operation_id="my_pay_for_start", request=PaymentInput, responses={201: StartedOutput}
    )
    def post(self, request: Request, code: str) -> Response:
        values = given(PaymentInput, request.data)
        consent = on_behalf.consent_in(code, now=clock.now())
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        order = collection.start_payment(
            member_id=consent.member_id,
            months=values["months"],
            channel=Channel(values.get("channel") or next(iter(ways), Channel.WECHAT)),
            consent=consent,
            actor=self.actor,
            now=clock.now(),
        )
        return started(order, return_url=values["return_url"])
