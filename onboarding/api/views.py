"""The API of openings: everything the pages do, over the same calls."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.clock import Month
from kernel.permissions import require
from kernel.sheets.limits import LIMITS
from onboarding import selectors
from onboarding.api import serializers as shapes
from onboarding.models import RosterImport
from onboarding.permissions import OnboardingPermission
from onboarding.roster import codec
from onboarding.services import (
    importing,
    inviting,
    overview,
    reading,
    registration,
    review,
    undoing,
)
from onboarding.services.overview import Line, Wanted
from onboarding.views import exports
from shared_apps.usage.permissions import UsagePermission

_PAGE = 50


class Units(Endpoint):
    """``GET`` units with state and blocker, ``POST`` a registration."""

    permission = OnboardingPermission.UNITS_LIST

    @extend_schema(
        operation_id="units_list",
        parameters=[
            OpenApiParameter("q", str),
            OpenApiParameter("state", str),
            OpenApiParameter("blocker", str),
            OpenApiParameter("after", UUID, description="上一页最后一个单位"),
        ],
        responses=shapes.UnitPageOutput,
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        wanted = Wanted(
            text=query.get("q", ""), state=query.get("state", ""), blocker=query.get("blocker", "")
        )
        found = overview.openings(wanted, month=_this_month()).order_by("unit_id")
        if after := _id_or_none(query.get("after", "")):
            found = found.filter(unit_id__gt=after)
        page = overview.lines(found[: _PAGE + 1], month=_this_month())
        has_more, page = len(page) > _PAGE, page[:_PAGE]
        return Response(
            {
                "results": [_unit(line) for line in page],
                "next": str(page[-1].unit.id) if has_more else None,
            }
        )

    @extend_schema(
        operation_id="units_register",
        request=shapes.RegistrationInput,
        responses={201: shapes.UnitOutput},
    )
    def post(self, request: Request) -> Response:
        require(self.actor, OnboardingPermission.UNIT_REGISTER)
        given = shapes.RegistrationInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = registration.register(
            registration=registration.Registration(**given.validated_data),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(_unit(overview.line_of(made, month=_this_month())), status=201)


class UnitDetail(Endpoint):
    permission = OnboardingPermission.UNIT_VIEW

    @extend_schema(operation_id="units_retrieve", responses=shapes.UnitOutput)
    def get(self, request: Request, unit_id: UUID) -> Response:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        return Response(_unit(overview.line_of(opening, month=_this_month())))


class Rosters(Endpoint):
    """``GET`` the rosters handed in for a unit, ``POST`` another one."""

    permission = OnboardingPermission.ROSTER_HANDLE
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="rosters_list", responses=shapes.RosterOutput(many=True))
    def get(self, request: Request, unit_id: UUID) -> Response:
        selectors.opening_for(self.actor, unit_id, to=self.permission)
        return Response(shapes.RosterOutput(selectors.rosters_of(unit_id), many=True).data)

    @extend_schema(
        operation_id="rosters_upload",
        request={"multipart/form-data": shapes.RosterInput},
        responses={202: shapes.RosterOutput},
    )
    def post(self, request: Request, unit_id: UUID) -> Response:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        given = shapes.RosterInput(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["roster"]
        content = file.read(LIMITS.file_bytes + 1)
        if hashlib.sha256(content).hexdigest() != given.validated_data["sha256"]:
            raise reading.UploadCutOff
        made = reading.upload(
            unit=opening.unit,
            filename=file.name,
            content=content,
            actor=self.actor,
            now=clock.now(),
        )
        return Response(shapes.RosterOutput(made).data, status=202)


class RosterEndpoint(Endpoint, abstract=True):
    """An endpoint below one roster."""

    permission = OnboardingPermission.ROSTER_HANDLE

    def row(self, import_id: UUID) -> RosterImport:
        return selectors.roster_for(self.actor, import_id, to=self.permission)

    def shown(self, import_id: UUID, *, status: int = 200) -> Response:
        return Response(shapes.RosterOutput(self.row(import_id)).data, status=status)


class RosterDetail(RosterEndpoint):
    """``GET`` state, counts and progress; ``DELETE`` gives the roster up before it is stored."""

    permission = OnboardingPermission.ROSTER_HANDLE

    @extend_schema(operation_id="rosters_retrieve", responses=shapes.RosterOutput)
    def get(self, request: Request, import_id: UUID) -> Response:
        return self.shown(import_id)

    @extend_schema(operation_id="rosters_discard", responses={204: None})
    def delete(self, request: Request, import_id: UUID) -> Response:
        reading.discard(held=self.row(import_id), actor=self.actor, now=clock.now())
        return Response(status=204)


class RosterUnderstanding(RosterEndpoint):
    permission = OnboardingPermission.ROSTER_HANDLE

    @extend_schema(operation_id="rosters_understanding", responses=shapes.UnderstandingOutput)
    def get(self, request: Request, import_id: UUID) -> Response:
        shown = review.load(self.row(import_id))
        hidden = replace(
            shown,
            rejections=tuple(
                replace(one, value=review.masked(one.value), message=review.masked(one.message))
                for one in shown.rejections
            ),
        )
        return Response(shapes.UnderstandingOutput(hidden).data)


class RosterCorrections(RosterEndpoint):
    permission = OnboardingPermission.ROSTER_HANDLE

    @extend_schema(
        operation_id="rosters_correct",
        request=shapes.CorrectionsInput,
        responses={202: shapes.RosterOutput},
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        given = shapes.CorrectionsInput(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            corrections = codec.corrections_from_json(given.validated_data)
        except ValueError as unknown:
            raise review.CorrectionUnknown from unknown
        reading.correct(
            held=self.row(import_id), corrections=corrections, actor=self.actor, now=clock.now()
        )
        return self.shown(import_id, status=202)


class RosterConfirmation(RosterEndpoint):
    permission = OnboardingPermission.ROSTER_HANDLE

    @extend_schema(
        operation_id="rosters_confirm", request=None, responses={202: shapes.RosterOutput}
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        importing.confirm(held=self.row(import_id), actor=self.actor, now=clock.now())
        return self.shown(import_id, status=202)


class RosterResumption(RosterEndpoint):
    permission = OnboardingPermission.ROSTER_HANDLE

    @extend_schema(
        operation_id="rosters_resume", request=None, responses={202: shapes.RosterOutput}
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        importing.resume(held=self.row(import_id), actor=self.actor, now=clock.now())
        return self.shown(import_id, status=202)


class RosterUndo(RosterEndpoint):
    permission = OnboardingPermission.ROSTER_UNDO

    @extend_schema(
        operation_id="rosters_undo", request=shapes.UndoInput, responses=shapes.RosterOutput
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        given = shapes.UndoInput(data=request.data)
        given.is_valid(raise_exception=True)
        undoing.undo(
            held=self.row(import_id),
            typed_name=given.validated_data["unit_name"],
            actor=self.actor,
            now=clock.now(),
        )
        return self.shown(import_id)


class RosterRefused(RosterEndpoint):
    permission = OnboardingPermission.ROSTER_HANDLE

    @extend_schema(
        operation_id="rosters_refused_rows", responses={(200, exports.XLSX): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, import_id: UUID) -> HttpResponse:
        row = self.row(import_id)
        content = review.refused_workbook(row, actor=self.actor, now=clock.now())
        return exports.attachment(content, f"{row.unit.name}-退回的行.xlsx")


class Invitations(Endpoint):
    permission = OnboardingPermission.ADMINISTRATOR_INVITE
    keeps_answers = False

    @extend_schema(
        operation_id="units_invite_administrator",
        request=shapes.InvitationInput,
        responses={201: shapes.InvitationOutput},
    )
    def post(self, request: Request, unit_id: UUID) -> Response:
        given = shapes.InvitationInput(data=request.data)
        given.is_valid(raise_exception=True)
        link = inviting.invite(
            opening=selectors.opening_for(self.actor, unit_id, to=self.permission),
            actor=self.actor,
            now=clock.now(),
            **given.validated_data,
        )
        return Response(shapes.InvitationOutput(link).data, status=201)


class OperationsFigures(Endpoint):
    permission = UsagePermission.OPERATIONS_VIEW

    @extend_schema(
        operation_id="operations_figures",
        parameters=[OpenApiParameter("month", str, description="2026-11；不填为本月")],
        responses=shapes.OperationsOutput,
    )
    def get(self, request: Request) -> Response:
        sent = request.query_params.get("month", "")
        month = Month.parse(sent) if sent else _this_month()
        found = overview.overview(month=month, now=clock.now())
        shown = {
            "month": str(month),
            "as_of": found.as_of,
            "units": found.units,
            "serving": found.totals.serving,
            "opened_this_month": found.totals.opened,
            "totals": found.totals,
            "funnel": found.stages,
        }
        return Response(shapes.OperationsOutput(shown).data)


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _this_month() -> Month:
    return Month.of(clock.today())


def _unit(line: Line) -> dict[str, Any]:
    return dict(shapes.UnitOutput(line).data)
