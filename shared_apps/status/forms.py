"""What operators say about incidents."""

from __future__ import annotations

from django import forms

from shared_apps.status.services.incidents import Component, Severity


def _words(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        min_length=2,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=help_text,
    )


class IncidentForm(forms.Form):
    """A new incident."""

    title = forms.CharField(
        label="标题", min_length=2, max_length=60, help_text="写用户遇到的现象，不写单位名称"
    )
    component = forms.ChoiceField(label="受影响的部分", choices=Component.choices)
    severity = forms.ChoiceField(
        label="影响程度", choices=Severity.choices, initial=Severity.DEGRADED
    )
    text = _words("情况说明", "会公开显示，请勿写入单位名称和个人信息。")
    is_for_everybody = forms.BooleanField(
        label="在所有单位的页面顶部提示", required=False, help_text="结束后自动撤下"
    )


class UpdateForm(forms.Form):
    """What is known now."""

    text = _words("最新进展", "会公开显示，发布后不能修改。")
    severity = forms.ChoiceField(
        label="影响程度", choices=[("", "不变"), *Severity.choices], required=False
    )


class ResolveForm(forms.Form):
    """The last words."""

    text = _words("结束说明", "写明原因和恢复时间，会公开显示。")
