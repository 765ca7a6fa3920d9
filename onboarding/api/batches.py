"""The API of opening many units from one sheet, over the same calls as the pages."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import clock
from kernel.api.serializers import Input
from kernel.api.views import Endpoint
from kernel.sheets.limits import LIMITS
from onboarding import selectors
from onboarding.models import Batch, BatchState, RowState
from onboarding.permissions import OnboardingPermission
from onboarding.services import batch_results, batches, reading
from onboarding.views import exports


class SheetInput(serializers.Serializer[Any]):
    sheet = serializers.FileField(help_text=".xlsx、.xls 或 .csv，每行一家单位")
    sha256 = serializers.RegexField(
        r"^[0-9a-f]{64}$", help_text="文件的 SHA-256，用来确认上传没有中断"
    )


class BatchOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=BatchState.choices)
    uploaded_by = serializers.CharField(source="uploaded_by_name")
    uploaded_at = serializers.DateTimeField()
    confirmed_by = serializers.CharField(source="confirmed_by_name")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.SerializerMethodField()

    def get_counts(self, batch: Batch) -> dict[str, int]:
        """Rows by their state."""
        return batches.counts_of(batch)


class FaultOutput(serializers.Serializer[Any]):
    rule = serializers.CharField()
    column = serializers.CharField()
    value = serializers.CharField(help_text="姓名和手机号隐去一部分")
    message = serializers.CharField()
    remedy = serializers.CharField()


class BatchRowOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="在表里是第几行")
    name = serializers.CharField()
    credit_code = serializers.CharField()
    state = serializers.ChoiceField(choices=RowState.choices)
    unit_id = serializers.UUIDField(allow_null=True)
    faults = FaultOutput(many=True)
    attempts = serializers.IntegerField()
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    done_at = serializers.DateTimeField(allow_null=True)


class RetryInput(Input):
    row_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="不填则重试所有失败或停止的行"
    )


class LinkOutput(serializers.Serializer[Any]):
    unit_id = serializers.UUIDField(source="unit.id")
    name = serializers.CharField()
    phone_masked = serializers.CharField(source="link.phone_masked")
    url = serializers.CharField(source="link.url", help_text="只在此处给出一次")
    expires_at = serializers.DateTimeField(source="link.expires_at")


class Batches(Endpoint):
    """``GET`` the sheets, the newest first; ``POST`` another one, which is checked at once."""

    permission = OnboardingPermission.BATCH_HANDLE
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="batches_list", responses=BatchOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(BatchOutput(selectors.batches()[:50], many=True).data)

    @extend_schema(
        operation_id="batches_upload",
        request={"multipart/form-data": SheetInput},
        responses={201: BatchOutput},
    )
    def post(self, request: Request) -> Response:
        given = SheetInput(data=request.data)
        given.is_valid(raise_exception=True)
        file = given.validated_data["sheet"]
        content = file.read(LIMITS.file_bytes + 1)
        if hashlib.sha256(content).hexdigest() != given.validated_data["sha256"]:
            raise reading.UploadCutOff
        made = batches.receive(
            filename=file.name, content=content, actor=self.actor, now=clock.now()
        )
        return Response(BatchOutput(made).data, status=201)


class BatchEndpoint(Endpoint, abstract=True):
    """An endpoint below one sheet."""

    permission = OnboardingPermission.BATCH_HANDLE

    def batch(self, batch_id: UUID) -> Batch:
        return selectors.batch_for(self.actor, batch_id, to=self.permission)

    def shown(self, batch_id: UUID, *, status: int = 200) -> Response:
        return Response(BatchOutput(self.batch(batch_id)).data, status=status)


class BatchDetail(BatchEndpoint):
    """``GET`` state and counts; ``DELETE`` gives a sheet up that was not confirmed."""

    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(operation_id="batches_retrieve", responses=BatchOutput)
    def get(self, request: Request, batch_id: UUID) -> Response:
        return self.shown(batch_id)

    @extend_schema(operation_id="batches_discard", responses={204: None})
    def delete(self, request: Request, batch_id: UUID) -> Response:
        batches.discard(batch=self.batch(batch_id))
        return Response(status=204)


class BatchRows(BatchEndpoint):
    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(
        operation_id="batches_rows",
        parameters=[OpenApiParameter("state", str, enum=RowState.values)],
        responses=BatchRowOutput(many=True),
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        rows = self.batch(batch_id).rows.all()
        state = request.query_params.get("state", "")
        found = rows.filter(state=state) if state else rows
        return Response(BatchRowOutput(found, many=True).data)


class BatchConfirmation(BatchEndpoint):
    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(operation_id="batches_confirm", request=None, responses={202: BatchOutput})
    def post(self, request: Request, batch_id: UUID) -> Response:
        batches.confirm(batch=self.batch(batch_id), actor=self.actor, now=clock.now())
        return self.shown(batch_id, status=202)


class BatchStop(BatchEndpoint):
    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(operation_id="batches_stop", request=None, responses=BatchOutput)
    def post(self, request: Request, batch_id: UUID) -> Response:
        batches.stop(batch=self.batch(batch_id), actor=self.actor, now=clock.now())
        return self.shown(batch_id)


class BatchRetry(BatchEndpoint):
    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(operation_id="batches_retry", request=RetryInput, responses={202: BatchOutput})
    def post(self, request: Request, batch_id: UUID) -> Response:
        given = RetryInput(data=request.data)
        given.is_valid(raise_exception=True)
        batches.retry(
            batch=self.batch(batch_id), row_id=given.validated_data.get("row_id"), now=clock.now()
        )
        return self.shown(batch_id, status=202)


class BatchResults(BatchEndpoint):
    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(
        operation_id="batches_results", responses={(200, exports.XLSX): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, batch_id: UUID) -> HttpResponse:
        return exports.attachment(batch_results.results(self.batch(batch_id)), "开通结果.xlsx")


class BatchCorrections(BatchEndpoint):
    permission = OnboardingPermission.BATCH_HANDLE

    @extend_schema(
        operation_id="batches_corrections", responses={(200, exports.XLSX): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, batch_id: UUID) -> HttpResponse:
        content = batch_results.to_correct(self.batch(batch_id))
        return exports.attachment(content, "需修改的单位.xlsx")


class BatchLinks(BatchEndpoint):
    """New one-time links, for whoever confirmed the batch; the earlier ones are void."""

    permission = OnboardingPermission.BATCH_HANDLE
    keeps_answers = False

    @extend_schema(
        operation_id="batches_links", request=None, responses={201: LinkOutput(many=True)}
    )
    def post(self, request: Request, batch_id: UUID) -> Response:
        invited = batch_results.invite_all(
            batch=self.batch(batch_id), actor=self.actor, now=clock.now()
        )
        return Response(LinkOutput(invited, many=True).data, status=201)
