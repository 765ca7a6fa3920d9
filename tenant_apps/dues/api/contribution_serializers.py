"""Shapes of the API of what is given above the dues.  Amounts are integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from shared_apps.payments.selectors import Channel
from tenant_apps.dues.models import ContributionKind, ContributionState, HandUpState


class ExtraInput(Input):
    amount_fen = serializers.IntegerField(min_value=1, help_text="多交金额（分）")
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    campaign = serializers.IntegerField(
        min_value=1, required=False, help_text="特殊党费的编号；不填则为自愿多交或大额党费"
    )
    is_anonymous = serializers.BooleanField(required=False, default=False)


class TransferredInput(Input):
    amount_fen = serializers.IntegerField(min_value=1)
    bank = serializers.CharField(max_length=40, help_text="到账专户的科目")
    number = serializers.CharField(max_length=24, help_text="银行流水号")
    received_on = serializers.DateField()


class HandUpInput(Input):
    bank = serializers.CharField(max_length=40, help_text="付款专户的科目")
    reference = serializers.CharField(max_length=64, help_text="银行流水号")
    paid_on = serializers.DateField()


class CentralReceiptInput(Input):
    number = serializers.CharField(max_length=64)
    received_on = serializers.DateField()


class MyContributionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ContributionKind.choices)
    state = serializers.ChoiceField(choices=ContributionState.choices)
    amount_fen = serializers.IntegerField()
    paid_at = serializers.DateTimeField()
    central_receipt = serializers.CharField()


class ContributionOutput(MyContributionOutput):
    name = serializers.CharField(source="giver")
    organization = serializers.CharField(source="org.name")
    hand_up_id = serializers.UUIDField(allow_null=True)


class CampaignOutput(serializers.Serializer[Any]):
    number = serializers.IntegerField(source="campaign.number")
    title = serializers.CharField(source="campaign.title")
    document = serializers.CharField(source="campaign.document")
    opens_on = serializers.DateField(source="campaign.opens_on")
    closes_on = serializers.DateField(source="campaign.closes_on")
    is_open = serializers.BooleanField()
    count = serializers.IntegerField()
    fen = serializers.IntegerField()
    waiting_fen = serializers.IntegerField()


class HandUpOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ContributionKind.choices)
    state = serializers.ChoiceField(choices=HandUpState.choices)
    count = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    asked_by = serializers.CharField(source="asked_by_name")
    asked_at = serializers.DateTimeField()
    decided_by = serializers.CharField(source="decided_by_name")
    decided_at = serializers.DateTimeField(allow_null=True)
    reference = serializers.CharField()
    paid_on = serializers.DateField(allow_null=True)
