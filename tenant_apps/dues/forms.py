"""Shape of HTML input.  Nothing here saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from kernel.clock import Month
from kernel.errors import DomainError
from kernel.money import parse_yuan, yuan
from shared_apps.payments.selectors import Channel
from shared_apps.rules.selectors import DuesPack
from tenant_apps.dues.models import Bill, ReliefKind
from tenant_apps.dues.selectors.settings import LAST_DAY, ROUNDINGS
from tenant_apps.dues.selectors.years import WHOLE_BP


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
        if not text:
            return None
        try:
            return Month.parse(text)
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error


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

    def __init__(self, *args: Any, offered: Sequence[Bill], **kwargs: Any) -> None:
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


class UnshownTextarea(forms.Textarea):
    """A text that is never sent back to the page, not even when something else was wrong."""

    def format_value(self, value: Any) -> str:
        return ""


class AccountForm(forms.Form):
    """A unit's account at one channel, in that channel's own words."""

    WORDS: ClassVar[dict[Channel, dict[str, tuple[str, str]]]] = {
        Channel.WECHAT: {
            "mchid": ("商户号", "10 位数字，在微信支付商户平台的“账户中心”查看。"),
            "appid": ("AppID", "与商户号绑定的公众号或小程序。"),
            "merchant_serial": ("商户证书序列号", ""),
            "merchant_private_key": ("商户私钥", "apiclient_key.pem 的全部内容。"),
            "apiv3_key": ("APIv3 密钥", "32 位，在“账户中心”的 API 安全中设置。"),
            "platform_key_id": ("微信支付公钥 ID", "以 PUB_KEY_ID_ 开头。"),
            "platform_public_key": ("微信支付公钥", ""),
        },
        Channel.ALIPAY: {
            "mchid": ("商家账号 PID", "以 2088 开头的 16 位数字。"),
            "appid": ("应用 APPID", ""),
            "merchant_private_key": ("应用私钥", "RSA2（2048 位），与上传的应用公钥成对。"),
            "platform_public_key": ("支付宝公钥", "在“接口加签方式”查看，不是应用公钥。"),
        },
        Channel.BANK: {
            "mchid": ("商户号", "与银行签约时分配。"),
            "appid": ("终端号", ""),
            "merchant_private_key": ("商户私钥", ""),
            "merchant_certificate": ("商户证书", "PEM 格式，与商户私钥成对。"),
            "platform_public_key": ("银行签名证书", "只接受由这张证书签名的通知。"),
        },
    }

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, help_text) in self.WORDS[channel].items():
            self.fields[name] = forms.CharField(
                label=label, help_text=help_text, max_length=8000, widget=self._widget(name)
            )

    @staticmethod
    def _widget(name: str) -> forms.Widget:
        if name == "apiv3_key":
            return forms.PasswordInput(attrs={"autocomplete": "off"})
        if name in {"mchid", "appid", "merchant_serial", "platform_key_id"}:
            return forms.TextInput(attrs={"autocomplete": "off"})
        kind = UnshownTextarea if name == "merchant_private_key" else forms.Textarea
        return kind(attrs={"rows": 5, "spellcheck": "false", "class": "mono"})
