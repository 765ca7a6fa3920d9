"""The end of a unit, for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from onboarding.models import Closing, ClosingState
from onboarding.permissions import OnboardingPermission
from onboarding.services import closing, closing_steps
from tenants import selectors as units
from tenants.models import UnitState


class ClosingOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    unit_id = serializers.UUIDField()
    unit = serializers.CharField(source="unit.name")
    state = serializers.ChoiceField(choices=ClosingState.choices)
    reason = serializers.CharField()
    requested_by = serializers.CharField(source="requested_by_name")
    requested_at = serializers.DateTimeField()
    confirmed_by = serializers.CharField(source="confirmed_by_name")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    blocked = serializers.DictField()
    steps = serializers.DictField(child=serializers.CharField())
    number = serializers.CharField()
    finished_at = serializers.DateTimeField(allow_null=True)


class MoneyOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF has its own
    fen = serializers.IntegerField()
    count = serializers.IntegerField()


class UnitClosingOutput(serializers.Serializer[Any]):
    money = MoneyOutput(many=True)
    closings = ClosingOutput(many=True)


class ClosingInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)
    typed = serializers.CharField(max_length=120, help_text="单位全称")


class ClosingConfirmationInput(serializers.Serializer[Any]):
    typed = serializers.CharField(max_length=120, help_text="单位全称")


class ClosingReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class CertificateOutput(serializers.Serializer[Any]):
    number = serializers.CharField()
    document = serializers.DictField()
    digest = serializers.CharField(help_text="SM3，对键名排序、无空格的 UTF-8 JSON 计算")
    signature = serializers.CharField()


class UnitClosing(Endpoint):
    """``GET`` the money in the way and the closings so far, ``POST`` a request."""

    permission = OnboardingPermission.CLOSING_VIEW

    @extend_schema(operation_id="unit_closing_retrieve", responses=UnitClosingOutput)
    def get(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_by_id(unit_id)
        is_open = unit.is_serving or unit.state == UnitState.SUSPENDED
        told = {
            "money": closing.standing_of(unit) if is_open else [],
            "closings": closing.history_of(unit_id),
        }
        return Response(UnitClosingOutput(told).data)


class RequestClosing(Endpoint):
    permission = OnboardingPermission.CLOSING_REQUEST

    @extend_schema(
        operation_id="unit_closing_request", request=ClosingInput, responses={201: ClosingOutput}
    )
    def post(self, request: Request, unit_id: UUID) -> Response:
        given = ClosingInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = closing.request(
            unit=units.unit_by_id(unit_id),
            actor=self.actor,
            now=clock.now(),
            **given.validated_data,
        )
        return _told(made, 201)


class Closings(Endpoint):
    permission = OnboardingPermission.CLOSING_VIEW

    @extend_schema(operation_id="closings_list", responses=ClosingOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(ClosingOutput(closing.in_hand(), many=True).data)


class ConfirmClosing(Endpoint):
    permission = OnboardingPermission.CLOSING_CONFIRM

    @extend_schema(
        operation_id="closing_confirm", request=ClosingConfirmationInput, responses=ClosingOutput
    )
    def post(self, request: Request, closing_id: UUID) -> Response:
        given = ClosingConfirmationInput(data=request.data)
        given.is_valid(raise_exception=True)
        return _told(
            closing.confirm(
                closing_id=closing_id, actor=self.actor, now=clock.now(), **given.validated_data
            )
        )


class CallOffClosing(Endpoint):
    permission = OnboardingPermission.CLOSING_REQUEST

    @extend_schema(
        operation_id="closing_call_off", request=ClosingReasonInput, responses=ClosingOutput
    )
    def post(self, request: Request, closing_id: UUID) -> Response:
        given = ClosingReasonInput(data=request.data)
        given.is_valid(raise_exception=True)
        return _told(
            closing.call_off(
                closing_id=closing_id, actor=self.actor, now=clock.now(), **given.validated_data
            )
        )


class ClosingCertificate(Endpoint):
    permission = OnboardingPermission.CLOSING_VIEW

    @extend_schema(operation_id="closing_certificate_retrieve", responses=CertificateOutput)
    def get(self, request: Request, closing_id: UUID) -> Response:
        return Response(CertificateOutput(closing_steps.certificate_of(closing_id)).data)


def _told(held: Closing, status: int = 200) -> Response:
    return Response(ClosingOutput(held).data, status=status)
