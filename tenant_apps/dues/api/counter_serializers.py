"""Shapes of the API of counter cash, input and output apart.  Amounts are integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.dues.api.serializers import MonthField
from tenant_apps.dues.models import SlipState


class PickedInput(Input):
    member_id = serializers.UUIDField()
    months = serializers.ListField(child=MonthField(), min_length=1, max_length=60)


class CashInput(Input):
    members = serializers.ListField(child=PickedInput(), min_length=1, max_length=50)
    received_fen = serializers.IntegerField(min_value=1, help_text="清点金额，须与月份合计一致")
    handed_by = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default="", help_text="代交人"
    )


class ReversalInput(Input):
    reason = serializers.CharField(max_length=200)


class DepositInput(Input):
    collector = serializers.UUIDField(help_text="经手收款的人")
    slip_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)
    bank = serializers.CharField(max_length=40, help_text="账务科目，如 1001:专户编号")
    bank_number = serializers.CharField(max_length=40, help_text="银行回单号")
    banked_on = serializers.DateField()
    amount_fen = serializers.IntegerField(min_value=1)


class SlipOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=SlipState.choices)
    member_id = serializers.UUIDField()
    member_name = serializers.CharField(source="member.name")
    months = serializers.ListField(child=MonthField())
    amount_fen = serializers.IntegerField()
    handed_by = serializers.CharField()
    taken_by = serializers.UUIDField()
    taken_by_name = serializers.CharField()
    taken_at = serializers.DateTimeField()
    checked_by_name = serializers.CharField()
    checked_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    receipt_serial = serializers.CharField(source="serial")


class SlipPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SlipOutput(many=True)


class LotOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount_fen = serializers.IntegerField()
    collector = serializers.CharField(source="made_by_name")
    confirmed_by = serializers.CharField(source="checked_by_name")
    bank_number = serializers.CharField()
    banked_on = serializers.DateField()
