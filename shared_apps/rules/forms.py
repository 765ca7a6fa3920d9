"""What the platform enters of a call for special dues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from kernel.errors import DomainError
from kernel.money import parse_yuan


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class CampaignForm(forms.Form):
    """As the document of the Centre says it."""

    title = forms.CharField(label="名称", max_length=60)
    document = forms.CharField(
        label="发文字号", max_length=80, help_text="特殊党费只能由中央号召，须有文件依据。"
    )
    cause = forms.CharField(label="事由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    opens_on = _day("开始日期")
    closes_on = _day("截止日期")
    suggested = forms.CharField(
        label="供选择的金额", max_length=80, required=False,
        help_text="元，用空格隔开，例如 50 100 200；不填则由党员自己填写。",
    )  # fmt: skip
    may_be_anonymous = forms.BooleanField(label="允许匿名（名单上不列姓名）", required=False)

    def clean_suggested(self) -> list[int]:
        try:
            return [parse_yuan(text) for text in self.cleaned_data["suggested"].split()]
        except DomainError as error:
            raise ValidationError(error.message, code=error.code) from error

    def entry(self) -> dict[str, Any]:
        """What the service takes."""
        values = dict(self.cleaned_data)
        values["suggested_fen"] = values.pop("suggested")
        return values
