"""Shapes of the API of settlement: amounts in fen, accounts by their last four digits."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.api.serializers import Input
from shared_apps.settlement.models import (
    AccountState,
    Bank,
    BatchState,
    Cycle,
    InstructionState,
    Mode,
)


class BatchOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    pay_on = serializers.DateField()
    state = serializers.ChoiceField(choices=BatchState.choices)
    count = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    made_by_name = serializers.CharField()
    made_at = serializers.DateTimeField()
    checked_by_name = serializers.CharField()
    checked_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class SettlementOutput(serializers.Serializer[Any]):
    """An instruction, as its unit and the bank see it."""

    id = serializers.UUIDField()
    insid = serializers.CharField(help_text="指令号，12 位")
    state = serializers.ChoiceField(choices=InstructionState.choices)
    cycle = serializers.ChoiceField(choices=Cycle.choices)
    cut_off_on = serializers.DateField(help_text="结算至哪一天的款项")
    amount_fen = serializers.IntegerField()
    account_id = serializers.UUIDField()
    account = serializers.CharField(source="account.shown")
    bank_words = serializers.CharField(help_text="银行的答复")
    sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="退回或退汇的时间")


class AccountInput(Input):
    bank = serializers.ChoiceField(choices=Bank.choices)
    cnaps = serializers.CharField(max_length=12, help_text="联行号，12 位数字")
    branch = serializers.CharField(max_length=80)
    name = serializers.CharField(max_length=120)
    number = serializers.CharField(max_length=40, help_text="加密保存，只返回末四位")


class AccountOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    bank = serializers.ChoiceField(choices=Bank.choices)
    cnaps = serializers.CharField()
    branch = serializers.CharField()
    name = serializers.CharField()
    last_four = serializers.CharField()
    state = serializers.ChoiceField(choices=AccountState.choices)
    reason = serializers.CharField()
    effective_on = serializers.DateField(allow_null=True)
    registered_at = serializers.DateTimeField()


class CompareInput(Input):
    number = serializers.CharField(max_length=40, help_text="开户资料上的账号")


class RefuseInput(Input):
    reason = serializers.CharField(max_length=200)


class EntryOutput(serializers.Serializer[Any]):
    """A line of the pool's statement."""

    id = serializers.UUIDField()
    serial = serializers.CharField(help_text="银行流水号")
    booked_on = serializers.DateField()
    amount_fen = serializers.IntegerField(help_text="支出为负")
    insid = serializers.CharField(help_text="结算指令号，没有时为空")
    summary = serializers.CharField()
    entry_state = serializers.CharField(
        source="state", help_text="matched、doubled、unmatched 或 explained"
    )
    payout_id = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()
    decided_by_name = serializers.CharField()


class EntryReasonInput(Input):
    reason = serializers.CharField(max_length=200)


class TermsInput(Input):
    mode = serializers.ChoiceField(choices=Mode.choices)
    cycle = serializers.ChoiceField(choices=Cycle.choices, allow_null=True)
    minimum_fen = serializers.IntegerField(min_value=0)


class TermsOutput(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=Mode.choices)
    cycle = serializers.ChoiceField(choices=Cycle.choices, allow_null=True)
    minimum_fen = serializers.IntegerField()
    effective_on = serializers.DateField()
