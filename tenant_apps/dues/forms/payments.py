"""What is paid, decided about what arrived, given back, and whether a receipt is genuine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from shared_apps.payments.selectors import Channel
from tenant_apps.dues.models import Bill, Contribution


class DecisionForm(forms.Form):
    """About suspended money: why, or the channel's number of the refund."""

    reason = forms.CharField(label="理由", max_length=200, required=False)
    refund_number = forms.CharField(label="退款单号", max_length=64, required=False)


class VerifyForm(forms.Form):
    serial = forms.CharField(
        label="收据编号", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    code = forms.CharField(
        label="校验码",
        max_length=20,
        help_text="收据右下角的 12 位字母和数字。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class PaymentForm(forms.Form):
    """The months that a member ticked, and the way to pay; with only one way, that one."""

    month = forms.TypedMultipleChoiceField(coerce=int, required=False)  # choices: what is due
    way = forms.TypedChoiceField()  # choices: what the unit has

    def __init__(
        self, *args: Any, offered: list[int], ways: Sequence[Channel], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["way"] = forms.TypedChoiceField(
            coerce=Channel,
            choices=[(way.value, way.label) for way in ways],
            required=len(ways) > 1,
            empty_value=ways[0] if ways else Channel.WECHAT,
            error_messages={"required": "请选择交纳方式。", "invalid_choice": "请选择交纳方式。"},
        )
        self.fields["month"] = forms.TypedMultipleChoiceField(
            coerce=int, required=False, choices=[(month, str(month)) for month in offered]
        )


class RefundForm(forms.Form):
    """Which of a receipt's months go back, why, and whether the member owes them again."""

    bill = forms.MultipleChoiceField(
        label="退回哪些月份", error_messages={"required": "请至少选择一个月份。"}
    )  # choices: what the receipt's order still pays
    reason = forms.CharField(
        label="理由",
        min_length=4,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如：误交；党员已转出，应由新单位收缴。理由会记入审计日志。",
    )
    becomes = forms.ChoiceField(
        label="退回以后",
        choices=[("due", "重新列为应交"), ("exempt", "免交（上级党委已批准）")],
        widget=forms.RadioSelect,
        initial="due",
    )
    approved_by = forms.CharField(
        label="批准免交的上级党委",
        max_length=120,
        required=False,
        help_text="选择免交时必填，写全称，可附批复文号。",
    )

    def __init__(self, *args: Any, offered: Sequence[Bill | Contribution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = [str(bill.pk) for bill in offered]
        self.fields["bill"] = forms.MultipleChoiceField(
            label=self.fields["bill"].label,
            choices=[(key, key) for key in self.offered],
            error_messages=self.fields["bill"].error_messages,
        )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("becomes") == "exempt" and not values.get("approved_by", "").strip():
            self.add_error("approved_by", "选择免交时，请写明批准的上级党委。")
        return values

    def picks(self, bill_id: UUID) -> bool:
        """Whether the month is ticked; at first all are."""
        return not self.is_bound or str(bill_id) in (self["bill"].value() or [])

    def verdict(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        is_exempt = values["becomes"] == "exempt"
        return {
            "bill_ids": [UUID(key) for key in values["bill"]],
            "reason": values["reason"],
            "exempt_approved_by": values["approved_by"] if is_exempt else "",
        }
