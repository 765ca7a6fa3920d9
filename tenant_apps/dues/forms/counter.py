"""Counter cash: whose months, what was counted, and the bank's slip."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from kernel.clock import Month
from tenant_apps.dues.forms.fields import YuanField
from tenant_apps.dues.models import Slip
from tenant_apps.dues.selectors.banks import Bank
from tenant_apps.dues.selectors.counter import Owing

_UNTIL = "until_"
_DAY = forms.DateInput(attrs={"type": "date"})


class CashForm(forms.Form):
    """Ticked members, each with the last month that is paid, and the cash that was counted."""

    pick = forms.MultipleChoiceField(
        error_messages={"required": "请至少选择一名党员。"}
    )  # choices: who was offered
    received = YuanField(label="清点金额", help_text="点清现金后填写，须与所选月份合计一致。")
    handed_by = forms.CharField(
        label="代交人",
        max_length=60,
        required=False,
        help_text="由亲属或其他党员送来时填写姓名（《规定》第十二条）；本人交纳不用填。",
    )

    def __init__(self, *args: Any, offered: Sequence[Owing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(one.member.pk): one for one in offered}
        self.fields["pick"] = forms.MultipleChoiceField(
            choices=[(key, key) for key in self.offered],
            error_messages={
                "required": "请至少选择一名党员。",
                "invalid_choice": "所选党员已交清或不在您的管理范围内，请重新选择。",
            },
        )
        for key, one in self.offered.items():
            self.fields[f"{_UNTIL}{key}"] = forms.TypedChoiceField(
                coerce=int,
                required=False,
                choices=[(bill.month, str(bill.month)) for bill in one.bills],
                empty_value="",
            )

    def picks(self, member_id: UUID) -> bool:
        """Whether the member is ticked; at first one who was searched for alone is."""
        if not self.is_bound:
            return len(self.offered) == 1
        return str(member_id) in (self["pick"].value() or [])

    def until(self, member_id: UUID) -> int:
        """The month chosen as the last one; at first everything that is open."""
        chosen = self[f"{_UNTIL}{member_id}"].value() if self.is_bound else None
        months = [bill.month for bill in self.offered[str(member_id)].bills]
        return next((one for one in months if str(one) == str(chosen)), months[-1])

    def chosen(self) -> dict[UUID, list[Month]]:
        """What the service takes: the open months of each ticked member up to the last one."""
        found: dict[UUID, list[Month]] = {}
        for key in self.cleaned_data["pick"]:
            months = [bill.month for bill in self.offered[key].bills]
            last = self.cleaned_data[f"{_UNTIL}{key}"] or months[-1]
            found[UUID(key)] = [Month(month) for month in months if month <= last]
        return found


class ReverseForm(forms.Form):
    reason = forms.CharField(
        label="理由",
        min_length=4,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="例如：误收张三 11 月党费，现金已当面退还。理由会记入审计日志。",
    )


class DepositForm(forms.Form):
    """Which slips the bank's slip covers."""

    slip = forms.MultipleChoiceField(error_messages={"required": "请至少选择一张缴款单。"})
    bank = forms.ChoiceField(label="存入账户")
    bank_number = forms.CharField(
        label="银行回单号",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="现金缴款回单上的流水号，用于同银行流水核对。",
    )
    banked_on = forms.DateField(label="交存日期", widget=_DAY)
    amount = YuanField(label="回单金额", help_text="须与所选缴款单合计一致。")

    def __init__(
        self,
        *args: Any,
        held: Sequence[Slip],
        banks: Sequence[Bank],
        today: dt.date,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", {}).setdefault("banked_on", today)
        super().__init__(*args, **kwargs)
        self.fields["slip"] = forms.MultipleChoiceField(
            choices=[(str(one.pk), str(one.pk)) for one in held],
            error_messages={
                "required": "请至少选择一张缴款单。",
                "invalid_choice": "所选缴款单已交存或已冲红，请刷新页面后重新选择。",
            },
        )
        self.fields["bank"] = forms.ChoiceField(label="存入账户", choices=list(banks))

    def picks(self, slip_id: UUID) -> bool:
        """Whether the slip is ticked; at first all are."""
        return not self.is_bound or str(slip_id) in (self["slip"].value() or [])

    def verdict(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        return {
            "slip_ids": [UUID(key) for key in values["slip"]],
            "bank": values["bank"],
            "bank_number": values["bank_number"],
            "banked_on": values["banked_on"],
            "amount_fen": values["amount"] or 0,
        }
