"""Shapes of the API of support access, input and output apart."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from shared_apps.support.models import Area, Change, Ending, State


class AskInput(Input):
    unit_id = serializers.UUIDField()
    office = serializers.CharField(max_length=80)
    reason = serializers.CharField(max_length=500, help_text="至少 10 个字")
    areas = serializers.ListField(child=serializers.ChoiceField(choices=Area.choices))
    changes = serializers.ListField(
        child=serializers.ChoiceField(choices=Change.choices), required=False, default=list
    )
    place = serializers.CharField(
        max_length=60, required=False, default="", allow_blank=True,
        help_text="党组织名称，只看该组织及其下级；空为全单位",
    )  # fmt: skip
    hours = serializers.IntegerField(help_text="3 至 168")


class AccessOutput(serializers.Serializer[Any]):
    """A request and what became of it: counts of what was looked at, never what."""

    id = serializers.UUIDField()
    unit_id = serializers.UUIDField()
    operator_name = serializers.CharField()
    office = serializers.CharField()
    reason = serializers.CharField()
    asked_areas = serializers.ListField(child=serializers.CharField())
    asked_changes = serializers.ListField(child=serializers.CharField())
    asked_place = serializers.CharField(help_text="申请的党组织名称；空为全单位")
    asked_hours = serializers.IntegerField()
    areas = serializers.ListField(child=serializers.CharField())
    changes = serializers.ListField(child=serializers.CharField())
    scope = serializers.CharField(help_text="同意的组织在组织树中的位置；空为全单位")
    hours = serializers.IntegerField()
    state = serializers.ChoiceField(choices=State.choices)
    asked_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by_name = serializers.CharField()
    answer = serializers.CharField()
    entered_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by_name = serializers.CharField()
    ending = serializers.ChoiceField(choices=[*Ending.choices, ("", "")])
    pages = serializers.IntegerField()
    writes = serializers.IntegerField()
    refusals = serializers.IntegerField()


class PassOutput(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="60 秒内在单位地址使用一次，须在同一浏览器")
    host = serializers.CharField()
    seconds = serializers.IntegerField()
