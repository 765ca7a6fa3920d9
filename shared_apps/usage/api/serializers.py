"""Shapes of the API of metering.  Money is fen; small counts of people are suppressed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ActsOutput(serializers.Serializer[Any]):
    imports = serializers.IntegerField()
    bills = serializers.IntegerField()
    payments = serializers.IntegerField()
    activated = serializers.IntegerField()
    sign_ins = serializers.IntegerField()


class FiguresOutput(serializers.Serializer[Any]):
    first = serializers.DateField(source="span.first")
    last = serializers.DateField(source="span.last")
    as_of = serializers.DateTimeField(source="lag.as_of", allow_null=True)
    lag_seconds = serializers.IntegerField(source="lag.seconds")
    units = serializers.IntegerField(source="together.units")
    serving = serializers.IntegerField(source="together.serving")
    opened = serializers.IntegerField(source="together.opened")
    organizations = serializers.IntegerField(source="together.organizations")
    members = serializers.IntegerField(source="together.members.over_everything")
    activated = serializers.IntegerField(source="together.activated.over_everything")
    units_left_out = serializers.IntegerField(
        source="together.members.left_out", help_text="党员少于 5 人、未计入合计的单位数"
    )
    due_fen = serializers.IntegerField(source="together.all_due_fen")
    paid_fen = serializers.IntegerField(source="together.all_paid_fen")
    storage_bytes = serializers.IntegerField(source="together.storage_bytes")
    acts = ActsOutput()


class DayOutput(serializers.Serializer[Any]):
    day = serializers.DateField()
    opened = serializers.IntegerField()
    members = serializers.IntegerField(allow_null=True, help_text="少于 5 人时为空")
    activated = serializers.IntegerField(allow_null=True, help_text="少于 5 人时为空")
    imports = serializers.IntegerField()
    bills = serializers.IntegerField()
    payments = serializers.IntegerField()
    sign_ins = serializers.IntegerField()
    due_fen = serializers.IntegerField()
    paid_fen = serializers.IntegerField()


class PlaceOutput(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="地区代码或经办行名称")
    name = serializers.CharField()
    units = serializers.IntegerField(source="place.together.units")
    serving = serializers.IntegerField(source="place.together.serving")
    organizations = serializers.IntegerField(source="place.together.organizations")
    members = serializers.IntegerField(
        source="place.together.members.over_a_place", help_text="不含少于 5 人的单位"
    )
    activated = serializers.IntegerField(source="place.together.activated.over_a_place")
    due_fen = serializers.IntegerField(source="place.together.due_fen")
    paid_fen = serializers.IntegerField(source="place.together.paid_fen")
    storage_bytes = serializers.IntegerField(source="place.together.storage_bytes")
    acts = ActsOutput(source="place.acts")


class CorrectionOutput(serializers.Serializer[Any]):
    unit_id = serializers.UUIDField()
    unit = serializers.CharField()
    metric = serializers.CharField()
    month = serializers.CharField(allow_null=True)
    kept = serializers.CharField()
    found = serializers.CharField()
    at = serializers.DateTimeField()


class NumberOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field
    meaning = serializers.CharField()
    why = serializers.CharField()
    when = serializers.CharField()
    rule = serializers.CharField()
    value_outside = serializers.IntegerField(allow_null=True)


class ReportOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    numbers = serializers.DictField(help_text="上报原文")
    at = serializers.DateTimeField()
    folded_at = serializers.DateTimeField()


class ReportPageOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = ReportOutput(many=True)


class OutsideOutput(serializers.Serializer[Any]):
    made_at = serializers.DateTimeField()
    numbers = NumberOutput(many=True)
    months = serializers.ListField(child=serializers.DictField())
    reports = serializers.ListField(child=serializers.DictField(), help_text="上报原文")
    corrections = serializers.ListField(child=serializers.DictField())
    tables = serializers.ListField(child=serializers.DictField())
