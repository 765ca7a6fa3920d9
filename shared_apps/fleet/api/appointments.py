"""Whether waves reach a unit first, for programs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import units
from shared_apps.fleet.services import appointments


class UnitCanary(Endpoint):
    """``PUT`` makes the unit one that waves reach first, ``DELETE`` one like all others."""

    permission = FleetPermission.WAVES_ACT

    @extend_schema(operation_id="fleet_units_canary", request=None, responses={204: None})
    def put(self, request: Request, unit_id: UUID) -> Response:
        return self._appointed(unit_id, is_canary=True)

    @extend_schema(operation_id="fleet_units_canary_end", responses={204: None})
    def delete(self, request: Request, unit_id: UUID) -> Response:
        return self._appointed(unit_id, is_canary=False)

    def _appointed(self, unit_id: UUID, *, is_canary: bool) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        now = clock.now()
        appointments.appoint(unit=unit, is_canary=is_canary, actor=self.actor, now=now)
        return Response(status=204)
