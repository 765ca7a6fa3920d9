"""The API of imports, exports and master data at a unit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.views import Endpoint
from kernel.sheets.limits import LIMITS
from onboarding.api.exchange_shapes import (
    CountOutput,
    DecisionInput,
    ExportSetInput,
    ExportSetOutput,
    FaultOutput,
    MasterDataInput,
    RowDecisionInput,
    SetOutput,
    UpdateOutput,
    UpdateRowOutput,
    UpdateRowPageOutput,
    UploadInput,
)
from onboarding.exchange import sets
from onboarding.permissions import OnboardingPermission
from onboarding.services import set_exporting, update_report, update_sources, update_subjects
from onboarding.views import exports
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.services import set_orders, updates


class ExchangeSets(Endpoint):
    """``GET`` the sets that can be taken away or handed in, with their headings."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    @extend_schema(operation_id="exchange_sets", responses=SetOutput(many=True))
    def get(self, request: Request) -> Response:
        found = sets.for_subject("member", "organization", "master")
        return Response(SetOutput(found, many=True).data)


class SetExports(Endpoint):
    """``POST`` orders a file of a set; with full numbers it waits for a second administrator."""

    permission = OnboardingPermission.EXCHANGE_EXPORT
    is_kept_open = True

    @extend_schema(
        operation_id="exchange_export", request=ExportSetInput, responses={201: ExportSetOutput}
    )
    def post(self, request: Request) -> Response:
        given = ExportSetInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        order = set_exporting.Order(set_name=values.pop("set"), **values)
        export = set_exporting.request(order=order, actor=self.actor, now=clock.now())
        return Response(ExportSetOutput(export).data, status=201)


class SetExport(Endpoint):
    """``GET`` how far an order is."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    @extend_schema(operation_id="exchange_export_detail", responses=ExportSetOutput)
    def get(self, request: Request, export_id: UUID) -> Response:
        export = selectors.order_for(self.actor, export_id, to=self.permission)
        return Response(ExportSetOutput(export).data)


class SetExportDecision(Endpoint):
    """``POST`` the second administrator's word on a file with full numbers."""

    permission = OnboardingPermission.EXCHANGE_APPROVE

    @extend_schema(
        operation_id="exchange_export_decide", request=DecisionInput, responses=ExportSetOutput
    )
    def post(self, request: Request, export_id: UUID) -> Response:
        export = selectors.order_for(self.actor, export_id, to=self.permission)
        given = DecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        held = set_exporting.decide(
            export=export, actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(ExportSetOutput(held).data)


class SetExportFile(Endpoint):
    """``GET`` the signed bundle, for who ordered it."""

    permission = OnboardingPermission.EXCHANGE_EXPORT
    is_kept_open = True

    @extend_schema(operation_id="exchange_export_file", responses=OpenApiTypes.BINARY)
    def get(self, request: Request, export_id: UUID) -> Any:
        export = selectors.order_for(self.actor, export_id, to=self.permission)
        content = set_orders.content_of(export=export, actor=self.actor, now=clock.now())
        return exports.attachment(content, export.file_name, "application/zip")


class Updates(Endpoint):
    """``POST`` a roster (``what=ROSTER``), a set (its name: of members, organisations or
    applicants) or master data (``MASTER``).
    """

    permission = OnboardingPermission.EXCHANGE_IMPORT
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="exchange_import",
        request={"multipart/form-data": UploadInput},
        responses={202: UpdateOutput},
    )
    def post(self, request: Request) -> Response:
        given = UploadInput(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["file"]
        made = update_sources.hand_in(
            what=given.validated_data["what"],
            filename=file.name,
            content=file.read(LIMITS.file_bytes + 1),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(UpdateOutput(made).data, status=202)


class MasterData(Endpoint):
    """``POST`` names, posts and departments from the client's HR system (K1).

    The answer names the update; nothing is overwritten before somebody accepted it at the desk.
    Send ``Idempotency-Key``: the same rows sent again are then answered, not taken twice.
    """

    permission = OnboardingPermission.EXCHANGE_IMPORT

    @extend_schema(
        operation_id="master_data", request=MasterDataInput, responses={202: UpdateOutput}
    )
    def post(self, request: Request) -> Response:
        given = MasterDataInput(data=request.data)
        given.is_valid(raise_exception=True)
        made = update_sources.take_master_data(
            actor=self.actor, now=clock.now(), **given.validated_data
        )
        return Response(UpdateOutput(made).data, status=202)


class UpdateDetail(Endpoint):
    """``GET`` one update: state, figures, integrity in hundredths of a percent."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    @extend_schema(operation_id="exchange_import_detail", responses=UpdateOutput)
    def get(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        return Response(UpdateOutput(update).data)


class UpdateRows(Endpoint):
    """``GET`` what an update proposes, by cursor; ``kind`` narrows."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    @extend_schema(
        operation_id="exchange_import_rows",
        parameters=[OpenApiParameter("kind", str)],
        responses=UpdateRowPageOutput,
    )
    def get(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        pages = Pages()
        rows = selectors.rows_of(update, kind=request.query_params.get("kind", ""))
        page = pages.paginate_queryset(rows, request, view=self) or []
        words = update_subjects.words_of(update)
        shown = UpdateRowOutput(selectors.shown(page, words=words), many=True)
        return pages.get_paginated_response(shown.data)


class UpdateFaults(Endpoint):
    """``GET`` the report: which cell of which row breaks which rule."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    @extend_schema(operation_id="exchange_import_faults", responses=FaultOutput(many=True))
    def get(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        return Response(FaultOutput(update_report.load(update).faults, many=True).data)


class UpdateDecisions(Endpoint):
    """``POST`` accepts or refuses rows: the given ones, or all of a kind."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    @extend_schema(
        operation_id="exchange_import_decide", request=RowDecisionInput, responses=CountOutput
    )
    def post(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        given = RowDecisionInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        count = updates.decide(
            update=update,
            accept=values["accept"],
            row_ids=values.get("ids", []),
            kind=values["kind"],
            actor=self.actor,
        )
        return Response({"count": count})


class UpdateConfirmation(Endpoint):
    """``POST`` applies what was accepted."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    @extend_schema(
        operation_id="exchange_import_confirm", request=None, responses={202: UpdateOutput}
    )
    def post(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        held = updates.confirm(update=update, actor=self.actor, now=clock.now())
        return Response(UpdateOutput(held).data, status=202)


class UpdateDiscard(Endpoint):
    """``POST`` gives the file up; nothing was written."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    @extend_schema(operation_id="exchange_import_discard", request=None, responses=UpdateOutput)
    def post(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        held = update_sources.discard(update=update, actor=self.actor, now=clock.now())
        return Response(UpdateOutput(held).data)


class UpdateUndo(Endpoint):
    """``POST`` takes back what the update changed, within seven days."""

    permission = OnboardingPermission.EXCHANGE_IMPORT

    @extend_schema(operation_id="exchange_import_undo", request=None, responses={202: UpdateOutput})
    def post(self, request: Request, update_id: UUID) -> Response:
        update = selectors.update_for(self.actor, update_id, to=self.permission)
        held = updates.undo(update=update, actor=self.actor, now=clock.now())
        return Response(UpdateOutput(held).data, status=202)
