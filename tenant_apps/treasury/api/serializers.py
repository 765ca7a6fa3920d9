"""Shapes of the API of the treasury, input and output apart; amounts are integer fen."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from tenant_apps.dues.selectors import chart
from tenant_apps.treasury.models import Direction, RunState, VoucherKind, VoucherState
from tenant_apps.treasury.selectors.lines import KINDS, number_of

_ENTERED = [VoucherKind.INTEREST, VoucherKind.ALLOCATION, VoucherKind.OPENING, VoucherKind.EXPENSE]
_LARGEST = 10**13
_USES = sorted(chart.USES)


class TurnoverOutput(serializers.Serializer[Any]):
    """Balances are debit minus credit."""

    account = serializers.CharField()
    name = serializers.CharField(source="label")
    opening_fen = serializers.IntegerField()
    debit_fen = serializers.IntegerField()
    credit_fen = serializers.IntegerField()
    closing_fen = serializers.IntegerField()


class LineOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.SerializerMethodField()
    at = serializers.DateTimeField()
    debit = serializers.CharField()
    credit = serializers.CharField()
    amount_fen = serializers.IntegerField()
    memo = serializers.CharField()
    org_path = serializers.CharField()

    def get_number(self, line: Any) -> str:
        return number_of(line.pk, line.at)


class LinesOutput(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    lines = LineOutput(many=True)


class LinesInput(Input):
    month = serializers.RegexField(r"^\d{4}-\d{2}$", required=False, default="")
    account = serializers.CharField(required=False, default="", max_length=40)
    kind = serializers.ChoiceField(choices=[one for one in KINDS if one], required=False)
    org = serializers.RegexField(r"^\d{4,80}$", required=False, default="")
    q = serializers.CharField(required=False, default="", max_length=60)
    offset = serializers.IntegerField(required=False, default=0, min_value=0)
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)


class VoucherOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=VoucherKind.choices)
    state = serializers.ChoiceField(choices=VoucherState.choices)
    org_path = serializers.CharField()
    bank = serializers.CharField()
    use = serializers.CharField()
    amount_fen = serializers.IntegerField()
    happened_on = serializers.DateField()
    summary = serializers.CharField()
    payee = serializers.CharField()
    minute = serializers.CharField()
    decided_on = serializers.DateField(allow_null=True)
    present = serializers.IntegerField(allow_null=True)
    line_id = serializers.UUIDField(allow_null=True)
    entered_by_name = serializers.CharField()
    approved_by_name = serializers.CharField()
    paid_by_name = serializers.CharField()


class VoucherInput(Input):
    """``kind`` EXPENSE makes a draft; the others are booked at once."""

    kind = serializers.ChoiceField(choices=[(one.value, one.label) for one in _ENTERED])
    org = serializers.RegexField(r"^\d{4,80}$")
    bank = serializers.CharField(max_length=40)
    amount_fen = serializers.IntegerField(min_value=1, max_value=_LARGEST)
    happened_on = serializers.DateField()
    summary = serializers.CharField(max_length=120)
    use = serializers.ChoiceField(choices=_USES, required=False, default="")
    payee = serializers.CharField(max_length=60, required=False, default="")
    earmark_id = serializers.UUIDField(required=False, default=None)


class DecisionInput(Input):
    minute = serializers.CharField(max_length=120)
    decided_on = serializers.DateField()
    present = serializers.IntegerField(min_value=1, max_value=9_999)


class TreasuryReasonInput(Input):
    reason = serializers.CharField(max_length=100)


class RunOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    state = serializers.ChoiceField(choices=RunState.choices)
    first_on = serializers.DateField()
    last_on = serializers.DateField()
    reverses_id = serializers.UUIDField(allow_null=True)
    made_by_name = serializers.CharField()
    confirmed_by_name = serializers.CharField()


class SweepLineOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    giver_path = serializers.CharField()
    taker_path = serializers.CharField()
    base_fen = serializers.IntegerField()
    due_fen = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    rule = serializers.CharField()
    taken_by_name = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True)


class RunDetailOutput(serializers.Serializer[Any]):
    run = RunOutput()
    lines = SweepLineOutput(many=True)


class RunInput(Input):
    direction = serializers.ChoiceField(choices=Direction.choices)
    first = serializers.DateField()
    last = serializers.DateField()


class PublicationOutput(serializers.Serializer[Any]):
    year = serializers.IntegerField()
    figures = serializers.DictField()
    note = serializers.CharField()
    published_by_name = serializers.CharField()
    published_at = serializers.DateTimeField()


class CommentInput(Input):
    text = serializers.CharField(max_length=500)


class CommentOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    text = serializers.CharField()
    said_at = serializers.DateTimeField()


class DaysInput(Input):
    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)
    org = serializers.RegexField(r"^\d{4,80}$", required=False, default="")
