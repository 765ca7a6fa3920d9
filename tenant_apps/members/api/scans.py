"""The API of the scans of a row of an extended set."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.views import Endpoint
from kernel.papers import Upload
from kernel.web.downloads import handed_in
from tenant_apps.members.api.file_serializers import ScanInput, ScanOutput
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.entries import entry_for
from tenant_apps.members.services import scans


class EntryScans(Endpoint):
    """``POST`` hands a scan in (multipart)."""

    permission = MemberPermission.EDIT
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="members_scan_add", request=ScanInput, responses={201: ScanOutput})
    def post(self, request: Request, entry_id: UUID) -> Response:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.EDIT)
        given = ScanInput(data=request.data)
        given.is_valid(raise_exception=True)
        sent = given.validated_data["file"]
        file = Upload(sent.name or "", sent.read(scans.LARGEST + 1))
        made = scans.attach(entry=entry, file=file, actor=self.actor, now=clock.now())
        return Response(ScanOutput(made).data, status=201)


class EntryScan(Endpoint):
    """``GET`` the file as it was handed in, ``DELETE`` takes it out."""

    permission = MemberPermission.READ

    @extend_schema(
        operation_id="members_scan_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, entry_id: UUID, mark: str) -> HttpResponse:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.READ)
        scan, content = scans.read(entry=entry, mark=mark)
        return handed_in(content, name=scan.name)

    @extend_schema(operation_id="members_scan_strike", request=None, responses={204: None})
    def delete(self, request: Request, entry_id: UUID, mark: str) -> Response:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.EDIT)
        scans.strike(entry=entry, mark=mark, actor=self.actor, now=clock.now())
        return Response(status=204)
