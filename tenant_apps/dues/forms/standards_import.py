"""A file of standards, from when they hold, and why."""

from __future__ import annotations

from django import forms

from tenant_apps.dues.forms.fields import MonthField


class StandardsFileForm(forms.Form):
    file = forms.FileField(
        label="文件", error_messages={"required": "请选择要导入的文件。"}, allow_empty_file=True
    )
    month = MonthField(label="起始月份")
    reason = forms.CharField(
        label="变更理由",
        max_length=120,
        required=False,
        help_text="年内已有标准的党员，变更须写明理由（类别变化、退休、工资大幅变动）。",
    )
