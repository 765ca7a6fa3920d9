"""Shapes of the API of the post between units: numbers only."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class HindranceOutput(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()


class TrafficOutput(serializers.Serializer[Any]):
    waiting = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)
    delivered_day = serializers.IntegerField()
    open_units = serializers.IntegerField()
    hindered = HindranceOutput(many=True)
