"""Shapes of the API of rules."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input


class BracketOutput(serializers.Serializer[Any]):
    above_fen = serializers.IntegerField()
    up_to_fen = serializers.IntegerField(allow_null=True)
    rate_bp = serializers.IntegerField()
    name = serializers.CharField(source="label")


class RatedOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="label")
    base_label = serializers.CharField()
    article = serializers.CharField()
    brackets = BracketOutput(many=True)


class FixedOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="label")
    article = serializers.CharField()
    least_fen = serializers.IntegerField()
    most_fen = serializers.IntegerField()
    default_fen = serializers.IntegerField()


class DuesPackOutput(serializers.Serializer[Any]):
    version = serializers.CharField()
    title = serializers.CharField()
    effective_from = serializers.DateField()
    effective_to = serializers.DateField(allow_null=True)
    checksum = serializers.CharField()
    month_cap_fen = serializers.IntegerField(allow_null=True)
    large_extra_fen = serializers.IntegerField()
    rated = RatedOutput(many=True, source="rated_categories")
    fixed = FixedOutput(many=True, source="fixed_categories")


class CodeEntryOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="label")
    standard = serializers.CharField()
    group = serializers.CharField(allow_blank=True)
    aliases = serializers.ListField(child=serializers.CharField())


class CodeTableLineOutput(serializers.Serializer[Any]):
    key = serializers.CharField(source="name")
    title = serializers.CharField()
    standard = serializers.CharField()
    version = serializers.CharField()
    count = serializers.SerializerMethodField()

    def get_count(self, table: Any) -> int:
        return len(table.entries)


class CodeTableOutput(CodeTableLineOutput):
    origin = serializers.CharField(source="source")
    note = serializers.CharField(allow_blank=True)
    entries = CodeEntryOutput(many=True)


class CampaignInput(Input):
    title = serializers.CharField(max_length=60)
    document = serializers.CharField(max_length=80, help_text="发文字号")
    cause = serializers.CharField(max_length=500)
    opens_on = serializers.DateField()
    closes_on = serializers.DateField()
    suggested_fen = serializers.ListField(
        child=serializers.IntegerField(min_value=1), max_length=8, required=False, default=list
    )
    may_be_anonymous = serializers.BooleanField(required=False, default=False)


class CampaignOutput(CampaignInput):
    number = serializers.IntegerField()
    ended_at = serializers.DateTimeField(allow_null=True)
