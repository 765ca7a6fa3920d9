"""Shapes of the API of dues, input and output apart.  Amounts are integer fen."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api.serializers import Input
from kernel.clock import Month
from kernel.errors import DomainError
from shared_apps.payments.selectors import Channel
from tenant_apps.dues.models import BillState
from tenant_apps.dues.selectors.reminders import MOST_AT_ONCE


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "examples": ["2026-11"]})
class MonthField(serializers.Field[Month, str, str, Any]):
    """A month as ``2026-11``."""

    def to_internal_value(self, data: str) -> Month:
        try:
            return Month.parse(str(data))
        except DomainError as error:
            raise serializers.ValidationError(error.message) from error

    def to_representation(self, value: Month | int) -> str:
        return str(value if isinstance(value, Month) else Month(value))


class ItemInput(Input):
    code = serializers.CharField(max_length=40, help_text="规则库中的项目代码")
    fen = serializers.IntegerField(min_value=0)


class StandardInput(Input):
    category = serializers.CharField(max_length=20, help_text="WAGE、RETIRED、FARMER 等")
    base_fen = serializers.IntegerField(min_value=0, allow_null=True)
    fixed_fen = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="只用于 FARMER：20 至 100"
    )
    items = ItemInput(many=True, required=False, default=list, help_text="工资条，代替基数")
    month = MonthField(help_text="从哪个月起执行，如 2026-11")
    reason = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default="", help_text="年内变更必填"
    )


class StandardOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    year = serializers.IntegerField()
    category = serializers.CharField()
    base_fen = serializers.IntegerField(allow_null=True)
    rate_bp = serializers.IntegerField(allow_null=True, help_text="基点，50 即 0.5%")
    raw_fen = serializers.IntegerField(help_text="封顶前")
    amount_fen = serializers.IntegerField()
    is_capped = serializers.BooleanField()
    effective_month = MonthField()
    reason = serializers.CharField()
    is_current = serializers.BooleanField()
    rounding = serializers.CharField(help_text="核定时的取整方式")
    answer = serializers.CharField(help_text="本人意见：空为待确认，CONFIRMED、OBJECTED")
    answer_note = serializers.CharField()


class StandardPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = StandardOutput(many=True)


class BillOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    member_id = serializers.UUIDField()
    org_id = serializers.UUIDField()
    month = MonthField()
    due_fen = serializers.IntegerField()
    paid_fen = serializers.IntegerField()
    state = serializers.ChoiceField(choices=BillState.choices)
    issued_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    exempt_reason = serializers.CharField()
    exempt_approved_by = serializers.CharField()
    relief_id = serializers.UUIDField(allow_null=True, help_text="少交或缓交登记")


class BillPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = BillOutput(many=True)


class ExemptInput(Input):
    reason = serializers.CharField(max_length=200)
    approved_by = serializers.CharField(max_length=120, help_text="批准的上级党委")


class LeftOutOutput(serializers.Serializer[Any]):
    reason = serializers.CharField()
    count = serializers.IntegerField()
    text = serializers.CharField()


class IssueInput(Input):
    org = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="组织路径，含下级"
    )


class IssuedOutput(serializers.Serializer[Any]):
    month = MonthField()
    count = serializers.IntegerField()
    due_fen = serializers.IntegerField()
    already = serializers.IntegerField(help_text="已有账单，没有重复生成")
    left_out = LeftOutOutput(many=True)


class ReminderInput(Input):
    members = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE
    )
    is_preview = serializers.BooleanField(required=False, default=False, help_text="只预览，不发送")


class ReminderOutput(serializers.Serializer[Any]):
    told = serializers.IntegerField(help_text="收到提醒的人数")
    fen = serializers.IntegerField(help_text="他们待交的总额")
    left_out = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="没有提醒的人数：no_phone、recent、paying、clear",
    )


class WithdrawnOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class TotalsOutput(serializers.Serializer[Any]):
    bills = serializers.IntegerField()
    due_fen = serializers.IntegerField()
    paid = serializers.IntegerField()
    paid_fen = serializers.IntegerField()
    exempt = serializers.IntegerField()
    deferred = serializers.IntegerField()
    unpaid = serializers.IntegerField()
    unpaid_fen = serializers.IntegerField()
    rate = serializers.IntegerField(help_text="实交占应交的百分比，舍去小数")


class PlaceOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    path = serializers.CharField()
    is_own = serializers.BooleanField(help_text="本级党员，不含下级")
    totals = TotalsOutput()


class OverviewOutput(serializers.Serializer[Any]):
    month = MonthField()
    path = serializers.CharField()
    name = serializers.CharField()
    totals = TotalsOutput()
    places = PlaceOutput(many=True)


class PaymentInput(Input):
    months = serializers.ListField(child=MonthField(), allow_empty=False, max_length=24)
    channel = serializers.ChoiceField(
        choices=Channel.choices, required=False, help_text="交纳方式；不填时用上次用过的"
    )
    return_url = serializers.CharField(required=False, allow_blank=True, default="")


class OrderOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField(source="out_trade_no")
    amount_fen = serializers.IntegerField()
    channel = serializers.ChoiceField(source="config.channel", choices=Channel.choices)
    state = serializers.CharField()
    is_open = serializers.BooleanField()
    is_paid = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class StartedOutput(OrderOutput):
    cashier_url = serializers.CharField(help_text="空：渠道结果未明，请查询订单，勿重复支付")
    cashier_method = serializers.ChoiceField(
        choices=["GET", "POST"], help_text="POST：把地址中的参数作为表单提交"
    )


class ReceiptOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="空：按月党费；否则为多交、大额或特殊党费")
    serial = serializers.CharField()
    member_id = serializers.UUIDField()
    org_id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    months = serializers.ListField(child=MonthField())
    amount_fen = serializers.IntegerField()
    verify_code = serializers.CharField()
    card_id = serializers.UUIDField(allow_null=True)
    issued_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(allow_null=True)


class ReceiptPageOutput(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ReceiptOutput(many=True)


class VerifyInput(Input):
    serial = serializers.CharField(max_length=40)
    code = serializers.CharField(max_length=20)


class VerificationOutput(serializers.Serializer[Any]):
    is_genuine = serializers.BooleanField()
    serial = serializers.CharField(required=False)
    name_masked = serializers.CharField(required=False)
    amount_fen = serializers.IntegerField(required=False)
    is_void = serializers.BooleanField(required=False)


class DecisionInput(Input):
    reason = serializers.CharField(max_length=200)


class ResolutionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    refund_number = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by_name")
    asked_at = serializers.DateTimeField()
    decided_by = serializers.CharField(source="decided_by_name")
    decided_at = serializers.DateTimeField(allow_null=True)


class SuspendedOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    amount_fen = serializers.IntegerField()
    memo = serializers.CharField()
    order_number = serializers.CharField()
    transaction_id = serializers.CharField()
    member_id = serializers.UUIDField()
    resolution = ResolutionOutput(allow_null=True)


class CheckOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    rule = serializers.CharField()
    holds = serializers.BooleanField()
    violations = serializers.IntegerField()
    examples = serializers.ListField(child=serializers.CharField())


class CardOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    body = serializers.CharField()
    based_on = serializers.CharField(source="source")
    minutes = serializers.IntegerField()


class ReceivedCardOutput(serializers.Serializer[Any]):
    received_at = serializers.DateTimeField(source="at")
    card = CardOutput()
