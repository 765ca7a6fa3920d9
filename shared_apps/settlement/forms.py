"""What people fill in about accounts and terms."""

from __future__ import annotations

from typing import Any

from django import forms

from kernel.errors import DomainError
from kernel.money import parse_yuan
from shared_apps.settlement.models import Bank, Cycle, Mode


class AccountForm(forms.Form):
    """What stands on the papers of a dedicated account."""

    bank = forms.ChoiceField(label="开户银行", choices=[("", "请选择"), *Bank.choices])
    branch = forms.CharField(
        label="开户行", max_length=80, help_text="例如：建设银行南京河西支行。"
    )
    cnaps = forms.CharField(label="联行号", max_length=12, help_text="12 位数字，可向开户行查询。")
    name = forms.CharField(
        label="户名",
        max_length=120,
        help_text="「中国共产党……委员会」或「中国共产党……委员会（组织部）」。",
    )
    number = forms.CharField(
        label="账号",
        max_length=40,
        help_text="提交后加密保存，页面上只显示末四位。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class TermsForm(forms.Form):
    """How and how often the unit is settled."""

    mode = forms.ChoiceField(label="结算方式", choices=Mode.choices)
    cycle = forms.ChoiceField(
        label="结算周期",
        choices=[("", "由渠道结算，不选周期"), *Cycle.choices],
        required=False,
        help_text="只有银行归集户可以选择。",
    )
    minimum = forms.CharField(
        label="起付金额",
        initial="0.00",
        max_length=12,
        help_text="不足此数的留到下一期一并结算；0 为每期都结算。",
    )

    def clean_minimum(self) -> int:
        """Fen."""
        try:
            return parse_yuan(self.cleaned_data["minimum"])
        except DomainError as wrong:
            raise forms.ValidationError(wrong.message) from wrong

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if "minimum" in typed:
            typed["minimum_fen"] = typed.pop("minimum")
        if "cycle" in typed:
            typed["cycle"] = Cycle(typed["cycle"]) if typed["cycle"] else None
        if "mode" in typed:
            typed["mode"] = Mode(typed["mode"])
        return typed


class CompareForm(forms.Form):
    """The number once more, from the papers."""

    number = forms.CharField(
        label="开户资料上的账号",
        max_length=40,
        help_text="对照开户许可证逐位录入。与单位登记的一致才能确认。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class RefuseForm(forms.Form):
    reason = forms.CharField(
        label="退回原因", max_length=200, help_text="单位会看到。例如：户名与开户许可证不一致。"
    )


class StatementFileForm(forms.Form):
    """A statement as the bank exports it."""

    file = forms.FileField(label="对账单文件")
