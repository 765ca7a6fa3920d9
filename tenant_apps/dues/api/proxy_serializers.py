"""Shapes of the API of batches and entrustments, input and output apart.  Amounts are fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.dues.api.serializers import MonthField
from tenant_apps.dues.models import EntrustedBy, LotState, SlipState


class BatchRowInput(Input):
    name = serializers.CharField(max_length=60)
    key = serializers.CharField(max_length=20, help_text="手机号或身份证号")
    month = MonthField()
    amount_fen = serializers.IntegerField(min_value=1)


class BatchInput(Input):
    title = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    is_their_money = serializers.BooleanField(help_text="款项由党员本人交来，不是单位经费")
    rows = serializers.ListField(child=BatchRowInput(), min_length=1, max_length=5_000)


class BankSlipInput(Input):
    account = serializers.CharField(max_length=40, help_text="账务科目，如 1001:专户编号")
    number = serializers.CharField(max_length=40, help_text="银行回单号")
    banked_on = serializers.DateField()
    amount_fen = serializers.IntegerField(min_value=1)


class GiveBackInput(Input):
    reason = serializers.CharField(max_length=200)


class FaultOutput(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    name = serializers.CharField()
    month = MonthField(allow_null=True)
    fen = serializers.IntegerField(allow_null=True)
    field = serializers.CharField()
    rule = serializers.CharField()
    way_out = serializers.CharField()


class BatchLineOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=SlipState.choices)
    member_id = serializers.UUIDField()
    member_name = serializers.CharField(source="member.name")
    months = serializers.ListField(child=MonthField())
    amount_fen = serializers.IntegerField()
    receipt_serial = serializers.CharField(source="serial", allow_null=True)


class BatchOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=LotState.choices)
    title = serializers.CharField()
    amount_fen = serializers.IntegerField()
    made_by = serializers.CharField(source="made_by_name")
    checked_by = serializers.CharField(source="checked_by_name")
    bank_number = serializers.CharField()
    banked_on = serializers.DateField(allow_null=True)
    faults = FaultOutput(many=True)


class BatchPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = BatchOutput(many=True)


class BatchLinePageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = BatchLineOutput(many=True)


class EntrustmentInput(Input):
    member_id = serializers.UUIDField()
    first = MonthField()
    last = MonthField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=120, help_text="委托书的签署日期或编号")


class EntrustmentOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    way = serializers.ChoiceField(choices=EntrustedBy.choices)
    first_month = MonthField()
    last_month = MonthField(allow_null=True)
    note = serializers.CharField()
    entered_by = serializers.CharField(source="entered_by_name")
    entered_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class EntrustmentPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EntrustmentOutput(many=True)
