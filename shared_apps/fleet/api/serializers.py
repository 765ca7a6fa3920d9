"""Shapes of the API of the operators' view, input and output apart.  Money is fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from shared_apps.fleet.models import SchemaState, Trouble
from shared_apps.fleet.selectors.time_line import Kind
from tenants.models import UnitProfile, UnitState

FEW = "少于 5 人时为空"


class ReasonOutput(serializers.Serializer[Any]):
    key = serializers.ChoiceField(choices=Trouble.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # a field, not the framework's
    text = serializers.CharField(help_text="带数字的说明")


class FleetUnitOutput(serializers.Serializer[Any]):
    """A unit as a line; figures are null before they were first gathered."""

    id = serializers.UUIDField(source="unit.pk")
    name = serializers.CharField(source="unit.name")
    label = serializers.CharField(source="unit.label")  # type: ignore[assignment]  # a field
    credit_code = serializers.CharField(source="unit.credit_code")
    state = serializers.ChoiceField(source="unit.state", choices=UnitState.choices)
    profile = serializers.ChoiceField(source="unit.profile", choices=UnitProfile.choices)
    region_code = serializers.CharField(source="unit.region_code")
    region = serializers.CharField()
    bank_branch = serializers.CharField(source="unit.bank_branch")
    opened_at = serializers.DateTimeField(source="unit.opened_at", allow_null=True)
    cell = serializers.CharField(help_text="所在分区")
    is_pinned = serializers.BooleanField()
    score = serializers.IntegerField(source="standing.score", default=0)
    reasons = ReasonOutput(many=True)
    organizations = serializers.IntegerField(source="standing.organizations", default=None)
    members = serializers.IntegerField(allow_null=True, help_text=FEW)
    activated = serializers.IntegerField(allow_null=True, help_text=FEW)
    active_at = serializers.DateTimeField(source="standing.active_at", default=None)
    schema_state = serializers.ChoiceField(
        source="standing.schema_state", choices=SchemaState.choices, default=None
    )
    steps_behind = serializers.IntegerField(source="standing.steps_behind", default=None)
    storage_bytes = serializers.IntegerField(source="standing.storage_bytes", default=None)
    errors_day = serializers.IntegerField(source="standing.errors_day", default=None)
    errors_week = serializers.IntegerField(source="standing.errors_week", default=None)
    difference_fen = serializers.IntegerField(
        source="shown_difference_fen",
        allow_null=True,
        help_text="渠道到账减单位上报；党员少于 5 人且有差额时为空",
    )
    backed_up_at = serializers.DateTimeField(source="standing.backed_up_at", default=None)


class FleetPageOutput(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(allow_null=True, help_text="数据截至")
    count = serializers.IntegerField()
    results = FleetUnitOutput(many=True)


class EntryOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    title = serializers.CharField()
    text = serializers.CharField()


class TimeLineOutput(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    has_more = serializers.BooleanField()
    results = EntryOutput(many=True)


class WorkOutput(serializers.Serializer[Any]):
    """Periodic work that failed or is late; ``error`` is a kind of error, never a message."""

    work = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    attempts = serializers.IntegerField()
    error = serializers.CharField()
    late_seconds = serializers.IntegerField()
    last_done_at = serializers.DateTimeField(allow_null=True)


class WorkRetryInput(Input):
    work = serializers.CharField(max_length=40)


class WorkRetryOutput(serializers.Serializer[Any]):
    work = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    at = serializers.DateTimeField()


class SavedFilterOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    query = serializers.CharField(help_text="列表地址中的查询串")
    is_default = serializers.BooleanField()


class SavedFilterInput(Input):
    name = serializers.CharField(max_length=20)
    query = serializers.CharField(max_length=600)


class SavedFilterChangeInput(Input):
    name = serializers.CharField(max_length=20, required=False)
    is_default = serializers.BooleanField(required=False)
