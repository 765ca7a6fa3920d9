"""Shapes of the API of transfers.  What came from another unit goes out masked."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.transfers.models import Kind, Side, State
from tenant_apps.transfers.selectors.checking import Worth
from tenant_apps.transfers.selectors.machine import PAPER
from tenant_apps.transfers.selectors.validity import MOST_DAYS

_PAPER = [(kind.value, kind.label) for kind in PAPER]


class TransferOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    side = serializers.ChoiceField(choices=Side.choices)
    kind = serializers.ChoiceField(choices=Kind.choices)
    is_whole = serializers.BooleanField()
    state = serializers.ChoiceField(choices=State.choices)
    member_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    category = serializers.CharField()
    org_id = serializers.UUIDField(help_text="本单位的支部")
    to_id = serializers.UUIDField(allow_null=True, help_text="本单位内的转入支部")
    other_name = serializers.CharField(help_text="单位以外的党组织")
    reason = serializers.CharField()
    papers = serializers.ListField(child=serializers.CharField())
    paid_to = serializers.IntegerField(allow_null=True, help_text="党费交至，如 202610")
    letter = serializers.CharField()
    issued_on = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    outcome = serializers.CharField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class TransferPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TransferOutput(many=True)


class LineOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    title = serializers.CharField()
    text = serializers.CharField()


class TransferDetailOutput(TransferOutput):
    preview = serializers.DictField(help_text="转入党员的概要，号码已脱敏")
    hindrance = serializers.CharField(help_text="介绍信尚未送达的原因")
    verbs = serializers.ListField(child=serializers.CharField(), help_text="现在可以办理的步骤")
    timeline = LineOutput(many=True)


class PlanInput(Input):
    """``to``, ``unit_id`` and ``other_name`` exclude each other."""

    to = serializers.UUIDField(required=False, help_text="本单位内的支部")
    unit_id = serializers.UUIDField(required=False, help_text="平台内其他单位")
    kind = serializers.ChoiceField(choices=_PAPER, required=False)
    other_name = serializers.CharField(max_length=120, required=False, default="")
    reason = serializers.CharField(max_length=20)
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    arrears_note = serializers.CharField(
        max_length=200, required=False, default="", allow_blank=True
    )
    papers = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list
    )


class BeginInput(PlanInput):
    member_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=100
    )
    branch_id = serializers.UUIDField(required=False, help_text="整建制：支部连同全体党员")


class PaperInput(Input):
    kind = serializers.ChoiceField(choices=_PAPER)
    other_name = serializers.CharField(max_length=120)
    letter = serializers.CharField(max_length=60)
    issued_on = serializers.DateField()
    valid_until = serializers.DateField()
    paid_to = serializers.CharField(max_length=7, required=False, default="", allow_blank=True)
    org_id = serializers.UUIDField()
    name = serializers.CharField(max_length=60)
    identity = serializers.CharField(max_length=18)
    phone = serializers.CharField(max_length=20, required=False, default="", allow_blank=True)
    gender = serializers.ChoiceField(choices=["M", "F"])
    birth_on = serializers.DateField()
    category = serializers.ChoiceField(choices=["FULL", "PROBATIONARY"])
    joined_on = serializers.DateField()
    full_on = serializers.DateField(required=False, allow_null=True, default=None)


class StepInput(Input):
    """What the step asks for; the rest is left out."""

    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    days = serializers.IntegerField(required=False, default=MOST_DAYS)
    on = serializers.DateField(required=False)
    branch_id = serializers.UUIDField(
        required=False, help_text="接收时编入的支部；整建制编入时的上级党组织"
    )
    arrears_note = serializers.CharField(
        max_length=200, required=False, default="", allow_blank=True
    )
    papers = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, default=list
    )


class DestinationOutput(serializers.Serializer[Any]):
    unit_id = serializers.UUIDField()
    unit_name = serializers.CharField()
    organization_name = serializers.CharField()
    organization_code = serializers.CharField()


class CheckInput(Input):
    code = serializers.CharField(max_length=20)


class CheckOutput(serializers.Serializer[Any]):
    letter = serializers.CharField()
    name_masked = serializers.CharField()
    issued_on = serializers.DateField()
    valid_until = serializers.DateField()
    worth = serializers.ChoiceField(choices=[str(worth) for worth in Worth])


class PublishInput(Input):
    is_open = serializers.BooleanField()


class PublishOutput(serializers.Serializer[Any]):
    is_open = serializers.BooleanField()
