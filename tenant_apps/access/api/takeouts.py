"""The unit's full export for programs: the same calls as the page."""

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
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from kernel.unit import current_unit_id
from kernel.web.downloads import attachment
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.services import takeouts


class TakeoutInput(Input):
    """``password`` and ``code`` (of the second factor) are the caller's own; ``passphrase`` locks
    the file and is kept nowhere.
    """

    reason = serializers.CharField(max_length=200)
    passphrase = serializers.CharField(max_length=128, trim_whitespace=False)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    code = serializers.CharField(max_length=20)


class TakeoutOutput(serializers.Serializer[Any]):
    """One full export."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    percent = serializers.IntegerField()
    reason = serializers.CharField()
    requested_by_name = serializers.CharField()
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    bytes = serializers.IntegerField()
    digest = serializers.CharField()
    error = serializers.CharField()


class Takeouts(Endpoint):
    """Earlier exports, and another one."""

    permission = AccessPermission.TAKEOUT
    is_kept_open = True
    keeps_answers = False

    @extend_schema(operation_id="takeouts_list", responses=TakeoutOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = takeouts.listed(unit_id=current_unit_id())
        return Response(TakeoutOutput(rows, many=True).data)

    @extend_schema(
        operation_id="takeouts_order", request=TakeoutInput, responses={201: TakeoutOutput}
    )
    def post(self, request: Request) -> Response:
        given = TakeoutInput(data=request.data)
        given.is_valid(raise_exception=True)
        typed = given.validated_data
        made = takeouts.order(**typed, again=typed["passphrase"], actor=self.actor, now=clock.now())
        return Response(TakeoutOutput(made).data, status=201)


class TakeoutFile(Endpoint):
    """The encrypted file, for who asked for it."""

    permission = AccessPermission.TAKEOUT
    is_kept_open = True

    @extend_schema(
        operation_id="takeouts_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, takeout_id: UUID) -> HttpResponseBase:
        takeout = takeouts.one(takeout_id=takeout_id, unit_id=current_unit_id())
        blocks = takeouts.fetch(takeout=takeout, actor=self.actor, now=clock.now())
        return attachment(blocks, name=f"{takeout.id}.gjunit", size=takeout.bytes)
