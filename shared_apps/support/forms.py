"""What an operator fills in to ask a unit."""

from __future__ import annotations

from django import forms

from shared_apps.support.models import Area, Change
from shared_apps.support.services.accesses import FEWEST_HOURS, MOST_HOURS, SHORTEST_REASON


class AskForm(forms.Form):
    """Reason, scope and hours; the unit's administrators read every word of it."""

    office = forms.CharField(
        label="所在部门", max_length=80, help_text="例如：省分行 科技运营部。单位会看到。"
    )
    reason = forms.CharField(
        label="事由",
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=f"至少 {SHORTEST_REASON} 个字。写清要查什么问题、由谁反映。",
    )
    areas = forms.MultipleChoiceField(
        label="需要查看",
        choices=Area.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一项。"},
    )
    changes = forms.MultipleChoiceField(
        label="需要修改",
        choices=Change.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="默认只读。确需代为修改时才选择，并在事由中说明。",
    )
    place = forms.CharField(
        label="限于哪个组织",
        max_length=60,
        required=False,
        help_text="知道问题出在哪个党组织时填写名称，只看该组织及其下级；不填为全单位。"
        "单位同意时也可以缩小范围。",
    )
    hours = forms.IntegerField(
        label="访问时长",
        min_value=FEWEST_HOURS,
        max_value=MOST_HOURS,
        initial=24,
        help_text=f"{FEWEST_HOURS} 至 {MOST_HOURS} 小时，从单位同意时起算。",
    )
