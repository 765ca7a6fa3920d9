"""What is fixed about dues: standards, reliefs, exemptions, the unit's settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from kernel.money import yuan
from shared_apps.rules.selectors import DuesPack
from tenant_apps.dues.forms.fields import MonthField, YuanField
from tenant_apps.dues.models import ReliefKind
from tenant_apps.dues.selectors.settings import LAST_DAY, ROUNDINGS
from tenant_apps.dues.selectors.years import WHOLE_BP

_ITEM = "item_"


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
        for item in pack.base_items.values():
            self.fields[f"{_ITEM}{item.code}"] = YuanField(label=item.label, required=False)
        self.pack = pack
        farmer = pack.fixed["FARMER"]
        self.fields["fixed"].help_text = (
            f"{yuan(farmer.least_fen)} 元至 {yuan(farmer.most_fen)} 元，"
            f"不填按 {yuan(farmer.default_fen)} 元。只用于农民党员。"
        )

    def slip(self) -> list[tuple[str, str, list[Any]]]:
        """Word, articles and boxes of the pay slip's lines, by what becomes of them."""
        return [
            (
                word,
                "、".join(dict.fromkeys(item.article for item in items)),
                [self[f"{_ITEM}{item.code}"] for item in items],
            )
            for word, items in self.pack.items_by_treatment()
            if items
        ]

    def items(self) -> list[tuple[str, int]]:
        """The lines that were filled in, in fen."""
        given = ((code, self.cleaned_data.get(f"{_ITEM}{code}")) for code in self.pack.base_items)
        return [(code, fen) for code, fen in given if fen]

    def verdict(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        return {
            "category": values["category"],
            "items": self.items(),
            "base_fen": values["base"],
            "fixed_fen": values["fixed"] if values["category"] == "FARMER" else None,
            "month": values["month"],
            "reason": values["reason"],
        }


class ReliefForm(forms.Form):
    """A reduction or a deferral over some months."""

    kind = forms.ChoiceField(
        label="登记事项", choices=ReliefKind.choices, widget=forms.RadioSelect, initial="REDUCED"
    )
    first = MonthField(label="从哪个月起")
    last = MonthField(label="到哪个月止")
    amount = YuanField(label="少交后的月交纳额", required=False, help_text="只用于少交。")
    pay_by = MonthField(
        label="缓交到哪个月交纳", required=False, help_text="只用于缓交；到这个月恢复应交。"
    )
    reason = forms.CharField(
        label="理由与支部研究意见",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明困难原因和支部研究的日期。",
    )
    approved_by = forms.CharField(
        label="批准或同意的组织",
        max_length=120,
        help_text="少交填上级党委全称，可附批复文号；缓交填同意的党支部。",
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("kind") == ReliefKind.REDUCED and values.get("amount") is None:
            self.add_error("amount", "请填写少交后的月交纳额。")
        if values.get("kind") == ReliefKind.DEFERRED and not values.get("pay_by"):
            self.add_error("pay_by", "请填写缓交到哪个月交纳。")
        return values


class SettingForm(forms.Form):
    rounding = forms.ChoiceField(
        label="取整方式",
        choices=[(key.value, label) for key, label in ROUNDINGS.items()],
        widget=forms.RadioSelect,
        help_text="文件没有规定取整方式，由本单位统一选择。只影响以后核定的标准。",
    )
    is_automatic = forms.BooleanField(label="每月自动生成账单", required=False)
    issue_day = forms.IntegerField(
        label="出账日",
        min_value=1,
        max_value=LAST_DAY,
        help_text=f"每月 1 日至 {LAST_DAY} 日中的一天，当天上午生成。",
    )
    prepays_year = forms.BooleanField(
        label="党员可以预交到本年 12 月",
        required=False,
        help_text="文件没有规定预交。不勾选时，最多预交到本季度末。",
    )


class WhatIfForm(forms.Form):
    """Another rule to try; everything may be left as it is."""

    version = forms.ChoiceField(label="规则版本", required=False)
    rounding = forms.ChoiceField(
        label="取整方式",
        required=False,
        choices=[("", "本单位现行"), *((key.value, label) for key, label in ROUNDINGS.items())],
    )
    percent = forms.DecimalField(
        label="基数变动",
        required=False,
        min_value=-90,
        max_value=500,
        decimal_places=2,
        initial=0,
        help_text="如 5 表示所有基数上调 5%，-3 表示下调 3%。",
    )

    def __init__(self, *args: Any, packs: Sequence[DuesPack], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "现行规则"), *((pack.version, pack.title) for pack in packs)]
        self.fields["version"] = forms.ChoiceField(
            label="规则版本", required=False, choices=choices
        )

    def asked(self) -> dict[str, Any]:
        """What the selector takes."""
        values = self.cleaned_data
        return {
            "version": values["version"],
            "rounding": values["rounding"],
            "base_bp": WHOLE_BP + int((values["percent"] or 0) * 100),
        }


class AnswerForm(forms.Form):
    """What a member says to the own standard."""

    is_right = forms.TypedChoiceField(
        choices=[("yes", "核对无误"), ("no", "有异议")], coerce=lambda given: given == "yes"
    )
    note = forms.CharField(
        label="哪一项不对",
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


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
