"""Handover lists for programs."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from tenant_apps.treasury.models import HandoverList, HandoverRole, HandoverState
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import handovers as reading
from tenant_apps.treasury.selectors.places import place_for
from tenant_apps.treasury.services import handing

_MOST = 200


class HandoverInput(Input):
    """``org`` is a path; without it the whole unit's office is handed over."""

    role = serializers.ChoiceField(choices=HandoverRole.choices)
    org = serializers.RegexField(r"^\d{4,80}$", required=False, default="")
    note = serializers.CharField(required=False, default="", max_length=500)


class HandoverOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    role = serializers.ChoiceField(choices=HandoverRole.choices)
    state = serializers.ChoiceField(choices=HandoverState.choices)
    org_path = serializers.CharField()
    handed_by_name = serializers.CharField()
    handed_at = serializers.DateTimeField()
    received_by_name = serializers.CharField()
    received_at = serializers.DateTimeField(allow_null=True)
    watched_by_name = serializers.CharField()
    watched_at = serializers.DateTimeField(allow_null=True)


class HandoverDetailOutput(HandoverOutput):
    figures = serializers.DictField()
    note = serializers.CharField()


class Handovers(Endpoint):
    """``GET`` the lists by number, the newest first."""

    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_handovers_list", responses=HandoverOutput(many=True))
    def get(self, request: Request) -> Response:
        found = reading.handovers_visible_to(self.actor)[:_MOST]
        return Response(HandoverOutput(found, many=True).data)


class NewHandover(Endpoint):
    """``POST`` freezes what there is to hand over."""

    permission = TreasuryPermission.HAND_OVER

    @extend_schema(
        operation_id="treasury_handovers_draw",
        request=HandoverInput,
        responses={201: HandoverDetailOutput},
    )
    def post(self, request: Request) -> Response:
        given = self.given(HandoverInput)
        path = given.pop("org")
        place = place_for(self.actor, path, to=self.permission) if path else None
        made = handing.draw(**given, place=place, actor=self.actor, now=clock.now())
        return Response(HandoverDetailOutput(made).data, status=201)


class HandoverDetail(Endpoint):
    permission = TreasuryPermission.BROWSE

    @extend_schema(operation_id="treasury_handovers_retrieve", responses=HandoverDetailOutput)
    def get(self, request: Request, list_id: UUID) -> Response:
        found = reading.handover_for(self.actor, list_id, to=self.permission)
        return Response(HandoverDetailOutput(found).data)


class _Act(Endpoint, abstract=True):
    @abstractmethod
    def act(self, handover: HandoverList) -> HandoverList: ...

    def done(self, list_id: UUID) -> Response:
        found = reading.handover_for(self.actor, list_id, to=self.permission)
        return Response(HandoverOutput(self.act(found)).data)


class ReceiveHandover(_Act):
    """``POST``: who comes takes over."""

    permission = TreasuryPermission.HAND_OVER

    def act(self, handover: HandoverList) -> HandoverList:
        return handing.receive(handover=handover, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_handovers_receive", request=None, responses=HandoverOutput
    )
    def post(self, request: Request, list_id: UUID) -> Response:
        return self.done(list_id)


class WatchHandover(_Act):
    """``POST``: a third person watched it."""

    permission = TreasuryPermission.WATCH

    def act(self, handover: HandoverList) -> HandoverList:
        return handing.watch(handover=handover, actor=self.actor, now=clock.now())

    @extend_schema(operation_id="treasury_handovers_watch", request=None, responses=HandoverOutput)
    def post(self, request: Request, list_id: UUID) -> Response:
        return self.done(list_id)


class WithdrawHandover(_Act):
    """``POST`` drops a list that is not complete."""

    permission = TreasuryPermission.HAND_OVER

    def act(self, handover: HandoverList) -> HandoverList:
        return handing.withdraw(handover=handover, actor=self.actor, now=clock.now())

    @extend_schema(
        operation_id="treasury_handovers_withdraw", request=None, responses=HandoverOutput
    )
    def post(self, request: Request, list_id: UUID) -> Response:
        return self.done(list_id)
