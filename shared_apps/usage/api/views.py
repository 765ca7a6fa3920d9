"""The API of metering: everything the pages show, over the same calls."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.unit import current_unit_id
from shared_apps.usage import selectors
from shared_apps.usage.api import serializers as shapes
from shared_apps.usage.permissions import UsagePermission
from shared_apps.usage.selectors import By, Span, corrections
from shared_apps.usage.selectors.outside import as_data, outside

_SPAN: Final = [
    OpenApiParameter("range", str, description="7、30、90 或 12m；默认 30"),
    OpenApiParameter("month", str, description="2026-11；优先于 range"),
]
_MOST: Final = 200


class UsageFigures(Endpoint):
    permission = UsagePermission.OPERATIONS_VIEW

    @extend_schema(operation_id="usage_figures", parameters=_SPAN, responses=shapes.FiguresOutput)
    def get(self, request: Request) -> Response:
        span = _span(request)
        found = {
            "span": span,
            "lag": selectors.lag(now=clock.now()),
            "together": selectors.everything(span),
            "acts": selectors.acts_everywhere(span),
        }
        return Response(shapes.FiguresOutput(found).data)


class UsageDays(Endpoint):
    permission = UsagePermission.OPERATIONS_VIEW

    @extend_schema(
        operation_id="usage_days", parameters=_SPAN, responses=shapes.DayOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        span = _span(request)
        few = selectors.everything(span).members.hidden_units
        return Response(shapes.DayOutput(selectors.by_day(span, few_units=few), many=True).data)


class UsagePlaces(Endpoint):
    permission = UsagePermission.OPERATIONS_VIEW

    @extend_schema(
        operation_id="usage_places",
        parameters=[*_SPAN, OpenApiParameter("by", str, enum=[by.value for by in By])],
        responses=shapes.PlaceOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        by = selectors.by_asked_for(request.query_params.dict())
        found: list[dict[str, Any]] = [
            {"key": one.key, "name": selectors.named(one, by), "place": one}
            for one in selectors.places(by, _span(request))
        ]
        return Response(shapes.PlaceOutput(found, many=True).data)


class UsageCorrections(Endpoint):
    permission = UsagePermission.OPERATIONS_VIEW

    @extend_schema(operation_id="usage_corrections", responses=shapes.CorrectionOutput(many=True))
    def get(self, request: Request) -> Response:
        found = selectors.drifts(since=clock.now() - dt.timedelta(days=30))[:_MOST]
        return Response(shapes.CorrectionOutput(corrections.lines(found), many=True).data)


class OutsideData(Endpoint):
    permission = UsagePermission.OUTSIDE_VIEW

    @extend_schema(operation_id="outside", responses=shapes.OutsideOutput)
    def get(self, request: Request) -> Response:
        found = as_data(outside(current_unit_id()), now=clock.now())
        return Response(shapes.OutsideOutput(found).data)


def _span(request: Request) -> Span:
    return selectors.span_asked_for(request.query_params.dict(), today=clock.today())
