"""Shapes of the API of refunds, input and output apart.  Amounts are integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from shared_apps.payments import selectors as payments
from tenant_apps.dues.api.serializers import MonthField
from tenant_apps.dues.models import ResolutionKind, ResolutionState


class RefundInput(Input):
    bills = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=60, help_text="要退回的账单"
    )
    reason = serializers.CharField(max_length=200)
    exempt_approved_by = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        default="",
        help_text="批准免交的上级党委；不填则重新列为应交",
    )


class ReturnedInput(Input):
    number = serializers.CharField(max_length=64, help_text="商户平台给出的退款单号")
    reason = serializers.CharField(max_length=200)


class ChannelRefundOutput(serializers.Serializer[Any]):
    number = serializers.CharField(source="out_refund_no")
    state = serializers.ChoiceField(choices=payments.refund_states())
    error_code = serializers.CharField()
    heard_at = serializers.DateTimeField(allow_null=True)
    refunded_at = serializers.DateTimeField(allow_null=True)


class RefundOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(source="resolution.kind", choices=ResolutionKind.choices)
    state = serializers.ChoiceField(source="resolution.state", choices=ResolutionState.choices)
    stands = serializers.CharField(source="label", help_text="进度")
    amount_fen = serializers.IntegerField(source="resolution.amount_fen")
    months = serializers.ListField(child=MonthField())
    member_id = serializers.UUIDField()
    channel = serializers.CharField()
    order_number = serializers.CharField()
    reason = serializers.CharField(source="resolution.reason")
    asked_by = serializers.CharField(source="resolution.asked_by_name")
    asked_at = serializers.DateTimeField(source="resolution.asked_at")
    decided_by = serializers.CharField(source="resolution.decided_by_name")
    decided_at = serializers.DateTimeField(source="resolution.decided_at", allow_null=True)
    refund_number = serializers.CharField(source="resolution.refund_number")
    refund = ChannelRefundOutput(allow_null=True)


class MyRefundOutput(serializers.Serializer[Any]):
    amount_fen = serializers.IntegerField(source="resolution.amount_fen")
    months = serializers.ListField(child=MonthField())
    channel = serializers.CharField()
    is_done = serializers.BooleanField()
    refunded_at = serializers.DateTimeField(source="refund.refunded_at", allow_null=True)
