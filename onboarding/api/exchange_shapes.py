"""Shapes of the API of imports, exports and master data."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from onboarding.services import update_report


class SetOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    subject = serializers.CharField()
    version = serializers.CharField()
    headings = serializers.ListField(child=serializers.CharField())


class ExportSetInput(Input):
    set = serializers.CharField(max_length=40)
    form = serializers.ChoiceField(choices=["csv", "xlsx"], default="csv")
    since = serializers.DateField(required=False, allow_null=True, default=None)
    with_departed = serializers.BooleanField(default=False)
    is_full = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    org_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class DecisionInput(Input):
    approve = serializers.BooleanField()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ExportSetOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    file_name = serializers.CharField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    requested_by_name = serializers.CharField()
    requested_at = serializers.DateTimeField()
    decided_by_name = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class UploadInput(Input):
    what = serializers.CharField(max_length=40)
    file = serializers.FileField()


class MasterRowInput(Input):
    staff_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    identity = serializers.CharField(max_length=18, required=False, allow_blank=True)
    name = serializers.CharField(max_length=60)
    department = serializers.CharField(max_length=80, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    workplace = serializers.CharField(max_length=120, required=False, allow_blank=True)
    education = serializers.CharField(max_length=40, required=False, allow_blank=True)
    technical_post = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="代码表 technical_duty 或 technical_post 的代码或名称",
    )
    duty_level = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text="代码表 duty_level 的代码或名称",
    )
    work_started_on = serializers.CharField(max_length=10, required=False, allow_blank=True)


class MasterDataInput(Input):
    system = serializers.CharField(max_length=40)
    rows = MasterRowInput(many=True)


class RowDecisionInput(Input):
    accept = serializers.BooleanField()
    ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)
    kind = serializers.ChoiceField(
        choices=["", "CHANGE", "MOVE", "NEW", "SUGGESTED"], required=False, default=""
    )


class UpdateOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    set = serializers.CharField(source="source")
    state = serializers.CharField()
    file_name = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    integrity = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField()
    done_rows = serializers.IntegerField()
    error = serializers.CharField()
    requested_by_name = serializers.CharField()
    requested_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)


class LineOutput(serializers.Serializer[Any]):
    field = serializers.CharField(source="label")
    old = serializers.CharField()
    new = serializers.CharField()


class UpdateRowOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="row.id")
    row = serializers.CharField(source="row.row")
    kind = serializers.CharField(source="row.kind")
    name = serializers.CharField(source="row.name")
    identity = serializers.CharField(source="row.identity_masked")
    org = serializers.CharField()
    decision = serializers.CharField(source="row.decision")
    outcome = serializers.CharField(source="row.outcome")
    note = serializers.CharField(source="row.note")
    lines = LineOutput(many=True)


class UpdateRowPageOutput(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = UpdateRowOutput(many=True)


class FaultOutput(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    column = serializers.CharField()
    rule = serializers.CharField()
    value = serializers.CharField()
    message = serializers.SerializerMethodField()

    def get_message(self, fault: Any) -> str:
        return update_report.message_of(fault.rule)


class CountOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
