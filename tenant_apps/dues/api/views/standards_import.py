"""The API of standards by a file."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import given
from kernel.api.views import Endpoint
from kernel.sheets.limits import LIMITS
from tenant_apps.dues.api.standards_import_serializers import (
    StandardsFileInput,
    StandardsFileLine,
    StandardsFileOutput,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import standards_import as reading
from tenant_apps.dues.services import standards_import

MOST = 200
"""How many files are listed, the newest first."""


class StandardsFiles(Endpoint):
    """``POST`` a file (multipart) to have it checked; ask for it until it is ``READY``."""

    permission = DuesPermission.ISSUE
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="dues_standards_files", responses=StandardsFileLine(many=True))
    def get(self, request: Request) -> Response:
        rows = reading.imports_visible_to(self.actor)[:MOST]
        return Response(StandardsFileLine(rows, many=True).data)

    @extend_schema(
        operation_id="dues_standards_files_hand_in",
        request={"multipart/form-data": StandardsFileInput},
        responses={201: StandardsFileLine},
    )
    def post(self, request: Request) -> Response:
        told = given(StandardsFileInput, request.data)
        made = standards_import.hand_in(
            file_name=told["file"].name,
            content=told["file"].read(LIMITS.file_bytes + 1),
            month=told["month"],
            reason=told["reason"],
            actor=self.actor,
            now=clock.now(),
        )
        return Response(StandardsFileLine(made).data, status=201)


class StandardsFile(Endpoint):
    """``GET`` what was found: old and new of each member, and the rows that were not taken."""

    permission = DuesPermission.ISSUE

    @extend_schema(operation_id="dues_standards_files_retrieve", responses=StandardsFileOutput)
    def get(self, request: Request, import_id: UUID) -> Response:
        return Response(StandardsFileOutput(reading.import_for(self.actor, import_id)).data)


class StandardsFileApplication(Endpoint):
    """``POST`` fixes what is new; ``DELETE`` takes it back while nothing is billed under it."""

    permission = DuesPermission.ISSUE

    @extend_schema(
        operation_id="dues_standards_files_apply", request=None, responses=StandardsFileLine
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        held = reading.import_for(self.actor, import_id)
        done = standards_import.apply(held=held, actor=self.actor, now=clock.now())
        return Response(StandardsFileLine(done).data)

    @extend_schema(operation_id="dues_standards_files_undo", responses=StandardsFileLine)
    def delete(self, request: Request, import_id: UUID) -> Response:
        held = reading.import_for(self.actor, import_id)
        standards_import.undo(held=held, actor=self.actor, now=clock.now())
        return Response(StandardsFileLine(reading.import_for(self.actor, import_id)).data)
