"""Shapes of the API of the platform's state."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from shared_apps.status.services.incidents import Component, Severity
from shared_apps.status.services.runs import Outcome


class UpdateOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField()
    actor = serializers.CharField(source="actor_name")


class IncidentOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    component = serializers.ChoiceField(choices=Component.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    is_for_everybody = serializers.BooleanField()
    started_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    opened_by = serializers.CharField(source="opened_by_name")
    updates = UpdateOutput(many=True, source="updates.all")


class IncidentInput(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=60)
    component = serializers.ChoiceField(choices=Component.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    text = serializers.CharField(max_length=500)
    is_for_everybody = serializers.BooleanField(default=False)


class UpdateInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=500)
    severity = serializers.ChoiceField(
        choices=Severity.choices, required=False, default="", help_text="不填表示不变"
    )


class ResolveInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=500)


class StepOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    component = serializers.ChoiceField(choices=Component.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    seconds = serializers.FloatField()
    detail = serializers.CharField()


class RunOutput(serializers.Serializer[Any]):
    """A run of the probe; one that was asked for waits until ``taken_at``."""

    asked_at = serializers.DateTimeField(allow_null=True)
    asked_by_name = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True)
    planned = serializers.IntegerField(help_text="步骤总数")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    steps = StepOutput(many=True, source="steps.all")


class DayOutput(serializers.Serializer[Any]):
    day = serializers.DateField()
    level = serializers.CharField(help_text="well、degraded、down 或 unknown")
    incidents = serializers.IntegerField()


class PartOutput(serializers.Serializer[Any]):
    component = serializers.CharField()
    name = serializers.CharField(source="label")
    level = serializers.CharField()
    days = DayOutput(many=True)


class SaidOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField()


class ToldOutput(serializers.Serializer[Any]):
    title = serializers.CharField()
    component = serializers.CharField(source="component_label")
    severity = serializers.CharField()
    started_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    updates = SaidOutput(many=True)


class PublicOutput(serializers.Serializer[Any]):
    taken_at = serializers.DateTimeField()
    is_stale = serializers.BooleanField(help_text="数据库不可用时为最近一次的副本")
    parts = PartOutput(many=True)
    current = ToldOutput(many=True)
    past = ToldOutput(many=True)
