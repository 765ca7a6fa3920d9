"""Backups, restores and drills for programs: the same calls as the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.pagination import Pages
from kernel.api.serializers import Input, given
from kernel.api.views import Endpoint
from kernel.web.downloads import attachment
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import backups as found
from shared_apps.fleet.services import archives
from tenants.archive.models import Backup, Restore
from tenants.services import restores, undoing


class BackUpInput(Input):
    """``unit`` is the address, the credit code or the full name."""

    unit = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class RestoreInput(Input):
    """``typed_name`` is the unit's name as it stands, against acting on the wrong one."""

    typed_name = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=200)


class BackupShape(serializers.ModelSerializer[Backup]):
    """One backup."""

    unit_name = serializers.CharField(source="unit.name", read_only=True)

    class Meta:
        model = Backup
        fields = (
            "id", "unit_id", "unit_name", "kind", "state", "reason", "requested_by_name",
            "requested_at", "started_at", "finished_at", "schema_step", "rows", "files", "bytes",
            "digest", "error", "expires_at",
        )  # fmt: skip


class RestoreShape(serializers.ModelSerializer[Restore]):
    """One restore or drill."""

    unit_name = serializers.CharField(source="unit.name", read_only=True)

    class Meta:
        model = Restore
        fields = (
            "id", "unit_id", "unit_name", "backup_id", "kind", "state", "reason",
            "asked_by_name", "asked_at", "confirmed_by_name", "confirmed_at", "started_at",
            "finished_at", "milliseconds", "rows", "error", "undo_until", "undo_asked_by_name",
            "undo_asked_at", "undone_by_name",
            "undone_at",
        )  # fmt: skip


def _page(request: Request, rows: Any, shape: Any, ordering: str) -> Response:
    pages: Any = Pages()
    pages.ordering = ordering
    listed = shape(pages.paginate_queryset(rows, request), many=True)
    answer: Response = pages.get_paginated_response(listed.data)
    return answer


class Backups(Endpoint):
    """Every backup, newest first; another one now."""

    permission = FleetPermission.BACKUPS_VIEW

    @extend_schema(operation_id="backups_list", responses=BackupShape(many=True))
    def get(self, request: Request) -> Response:
        rows = found.listed(view=request.query_params.get("view", ""))
        return _page(request, rows.order_by(), BackupShape, "-requested_at")


class BackUpNow(Endpoint):
    """Has a unit backed up."""

    permission = FleetPermission.BACKUPS_ACT

    @extend_schema(operation_id="backups_make", request=BackUpInput, responses={201: BackupShape})
    def post(self, request: Request) -> Response:
        sent = given(BackUpInput, request.data)
        made = archives.back_up(
            name=sent["unit"], reason=sent["reason"], actor=self.actor, now=clock.now()
        )
        return Response(BackupShape(made).data, status=201)


class BackupOne(Endpoint):
    """One backup."""

    permission = FleetPermission.BACKUPS_VIEW

    @extend_schema(operation_id="backups_read", responses=BackupShape)
    def get(self, request: Request, backup_id: UUID) -> Response:
        return Response(BackupShape(found.backup(backup_id)).data)


class BackupFile(Endpoint):
    """The encrypted file."""

    permission = FleetPermission.BACKUPS_ACT

    @extend_schema(
        operation_id="backups_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, backup_id: UUID) -> HttpResponseBase:
        backup = found.backup(backup_id)
        chunks = archives.download(backup=backup, actor=self.actor, now=clock.now())
        return attachment(chunks, name=f"{backup.id}.gjunit", size=backup.bytes)


class AskRestore(Endpoint):
    """Asks for the unit to be brought back; somebody else confirms."""

    permission = FleetPermission.RESTORE

    @extend_schema(operation_id="restores_ask", request=RestoreInput, responses={201: RestoreShape})
    def post(self, request: Request, backup_id: UUID) -> Response:
        asked = restores.ask(
            backup=found.backup(backup_id),
            **given(RestoreInput, request.data),
            actor=self.actor,
            now=clock.now(),
        )
        return Response(RestoreShape(asked).data, status=201)


class Restores(Endpoint):
    """Restores and drills, newest first."""

    permission = FleetPermission.BACKUPS_VIEW

    @extend_schema(operation_id="restores_list", responses=RestoreShape(many=True))
    def get(self, request: Request) -> Response:
        rows = found.restores(kind=request.query_params.get("kind", ""))
        return _page(request, rows, RestoreShape, "-asked_at")


class RestoreOne(Endpoint):
    """One restore or drill."""

    permission = FleetPermission.BACKUPS_VIEW

    @extend_schema(operation_id="restores_read", responses=RestoreShape)
    def get(self, request: Request, restore_id: UUID) -> Response:
        return Response(RestoreShape(found.restore(restore_id)).data)


class ConfirmRestore(Endpoint):
    """The second person lets it begin."""

    permission = FleetPermission.RESTORE

    @extend_schema(operation_id="restores_confirm", request=None, responses=RestoreShape)
    def post(self, request: Request, restore_id: UUID) -> Response:
        row = found.restore(restore_id)
        restores.confirm(restore=row, actor=self.actor, now=clock.now())
        return Response(RestoreShape(row).data)


class CallOffRestore(Endpoint):
    """Takes a request back that nobody has confirmed."""

    permission = FleetPermission.RESTORE

    @extend_schema(operation_id="restores_call_off", request=None, responses=RestoreShape)
    def post(self, request: Request, restore_id: UUID) -> Response:
        row = found.restore(restore_id)
        restores.call_off(restore=row, actor=self.actor, now=clock.now())
        return Response(RestoreShape(row).data)


class AskUndo(Endpoint):
    """Asks for what was in force before to be put back; somebody else does it."""

    permission = FleetPermission.RESTORE

    @extend_schema(operation_id="restores_ask_undo", request=None, responses=RestoreShape)
    def post(self, request: Request, restore_id: UUID) -> Response:
        row = found.restore(restore_id)
        undoing.ask_undo(restore=row, actor=self.actor, now=clock.now())
        return Response(RestoreShape(row).data)


class UndoRestore(Endpoint):
    """Puts back what was in force before, within seven days, as somebody else asked."""

    permission = FleetPermission.RESTORE

    @extend_schema(operation_id="restores_undo", request=None, responses=RestoreShape)
    def post(self, request: Request, restore_id: UUID) -> Response:
        row = found.restore(restore_id)
        undoing.undo(restore=row, actor=self.actor, now=clock.now())
        return Response(RestoreShape(row).data)
