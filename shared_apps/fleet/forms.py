"""What operators fill in before an act that others will ask about."""

from __future__ import annotations

from django import forms

from tenants.models import UnitState
from tenants.services.waves import SHORTEST_REASON


class ReasonForm(forms.Form):
    """Why; it is kept with the act."""

    reason = forms.CharField(
        label="原因",
        min_length=SHORTEST_REASON,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="会写入记录，供日后查阅。",
    )


class ActForm(forms.Form):
    """A change of a unit's state, with the state that was shown."""

    to = forms.ChoiceField(choices=UnitState.choices)
    seen = forms.IntegerField(min_value=0)
    reason = forms.CharField(label="事由", max_length=300, required=False)
    typed = forms.CharField(label="单位名称", max_length=120, required=False)


class NameForm(forms.Form):
    name = forms.CharField(
        label="单位名称", min_length=2, max_length=60, help_text="已开具的收据仍保留原名称。"
    )


class AddressForm(forms.Form):
    label = forms.CharField(
        label="访问地址",
        min_length=2,
        max_length=30,
        help_text="原地址 30 天内指引到新地址，不会分给其他单位；单位人员须重新登录。",
    )


class BackUpForm(forms.Form):
    """A backup outside the timetable."""

    unit = forms.CharField(
        label="单位", max_length=120, help_text="访问地址、统一社会信用代码或单位全称"
    )
    reason = forms.CharField(label="事由", max_length=200, required=False)


class RestoreForm(forms.Form):
    """What must be typed before a unit is brought back."""

    typed = forms.CharField(label="单位名称", max_length=120, help_text="原样输入，以免选错单位")
    reason = forms.CharField(label="事由", max_length=200, widget=forms.Textarea(attrs={"rows": 3}))
