"""What the API of reconciliation takes and gives; the unit's differences too."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReconciledDayOutput(serializers.Serializer[Any]):
    day = serializers.DateField()
    bills = serializers.IntegerField(help_text="账单份数")
    waiting = serializers.IntegerField(help_text="未取回或未读取的份数")
    closed = serializers.IntegerField(help_text="已对平的份数")
    lines = serializers.IntegerField(help_text="交易账单明细笔数")
    open_cases = serializers.IntegerField(help_text="待处理的差异笔数")
    open_fen = serializers.IntegerField(help_text="待处理的差异金额（分，不计正负）")


class UnitDifferencesOutput(serializers.Serializer[Any]):
    unit_id = serializers.UUIDField()
    n = serializers.IntegerField(help_text="待处理的差异笔数")
    fen = serializers.IntegerField(help_text="差异金额（分，不计正负）")
    first_on = serializers.DateField(help_text="最早账单日")
    due = serializers.DateField(help_text="最早的处理期限")


class BillRunOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    unit_id = serializers.UUIDField()
    channel = serializers.CharField()
    day = serializers.DateField()
    bill_kind = serializers.CharField(source="kind", help_text="trade 或 fund")
    bill_state = serializers.CharField(source="state")
    attempts = serializers.IntegerField()
    error_code = serializers.CharField()
    error_text = serializers.CharField()
    try_at = serializers.DateTimeField(allow_null=True)


class DifferenceOutput(serializers.Serializer[Any]):
    """A difference between a channel's bill and the unit's orders."""

    id = serializers.UUIDField()
    day = serializers.DateField(source="run.day")
    difference_kind = serializers.CharField(source="kind", help_text="差异类别")
    number = serializers.CharField(help_text="订单号或退款单号")
    amount_fen = serializers.IntegerField(help_text="渠道比平台多（负数为少）的金额（分）")
    ours_fen = serializers.IntegerField(allow_null=True)
    theirs_fen = serializers.IntegerField(allow_null=True)
    case_state = serializers.CharField(source="state", help_text="open 或 settled")
    suggestion = serializers.CharField(help_text="ask、check 或 explain")
    due_on = serializers.DateField()
    way = serializers.CharField(help_text="处理方式，未处理时为空")
    reason = serializers.CharField()
    decided_by_name = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)


class ExplanationInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)
