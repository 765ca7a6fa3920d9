"""The own saved filters for programs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.fleet.api import serializers as shapes
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import own
from shared_apps.fleet.services import saved_filters


class SavedFilters(Endpoint):
    """``GET`` the own filters, ``POST`` another one."""

    permission = FleetPermission.VIEW

    @extend_schema(operation_id="fleet_filters_list", responses=shapes.SavedFilterOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.SavedFilterOutput(own.filters_of(self.actor), many=True).data)

    @extend_schema(
        operation_id="fleet_filters_save",
        request=shapes.SavedFilterInput,
        responses={201: shapes.SavedFilterOutput},
    )
    def post(self, request: Request) -> Response:
        given = shapes.SavedFilterInput(data=request.data)
        given.is_valid(raise_exception=True)
        saved = saved_filters.save(**given.validated_data, actor=self.actor, now=clock.now())
        return Response(shapes.SavedFilterOutput(saved).data, status=201)


class OneSavedFilter(Endpoint):
    """``PATCH`` its name or whether the list opens with it, ``DELETE`` it."""

    permission = FleetPermission.VIEW

    @extend_schema(
        operation_id="fleet_filters_change",
        request=shapes.SavedFilterChangeInput,
        responses=shapes.SavedFilterOutput,
    )
    def patch(self, request: Request, filter_id: UUID) -> Response:
        held = own.filter_of(self.actor, filter_id)
        given = shapes.SavedFilterChangeInput(data=request.data)
        given.is_valid(raise_exception=True)
        if "name" in given.validated_data:
            name = given.validated_data["name"]
            held = saved_filters.rename(held=held, name=name, actor=self.actor)
        if "is_default" in given.validated_data:
            is_default = given.validated_data["is_default"]
            held = saved_filters.make_default(held=held, is_default=is_default, actor=self.actor)
        return Response(shapes.SavedFilterOutput(held).data)

    @extend_schema(operation_id="fleet_filters_delete", responses={204: None})
    def delete(self, request: Request, filter_id: UUID) -> Response:
        saved_filters.delete(held=own.filter_of(self.actor, filter_id), actor=self.actor)
        return Response(status=204)
