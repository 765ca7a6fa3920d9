"""Shape of HTML input.  Nothing here saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from kernel.clock import Month
from kernel.errors import DomainError
from kernel.money import parse_yuan, yuan
from shared_apps.payments.models import Channel
from shared_apps.rules.selectors import DuesPack


class YuanField(forms.CharField):
    """An amount typed in yuan; cleaned to fen, None when left empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_yuan(text)
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error


class MonthField(forms.CharField):
    """A month as browsers give it: 2026-11."""

    widget = forms.TextInput(attrs={"type": "month"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return Month.parse(text)
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error


class StandardForm(forms.Form):
    """A member's standard: category, base or chosen amount, from when, why."""

    category = forms.ChoiceField(label="交纳类别")  # its choices come from the pack
    base = YuanField(
        label="月计算基数",
        required=False,
        help_text="税后相对固定收入扣除社保、公积金、年金个人部分。定额类别不用填。",
    )
    fixed = YuanField(label="农民党员月交纳额", required=False)
    month = MonthField(label="从哪个月起执行")
    reason = forms.CharField(
        label="理由",
        max_length=120,
        required=False,
        help_text="年内变更必须填写，如：退休、类别变化、组织关系转接、工资大幅变动。",
    )

    def __init__(self, *args: Any, pack: DuesPack, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, found.label) for code, found in pack.rated.items()]
        choices += [(code, found.label) for code, found in pack.fixed.items()]
        self.fields["category"] = forms.ChoiceField(label="交纳类别", choices=choices)
        farmer = pack.fixed["FARMER"]
        self.fields["fixed"].help_text = (
            f"{yuan(farmer.least_fen)} 元至 {yuan(farmer.most_fen)} 元，"
            f"不填按 {yuan(farmer.default_fen)} 元。只用于农民党员。"
        )

    def verdict(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        return {
            "category": values["category"],
            "base_fen": values["base"],
            "fixed_fen": values["fixed"] if values["category"] == "FARMER" else None,
            "month": values["month"],
            "reason": values["reason"],
        }


class ExemptForm(forms.Form):
    reason = forms.CharField(
        label="困难情况与支部研究意见",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明困难原因和支部研究的日期。",
    )
    approved_by = forms.CharField(
        label="批准的上级党委", max_length=120, help_text="全称，可附批复文号。"
    )


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
