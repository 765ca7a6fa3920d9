"""The API of the post between units."""

from __future__ import annotations

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.exchange.api.serializers import TrafficOutput
from shared_apps.exchange.permissions import ExchangePermission
from shared_apps.exchange.selectors import traffic


class TrafficFigures(Endpoint):
    """``GET`` how much waits, and why."""

    permission = ExchangePermission.TRAFFIC_VIEW

    @extend_schema(operation_id="exchange_traffic", responses=TrafficOutput)
    def get(self, request: Request) -> Response:
        found = asdict(traffic(now=clock.now()))
        found["hindered"] = [{"reason": why, "count": n} for why, n in found["hindered"]]
        return Response(TrafficOutput(found).data)
