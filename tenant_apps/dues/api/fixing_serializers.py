"""Shapes of the API of standards in depth: settings, reliefs, the year, answers, arrears."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.dues.api.serializers import MonthField
from tenant_apps.dues.models import Answer, ReliefKind
from tenant_apps.dues.selectors.settings import LAST_DAY, ROUNDINGS

_ROUNDINGS = [(key.value, label) for key, label in ROUNDINGS.items()]


class DuesSettingInput(Input):
    rounding = serializers.ChoiceField(choices=_ROUNDINGS)
    is_automatic = serializers.BooleanField()
    issue_day = serializers.IntegerField(min_value=1, max_value=LAST_DAY)
    prepays_year = serializers.BooleanField(required=False, default=False)


class DuesSettingOutput(serializers.Serializer[Any]):
    rounding = serializers.ChoiceField(choices=_ROUNDINGS)
    is_automatic = serializers.BooleanField()
    issue_day = serializers.IntegerField()
    prepays_year = serializers.BooleanField()
    issued_month = MonthField(allow_null=True)


class ReliefInput(Input):
    kind = serializers.ChoiceField(choices=ReliefKind.choices)
    first_month = MonthField()
    last_month = MonthField()
    amount_fen = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="少交后的月交纳额；只用于少交"
    )
    pay_by_month = MonthField(required=False, allow_null=True, default=None, help_text="只用于缓交")
    reason = serializers.CharField(max_length=200)
    approved_by = serializers.CharField(max_length=120, help_text="批准或同意的组织")


class ReliefOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ReliefKind.choices)
    first_month = MonthField()
    last_month = MonthField()
    amount_fen = serializers.IntegerField(allow_null=True)
    pay_by_month = MonthField(allow_null=True)
    reason = serializers.CharField()
    approved_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)


class ReliefPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ReliefOutput(many=True)


class YearInput(Input):
    org = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="组织路径，含下级"
    )


class ProposalOutput(serializers.Serializer[Any]):
    member_id = serializers.UUIDField()
    name = serializers.CharField()
    category = serializers.CharField()
    base_fen = serializers.IntegerField(allow_null=True)
    before_fen = serializers.IntegerField(allow_null=True)
    after_fen = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField(help_text="不能核定的原因，没有时为空")


class OutlookOutput(serializers.Serializer[Any]):
    year = serializers.IntegerField()
    rounding = serializers.ChoiceField(choices=_ROUNDINGS)
    before_fen = serializers.IntegerField()
    after_fen = serializers.IntegerField()
    capped = serializers.IntegerField(help_text="达到每月上限的人数")
    changed = ProposalOutput(many=True, help_text="金额有变化的党员")
    missing = ProposalOutput(many=True, help_text="没有基数的党员")


class YearFixedOutput(serializers.Serializer[Any]):
    batch_id = serializers.UUIDField(help_text="撤销时用")
    count = serializers.IntegerField()


class WhatIfQuery(Input):
    version = serializers.CharField(max_length=20, required=False, default="")
    rounding = serializers.ChoiceField(choices=_ROUNDINGS, required=False, default="")
    base_bp = serializers.IntegerField(
        min_value=1_000, max_value=60_000, required=False, default=10_000,
        help_text="基数变动后的基点，10500 即上调 5%",
    )  # fmt: skip


class AnswerInput(Input):
    is_right = serializers.BooleanField()
    note = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="有异议时必填"
    )


class AnswerOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    year = serializers.IntegerField()
    category = serializers.CharField()
    base_fen = serializers.IntegerField(allow_null=True)
    amount_fen = serializers.IntegerField()
    answer = serializers.ChoiceField(choices=Answer.choices)
    answer_note = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)


class LateOutput(serializers.Serializer[Any]):
    member_id = serializers.UUIDField()
    name = serializers.CharField()
    org_path = serializers.CharField()
    months = serializers.IntegerField(help_text="连续未交月数")
    first_month = MonthField()
    last_month = MonthField()
    owed_fen = serializers.IntegerField()
    owed_months = serializers.IntegerField()
