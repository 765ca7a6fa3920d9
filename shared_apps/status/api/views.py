"""The state of the platform for programs: the same acts as on the console, and the public page."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.errors import Unavailable
from kernel.permissions import PUBLIC, require
from shared_apps.status.api import serializers as shapes
from shared_apps.status.permissions import StatusPermission
from shared_apps.status.selectors import runs
from shared_apps.status.services import incidents, publishing
from shared_apps.status.services import runs as probing
from shared_apps.status.services.incidents import Incident

_MOST = 100


class NothingKnown(Unavailable):
    code = "status_unknown"
    sentence = "暂时无法取得运行状态，请稍后再试。"


class Incidents(Endpoint):
    """``GET`` the latest incidents; ``POST`` a new one."""

    permission = StatusPermission.VIEW

    @extend_schema(operation_id="status_incidents", responses=shapes.IncidentOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.IncidentOutput(runs.incidents()[:_MOST], many=True).data)

    @extend_schema(
        operation_id="status_incident_report",
        request=shapes.IncidentInput,
        responses={201: shapes.IncidentOutput},
    )
    def post(self, request: Request) -> Response:
        require(self.actor, StatusPermission.REPORT)
        given = shapes.IncidentInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = incidents.report(**given.validated_data, actor=self.actor, now=clock.now())
        return Response(shapes.IncidentOutput(_found(made.pk)).data, status=201)


class IncidentOne(Endpoint):
    """``GET`` an incident; ``POST`` what is known now."""

    permission = StatusPermission.VIEW

    @extend_schema(operation_id="status_incident", responses=shapes.IncidentOutput)
    def get(self, request: Request, incident_id: UUID) -> Response:
        return Response(shapes.IncidentOutput(_found(incident_id)).data)

    @extend_schema(
        operation_id="status_incident_update",
        request=shapes.UpdateInput,
        responses=shapes.IncidentOutput,
    )
    def post(self, request: Request, incident_id: UUID) -> Response:
        require(self.actor, StatusPermission.REPORT)
        given = shapes.UpdateInput(data=request.data)
        given.is_valid(raise_exception=True)
        incidents.add_update(
            incident_id=incident_id, **given.validated_data, actor=self.actor, now=clock.now()
        )
        return Response(shapes.IncidentOutput(_found(incident_id)).data)


class IncidentResolve(Endpoint):
    permission = StatusPermission.REPORT

    @extend_schema(
        operation_id="status_incident_resolve",
        request=shapes.ResolveInput,
        responses=shapes.IncidentOutput,
    )
    def post(self, request: Request, incident_id: UUID) -> Response:
        given = shapes.ResolveInput(data=request.data)
        given.is_valid(raise_exception=True)
        incidents.resolve(
            incident_id=incident_id, **given.validated_data, actor=self.actor, now=clock.now()
        )
        return Response(shapes.IncidentOutput(_found(incident_id)).data)


class Runs(Endpoint):
    """The latest hundred runs of the probe."""

    permission = StatusPermission.VIEW

    @extend_schema(operation_id="status_runs", responses=shapes.RunOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.RunOutput(runs.runs()[:_MOST], many=True).data)


class Probe(Endpoint):
    """``POST`` has the probe run at once; what becomes of it is in the list of runs."""

    permission = StatusPermission.REPORT

    @extend_schema(operation_id="status_probe", request=None, responses={202: shapes.RunOutput})
    def post(self, request: Request) -> Response:
        asked = probing.ask(actor=self.actor, now=clock.now())
        return Response(shapes.RunOutput(asked).data, status=202)


class PublicStatus(Endpoint):
    """What the public page shows."""

    permission: ClassVar = PUBLIC

    @extend_schema(operation_id="public_status", responses=shapes.PublicOutput)
    def get(self, request: Request) -> Response:
        shown = publishing.latest(now=clock.now())
        if shown.snapshot is None:
            raise NothingKnown
        told = {"is_stale": shown.is_stale, **_fields(shown.snapshot)}
        return Response(shapes.PublicOutput(told).data)


def _fields(snapshot: publishing.Snapshot) -> dict[str, object]:
    names = ("taken_at", "parts", "current", "past")
    return {name: getattr(snapshot, name) for name in names}


def _found(incident_id: UUID) -> Incident:
    found = runs.incident(incident_id)
    if found is None:
        raise incidents.UnknownIncident
    return found
