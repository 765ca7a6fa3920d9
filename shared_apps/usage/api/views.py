"""The API of metering: everything the pages show, over the same calls."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.core.paginator import Paginator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.clock import Month
from kernel.unit import current_unit_id
from shared_apps.usage import selectors
from shared_apps.usage.api import serializers as shapes
from shared_apps.usage.permissions import UsagePermission
from shared_apps.usage.selectors import By, Span, corrections
from shared_apps.usage.selectors.outside import REPORTS_SHOWN, as_data, outside, reports_of

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


class OutsideReports(Endpoint):
    """``GET`` the reports as they were sent, 50 to a page."""

    permission = UsagePermission.OUTSIDE_VIEW

    @extend_schema(
        operation_id="outside_reports",
        parameters=[
            OpenApiParameter("kind", str, description="上报类别，例如 members、payments"),
            OpenApiParameter("month", str, description="发出月份，例如 2026-11"),
            OpenApiParameter("page", int),
        ],
        responses=shapes.ReportPageOutput,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        month = Month.parse(asked["month"]) if asked.get("month") else None
        found = reports_of(current_unit_id(), kind=asked.get("kind", ""), month=month)
        page = Paginator(found, REPORTS_SHOWN).get_page(asked.get("page"))
        answer = {"count": page.paginator.count, "results": list(page)}
        return Response(shapes.ReportPageOutput(answer).data)


def _span(request: Request) -> Span:
    return selectors.span_asked_for(request.query_params.dict(), today=clock.today())
