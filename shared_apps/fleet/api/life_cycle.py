"""The states of a unit, for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import units
from shared_apps.fleet.services import life_cycle
from tenants import selectors as directory
from tenants.models import UnitState


class TransitionOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    was = serializers.ChoiceField(choices=UnitState.choices)
    to = serializers.ChoiceField(choices=UnitState.choices)
    reason = serializers.CharField()
    actor = serializers.CharField(source="actor_name")
    at = serializers.DateTimeField()


class LifeCycleOutput(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=UnitState.choices)
    closes_at = serializers.DateTimeField(allow_null=True)
    seen = serializers.IntegerField(help_text="下一次变更时原样带回，用于发现他人先一步的变更")
    allowed = serializers.ListField(child=serializers.ChoiceField(choices=UnitState.choices))
    transitions = TransitionOutput(many=True)


class TransitionInput(serializers.Serializer[Any]):
    to = serializers.ChoiceField(choices=UnitState.choices)
    seen = serializers.IntegerField(min_value=0)
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)
    typed = serializers.CharField(
        max_length=120, required=False, default="", help_text="暂停时须填写单位全称"
    )


class UnitNameInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)


class UnitAddressInput(serializers.Serializer[Any]):
    label = serializers.CharField(max_length=30)  # type: ignore[assignment]  # DRF has its own


class UnitAddressOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF has its own


class LifeCycle(Endpoint):
    """``GET`` the state, the acts and the record; ``POST`` a change."""

    permission = FleetPermission.VIEW

    @extend_schema(operation_id="fleet_life_cycle_retrieve", responses=LifeCycleOutput)
    def get(self, request: Request, unit_id: UUID) -> Response:
        return self._answer(unit_id)

    @extend_schema(
        operation_id="fleet_life_cycle_change", request=TransitionInput, responses=LifeCycleOutput
    )
    def post(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=FleetPermission.LIFE_CYCLE)
        given = TransitionInput(data=request.data)
        given.is_valid(raise_exception=True)
        life_cycle.act(unit=unit, actor=self.actor, now=clock.now(), **given.validated_data)
        return self._answer(unit_id)

    def _answer(self, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        changes = list(directory.transitions_of(unit.pk))
        told = {
            "state": unit.state,
            "closes_at": unit.closes_at,
            "seen": changes[0].number if changes else 0,
            "allowed": [act.to for act in life_cycle.acts_on(unit)],
            "transitions": changes,
        }
        return Response(LifeCycleOutput(told).data)


class UnitName(Endpoint):
    permission = FleetPermission.RENAME

    @extend_schema(
        operation_id="fleet_unit_rename", request=UnitNameInput, responses=UnitAddressOutput
    )
    def put(self, request: Request, unit_id: UUID) -> Response:
        return _changed(self, unit_id, UnitNameInput(data=request.data), life_cycle.rename)


class UnitAddress(Endpoint):
    permission = FleetPermission.RENAME

    @extend_schema(
        operation_id="fleet_unit_relocate", request=UnitAddressInput, responses=UnitAddressOutput
    )
    def put(self, request: Request, unit_id: UUID) -> Response:
        return _changed(self, unit_id, UnitAddressInput(data=request.data), life_cycle.relocate)


def _changed(
    endpoint: Endpoint,
    unit_id: UUID,
    given: serializers.Serializer[Any],
    change: Callable[..., None],
) -> Response:
    """Another name or address for a unit; answers with both as they are then."""
    unit = units.unit_for(endpoint.actor, unit_id, to=FleetPermission.RENAME)
    given.is_valid(raise_exception=True)
    change(unit=unit, actor=endpoint.actor, now=clock.now(), **given.validated_data)
    return Response(UnitAddressOutput(unit).data)
