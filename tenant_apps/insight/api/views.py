"""The API of statistics: snapshots, their tables and audit, the people of a cell, the charts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.web import downloads
from tenant_apps.insight.api.serializers import (
    CheckOutput,
    DistributionOutput,
    NoteInput,
    PeopleOutput,
    SheetOutput,
    SnapshotOutput,
    TakeInput,
)
from tenant_apps.insight.models import Snapshot
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors import people, reports, snapshots, tables
from tenant_apps.insight.selectors.distribution import distribution
from tenant_apps.insight.selectors.sheets import Sheet
from tenant_apps.insight.selectors.snapshots import SnapshotNotFound, Spot
from tenant_apps.insight.services import filing, taking, workbooks

_ORG = OpenApiParameter("org", UUID, description="组织，含下级；不填为管理范围内的最上级")
_CELL = [
    _ORG,
    OpenApiParameter("row", str, required=True),
    OpenApiParameter("column", str, required=True),
    OpenApiParameter("offset", int),
    OpenApiParameter("limit", int, description="最多 200"),
]
_MOST_SNAPSHOTS = 200
_MOST_PEOPLE = 200


class Snapshots(Endpoint):
    """``GET`` the snapshots, newest first; ``POST`` takes one."""

    permission = InsightPermission.BROWSE

    @extend_schema(operation_id="statistics_snapshots_list", responses=SnapshotOutput(many=True))
    def get(self, request: Request) -> Response:
        found = snapshots.all_snapshots()[:_MOST_SNAPSHOTS]
        return Response(SnapshotOutput(found, many=True).data)

    @extend_schema(
        operation_id="statistics_snapshots_take",
        request=TakeInput,
        responses={201: SnapshotOutput},
    )
    def post(self, request: Request) -> Response:
        made = taking.take(**self.given(TakeInput), actor=self.actor, now=clock.now())
        return Response(SnapshotOutput(made).data, status=201)


class SnapshotDetail(Endpoint):
    """``GET`` one: its state and signatures."""

    permission = InsightPermission.BROWSE

    @extend_schema(operation_id="statistics_snapshots_retrieve", responses=SnapshotOutput)
    def get(self, request: Request, snapshot_id: UUID) -> Response:
        found = snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission)
        return Response(SnapshotOutput(found).data)


class _Act(Endpoint, abstract=True):
    """One signature under a snapshot."""

    def signed(self, snapshot_id: UUID, act: Any, *, with_note: bool = True) -> Response:
        found = snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission)
        given = self.given(NoteInput)
        note = given if with_note else {}
        done = act(snapshot=found, actor=self.actor, now=clock.now(), **note)
        return Response(SnapshotOutput(done).data)


class Submit(_Act):
    """``POST``: who fills it in."""

    permission = InsightPermission.SUBMIT

    @extend_schema(
        operation_id="statistics_snapshots_submit", request=NoteInput, responses=SnapshotOutput
    )
    def post(self, request: Request, snapshot_id: UUID) -> Response:
        return self.signed(snapshot_id, filing.submit)


class File(_Act):
    """``POST``: who answers for it, somebody else."""

    permission = InsightPermission.FILE

    @extend_schema(
        operation_id="statistics_snapshots_file", request=NoteInput, responses=SnapshotOutput
    )
    def post(self, request: Request, snapshot_id: UUID) -> Response:
        return self.signed(snapshot_id, filing.file, with_note=False)


class GiveBack(_Act):
    """``POST``: returns it, with the reason."""

    permission = InsightPermission.FILE

    @extend_schema(
        operation_id="statistics_snapshots_return", request=NoteInput, responses=SnapshotOutput
    )
    def post(self, request: Request, snapshot_id: UUID) -> Response:
        return self.signed(snapshot_id, filing.give_back)


class TableDetail(Endpoint):
    """``GET`` one of the fifteen tables of an organisation."""

    permission = InsightPermission.BROWSE

    @extend_schema(
        operation_id="statistics_tables_retrieve", parameters=[_ORG], responses=SheetOutput
    )
    def get(self, request: Request, snapshot_id: UUID, number: int) -> Response:
        snapshot, spot = _asked(self, request, snapshot_id)
        sheet = reports.sheet(snapshot, spot.ground, number)
        return Response(SheetOutput(_plain(sheet)).data)


class TablePeople(Endpoint):
    """``GET`` the people of a cell, masked."""

    permission = InsightPermission.PEOPLE

    @extend_schema(
        operation_id="statistics_tables_people", parameters=_CELL, responses=PeopleOutput
    )
    def get(self, request: Request, snapshot_id: UUID, number: int) -> Response:
        _, spot = _asked(self, request, snapshot_id)
        asked, cell = request.query_params, _cell(request, number)
        found, total = people.people_in(
            self.actor,
            cell,
            spot.ground,
            first=_number(asked.get("offset"), 0),
            most=min(_number(asked.get("limit"), 50), _MOST_PEOPLE),
        )
        return Response(PeopleOutput({"total": total, "people": found}).data)


class Workbook(Endpoint):
    """``GET`` one table of an organisation as a workbook, or all of them with their audit."""

    permission = InsightPermission.EXPORT
    is_kept_open = True

    @extend_schema(
        operation_id="statistics_workbook",
        parameters=[_ORG, OpenApiParameter("table", int, description="表号；不填为全部")],
        responses={(200, downloads.XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, snapshot_id: UUID) -> HttpResponseBase:
        snapshot, spot = _asked(self, request, snapshot_id)
        number = _number(request.query_params.get("table"), 0) or None
        content = workbooks.tables_as_workbook(
            snapshot=snapshot, spot=spot, number=number, actor=self.actor, now=clock.now()
        )
        return downloads.sheet(workbooks.file_name(snapshot, spot, number), content)


class PeopleFile(Endpoint):
    """``GET`` the people of a cell as a file, masked: a workbook, a long one as CSV."""

    permission = InsightPermission.EXPORT
    is_kept_open = True

    @extend_schema(
        operation_id="statistics_tables_people_file",
        parameters=_CELL[:3],
        responses={
            (200, downloads.XLSX): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, snapshot_id: UUID, number: int) -> HttpResponseBase:
        snapshot, spot = _asked(self, request, snapshot_id)
        made = workbooks.people_file(
            snapshot=snapshot, spot=spot, cell=_cell(request, number), actor=self.actor,
            now=clock.now(),
        )  # fmt: skip
        return downloads.sheet(made.name, made.content)


class Checks(Endpoint):
    """``GET`` the audit inside and between the tables of an organisation."""

    permission = InsightPermission.BROWSE

    @extend_schema(
        operation_id="statistics_checks_list", parameters=[_ORG], responses=CheckOutput(many=True)
    )
    def get(self, request: Request, snapshot_id: UUID) -> Response:
        snapshot, spot = _asked(self, request, snapshot_id)
        return Response(CheckOutput(reports.checks_of(snapshot, spot.ground), many=True).data)


class Distribution(Endpoint):
    """``GET`` how the members of an organisation are spread today."""

    permission = InsightPermission.BROWSE

    @extend_schema(
        operation_id="statistics_distribution", parameters=[_ORG], responses=DistributionOutput
    )
    def get(self, request: Request) -> Response:
        found = distribution(self.actor, _org(request), today=clock.today())
        return Response(DistributionOutput(found).data)


def _asked(endpoint: Endpoint, request: Request, snapshot_id: UUID) -> tuple[Snapshot, Spot]:
    snapshot = snapshots.snapshot_for(endpoint.actor, snapshot_id, to=endpoint.permission)
    if not snapshot.is_ready:
        raise SnapshotNotFound
    return snapshot, snapshots.spot_of(endpoint.actor, snapshot, _org(request))


def _org(request: Request) -> UUID | None:
    """The organisation asked for.  Raises SnapshotNotFound for what is no key."""
    asked = request.query_params.get("org", "")
    try:
        return UUID(asked) if asked else None
    except ValueError as wrong:
        raise SnapshotNotFound from wrong


def _cell(request: Request, number: int) -> people.CellOf:
    """The cell that the address names.  Raises UnknownTable, NoSuchCell."""
    asked = request.query_params
    return people.cell_of(tables.table(number), asked.get("row", ""), asked.get("column", ""))


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise


def _plain(sheet: Sheet) -> dict[str, Any]:
    table = sheet.table
    return {
        "number": table.number,
        "title": table.title,
        "unit": table.unit,
        "basis": table.basis,
        "rows": [{"key": row.key, "label": row.label} for row in table.rows],
        "columns": [
            {"key": column.key, "label": column.label, "group": column.group}
            for column in table.columns
        ],
        "cells": {
            row: {column: cell.value for column, cell in cells.items()}
            for row, cells in sheet.cells.items()
        },
    }
