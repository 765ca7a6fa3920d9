"""What the API of the proof gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class RuleOutput(serializers.Serializer[Any]):
    code = serializers.CharField(source="rule.code", help_text="规则编号，I1 至 I14、R1、T1 至 T3")
    title = serializers.CharField(source="rule.title")
    rule = serializers.CharField(source="rule.says", help_text="规则内容")
    units = serializers.IntegerField(help_text="已核验的单位数")
    failing = serializers.IntegerField(help_text="不符的单位数")
    since = serializers.DateTimeField(allow_null=True, help_text="最早一处不符开始的时间")
    checked_at = serializers.DateTimeField(allow_null=True, help_text="最久未核验单位的核验时间")


class FindingOutput(serializers.Serializer[Any]):
    unit_id = serializers.UUIDField()
    violations = serializers.IntegerField(help_text="不符的处数")
    failing_since = serializers.DateTimeField()
    checked_at = serializers.DateTimeField()
