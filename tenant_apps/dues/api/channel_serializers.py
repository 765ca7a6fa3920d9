"""Shapes of the API of the channels that dues come in through."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from shared_apps.payments.selectors import Channel

_NOT_FOR_ALL = "该渠道没有此项时不填"


class WayOutput(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(choices=Channel.choices)
    is_on = serializers.BooleanField()
    mchid = serializers.CharField()
    appid = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)


class AccountInput(Input):
    """Keys are PEM texts; they are sealed and never given out again."""

    mchid = serializers.CharField(max_length=64)
    appid = serializers.CharField(max_length=64)
    merchant_private_key = serializers.CharField(max_length=8000)
    platform_public_key = serializers.CharField(max_length=8000)
    merchant_serial = serializers.CharField(max_length=64, required=False, help_text=_NOT_FOR_ALL)
    platform_key_id = serializers.CharField(max_length=64, required=False, help_text=_NOT_FOR_ALL)
    apiv3_key = serializers.CharField(max_length=64, required=False, help_text=_NOT_FOR_ALL)
    merchant_certificate = serializers.CharField(
        max_length=8000, required=False, help_text=_NOT_FOR_ALL
    )
