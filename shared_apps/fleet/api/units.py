"""The units for programs: the same list, lines and time line as the pages."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.fleet.api import serializers as shapes
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import time_line, units
from shared_apps.fleet.selectors.units import SORTS, Wanted
from shared_apps.fleet.services import lines, pins, standings, workbook, works
from shared_apps.usage import selectors as usage
from tenants import selectors as directory

_PAGE: Final = 100
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ASKED: Final = [
    OpenApiParameter("q", str, description="名称、拼音首字母、信用代码、访问地址或编号"),
    OpenApiParameter("state", str),
    OpenApiParameter("trouble", str, description="一种异常，或 any"),
    OpenApiParameter("region", str, description="行政区划代码的前 2 或 4 位"),
    OpenApiParameter("branch", str, description="经办行名称的一部分"),
    OpenApiParameter("profile", str),
    OpenApiParameter("schema", str),
    OpenApiParameter("cell", str, description="所在分区"),
    OpenApiParameter("pinned", str, description="1 为只看已置顶"),
    OpenApiParameter("sort", str, description=f"{'、'.join(SORTS)}；前加 - 为倒序"),
]


class Units(Endpoint):
    """``GET`` the units wanted, 100 to a page."""

    permission = FleetPermission.VIEW

    @extend_schema(
        operation_id="fleet_units_list",
        parameters=[*_ASKED, OpenApiParameter("page", int)],
        responses=shapes.FleetPageOutput,
    )
    def get(self, request: Request) -> Response:
        found: Any = units.listed(self.actor, Wanted.read(request.query_params))
        paginator: Paginator[Any] = Paginator(found, _PAGE)
        page, now = paginator.get_page(request.query_params.get("page")), clock.now()
        rows = units.rows_of(self.actor, list(page.object_list))
        answer = {
            "as_of": usage.as_of(standings.WORK),
            "count": page.paginator.count,
            "results": [lines.line(one, now=now, is_pinned=one.is_pinned) for one in rows],
        }
        return Response(shapes.FleetPageOutput(answer).data)


class UnitsWorkbook(Endpoint):
    """``GET`` the units wanted as a workbook with every column."""

    permission = FleetPermission.EXPORT

    @extend_schema(
        operation_id="fleet_units_export",
        parameters=_ASKED,
        responses={(200, _XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        found, now = units.listed(self.actor, Wanted.read(request.query_params)), clock.now()
        rows = (lines.line(unit, now=now) for unit in units.all_rows(self.actor, found))
        content = workbook.content(rows, hidden=(), as_of=usage.as_of(standings.WORK), now=now)
        return HttpResponse(content, content_type=_XLSX, headers={"Cache-Control": "no-store"})


class UnitDetail(Endpoint):
    """``GET`` one unit's line."""

    permission = FleetPermission.VIEW

    @extend_schema(operation_id="fleet_units_retrieve", responses=shapes.FleetUnitOutput)
    def get(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        is_pinned = units.pinned_by(self.actor).filter(unit=unit).exists()
        line = lines.line(unit, now=clock.now(), is_pinned=is_pinned)
        return Response(shapes.FleetUnitOutput(line).data)


class UnitTimeLine(Endpoint):
    """``GET`` what happened to the unit, newest first."""

    permission = FleetPermission.VIEW

    @extend_schema(
        operation_id="fleet_units_time_line",
        parameters=[OpenApiParameter("kind", str), OpenApiParameter("page", int)],
        responses=shapes.TimeLineOutput,
    )
    def get(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        query = request.query_params
        number = time_line.page_number(query.get("page", ""))
        pages = time_line.of_unit(unit, kind=query.get("kind", ""), page=number)
        answer: dict[str, Any] = {
            "page": pages.number,
            "has_more": pages.has_more,
            "results": pages.entries,
        }
        return Response(shapes.TimeLineOutput(answer).data)


class UnitWork(Endpoint):
    """``GET`` the unit's periodic work that failed or is late."""

    permission = FleetPermission.VIEW

    @extend_schema(operation_id="fleet_units_work", responses=shapes.WorkOutput(many=True))
    def get(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        found = directory.work_in_trouble(now=clock.now(), unit_id=unit.pk)
        return Response(shapes.WorkOutput(found, many=True).data)


class UnitWorkRetry(Endpoint):
    """``POST`` has one of them done at once."""

    permission = FleetPermission.WORK_RETRY

    @extend_schema(
        operation_id="fleet_units_work_retry",
        request=shapes.WorkRetryInput,
        responses={202: shapes.WorkRetryOutput},
    )
    def post(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        given = shapes.WorkRetryInput(data=request.data)
        given.is_valid(raise_exception=True)
        name = given.validated_data["work"]
        done = works.retry(unit=unit, name=name, actor=self.actor, now=clock.now())
        return Response(shapes.WorkRetryOutput(done).data, status=202)


class UnitPin(Endpoint):
    """``PUT`` keeps the unit on top of the own list, ``DELETE`` takes it off."""

    permission = FleetPermission.VIEW

    @extend_schema(operation_id="fleet_units_pin", request=None, responses={204: None})
    def put(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        pins.pin(unit=unit, actor=self.actor, now=clock.now())
        return Response(status=204)

    @extend_schema(operation_id="fleet_units_unpin", responses={204: None})
    def delete(self, request: Request, unit_id: UUID) -> Response:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        pins.unpin(unit=unit, actor=self.actor)
        return Response(status=204)
