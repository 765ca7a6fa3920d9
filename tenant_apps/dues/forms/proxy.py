"""Batches paid for others: the list, the bank's slip, a member's entrustment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from kernel import papers
from kernel.papers import Upload
from tenant_apps.dues.forms.fields import MonthField, YuanField
from tenant_apps.dues.selectors.banks import Bank
from tenant_apps.dues.selectors.proxy import EntrustedOwing


class BatchForm(forms.Form):
    """A file, or members picked from those who entrusted the branch."""

    title = forms.CharField(
        label="批次名称", max_length=80, required=False, help_text="如：退休二支部 11 月。"
    )
    file = forms.FileField(label="名单文件", required=False, help_text="xlsx、xls 或 csv，按模板。")
    pick = forms.MultipleChoiceField(required=False)  # choices: who entrusted and owes
    is_their_money = forms.BooleanField(
        label="款项由党员本人交来（现金或转账），不是单位经费，也没有从工资中扣缴",
        error_messages={"required": "请确认款项由党员本人交来（《规定》第十二、十四条）。"},
    )

    def __init__(self, *args: Any, offered: Sequence[EntrustedOwing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pick"] = forms.MultipleChoiceField(
            required=False,
            choices=[(str(one.member_id), one.name) for one in offered],
            error_messages={"invalid_choice": "所选党员已交清或委托已解除，请重新选择。"},
        )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(values.get("file")) == bool(values.get("pick")):
            raise forms.ValidationError("请上传名单，或从下面勾选党员，两者选一。")
        return values

    def picks(self, member_id: UUID) -> bool:
        """Whether the member is ticked; at first nobody is."""
        return str(member_id) in (self["pick"].value() or [])


class BankSlipForm(forms.Form):
    """The bank's word that the batch's money is there."""

    account = forms.ChoiceField(label="存入账户")
    number = forms.CharField(
        label="银行回单号", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    banked_on = forms.DateField(label="存入日期", widget=forms.DateInput(attrs={"type": "date"}))
    amount = YuanField(label="回单金额", help_text="须与批次合计一致。")

    def __init__(self, *args: Any, banks: Sequence[Bank], today: dt.date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("banked_on", today)
        super().__init__(*args, **kwargs)
        self.fields["account"] = forms.ChoiceField(label="存入账户", choices=list(banks))

    def verdict(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        return {
            "account": values["account"],
            "number": values["number"],
            "banked_on": values["banked_on"],
            "amount_fen": values["amount"] or 0,
        }


class EntrustmentForm(forms.Form):
    """A form that the member signed."""

    first = MonthField(label="从哪个月起")
    last = MonthField(label="到哪个月止", required=False, help_text="长期有效的不填。")
    note = forms.CharField(
        label="委托书", max_length=120, help_text="签署日期或编号，如：2026-01-05 签署。"
    )
    scan = forms.FileField(label="扫描件", required=False, help_text=papers.HINT)

    def verdict(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        file = values.get("scan")
        return {
            "first": values["first"],
            "last": values["last"],
            "note": values["note"],
            "scan": Upload(file.name, file.read(papers.MOST_BYTES + 1)) if file else None,
        }


class ReasonForm(forms.Form):
    reason = forms.CharField(label="说明", max_length=200, required=False)
