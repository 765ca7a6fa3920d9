"""Reconciliation for programs, on the console: figures by day and unit, bills to fetch again."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from shared_apps.reconciliation.api import serializers as shapes
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors import runs
from shared_apps.reconciliation.services import arranging

_MOST = 500


class Days(Endpoint):
    """The last fortnight over all units."""

    permission = ReconciliationPermission.WATCH

    @extend_schema(
        operation_id="reconciliation_days", responses=shapes.ReconciledDayOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        found = runs.days(since=clock.today() - dt.timedelta(days=runs.SHOWN_DAYS))
        return Response(shapes.ReconciledDayOutput(found, many=True).data)


class UnitsWithDifferences(Endpoint):
    """The units with open differences, those due first at the front."""

    permission = ReconciliationPermission.WATCH

    @extend_schema(
        operation_id="reconciliation_units", responses=shapes.UnitDifferencesOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        found = runs.units_with_differences()[:_MOST]
        return Response(shapes.UnitDifferencesOutput(found, many=True).data)


class StuckBills(Endpoint):
    """Bills that could not be fetched or read."""

    permission = ReconciliationPermission.WATCH

    @extend_schema(operation_id="reconciliation_bills", responses=shapes.BillRunOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.BillRunOutput(runs.stuck_runs()[:_MOST], many=True).data)


class FetchAgain(Endpoint):
    """``POST`` has a bill fetched at the next turn."""

    permission = ReconciliationPermission.RERUN

    @extend_schema(
        operation_id="reconciliation_fetch_again", request=None, responses=shapes.BillRunOutput
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        run = arranging.fetch_again(run_id=run_id, actor=self.actor, now=clock.now())
        return Response(shapes.BillRunOutput(run).data)
