"""What is typed about extras: the member's wish, a transfer that came, what goes up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from shared_apps.payments.selectors import Channel
from tenant_apps.dues.forms.fields import YuanField
from tenant_apps.dues.selectors.banks import Bank


class ExtraForm(forms.Form):
    """A sum of the member's own choice, and the way to pay; with only one way, that one."""

    amount = YuanField(
        label="多交金额", error_messages={"required": "请填写多交的金额。"}, max_length=16
    )
    way = forms.TypedChoiceField(widget=forms.HiddenInput)  # choices: what the unit has

    def __init__(self, *args: Any, ways: Sequence[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["way"] = forms.TypedChoiceField(
            coerce=Channel,
            choices=[(way.value, way.label) for way in ways],
            required=len(ways) > 1,
            empty_value=ways[0] if ways else Channel.WECHAT,
            error_messages={"required": "请选择交纳方式。", "invalid_choice": "请选择交纳方式。"},
        )


class SpecialForm(ExtraForm):
    """A sum for a call of the Centre."""

    is_anonymous = forms.BooleanField(label="匿名，名单上不列我的姓名", required=False)


class _BankForm(forms.Form):
    """Names one of the unit's dedicated accounts."""

    def __init__(self, *args: Any, banks: Sequence[Bank], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bank"] = forms.ChoiceField(
            label=self.fields["bank"].label,
            choices=[(bank.account, bank.label) for bank in banks],
        )


class TransferredForm(_BankForm):
    """What a member paid into the dedicated account himself."""

    amount = YuanField(label="金额", max_length=16)
    bank = forms.ChoiceField(label="到账专户")
    received_on = forms.DateField(label="到账日期", widget=forms.DateInput(attrs={"type": "date"}))
    number = forms.CharField(
        label="银行流水号",
        max_length=24,
        help_text="同一流水号只能登记一次。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class HandUpForm(_BankForm):
    """What proves that the money has left the dedicated account."""

    bank = forms.ChoiceField(label="付款专户")
    paid_on = forms.DateField(label="付款日期", widget=forms.DateInput(attrs={"type": "date"}))
    reference = forms.CharField(
        label="银行流水号", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class CentralReceiptForm(forms.Form):
    """The receipt of the Central Organisation Department."""

    number = forms.CharField(
        label="收据编号", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    received_on = forms.DateField(label="收据日期", widget=forms.DateInput(attrs={"type": "date"}))
